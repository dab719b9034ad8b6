/** The few lines of a sheet that a person in a hurry needs: whom, how, by which source, and how old that is. */
import { type Contact, type ContactRole, type ContactSheet, type Finding, ROLES } from './contact.ts';

/** One contact to call. */
export interface CallLine {
  readonly role: ContactRole;
  readonly name: string;
  /** Mail addresses and telephone numbers; one at least. */
  readonly reach: readonly string[];
  readonly source: string;
  /** ms since the source was asked; null: it is a mirrored object, as new as its source. */
  readonly age: number | null;
}

/** Lines of one AS. */
export const MOST_LINES = 5;

/**
 * The contacts of a sheet that lead somewhere, in the order in which they are called, each address or number once. Of one
 * role what was asked comes before what stands in the IRR, whose contacts are those for the registration.
 */
export function callList(sheet: ContactSheet, now: number, most = MOST_LINES): readonly CallLine[] {
  const all = sheet.findings.flatMap(finding => finding.contacts.map(contact => ({ finding, contact })));
  const order = ({ contact, finding }: { contact: Contact; finding: Finding }) =>
    ROLES.indexOf(contact.role) * 2 + (finding.asked === null ? 1 : 0);
  const told = new Set<string>();
  const lines: CallLine[] = [];
  for (const { finding, contact } of all.toSorted((a, b) => order(a) - order(b))) {
    const reach = [...contact.emails, ...contact.phones].filter(one => !told.has(one.toLowerCase()));
    if (reach.length === 0 || lines.length >= most) continue;
    for (const one of reach) told.add(one.toLowerCase());
    const { source, asked } = finding;
    lines.push({
      role: contact.role,
      name: contact.name,
      reach,
      source,
      age: asked === null ? null : Math.max(0, now - asked),
    });
  }
  return lines;
}
