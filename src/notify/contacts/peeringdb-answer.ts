/** Reads rows of PeeringDB: of `net` the network, of `poc` its contacts, of `netixlan` where it is met. */
import { type Answered, type ContactRole, contact, inOrder, MOST_PRESENT, plainText } from './contact.ts';

/** The roles of `poc` that are called about routes; Policy, Sales and Public Relations are left out but for the first. */
const ROLES: Readonly<Record<string, ContactRole>> = {
  NOC: 'noc',
  Abuse: 'abuse',
  Technical: 'technical',
  Maintenance: 'technical',
  Policy: 'administrative',
};

/** Rows of one answer that are looked at. */
export const MOST_ROWS = 256;

type Row = Readonly<Record<string, unknown>>;

/** The rows of an answer, `{"data": [...]}`, or of a mere list; those that are objects, `MOST_ROWS` at most. */
export function rowsOf(value: unknown, wanted: (row: Row) => boolean = () => true): readonly Row[] {
  const list = Array.isArray(value) ? value : (value as { readonly data?: unknown } | null | undefined)?.data;
  const rows: Row[] = [];
  for (const row of Array.isArray(list) ? list : []) {
    if (rows.length >= MOST_ROWS) break;
    if (typeof row === 'object' && row !== null && wanted(row as Row)) rows.push(row as Row);
  }
  return rows;
}

/** The network of an AS; null: PeeringDB has none. A network that was deleted is none. */
export function networkOf(rows: readonly Row[], as: number): { readonly id: number; readonly name: string } | null {
  const row = rows.find(one => one.asn === as && one.status !== 'deleted' && typeof one.id === 'number');
  return row === undefined ? null : { id: row.id as number, name: plainText(row.name) };
}

/** What the rows come to. */
export function readPeeringdb(name: string, poc: readonly Row[], netixlan: readonly Row[]): Answered {
  const contacts = poc.flatMap(row => {
    const role = typeof row.role === 'string' && Object.hasOwn(ROLES, row.role) ? ROLES[row.role] : undefined;
    if (role === undefined || row.status === 'deleted') return [];
    return [contact(role, { name: row.name, emails: [row.email], phones: [row.phone] })];
  });
  const present = netixlan
    .filter(({ status }) => status !== 'deleted')
    .slice(0, MOST_PRESENT)
    .map(row =>
      [row.name, row.ipaddr4, row.ipaddr6]
        .map(plainText)
        .filter(one => one !== '')
        .join(' '),
    );
  return { name, contacts: inOrder(contacts), present };
}
