import type { Case } from '../hijack/case.ts';
import type { BookPlace } from '../hijack/case-id.ts';
import type { NoticeSettings } from '../notify/notices.ts';
import type { Reach } from '../notify/reach.ts';
import type { Linked } from '../store/postgresql/incidents.ts';
import type { IncidentAsk } from '../store/records.ts';

/** What else takes part in cases. */
export interface CaseCompany {
  /** A case is another one than before, or is new. */
  readonly changed?: (of: Case) => void;
  /** Contacts of an AS for a notice, as they are known now. */
  readonly contacts?: NonNullable<NoticeSettings['contacts']>;
  /** Whom mail may not reach; left out: asks the DNS. */
  readonly reach?: Reach;
  /** Which of the books that share the cases this is; left out: the only one. */
  readonly place?: BookPlace;
  /** The scope that sends summaries of all books; left out: this one sends its own. */
  readonly summaries?: string;
  /** The domain of Message-IDs, the same at all machines that send of the cases; left out: this machine's name. */
  readonly mailDomain?: string;
  /** Asks all books which incidents cases are of; left out: there is no other book. */
  readonly link?: (asks: readonly IncidentAsk[]) => Promise<Linked>;
  /** True once the store is another machine's: what cannot be written will never be. */
  readonly lost?: () => boolean;
}
