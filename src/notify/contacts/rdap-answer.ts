/** Reads what RDAP servers answer of ASes and prefixes (RFC 9083): entities with their roles, and jCards (RFC 7095). */
import { parseAddress } from '../../net/address.ts';
import { type Prefix, parsePrefix } from '../../net/prefix.ts';
import { type Answered, type Contact, type ContactRole, contact, inOrder, plainText, type Subject } from './contact.ts';

/** Entities of an answer, how deep they lie in each other, and properties of a jCard that are looked at. */
const MOST_ENTITIES = 64;
const DEEPEST = 4;
const MOST_PROPERTIES = 128;

/** The roles of RFC 9083 section 10.2.4 that are of use here, the best first. */
const ROLES: readonly (readonly [role: string, as: ContactRole])[] = [
  ['noc', 'noc'],
  ['abuse', 'abuse'],
  ['technical', 'technical'],
  ['administrative', 'administrative'],
  ['registrant', 'other'],
];

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The contacts in an answer about the subject; or why it is none. */
export function readRdapAnswer(value: unknown, subject: Subject): Answered | string {
  if (!isObject(value)) return 'its answer is no RDAP object';
  const wanted = 'as' in subject ? 'autnum' : 'ip network';
  if (value.objectClassName !== wanted) return `its answer is of another class than \`${wanted}\``;
  if ('as' in subject) {
    const { startAutnum: from, endAutnum: to } = value;
    if (typeof from === 'number' && typeof to === 'number' && (subject.as < from || subject.as > to))
      return `its answer is about AS${from}-AS${to}`;
  } else if (!hasPrefix(value, subject.prefix)) return 'its answer is about other addresses';
  const contacts: Contact[] = [];
  let seen = 0;
  const walk = (entities: unknown, depth: number): void => {
    for (const entity of listOf(entities)) {
      if (++seen > MOST_ENTITIES || depth > DEEPEST) return;
      if (!isObject(entity)) continue;
      contacts.push(...contactsOf(entity));
      walk(entity.entities, depth + 1);
    }
  };
  walk(value.entities, 1);
  const name = [value.name, firstRemark(value)].map(plainText).filter(one => one !== '');
  return { name: plainText(name.join(', ')), contacts: inOrder(contacts), present: [] };
}

/** True unless the network of the answer, by its first and last address, is without a part of the prefix. */
function hasPrefix({ startAddress, endAddress }: Fields, text: string): boolean {
  const prefix = parsePrefix(text);
  const [from, to] = [startAddress, endAddress].map(one => (typeof one === 'string' ? parseAddress(one) : null));
  if (prefix === null || !from || !to) return true;
  if (from.afi !== prefix.afi || to.afi !== prefix.afi) return false;
  return Buffer.compare(from.bytes, prefix.bytes) <= 0 && Buffer.compare(lastOf(prefix), to.bytes) <= 0;
}

/** The last address of a prefix. */
const lastOf = ({ bytes, length }: Prefix): Uint8Array =>
  bytes.map((octet, i) => octet | (0xff >> Math.max(0, Math.min(8, length - i * 8))));

function firstRemark({ remarks }: Fields): unknown {
  const [first] = listOf(remarks);
  return isObject(first) ? listOf(first.description)[0] : undefined;
}

/** The entity once for the best role that it has. */
function contactsOf({ roles, handle, vcardArray }: Fields): Contact[] {
  const said = listOf(roles);
  const role = ROLES.find(([name]) => said.includes(name))?.[1];
  if (role === undefined) return [];
  const card = readJCard(vcardArray);
  // A card without a way to reach anybody is told by its handle, which whois and the RIR's pages know.
  return [contact(role, { handle, ...card })];
}

/** Name, mail addresses and telephone numbers of a jCard: `["vcard", [[name, parameters, type, value], …]]`. */
export function readJCard(value: unknown): { name: unknown; emails: unknown[]; phones: unknown[] } {
  const [head, properties] = listOf(value);
  const card: { name: unknown; emails: unknown[]; phones: unknown[] } = { name: '', emails: [], phones: [] };
  if (head !== 'vcard') return card;
  for (const property of listOf(properties).slice(0, MOST_PROPERTIES)) {
    const [name, parameters, , content] = listOf(property);
    if (name === 'fn' && card.name === '') card.name = content;
    if (name === 'email') card.emails.push(content);
    if (name === 'tel' && !isFax(parameters)) card.phones.push(content);
  }
  return card;
}

const isFax = (parameters: unknown): boolean =>
  isObject(parameters) && [parameters.type].flat().includes('fax') && ![parameters.type].flat().includes('voice');
