/** What waits for one who listens: bounded, and what did not fit is counted. */
import { channel } from 'node:diagnostics_channel';
import type { Told } from './live-rows.ts';

/** Changes that wait for a client that reads slowly; those behind are counted. */
const MOST_WAITING = 1000;
/**
 * Rows of tables that wait. Each stands once, however often it changes, so that only rows that come and go while nobody
 * reads make more than the tables have.
 */
const MOST_KEYED = 20_000;

/** Where it is published how many changes were not told to who watches; for whoever counts them. */
export const LEFT_OUT = channel('intertrack:live-left-out');

export interface Waiting {
  /** All that waits, in its order. */
  readonly told: readonly Told[];
  /** Changes that were left out since the last time. */
  readonly leftOut: number;
  /** Rows of tables that were: what is known of the tables is worth nothing then, and they have to be told anew. */
  readonly lostRows: number;
}

export interface LiveQueue {
  add(told: Told): void;
  take(): Waiting;
  /** Resolves when something waits, or the signal has aborted. */
  filled(): Promise<void>;
}

/** With where it stands among all that waits. */
interface Placed {
  readonly told: Told;
  readonly at: number;
}

/**
 * A queue that is empty. A row of a table takes the place of an earlier one of the same key. `mostKeyed`: `MOST_KEYED`,
 * but in tests.
 */
export function createLiveQueue(signal: AbortSignal, mostKeyed = MOST_KEYED): LiveQueue {
  let changes: Placed[] = [];
  let rows = new Map<string, Placed>();
  let number = 0;
  let leftOut = 0;
  let lostRows = 0;
  let wake = () => {};
  signal.addEventListener('abort', () => wake(), { once: true });

  function addRow(name: string, told: Told): void {
    if (!rows.delete(name) && rows.size >= mostKeyed) {
      lostRows += rows.size;
      rows.clear();
    }
    // What is known of the tables is of no use without what was dropped.
    if (lostRows > 0) lostRows++;
    else rows.set(name, { told, at: number++ });
  }

  return {
    add(told) {
      if (told.key !== null) addRow(`${told.about} ${told.key}`, told);
      else if (changes.length < MOST_WAITING) changes.push({ told, at: number++ });
      else leftOut++;
      wake();
    },
    take() {
      const told = [...changes, ...rows.values()].sort((a, b) => a.at - b.at).map(one => one.told);
      const taken = { told, leftOut, lostRows };
      if (leftOut + lostRows > 0) LEFT_OUT.publish(leftOut + lostRows);
      [changes, rows] = [[], new Map()];
      leftOut = 0;
      lostRows = 0;
      return taken;
    },
    filled: () =>
      new Promise<void>(resolve => {
        if (changes.length + rows.size + leftOut + lostRows > 0 || signal.aborted) resolve();
        else wake = resolve;
      }),
  };
}
