import type { Cursor } from '../net/cursor.ts';

/** One figure of a Statistics Report (RFC 7854 section 4.8). */
export interface Statistic {
  readonly type: number;
  /** AFI and SAFI that it counts for, where it counts for one family. */
  readonly family: readonly [number, number] | null;
  readonly value: number;
}

/** What the types count: RFC 7854 section 4.8, from 14 on RFC 8671 section 6.2. */
const NAMES: readonly string[] = [
  'rejected by policy',
  'duplicate announcements',
  'duplicate withdrawals',
  'CLUSTER_LIST loops',
  'AS_PATH loops',
  'ORIGINATOR_ID loops',
  'AS_CONFED loops',
  'Adj-RIB-In',
  'Loc-RIB',
  'Adj-RIB-In of a family',
  'Loc-RIB of a family',
  'UPDATEs treated as withdraw',
  'prefixes treated as withdraw',
  'duplicate UPDATEs',
  'Adj-RIB-Out pre-policy',
  'Adj-RIB-Out post-policy',
  'Adj-RIB-Out pre-policy of a family',
  'Adj-RIB-Out post-policy of a family',
];

/** What a statistic counts, in words, or its number: `Adj-RIB-In of a family 1/1`. */
export function formatStatistic({ type, family }: Statistic): string {
  const name = NAMES[type] ?? `statistic ${type}`;
  return family === null ? name : `${name} ${family[0]}/${family[1]}`;
}

/**
 * Reads the body: a count, then TLVs of 4 octets (a counter), 8 (a gauge) or 11 (a gauge of a family). Values of another
 * length are passed over. Returns what is wrong in words, with the cursor near the place.
 */
export function decodeStatistics(c: Cursor): Statistic[] | string {
  const count = c.u32();
  const found: Statistic[] = [];
  for (let i = 0; i < count && !c.failed; i++) {
    const type = c.u16();
    const length = c.u16();
    const value = c.sub(length);
    if (c.failed) break;
    if (length === 4) found.push({ type, family: null, value: value.u32() });
    else if (length === 8) found.push({ type, family: null, value: u64(value) });
    else if (length === 11) found.push({ type, family: [value.u16(), value.u8()], value: u64(value) });
  }
  return c.failed ? 'a Statistics Report ends before its counters' : found;
}

/** Exact up to 2^53. */
const u64 = (c: Cursor): number => c.u32() * 2 ** 32 + c.u32();

/** The body of a Statistics Report; types 0 to 6 and 11 to 13 are counters of 4 octets. */
export function encodeStatistics(statistics: readonly Statistic[]): Uint8Array {
  const u16 = (value: number) => [value >> 8, value & 0xff];
  const u32 = (value: number) => [...u16(value >>> 16), ...u16(value & 0xffff)];
  const items = statistics.flatMap(({ type, family, value }) => {
    const gauge = [...u32(Math.floor(value / 2 ** 32)), ...u32((value % 2 ** 32) >>> 0)];
    if (family !== null) return [...u16(type), ...u16(11), ...u16(family[0]), family[1], ...gauge];
    const counter = type < 7 || (type > 10 && type < 14);
    return counter ? [...u16(type), ...u16(4), ...u32(value)] : [...u16(type), ...u16(8), ...gauge];
  });
  return Uint8Array.from([...u32(statistics.length), ...items]);
}
