import { createHash } from 'node:crypto';
import { channelName } from '../config/notify.ts';
import type { MailConfig, NotifyConfig, WatchConfig } from '../config/tree.ts';
import type { Case } from '../hijack/case.ts';
import type { OutboxRecord } from '../store/records.ts';
import { type ComposeOptions, composeMail, type NoticeCause } from './compose.ts';
import { printable } from './layout.ts';
import { noticeOf } from './notice.ts';
import { type MailNames, noticeId } from './thread.ts';

/** What the outbox needs besides the case: where notices go out, and as whom. */
export interface NoticeSettings extends MailNames {
  readonly notify: readonly NotifyConfig[];
  /** Tells which group a case's watches have. */
  readonly watches: readonly Pick<WatchConfig, 'name' | 'group'>[];
  readonly routerName: string;
  /** Contacts of an AS, as far as they are known now. */
  readonly contacts?: NonNullable<ComposeOptions['contacts']>;
}

/** A mail as it lies in the outbox: the `body` of an OutboxRecord. The sender is the configuration's at sending. */
export interface StoredMail {
  /** Why this recipient is told; selects the `notify mail` block (`blockFor`). */
  readonly because: string;
  readonly subject: string;
  readonly text: string;
  readonly messageId: string;
  readonly references: string | null;
  /** The notice that it follows; not there in rows of older versions, where it is what `references` has. */
  readonly follows?: string | null;
  /** When it was written, ms since the epoch: the Date header of every attempt. */
  readonly date: number;
}

export interface Notices {
  readonly records: readonly OutboxRecord[];
  /** Addresses that get nothing, each with the reason: to be logged and shown. */
  readonly refused: readonly { readonly address: string; readonly why: string }[];
}

/** Addresses told of one case; a registry object could name thousands. */
const MOST_RECIPIENTS = 100;

/** RFC 5321 section 4.1.2, narrowed: a dot-string of atoms at a domain of letters, digits and hyphens; no literals. */
const ADDRESS =
  /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;

/** True when mail can be addressed to it safely: nothing in it can end a header line or an SMTP command. */
export function isMailAddress(text: string): boolean {
  return text.length <= 254 && text.indexOf('@') <= 64 && ADDRESS.test(text);
}

/** The block that carries mail for a reason such as `x-keiro` or `group noc`: the first whose `to` names it. */
export function blockFor(because: string, notify: readonly NotifyConfig[]): MailConfig | undefined {
  const word = because.split(' ')[0];
  return mailBlocks(notify).find(block => block.to.some(to => to === word));
}

/** The `notify mail` blocks. */
export function mailBlocks(notify: readonly NotifyConfig[]): readonly MailConfig[] {
  return notify.filter(block => block.kind === 'mail');
}

/** A channel that is no mail. */
export type OtherChannel = Exclude<NotifyConfig, MailConfig>;

/** The channels besides mail that tell of a case: those for everybody, and those for the group of one of its watches. */
export function channelsFor(of: Case, { notify, watches }: NoticeSettings): readonly OtherChannel[] {
  const groups = new Set(watches.filter(({ name }) => of.watches.includes(name)).map(({ group }) => group));
  return notify.filter(block => block.kind !== 'mail').filter(({ group }) => group === null || groups.has(group));
}

/** What stands for the channel in the id of a row: `webhook-1a2b3c4d`. */
export function channelKey(block: OtherChannel): string {
  return `${block.kind}-${createHash('sha256').update(channelName(block)).digest('hex').slice(0, 8)}`;
}

/**
 * The outbox rows for what is told of a case: one for each mail address, ids `CASE.begin.N`, N counting the case's recipients
 * from 1, so that begin and end of one recipient share their N; and one for each other channel. Pure. An address that
 * stands there twice is told once.
 */
export function outboxRecords(
  change: { readonly case: Case } & NoticeCause,
  settings: NoticeSettings,
  now: number,
): Notices {
  const { case: of, ...cause } = change;
  const records: OutboxRecord[] = [];
  const refused: { address: string; why: string }[] = [];
  const add = (id: string, channel: OutboxRecord['channel'], recipient: string, body: unknown) =>
    records.push({
      id,
      channel,
      recipient,
      caseId: of.id,
      event: cause.event,
      body: JSON.stringify(body),
      state: 'pending',
      attempts: 0,
      due: now,
      created: now,
      lastError: '',
      doubt: null,
    });
  const seen = new Set<string>();
  const mailing = mailBlocks(settings.notify).length > 0;
  for (const [i, { address, because }] of of.recipients.entries()) {
    if (seen.has(address.toLowerCase()) || !mailing) continue;
    const block = blockFor(because, settings.notify);
    if (!isMailAddress(address) || block === undefined || records.length === MOST_RECIPIENTS) {
      const why = !isMailAddress(address)
        ? 'not a mail address'
        : block === undefined
          ? `no notify mail block sends to ${printable(because)}`
          : `more than ${MOST_RECIPIENTS} recipients`;
      refused.push({ address: printable(address).slice(0, 300), why });
      continue;
    }
    seen.add(address.toLowerCase());
    const composed = composeMail(of, cause, { address, because, number: i + 1 }, { ...block, ...settings });
    const mail: StoredMail = { because, ...composed, date: now };
    add(noticeId(of.id, cause, i + 1), 'mail', address, mail);
  }
  for (const block of channelsFor(of, settings)) {
    const id = noticeId(of.id, cause, channelKey(block));
    const languages = 'languages' in block ? block.languages : (['en'] as const);
    const { hostname, routerName, contacts } = settings;
    add(
      id,
      block.kind,
      channelName(block),
      noticeOf(of, cause, id, { languages, hostname, routerName, ...(contacts && { contacts }) }, now),
    );
  }
  return { records, refused };
}

/** The mail of an outbox row; null when the row does not hold one. */
export function readMail(record: OutboxRecord): StoredMail | null {
  try {
    const mail = JSON.parse(record.body) as Record<keyof StoredMail, unknown>;
    const strings = [mail.because, mail.subject, mail.text, mail.messageId].every(value => typeof value === 'string');
    const optional = [mail.references, mail.follows ?? null].every(
      value => value === null || typeof value === 'string',
    );
    return strings && optional && typeof mail.date === 'number' ? (mail as StoredMail) : null;
  } catch {
    return null;
  }
}
