/**
 * How mails belong together: each notice has its Message-ID, what follows it is an answer to it, and all mails of an incident
 * refer to one Message-ID that no mail has (RFC 5322 section 3.6.4), so that they are one thread whoever sends them.
 */
import type { Case } from '../hijack/case.ts';
import type { NoticeCause } from './compose.ts';

/** Who sends mails. */
export interface MailNames {
  /** This machine's name. */
  readonly hostname: string;
  /** The domain of all Message-IDs where several machines send; left out: this machine's name. */
  readonly mailDomain?: string;
}

/** The part of a mail that says what it belongs to. */
export interface Thread {
  readonly messageId: string;
  /** Of the header References: the incident's, and the notice that this one follows. Null: there is nothing to refer to. */
  readonly references: string | null;
  /** Of the header In-Reply-To: the notice that this one follows. */
  readonly follows: string | null;
}

/**
 * Outbox id of a notice, `CASE.begin.N` or `CASE.reminder-2.N`; also the local part of its Message-ID. Only characters that
 * a Message-ID may hold. `to` is the number of a mail's recipient, or the key of another channel.
 */
export function noticeId(caseId: string, { event, ordinal }: NoticeCause, to: number | string): string {
  const which = event === 'begin' || event === 'end' ? event : `${event}-${ordinal ?? 1}`;
  return `${nameIn(caseId)}.${which}.${to}`;
}

/** The name of a case or an incident as a Message-ID may hold it. */
const nameIn = (name: string): string => name.replace(/[^A-Za-z0-9-]/g, '_').slice(0, 64);

/** The Message-ID of the notice with this id. */
export function messageIdOf(id: string, { hostname, mailDomain = hostname }: MailNames): string {
  return `<${id}@${mailDomain.replace(/[^A-Za-z0-9.-]/g, '-').slice(0, 200) || 'localhost'}>`;
}

/** What all mails of one incident refer to; null of cases of before there were incidents. */
export const incidentThread = (incident: string | undefined, names: MailNames): string | null =>
  incident === undefined ? null : messageIdOf(`${nameIn(incident)}.incident`, names);

/**
 * Of a mail about a case to its recipient of this number: it follows the begin, where that was told. `begunIn`: the Message-ID
 * of the mail that told it, null: there is none; left out: it was told of this case alone.
 */
export function threadOf(
  of: Case,
  id: string,
  event: NoticeCause['event'] | 'cut-off',
  number: number,
  names: MailNames,
  begunIn?: string | null,
): Thread {
  const begun = event !== 'begin' && of.told.includes('begin');
  const alone = () => messageIdOf(noticeId(of.id, { event: 'begin' }, number), names);
  const follows = !begun ? null : begunIn === undefined ? alone() : begunIn;
  const references = [incidentThread(of.incident, names), follows].filter(one => one !== null);
  return { messageId: messageIdOf(id, names), references: references.join(' ') || null, follows };
}
