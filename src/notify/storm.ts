/** When many cases begin at once: what is told of each, and what in one summary for all. */
import type { OwedRecord } from '../store/records.ts';

/** So many begins within a minute are told one by one; where books share the cases, each its part of them, and so many. */
export const STORM_BEGINS = 20;
const BEGINS_OF_A_BOOK = 5;
export const STORM_WINDOW = 60_000;
/** What is not told one by one is summed up after so long. */
export const SUMMARY_WAIT = 60_000;

/**
 * True once any of this has waited long enough. A clock that was set back must not make it wait for much longer; one of another
 * machine may be ahead by some seconds.
 */
export const isSummaryDue = (owed: readonly Pick<OwedRecord, 'time'>[], now: number): boolean =>
  owed.some(({ time }) => Math.abs(now - time) >= SUMMARY_WAIT);

/** Counts the begins that are told one by one. */
export interface StormGauge {
  /** Whether a begin at this time is one too many; counts it when it is not. */
  exceeds(now: number): boolean;
}

/** How many each of several books tells one by one. */
export const beginsOf = (books: number): number => Math.max(BEGINS_OF_A_BOOK, Math.ceil(STORM_BEGINS / books));

/** The gauge of one book. */
export function createStormGauge(most = STORM_BEGINS, window = STORM_WINDOW): StormGauge {
  let times: number[] = [];
  return {
    exceeds(now) {
      // A clock that was set back must not hold the gauge full.
      times = times.filter(time => time > now - window && time <= now);
      if (times.length >= most) return true;
      times.push(now);
      return false;
    },
  };
}
