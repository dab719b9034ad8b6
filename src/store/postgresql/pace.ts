/** How a database keeps up with one machine: requests that wait for it, and how long transactions take. */
export interface Pace {
  /** A request waits from now on, until what is returned is called. */
  waits(): () => void;
  /** A transaction has taken place, after so many ms. */
  took(milliseconds: number): void;
  report(): PaceReport;
}

export interface PaceReport {
  readonly waiting: number;
  /** Transactions since the start; of the last ones the median and the longest, ms. */
  readonly transactions: number;
  readonly usual: number;
  readonly longest: number;
}

/** Transactions of which it is remembered how long they took. */
const LAST = 256;

/** `told` hears of each transaction, ms. */
export function keepPace(told: (milliseconds: number) => void = () => {}): Pace {
  const last: number[] = [];
  let transactions = 0;
  let waiting = 0;
  return {
    waits() {
      waiting++;
      return () => void waiting--;
    },
    took(milliseconds) {
      last[transactions++ % LAST] = milliseconds;
      told(milliseconds);
    },
    report() {
      const sorted = last.toSorted((a, b) => a - b);
      const usual = Math.round(sorted[sorted.length >> 1] ?? 0);
      return { waiting, transactions, usual, longest: Math.round(sorted.at(-1) ?? 0) };
    },
  };
}
