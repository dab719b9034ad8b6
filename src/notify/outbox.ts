import { hostname } from 'node:os';
import type { NotifyConfig } from '../config/tree.ts';
import type { OutboxRecord, Store } from '../store/records.ts';
import { type Carrier, createCarrier } from './channel.ts';
import { afterAttempt, DEFERRED_MOST, type Outcome } from './delivery.ts';
import { createLane, type Lane } from './lane.ts';
import { type Ledger, ledgerOf, updateOf } from './ledger.ts';
import { MAIL_TIMEOUTS, type MailTimeouts } from './mail.ts';

/** Time from outside. `after` calls back once, in ms, and returns what calls it off. */
export interface OutboxClock {
  now(): number;
  after(wait: number, call: () => void): () => void;
}

export const systemClock: OutboxClock = {
  now: Date.now,
  after(wait, call) {
    const timer = setTimeout(call, wait);
    return () => clearTimeout(timer);
  },
};

/** How long until a row is looked at again that another machine may have by now, ms. */
const UNSURE = 1_000;

export interface OutboxOptions {
  readonly store: Pick<Store, 'read' | 'write'>;
  readonly notify: readonly NotifyConfig[];
  readonly log: (level: 'info' | 'warn' | 'error', text: string, fields?: Readonly<Record<string, unknown>>) => void;
  /** Is told of each row that is stored, and of what came of each attempt. */
  readonly told?: (record: OutboxRecord) => void;
  /** Asked before each attempt: whether this daemon may still make it. Left out: always. */
  readonly may?: () => boolean;
  /** Where deliveries are written down; left out: in the store, which nobody else writes in. */
  readonly ledger?: Ledger;
  /** Is told of each notice that is sent though it may have been taken before. */
  readonly again?: (record: OutboxRecord) => void;
  readonly clock?: OutboxClock;
  readonly hostname?: string;
  readonly timeouts?: MailTimeouts;
  /** Conversations at the same time: of mail together, of each other channel by itself. Default 4. */
  readonly parallel?: number;
  /** Rows of a lane held in memory; the rest waits in the store. Default 1000. */
  readonly most?: number;
  /** How long `close` lets conversations finish, ms. Default 5 s. */
  readonly grace?: number;
}

/** For `show status`; counts are since the start of the daemon. */
export interface OutboxStatus {
  /** Rows waiting in memory; `more` when the store holds others. */
  readonly waiting: number;
  readonly more: boolean;
  readonly sending: number;
  readonly sent: number;
  readonly failed: number;
  readonly deferred: number;
  /** When the oldest waiting row was written, ms since the epoch. */
  readonly oldest: number | null;
  /** Why an attempt last failed; empty again when nothing that failed waits any more. */
  readonly lastError: string;
}

export interface Outbox {
  /** Picks up what is pending in the store. */
  start(): Promise<void>;
  /** Tells of rows that were just stored: call it after the transaction, never before. */
  added(records: readonly OutboxRecord[]): void;
  /** Another configuration: rows that wait are tried at once, through it. None is lost. */
  configure(notify: readonly NotifyConfig[]): void;
  status(): OutboxStatus;
  /** Lets conversations finish for the grace time, then cuts them; what was not sent stays pending in the store. */
  close(): Promise<void>;
}

/**
 * Delivers what lies in the outbox: each row its own delivery, retried as delivery.ts says. Mail is one lane, each other
 * channel another, so that none waits for a server of another kind that hangs. A row is marked sent only after the other end
 * has taken it (mail: 250 to DATA). Before the other end can have the whole of it, that it may is written down: what was
 * under way in a crash is then known to be in doubt, and goes again under the same Message-ID or `id`, and says so.
 */
