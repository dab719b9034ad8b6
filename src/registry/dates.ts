import { quote, type RpslObject, type RpslProblem } from './rpsl.ts';

/** When an object was made and changed, as it says itself; ms since the epoch, null where it does not say. */
export interface ObjectDates {
  readonly created: number | null;
  /** The latest `changed:`, the midnight (UTC) of its day. */
  readonly changed: number | null;
  readonly lastModified: number | null;
}

/**
 * Reads `changed:` (RFC 2622 section 3.1: a mail address and YYYYMMDD; objects of the nineties have YYMMDD) and the
 * `created:` and `last-modified:` that RIPE's and IRRd's databases write (ISO 8601). What is no date is left out and added
 * to `problems`.
 */
export function datesOf({ attributes }: RpslObject, problems: RpslProblem[] = []): ObjectDates {
  let created: number | null = null;
  let changed: number | null = null;
  let lastModified: number | null = null;
  for (const { name, value, line } of attributes) {
    if (name !== 'changed' && name !== 'created' && name !== 'last-modified') continue;
    const time = name === 'changed' ? dayOf(value) : instantOf(value);
    if (time === null) problems.push({ line, why: `${name}: no date in ${quote(value)}` });
    else if (name === 'changed') changed = Math.max(changed ?? time, time);
    else if (name === 'created') created ??= time;
    else lastModified = Math.max(lastModified ?? time, time);
  }
  return { created, changed, lastModified };
}

/** When the object was last touched, by whichever of its dates is the latest. */
export function lastTouched({ created, changed, lastModified }: ObjectDates): number | null {
  const times = [created, changed, lastModified].filter(time => time !== null);
  return times.length === 0 ? null : Math.max(...times);
}

/** The day in the last word of a `changed:`. */
function dayOf(value: string): number | null {
  const match = /(?:^|\s)(\d{2}|\d{4})(\d\d)(\d\d)$/.exec(value.trim());
  if (match === null) return null;
  const [, digits, month, day] = match;
  const year = digits!.length === 4 ? Number(digits) : Number(digits) + (Number(digits) >= 70 ? 1900 : 2000);
  return timeOf(year, Number(month), Number(day));
}

function instantOf(value: string): number | null {
  const match = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?/.exec(
    value.trim(),
  );
  if (match === null) return null;
  const day = timeOf(Number(match[1]), Number(match[2]), Number(match[3]));
  if (day === null || match[4] === undefined) return day;
  const time = Date.parse(value.trim());
  return Number.isNaN(time) ? null : time;
}

/** Midnight of a day that is in the calendar. */
function timeOf(year: number, month: number, day: number): number | null {
  const time = Date.UTC(year, month - 1, day);
  const date = new Date(time);
  return year >= 1980 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? time : null;
}
