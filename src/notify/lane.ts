import type { OutboxRecord } from '../store/records.ts';
import { DEFERRED_MOST, dueAt } from './delivery.ts';
import type { OutboxClock } from './outbox.ts';

export interface LaneOptions {
  readonly clock: OutboxClock;
  /** Deliveries at the same time. */
  readonly parallel: number;
  /** Rows held in memory; the rest waits in the store. */
  readonly most: number;
  /** Reads what is pending in this lane, the earliest due first. */
  readonly pending: (limit: number) => Promise<readonly OutboxRecord[]>;
  /** One attempt; resolves to the row as it is then, recorded. Never rejects. */
  readonly deliver: (record: OutboxRecord, signal: AbortSignal) => Promise<OutboxRecord>;
  readonly onTrouble: (error: unknown) => void;
}

/** Rows that wait for the same servers, in the order in which they are due. */
export interface Lane {
  /** Takes rows that were just stored. */
  add(records: readonly OutboxRecord[]): void;
  /** Takes from the store what is pending there. */
  refill(): Promise<void>;
  /** Tries all that wait at once. */
  hurry(): void;
  status(): {
    readonly waiting: number;
    readonly sending: number;
    /** The store holds others. */
    readonly more: boolean;
    /** When the oldest row that waits was written; infinite when none waits. */
    readonly oldest: number;
  };
  /** Lets deliveries finish for so long, then cuts them. */
  close(grace: number): Promise<void>;
}

/** Makes an empty lane. */
export function createLane({ clock, parallel, most, pending, deliver, onTrouble }: LaneOptions): Lane {
  /** Sorted by `due`, the earliest first. */
  const queue: OutboxRecord[] = [];
  /** Ids in the queue or in the air. */
  const known = new Set<string>();
  const sending = new Map<string, { readonly cut: AbortController; readonly done: Promise<void> }>();
  let more = false;
  let refilling = false;
  /** How often all that waits was to be tried at once. */
  let hurries = 0;
  let callOff = () => {};
  let closed = false;
  /** When the queue was looked at last. */
  let looked = Number.NEGATIVE_INFINITY;

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
      const rows = await pending(limit);
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
        onTrouble(error);
        callOff = clock.after(DEFERRED_MOST / 60, run);
      });
    const now = clock.now();
    // Set back, the clock would hold rows for longer than they are to wait.
    const back = Math.max(0, looked - now);
    looked = now;
    if (back > 0)
      for (const [i, record] of queue.entries()) {
        const due = record.due - back;
        queue[i] = { ...record, due: dueAt({ ...record, due }, now) };
      }
    while (queue.length > 0 && sending.size < parallel && queue[0]!.due <= now) send(queue.shift()!);
    if (queue.length > 0 && sending.size < parallel) callOff = clock.after(Math.max(1, queue[0]!.due - now), run);
  }

  function send(record: OutboxRecord): void {
    const cut = new AbortController();
    const began = hurries;
    const done = deliver(record, cut.signal)
      .then(after => {
        known.delete(after.id);
        // It may have been tried by what was changed meanwhile.
        if (after.state === 'pending') enqueue(began === hurries ? after : { ...after, due: clock.now() });
      })
      .finally(() => {
        sending.delete(record.id);
        run();
      });
    sending.set(record.id, { cut, done });
  }

  return {
    add(records) {
      take(records);
      run();
    },
    async refill() {
      await refill();
      run();
    },
    hurry() {
      hurries++;
      const now = clock.now();
      for (const [i, record] of queue.entries()) queue[i] = { ...record, due: now };
      run();
    },
    status: () => ({
      waiting: queue.length,
      sending: sending.size,
      more,
      oldest: queue.reduce((least, record) => Math.min(least, record.created), Number.POSITIVE_INFINITY),
    }),
    async close(grace) {
      closed = true;
      callOff();
      const all = Promise.all([...sending.values()].map(one => one.done));
      const cutOff = clock.after(grace, () => {
        for (const one of sending.values()) one.cut.abort();
      });
      await all;
      cutOff();
    },
  };
}
