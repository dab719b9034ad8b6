/**
 * Reads what whois servers answer (RFC 3912 says nothing of it): attributes of RPSL as RIPE, APNIC and most others write
 * them, ARIN's `OrgAbuseEmail:`, JPNIC's `[Abuse]`, and where another server is to be asked.
 */
import type { WhoisHost } from '../../registry/whois/client.ts';
import { type Answered, type Contact, type ContactRole, contact, inOrder, plainText } from './contact.ts';

/** Lines that are looked at, and referrals. */
const MOST_LINES = 4096;

/** `name: value`, or JPNIC's `a. [name] value`. */
const ATTRIBUTE = /^([A-Za-z][A-Za-z0-9 _-]{0,40}):[ \t]*(.*)$/;
const BRACKETED = /^(?:[a-z]\. )?\[([^\]]{1,40})\][ \t]*(.*)$/;
const ABUSE_REMARK = /^% Abuse contact for '[^']*' is '([^']+)'/;

const ROLE_OF_HANDLE: Readonly<Record<string, ContactRole>> = {
  'abuse-c': 'abuse',
  'tech-c': 'technical',
  'admin-c': 'administrative',
  'technical contact': 'technical',
  'administrative contact': 'administrative',
};
const ROLE_OF_ARIN: Readonly<Record<string, ContactRole>> = {
  abuse: 'abuse',
  noc: 'noc',
  tech: 'technical',
  routing: 'noc',
};
const ARIN = /^(?:org|r)(abuse|noc|tech|routing)(handle|name|phone|email)$/;

/** Attributes by what they say of a person or a role. */
const NAMES = [
  'person',
  'role',
  'irt',
  'organisation-name',
  'org-name',
  'name',
  'last, first',
  'group name',
  'organization',
];
const EMAILS = ['e-mail', 'email'];
const PHONES = ['phone', 'tel'];
const HANDLES = ['nic-hdl', 'jpnic handle', 'group handle', 'irt'];
const TITLES = ['as-name', 'netname', 'asname', 'network name', 'as name', 'descr', 'owner', 'orgname'];

type Pair = readonly [name: string, value: string];

/** The blocks of an answer, which empty lines part, each as its attributes in lower case. */
function blocksOf(text: string): Pair[][] {
  const blocks: Pair[][] = [[]];
  for (const line of text.split(/\r?\n/, MOST_LINES)) {
    if (line.trim() === '') {
      blocks.push([]);
      continue;
    }
    const remark = ABUSE_REMARK.exec(line);
    if (remark !== null) blocks.push([['abuse-mailbox', remark[1]!]], []);
    if (/^[%#]/.test(line)) continue;
    const pair = ATTRIBUTE.exec(line) ?? BRACKETED.exec(line);
    if (pair !== null) blocks.at(-1)!.push([pair[1]!.trim().toLowerCase(), pair[2]!.trim()]);
  }
  return blocks.filter(block => block.length > 0);
}

/** The contacts in an answer, and what it calls the AS or prefix. */
export function readWhoisAnswer(text: string): Answered {
  const blocks = blocksOf(text);
  const pairs = blocks.flat();
  /** What a person is to the AS or prefix, by its handle. */
  const roles = new Map<string, ContactRole>();
  for (const [name, value] of pairs) {
    const role = ROLE_OF_HANDLE[name];
    if (role !== undefined && value !== '' && !roles.has(value.toUpperCase())) roles.set(value.toUpperCase(), role);
  }
  const described = new Set<string>();
  const contacts: Contact[] = [];
  for (const block of blocks) {
    const of = (names: readonly string[]) => block.filter(([name]) => names.includes(name)).map(([, value]) => value);
    const abuse = of(['abuse-mailbox', 'abuse']);
    if (abuse.length > 0) contacts.push(contact('abuse', { name: of(NAMES)[0], emails: abuse }));
    const [emails, phones, [handle = '']] = [of(EMAILS), of(PHONES), of(HANDLES)];
    if (emails.length + phones.length === 0) continue;
    described.add(handle.toUpperCase());
    const [name = ''] = of(NAMES);
    const role = roles.get(handle.toUpperCase()) ?? roleOfName(name);
    contacts.push(contact(role, { name, handle, emails, phones }));
  }
  contacts.push(...arinContacts(pairs));
  for (const [handle, role] of roles) if (!described.has(handle)) contacts.push(contact(role, { handle }));
  const title = pairs.find(([name, value]) => TITLES.includes(name) && value !== '')?.[1];
  return { name: plainText(title), contacts: inOrder(contacts), present: [] };
}

/** A role object of nobody else: its name tells what it is for. */
function roleOfName(name: string): ContactRole {
  if (/abuse|csirt|cert\b|security/i.test(name)) return 'abuse';
  return /\bnoc\b|network operation|routing/i.test(name) ? 'noc' : 'other';
}

/** `OrgAbuseName`, `OrgAbuseEmail` and the like, which stand one below the other. */
function arinContacts(pairs: readonly Pair[]): Contact[] {
  const found = new Map<
    string,
    { role: ContactRole; handle: string; name: string; emails: string[]; phones: string[] }
  >();
  for (const [attribute, value] of pairs) {
    const [, what = '', field] = ARIN.exec(attribute) ?? [];
    const role = ROLE_OF_ARIN[what];
    if (role === undefined) continue;
    const key = attribute.slice(0, -field!.length);
    const one = found.get(key) ?? { role, handle: '', name: '', emails: [], phones: [] };
    found.set(key, one);
    if (field === 'handle') one.handle = value;
    if (field === 'name') one.name = value;
    if (field === 'email') one.emails.push(value);
    if (field === 'phone') one.phones.push(value);
  }
  return [...found.values()].map(({ role, ...rest }) => contact(role, rest));
}

/**
 * The server that an answer refers to: IANA's `refer:`, ARIN's `ReferralServer: whois://host:port`, and `whois:` of others;
 * null when it refers to none. RWhois is another protocol.
 */
export function referralIn(text: string): WhoisHost | null {
  for (const [name, value] of blocksOf(text).flat()) {
    if (name !== 'refer' && name !== 'referralserver' && name !== 'whois') continue;
    const [, host, port = '43'] =
      /^(?:whois:\/\/)?([A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?)(?::(\d{1,5}))?\/?$/.exec(value) ?? [];
    if (host !== undefined && Number(port) >= 1 && Number(port) <= 65535)
      return { host: host.toLowerCase(), port: Number(port) };
  }
  return null;
}
