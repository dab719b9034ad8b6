/** Numbers with units, as the language writes them: each is read from its text, and shown in the largest exact unit. */

/** In milliseconds. */
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const DURATION: readonly (readonly [string, number])[] = [
  ['d', DAY],
  ['h', HOUR],
  ['m', MINUTE],
  ['s', SECOND],
  ['ms', 1],
];

const SIZE: readonly (readonly [string, number])[] = [
  ['T', 2 ** 40],
  ['G', 2 ** 30],
  ['M', 2 ** 20],
  ['K', 2 ** 10],
];

function read(text: string, units: typeof DURATION): number | null {
  const match = /^(\d{1,12})([a-zA-Z]+)$/.exec(text);
  const unit = units.find(([name]) => name === match?.[2]);
  if (match === null || unit === undefined) return null;
  const value = Number(match[1]) * unit[1];
  return Number.isSafeInteger(value) ? value : null;
}

function show(value: number, units: typeof DURATION): string | null {
  const unit = units.find(([, factor]) => value !== 0 && value % factor === 0);
  return unit === undefined ? null : `${value / unit[1]}${unit[0]}`;
}

/** `90s`, `5m`, `2h`, `1d`, `250ms` in milliseconds; null when the text is no duration. */
export const readDuration = (text: string): number | null => read(text, DURATION);

/** Milliseconds in their largest exact unit: 90000 is `90s`, 0 is `0s`. */
export const showDuration = (milliseconds: number): string => show(milliseconds, DURATION) ?? '0s';

/** `64K`, `256M`, `2G`, `1T` in octets, K being 1024; null when the text is no size. */
export const readSize = (text: string): number | null => read(text, SIZE);

/** Octets, a multiple of 1024, in their largest exact unit. */
export const showSize = (octets: number): string => show(octets, SIZE) ?? '0K';

/** `100/s`: so many a second, a whole number; null otherwise. */
export const readRate = (text: string): number | null => {
  const match = /^(\d{1,9})\/s$/.exec(text);
  return match === null ? null : Number(match[1]);
};

/** A whole number a second, as `100/s`. */
export const showRate = (rate: number): string => `${rate}/s`;

/** So many in a time, in milliseconds. */
export interface Budget {
  readonly count: number;
  readonly per: number;
}

/** `10/1h`: 1 to 10000 in 1m to 1d; null when it is none. */
export function readBudget(text: string): Budget | null {
  const [, count, time] = /^([1-9]\d{0,4})\/(\d.*)$/.exec(text) ?? [];
  const per = time === undefined ? null : readDuration(time);
  if (per === null || per < MINUTE || per > DAY || Number(count) > 10_000) return null;
  return { count: Number(count), per };
}

/** A budget as `10/1h`. */
export const showBudget = ({ count, per }: Budget): string => `${count}/${showDuration(per)}`;

/** `100%`, `99.5%` (two decimals at most) as a share from 0 to 1; null otherwise. */
export const readPercent = (text: string): number | null => {
  const match = /^(\d{1,3}(?:\.\d{1,2})?)%$/.exec(text);
  return match === null ? null : Number(match[1]) / 100;
};

/** A share from 0 to 1 with two decimals of a percent at most. */
export const showPercent = (share: number): string => `${Number((share * 100).toFixed(2))}%`;

/**
 * An AS number in asplain or asdot (RFC 5396): `64500`, `4200000000`, `1.10`. Without the letters `AS`. Null when it is
 * neither or when it is more than 32 bits.
 */
export function readAsn(text: string): number | null {
  if (/^(0|[1-9]\d{0,9})$/.test(text)) return Number(text) <= 0xffffffff ? Number(text) : null;
  const dotted = /^(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})$/.exec(text);
  if (dotted === null || Number(dotted[1]) > 0xffff || Number(dotted[2]) > 0xffff) return null;
  return Number(dotted[1]) * 0x10000 + Number(dotted[2]);
}

/** AS numbers that no AS may use, and why. */
export const RESERVED_ASN: ReadonlyMap<number, string> = new Map([
  [0, 'AS 0 is no AS (RFC 7607)'],
  [23456, 'AS 23456 is AS_TRANS (RFC 6793)'],
  [65535, 'AS 65535 is reserved (RFC 7300)'],
  [4294967295, 'AS 4294967295 is reserved (RFC 7300)'],
]);
