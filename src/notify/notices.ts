import type { NotifyConfig } from '../config/tree.ts';
import type { Case } from '../hijack/case.ts';
import type { OutboxRecord } from '../store/records.ts';
import { type ComposeOptions, composeMail, type NoticeEvent, noticeId } from './compose.ts';
import { printable } from './layout.ts';

/** What the outbox needs besides the case: where mails go out, and as whom. */
export interface NoticeSettings {
  readonly notify: readonly NotifyConfig[];
  readonly hostname: string;
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
export function blockFor(because: string, notify: readonly NotifyConfig[]): NotifyConfig | undefined {
  const word = because.split(' ')[0];
  return notify.find(block => block.to.some(to => to === word));
}

/**
 * The outbox rows for a case's begin or end: one for each address, ids `CASE.begin.N`, N counting the case's recipients
 * from 1, so that begin and end of one recipient share their N. Pure. An address that stands there twice is told once.
 */
export function outboxRecords(
  change: { readonly case: Case; readonly event: NoticeEvent },
  settings: NoticeSettings,
  now: number,
): Notices {
  const records: OutboxRecord[] = [];
  const refused: { address: string; why: string }[] = [];
  const seen = new Set<string>();
  for (const [i, { address, because }] of change.case.recipients.entries()) {
    if (seen.has(address.toLowerCase())) continue;
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
    const number = i + 1;
    const composed = composeMail(change.case, change.event, { address, because, number }, { ...block, ...settings });
    const mail: StoredMail = { because, ...composed, date: now };
    records.push({
      id: noticeId(change.case.id, change.event, number),
      channel: 'mail',
      recipient: address,
      caseId: change.case.id,
      event: change.event,
      body: JSON.stringify(mail),
      state: 'pending',
      attempts: 0,
      due: now,
      created: now,
      lastError: '',
    });
  }
  return { records, refused };
}

/** The mail of an outbox row; null when the row does not hold one. */
export function readMail(record: OutboxRecord): StoredMail | null {
  try {
    const mail = JSON.parse(record.body) as Record<keyof StoredMail, unknown>;
    const strings = [mail.because, mail.subject, mail.text, mail.messageId].every(value => typeof value === 'string');
    const optional = mail.references === null || typeof mail.references === 'string';
    return strings && optional && typeof mail.date === 'number' ? (mail as StoredMail) : null;
  } catch {
    return null;
  }
}
