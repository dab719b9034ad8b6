import { hostname } from 'node:os';
import type { NotifyConfig } from '../config/tree.ts';
import type { OutboxRecord, Store } from '../store/records.ts';
import { afterAttempt, DEFERRED_MOST, dueAt, type Outcome, REFUSED_WAIT } from './delivery.ts';
import { createMailer, MAIL_TIMEOUTS, type Mailer, type MailTimeouts } from './mail.ts';
import { blockFor, readMail, type StoredMail } from './notices.ts';

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

export interface OutboxOptions {
  readonly store: Pick<Store, 'read' | 'write'>;
  readonly notify: readonly NotifyConfig[];
  readonly log: (level: 'info' | 'warn' | 'error', text: string, fields?: Readonly<Record<string, unknown>>) => void;
  readonly clock?: OutboxClock;
  readonly hostname?: string;
  readonly timeouts?: MailTimeouts;
  /** Conversations at the same time. Default 4. */
  readonly parallel?: number;
  /** Rows held in memory; the rest waits in the store. Default 1000. */
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
 * Delivers what lies in the outbox: each row its own delivery, at most `parallel` at a time, retried as delivery.ts says.
 * A row is marked sent only after the server's 250 to DATA; a crash in between sends it again under the same Message-ID.
 */
export function createOutbox(options: OutboxOptions): Outbox {
  const { store, log } = options;
  const clock = options.clock ?? systemClock;
  const name = options.hostname ?? hostname();
  const parallel = options.parallel ?? 4;
  const most = options.most ?? 1000;
  let notify = options.notify;
  let mailers = new Map<NotifyConfig, Mailer>();
  /** Sorted by `due`, the earliest first. */
  const queue: OutboxRecord[] = [];
  /** Ids in the queue or in the air. */
  const known = new Set<string>();
  const sending = new Map<string, { readonly cut: AbortController; readonly done: Promise<void> }>();
  const count = { sent: 0, failed: 0, deferred: 0 };
  let more = false;
  let refilling = false;
  let lastError = '';
  let callOff = () => {};
  let closed = false;
  const ended = Promise.withResolvers<void>();

  function enqueue(record: OutboxRecord): void {
    let low = 0;
    for (let high = queue.length; low < high; ) {
      const middle = (low + high) >>> 1;
      if (queue[middle]!.due <= record.due) low = middle + 1;
      else high = middle;
    }
    queue.splice(low, 0, record);
    known.add(record.id);
  }

  function take(records: readonly OutboxRecord[]): void {
    const now = clock.now();
    for (const record of records) {
      if (record.state !== 'pending' || known.has(record.id)) continue;
      if (known.size >= most) more = true;
      else enqueue({ ...record, due: dueAt(record, now) });
    }
  }

  async function refill(): Promise<void> {
    refilling = true;
    try {
      // As many as are held are asked for on top, for those in the air are still pending in the store.
      const limit = most + known.size;
      const rows = await store.read('outbox.pending', { limit });
      more = rows.length === limit;
      take(rows);
    } finally {
      refilling = false;
    }
  }

  /** Starts what is due and sets the timer for what is due next. */
  function run(): void {
    callOff();
    callOff = () => {};
    if (closed) return;
    if (more && !refilling && known.size <= most / 2)
      refill().then(run, error => {
        log('error', 'outbox: cannot read what is pending', { error: wordsOf(error) });
        callOff = clock.after(DEFERRED_MOST / 60, run);
      });
    const now = clock.now();
    // Set back, the clock would hold rows for longer than any wait.
    if ((queue.at(-1)?.due ?? 0) > now + REFUSED_WAIT)
      for (const [i, record] of queue.entries()) queue[i] = { ...record, due: dueAt(record, now) };
    while (queue.length > 0 && sending.size < parallel && queue[0]!.due <= now) {
      const record = queue.shift()!;
      const cut = new AbortController();
      const done = deliver(record, cut.signal).finally(() => {
        sending.delete(record.id);
        run();
      });
      sending.set(record.id, { cut, done });
    }
    if (queue.length > 0 && sending.size < parallel) callOff = clock.after(Math.max(1, queue[0]!.due - now), run);
  }

  function mailerOf(block: NotifyConfig): Mailer {
    const mailer = mailers.get(block) ?? createMailer(block, name, options.timeouts ?? MAIL_TIMEOUTS);
    mailers.set(block, mailer);
    return mailer;
  }

  async function attempt(record: OutboxRecord, mail: StoredMail | null, signal: AbortSignal): Promise<OutboxRecord> {
    // A block that a reload took away leaves its rows to the first one.
    const block = blockFor(mail?.because ?? '', notify) ?? notify[0];
    const outcome: Outcome =
      mail === null
        ? { result: 'refused', error: 'the stored message cannot be read' }
        : block === undefined
          ? { result: 'deferred', error: 'the configuration has no notify mail block' }
          : await mailerOf(block).send(record.recipient, mail, signal);
    if (signal.aborted && outcome.result !== 'sent') return record;
    const after = afterAttempt(record, outcome, clock.now(), block?.retry ?? DEFERRED_MOST / 60);
    say(after, outcome);
    await mark(after);
    return after;
  }

  async function deliver(record: OutboxRecord, signal: AbortSignal): Promise<void> {
    const after = await attempt(record, readMail(record), signal);
    known.delete(after.id);
    if (after.state === 'pending') enqueue(after);
  }

  function say(after: OutboxRecord, outcome: Outcome): void {
    const fields = { mail: after.id, recipient: after.recipient, case: after.caseId, attempts: after.attempts };
    if (outcome.result === 'sent') {
      count.sent++;
      if (!queue.some(waits => waits.lastError !== '')) lastError = '';
      log('info', 'mail sent', fields);
      return;
    }
    lastError = `${after.recipient}: ${outcome.error}`;
    if (after.state === 'failed') {
      count.failed++;
      log('error', 'mail given up after 5 days', { ...fields, error: outcome.error });
    } else {
      count.deferred++;
      log('warn', `mail ${outcome.result}`, {
        ...fields,
        error: outcome.error,
        next: new Date(after.due).toISOString(),
      });
    }
  }

  /** Records an attempt. Until the store takes it, the record is asked again and not the server: no mail goes twice. */
  async function mark(after: OutboxRecord): Promise<void> {
    const { id, state, attempts, due } = after;
    for (let wait = 1000; ; wait = Math.min(wait * 2, DEFERRED_MOST)) {
      try {
        return await store.write([{ op: 'outbox.update', id, state, attempts, due, lastError: after.lastError }]);
      } catch (error) {
        log('error', `outbox: cannot record that ${id} is ${state}`, { error: wordsOf(error) });
        if (closed) return;
        await Promise.race([ended.promise, new Promise<void>(done => clock.after(wait, done))]);
      }
    }
  }

  return {
    async start() {
      await refill();
      run();
    },
    added(records) {
      take(records);
      run();
    },
    configure(next) {
      if (JSON.stringify(next) === JSON.stringify(notify)) return;
      notify = next;
      mailers = new Map();
      const now = clock.now();
      queue.forEach((record, i) => {
        queue[i] = { ...record, due: now };
      });
      run();
    },
    status() {
      const oldest = queue.reduce((least, record) => Math.min(least, record.created), Number.POSITIVE_INFINITY);
      return {
        waiting: queue.length,
        more,
        sending: sending.size,
        ...count,
        oldest: Number.isFinite(oldest) ? oldest : null,
        lastError,
      };
    },
    async close() {
      closed = true;
      callOff();
      ended.resolve();
      const all = Promise.all([...sending.values()].map(one => one.done));
      const cutOff = clock.after(options.grace ?? 5000, () => {
        for (const one of sending.values()) one.cut.abort();
      });
      await all;
      cutOff();
    },
  };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
