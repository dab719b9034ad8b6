import { channelName } from '../config/notify.ts';
import type { NotifyConfig } from '../config/tree.ts';
import type { OutboxRecord } from '../store/records.ts';
import { FREELY, type Handing, type Outcome } from './delivery.ts';
import { createExec } from './exec.ts';
import { createMailer, type MailTimeouts } from './mail.ts';
import { type Notice, readNotice } from './notice.ts';
import { blockFor, mailBlocks, readMail } from './notices.ts';
import { createSyslog } from './syslog.ts';
import { createWebhook } from './webhook.ts';
import { createXmpp } from './xmpp.ts';

/** One way out that is no mail. `send` never rejects: how it ended is a value. */
export interface Channel {
  /** `doubt`: when it may have been taken before, ms since the epoch; null, or left out: it was not. */
  send(notice: Notice, signal: AbortSignal, doubt?: number | null): Promise<Outcome>;
}

/** The channels of a configuration: brings an outbox row to whom it is for. */
export interface Carrier {
  /** Makes ready what the first mail needs. */
  warm(): void;
  /** First wait after a failure of this row, ms; null when nothing carries it. */
  retry(row: OutboxRecord): number | null;
  /** Never rejects. `handing`: as that of a Mailer; other channels ask before they begin. */
  carry(row: OutboxRecord, signal: AbortSignal, handing?: Handing): Promise<Outcome>;
}

const UNREADABLE: Outcome = { result: 'refused', error: 'the stored message cannot be read' };

/** Opens nothing yet: each channel comes into being with its first row. */
export function createCarrier(notify: readonly NotifyConfig[], hostname: string, timeouts: MailTimeouts): Carrier {
  const opened = new Map<NotifyConfig, unknown>();
  function once<T>(block: NotifyConfig, open: () => T): T {
    if (!opened.has(block)) opened.set(block, open());
    return opened.get(block) as T;
  }

  // A mail block that a reload took away leaves its rows to the first one; another channel is that one or none.
  const blockOf = (row: OutboxRecord): NotifyConfig | undefined =>
    row.channel === 'mail'
      ? (blockFor(readMail(row)?.because ?? '', notify) ?? mailBlocks(notify)[0])
      : notify.find(block => block.kind === row.channel && channelName(block) === row.recipient);

  async function carry(row: OutboxRecord, signal: AbortSignal, handing: Handing): Promise<Outcome> {
    const block = blockOf(row);
    const gone = `the configuration has no notify ${row.channel} block${row.channel === 'mail' ? '' : ' of this name'}`;
    if (block === undefined) return { result: 'deferred', error: gone };
    if (block.kind === 'mail') {
      const mail = readMail(row);
      if (mail === null) return UNREADABLE;
      return once(block, () => createMailer(block, hostname, timeouts)).send(row.recipient, mail, signal, handing);
    }
    const notice = readNotice(row.body);
    if (notice === null) return UNREADABLE;
    if (!(await handing.begin())) return { result: 'deferred', error: 'it is another machine that sends it now' };
    return once(block, () => openChannel(block, hostname)).send(notice, signal, handing.doubt);
  }

  return {
    warm() {
      for (const block of mailBlocks(notify).slice(0, 1))
        once(block, () => createMailer(block, hostname, timeouts)).warm();
    },
    retry: row => blockOf(row)?.retry ?? null,
    carry: (row, signal, handing = FREELY) =>
      carry(row, signal, handing).catch((error: unknown) => ({
        result: 'deferred',
        error: `fault of our own: ${error}`,
      })),
  };
}

/** The channel of a block. */
export function openChannel(block: Exclude<NotifyConfig, { kind: 'mail' }>, hostname: string): Channel {
  switch (block.kind) {
    case 'webhook':
      return createWebhook(block);
    case 'syslog':
      return createSyslog(block, hostname);
    case 'exec':
      return createExec(block);
    case 'xmpp':
      return createXmpp(block);
  }
}
