/**
 * Judged changes on their way to the main thread: in batches, and never further ahead than it can take. A collector that
 * runs ahead stops reading from its peers (TCP holds them back) until the main thread has caught up; nothing is dropped.
 */
import type { JudgedChange } from '../registry/judged-change.ts';

/** Changes that may be under way before peers are no longer read, and below which they are read again. */
const AHEAD_STOP = 50_000;
const AHEAD_GO = 10_000;
/** Changes in one message. */
const BATCH = 512;

export interface Outflow {
  tell(change: JudgedChange): void;
  /** Sends what waits. */
  flush(): void;
  /** The main thread has taken so many changes in. */
  took(changes: number): void;
  /** True while peers must not be read. */
  readonly held: boolean;
}

export function createOutflow(send: (changes: readonly JudgedChange[]) => void, hold: (on: boolean) => void): Outflow {
  let batch: JudgedChange[] = [];
  let ahead = 0;
  let held = false;
  const flush = () => {
    if (batch.length === 0) return;
    const changes = batch;
    batch = [];
    send(changes);
  };
  return {
    flush,
    get held() {
      return held;
    },
    tell(change) {
      if (batch.length === 0) setImmediate(flush);
      batch.push(change);
      ahead++;
      if (batch.length >= BATCH) flush();
      if (held || ahead <= AHEAD_STOP) return;
      held = true;
      hold(true);
    },
    took(changes) {
      ahead -= changes;
      if (!held || ahead > AHEAD_GO) return;
      held = false;
      hold(false);
    },
  };
}
