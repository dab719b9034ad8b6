/**
 * Whom to call about an AS or a prefix: plain data, whatever the source. All text comes from strangers: it is cleaned and
 * bounded here, once, and only what has the form of a mail address or of a telephone number passes as one. Times are ms
 * since the epoch.
 */
import { formatPrefix, parsePrefix } from '../../net/prefix.ts';
import { isAddrSpec, splitAddresses } from '../../registry/addr-spec.ts';

/** In the order in which they are called. */
export const ROLES = ['noc', 'abuse', 'technical', 'administrative', 'maintainer', 'other'] as const;
export type ContactRole = (typeof ROLES)[number];

export interface Contact {
  /** What they are for. */
  readonly role: ContactRole;
  /** Person or organisation; may be empty. */
  readonly name: string;
  /** NIC handle or the like; may be empty. */
  readonly handle: string;
  /** Mail addresses. */
  readonly emails: readonly string[];
  /** Telephone numbers. */
  readonly phones: readonly string[];
}

export type Subject = { readonly as: number } | { readonly prefix: string };

/** What one source says of one subject. */
export interface Finding {
  /** `irr JPIRR`, `whois whois.example.net port 43`, `rdap https://rdap.example.net/`, `peeringdb`. */
  readonly source: string;
  /** What the source calls the AS or prefix; may be empty. */
  readonly name: string;
  /** In the order in which they are called. */
  readonly contacts: readonly Contact[];
  /** Exchanges where the AS is met, with its addresses there. */
  readonly present: readonly string[];
  /** When the source said so; null: it is held here, or it has never answered. */
  readonly asked: number | null;
  /** Why there is nothing, or nothing newer; empty otherwise. */
  readonly why: string;
}

/** All that is known of a subject, a finding for each source. */
export interface ContactSheet {
  /** `AS64500` or `192.0.2.0/24`. */
  readonly subject: string;
  /** What each source says. */
  readonly findings: readonly Finding[];
}

/** A finding without its source: what an answer comes to. */
export type Answered = Pick<Finding, 'name' | 'contacts' | 'present'>;

export const MOST_CONTACTS = 16;
export const MOST_PRESENT = 10;
const MOST_ADDRESSES = 4;
const MOST_TEXT = 160;

/** `AS64500` or `192.0.2.0/24`; a prefix in its canonical form. */
export function subjectText(subject: Subject): string {
  if ('as' in subject) return `AS${subject.as}`;
  const prefix = parsePrefix(subject.prefix);
  return prefix === null ? subject.prefix : formatPrefix(prefix);
}

/** One line of plain text, bounded: control, format and separator characters become blanks. Other things are ''. */
export function plainText(value: unknown): string {
  if (typeof value !== 'string') return '';
  const text = value
    .slice(0, 4 * MOST_TEXT)
    .replace(/[\p{C}\p{Z}]+/gu, ' ')
    .trim();
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT - 1)}…` : text;
}

/** The mail addresses of a text that can be handed to a mailer as they are. */
export function mailAddresses(value: unknown): string[] {
  if (typeof value !== 'string') return [];
  const words = splitAddresses(value.slice(0, 1024).replace(/^mailto:/i, ''));
  return words.filter(isAddrSpec).slice(0, MOST_ADDRESSES);
}

/** A telephone number as it is written, or of a `tel:` URI (RFC 3966); null when the text is none. */
export function phoneNumber(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > 64) return null;
  const text = value
    .trim()
    .replace(/^tel:/i, '')
    .replace(/;ext=(\d{1,8})$/i, ' ext. $1');
  return /^\+?[\d(][\d ()./-]{4,28}\d( ?(ext|x)\.? ?\d{1,8})?$/i.test(text) ? text : null;
}

/** Contacts in the order in which they are called, without those that lead nowhere and those that stand there twice. */
export function inOrder(contacts: readonly Contact[]): readonly Contact[] {
  const seen = new Set<string>();
  const useful = contacts.filter(one => {
    if (one.emails.length + one.phones.length === 0 && one.handle === '') return false;
    const key = JSON.stringify([one.role, one.emails, one.phones, one.handle]);
    return !seen.has(key) && seen.add(key) !== undefined;
  });
  return useful.toSorted((a, b) => ROLES.indexOf(a.role) - ROLES.indexOf(b.role)).slice(0, MOST_CONTACTS);
}

/** A contact of cleaned and bounded values. */
export function contact(
  role: ContactRole,
  {
    name,
    handle,
    emails,
    phones,
  }: {
    readonly name?: unknown;
    readonly handle?: unknown;
    readonly emails?: readonly unknown[];
    readonly phones?: readonly unknown[];
  },
): Contact {
  const addresses = (emails ?? []).slice(0, 32).flatMap(mailAddresses);
  const numbers = (phones ?? [])
    .slice(0, 32)
    .map(phoneNumber)
    .filter(number => number !== null);
  return {
    role,
    name: plainText(name),
    handle: plainText(handle),
    emails: [...new Set(addresses)].slice(0, MOST_ADDRESSES),
    phones: [...new Set(numbers)].slice(0, MOST_ADDRESSES),
  };
}

/** A finding that was kept as JSON, its values cleaned again: the file may have been written by anybody. Null: it is none. */
export function readFinding(value: unknown): Finding | null {
  if (typeof value !== 'object' || value === null) return null;
  const { source, name, contacts, present, asked } = value as Record<string, unknown>;
  if (typeof source !== 'string' || !Array.isArray(contacts) || !Array.isArray(present)) return null;
  if (typeof asked !== 'number' || !Number.isFinite(asked)) return null;
  const read = contacts.slice(0, MOST_CONTACTS).flatMap((one: unknown) => {
    if (typeof one !== 'object' || one === null) return [];
    const { role, emails, phones, ...rest } = one as Record<string, unknown>;
    const known = ROLES.find(word => word === role);
    if (known === undefined || !Array.isArray(emails) || !Array.isArray(phones)) return [];
    return [contact(known, { ...rest, emails, phones })];
  });
  return {
    source: plainText(source),
    name: plainText(name),
    contacts: inOrder(read),
    present: present.slice(0, MOST_PRESENT).map(plainText),
    asked,
    why: '',
  };
}
