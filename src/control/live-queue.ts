/** What waits for one who listens: bounded, and what did not fit is counted. */
import type { Told } from './live-rows.ts';

/** Changes that wait for a client that reads slowly; those behind are counted. */
const MOST_WAITING = 1000;

export interface LiveQueue {
  add(told: Told): void;
  /** Takes all that waits, in its order, and how many were left out since the last time. */
  take(): { readonly told: readonly Told[]; readonly leftOut: number };
  /** Resolves when something waits, or the signal has aborted. */
  filled(): Promise<void>;
}

/**
 * A queue that is empty. A row of a table takes the place of an earlier one of the same key: there are as many of them as
 * the table has, and none is left out.
 */
export function createLiveQueue(signal: AbortSignal): LiveQueue {
  let waiting = new Map<string | number, Told>();
  let counted = 0;
  let leftOut = 0;
  let number = 0;
  let wake = () => {};
  signal.addEventListener('abort', () => wake(), { once: true });
  return {
    add(told) {
      if (told.key !== null) {
        const name = `${told.about} ${told.key}`;
        waiting.delete(name);
        waiting.set(name, told);
      } else if (counted < MOST_WAITING) {
        counted++;
        waiting.set(number++, told);
      } else leftOut++;
      wake();
    },
    take() {
      const taken = { told: [...waiting.values()], leftOut };
      waiting = new Map();
      counted = 0;
      leftOut = 0;
      return taken;
    },
    filled: () =>
      new Promise<void>(resolve => {
        if (waiting.size > 0 || leftOut > 0 || signal.aborted) resolve();
        else wake = resolve;
      }),
  };
}