export function createOutbox(options: OutboxOptions): Outbox {
  const { store, log } = options;
  const clock = options.clock ?? systemClock;
  const name = options.hostname ?? hostname();
  const timeouts = options.timeouts ?? MAIL_TIMEOUTS;
  const lanes = new Map<string, Lane>();
  const count = { sent: 0, failed: 0, deferred: 0 };
  let notify = options.notify;
  let carrier: Carrier = createCarrier(notify, name, timeouts);
  /** Why the last attempt of each row that waits has failed, by id, the latest last. */
  const troubles = new Map<string, string>();
  const ledger = options.ledger ?? ledgerOf(store, log);
  let closed = false;
  const ended = Promise.withResolvers<void>();

  /** The lane of a row, made when it is the first of it. */
  function laneOf(channel: OutboxRecord['channel'], recipient: string | null): Lane {
    const key = channel === 'mail' ? channel : `${channel} ${recipient}`;
    const found = lanes.get(key);
    if (found !== undefined) return found;
    const lane = createLane({
      clock,
      parallel: options.parallel ?? 4,
      most: options.most ?? 1000,
      pending: limit =>
        store.read('outbox.pending', {
          limit,
          channel,
          ...(channel === 'mail' || recipient === null ? {} : { recipient }),
        }),
      deliver,
      onTrouble: error => log('error', 'outbox: cannot read what is pending', { error: wordsOf(error) }),
    });
    lanes.set(key, lane);
    return lane;
  }

  async function deliver(record: OutboxRecord, signal: AbortSignal): Promise<OutboxRecord> {
    // What may be another machine's by now is left to that one; and is here for a moment only, if so.
    if (options.may?.() === false) return { ...record, due: clock.now() + UNSURE };
    const by = carrier;
    let barred = false;
    const begin = async () => {
      barred = !(await ledger.begin(record, clock.now()));
      if (!barred && record.doubt !== null) sayAgain(record, record.doubt);
      return !barred;
    };
    const outcome: Outcome = await by.carry(record, signal, { begin, doubt: record.doubt });
    if (barred) return (await settledElsewhere(record)) ?? { ...record, due: clock.now() + UNSURE };
    if (signal.aborted && outcome.result !== 'sent') return record;
    const after = afterAttempt(record, outcome, clock.now(), by.retry(record) ?? DEFERRED_MOST / 60);
    // First of all: until it is written down a crash would send it again.
    await mark(after);
    say(after, outcome);
    options.told?.(after);
    return after;
  }

  /** A row that waits no more, for another machine has sent it; null: it does, or that cannot be known now. */
  async function settledElsewhere({ id, caseId }: OutboxRecord): Promise<OutboxRecord | null> {
    const rows = await store.read('outbox.of-case', { caseId }).catch(() => []);
    return rows.find(row => row.id === id && row.state !== 'pending') ?? null;
  }

  function sayAgain(record: OutboxRecord, doubt: number): void {
    const { channel, id, recipient, caseId } = record;
    const since = new Date(doubt).toISOString();
    log('warn', `${channel} goes again: whether it was taken at ${since} is not known`, {
      id,
      recipient,
      case: caseId,
    });
    options.again?.(record);
  }

  function say(after: OutboxRecord, outcome: Outcome): void {
    const { channel, recipient, caseId, attempts } = after;
    const fields = { id: after.id, recipient, case: caseId, attempts };
    troubles.delete(after.id);
    if (outcome.result === 'sent') {
      count.sent++;
      log('info', `${channel} sent`, fields);
      return;
    }
    if (after.state === 'pending') troubles.set(after.id, `${recipient}: ${outcome.error}`);
    if (after.state === 'failed') {
      count.failed++;
      log('error', `${channel} given up after 5 days`, { ...fields, error: outcome.error });
    } else {
      count.deferred++;
      log('warn', `${channel} ${outcome.result}`, {
        ...fields,
        error: outcome.error,
        next: new Date(after.due).toISOString(),
      });
    }
  }

  /** Records an attempt. Until the store takes it, the record is asked again and not the server: no mail goes twice. */
  async function mark(after: OutboxRecord): Promise<void> {
    const { id, state } = after;
    for (let wait = 1000; ; wait = Math.min(wait * 2, DEFERRED_MOST)) {
      try {
        if (state === 'sent') return await ledger.sent(after);
        return await store.write([updateOf(after)]);
      } catch (error) {
        log('error', `outbox: cannot record that ${id} is ${state}`, { error: wordsOf(error) });
        if (closed) return;
        await Promise.race([ended.promise, new Promise<void>(done => clock.after(wait, done))]);
      }
    }
  }

  return {
    async start() {
      carrier.warm();
      const pending = await store.read('outbox.lanes', {});
      await Promise.all(pending.map(({ channel, recipient }) => laneOf(channel, recipient).refill()));
    },
    added(records) {
      const groups = new Map<Lane, OutboxRecord[]>();
      for (const record of records) {
        options.told?.(record);
        const lane = laneOf(record.channel, record.recipient);
        const group = groups.get(lane);
        if (group === undefined) groups.set(lane, [record]);
        else group.push(record);
      }
      for (const [lane, group] of groups) lane.add(group);
    },
    configure(next) {
      if (JSON.stringify(next) === JSON.stringify(notify)) return;
      notify = next;
      carrier = createCarrier(notify, name, timeouts);
      for (const lane of lanes.values()) lane.hurry();
    },
    status() {
      const all = [...lanes.values()].map(lane => lane.status());
      const oldest = Math.min(...all.map(lane => lane.oldest));
      return {
        waiting: all.reduce((sum, lane) => sum + lane.waiting, 0),
        more: all.some(lane => lane.more),
        sending: all.reduce((sum, lane) => sum + lane.sending, 0),
        ...count,
        oldest: Number.isFinite(oldest) ? oldest : null,
        lastError: [...troubles.values()].at(-1) ?? '',
      };
    },
    async close() {
      closed = true;
      ended.resolve();
      await Promise.all([...lanes.values()].map(lane => lane.close(options.grace ?? 5000)));
    },
  };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
