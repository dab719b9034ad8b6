/**
 * Numbers of vantages, the same in every thread of a probe. A number stands for one direction and neighbour for ever,
 * whatever is configured or learned later: windows are kept by it. The table lies in memory that all threads share and only
 * grows; who meets a new neighbour enters it under a lock, which happens once for each.
 */
import type { Vantage } from '../question.ts';

export interface VantageNumbers {
  /** For another thread's `vantageNumbers`. */
  readonly shared: SharedArrayBuffer;
  /** By number. */
  list(): readonly Vantage[];
  /** Number of a direction and neighbour; of the direction with no neighbour when there is no room for another. */
  of(direction: Vantage['direction'], neighbor: number | null): number;
}

/** An answer lists all vantages. Neighbours beyond are seen, but as unknown ones. */
const MOST_VANTAGES = 4096;

export const INSIDE = 0;
export const UNKNOWN = 1;

const DIRECTIONS = ['inside', 'unknown', 'in', 'out'] as const;
const FIRST: readonly Vantage[] = DIRECTIONS.map(direction => ({ direction, neighbor: null }));

// Words of the shared memory: the lock, the count, then two for each entry: direction, neighbour.
const LOCK = 0;
const COUNT = 1;
const HEAD = 2;

/** The numbers in shared memory, or new ones. */
export function vantageNumbers(
  shared = new SharedArrayBuffer((HEAD + (MOST_VANTAGES - FIRST.length) * 2) * 4),
): VantageNumbers {
  const words = new Int32Array(shared);
  const list = [...FIRST];
  const keyOf = (direction: Vantage['direction'], neighbor: number | null) => `${direction} ${neighbor}`;
  const numbers = new Map(list.map(({ direction, neighbor }, i) => [keyOf(direction, neighbor), i]));

  /** Takes in what other threads have entered. */
  const catchUp = () => {
    const count = Atomics.load(words, COUNT);
    for (let i = list.length - FIRST.length; i < count; i++) {
      const direction = DIRECTIONS[words[HEAD + i * 2]!]!;
      const neighbor = words[HEAD + i * 2 + 1]! >>> 0;
      numbers.set(keyOf(direction, neighbor), list.push({ direction, neighbor }) - 1);
    }
  };

  return {
    shared,
    list() {
      catchUp();
      return list;
    },
    of(direction, neighbor) {
      const key = keyOf(direction, neighbor);
      const known = numbers.get(key);
      if (known !== undefined) return known;
      // Nobody holds the lock for longer than it takes to write two words.
      while (Atomics.compareExchange(words, LOCK, 0, 1) !== 0);
      catchUp();
      let number = numbers.get(key);
      if (number === undefined && list.length < MOST_VANTAGES && neighbor !== null) {
        const i = list.length - FIRST.length;
        words[HEAD + i * 2] = DIRECTIONS.indexOf(direction);
        words[HEAD + i * 2 + 1] = neighbor | 0;
        Atomics.store(words, COUNT, i + 1);
        catchUp();
        number = numbers.get(key);
      }
      Atomics.store(words, LOCK, 0);
      return number ?? DIRECTIONS.indexOf(direction);
    },
  };
}
