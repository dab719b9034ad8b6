/** What the commands about contacts answer with. */
import type { ContactSheet } from '../notify/contacts/contact.ts';

export type { ContactSheet };

/** Row of `show contact CASE-ID`: an AS to call, and a draft to it; empty for a drill. */
export interface CaseSheet extends ContactSheet {
  /** The text to be sent to them; empty for a drill. */
  readonly draft: string;
}
