import { lastTouched, type ObjectDates } from './dates.ts';

/** After how many months without a change a registry warns of an object's removal, and removes it. */
export interface ExpiryRule {
  readonly notice: number;
  readonly removal: number;
}

/** The garbage collection of JPIRR (research: hijack 4.3). */
export const JPIRR_EXPIRY: ExpiryRule = { notice: 12, removal: 14 };

/** When an object that nobody touches is due; ms since the epoch. */
export interface Forecast {
  readonly notice: number;
  readonly removal: number;
}

/**
 * When a registry with this rule will warn of the object's removal and remove it. Null when the object does not say when
 * it was changed: then nothing is known.
 */
export function forecast(dates: ObjectDates, rule: ExpiryRule): Forecast | null {
  const touched = lastTouched(dates);
  if (touched === null) return null;
  return { notice: monthsAfter(touched, rule.notice), removal: monthsAfter(touched, rule.removal) };
}

/** How near its end an object is: `removal` is overdue when the registry has not collected yet. */
export function expiryState(due: Forecast, now: number): 'fresh' | 'notice' | 'removal' {
  if (now >= due.removal) return 'removal';
  return now >= due.notice ? 'notice' : 'fresh';
}

/** The same day so many months later, or the last day of that month where it is shorter. */
function monthsAfter(time: number, months: number): number {
  const date = new Date(time);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const days = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, days));
  return date.getTime();
}
