/**
 * What is kept of a window's digests: ribbon tables, in one piece of octets that is asked where it lies. man/itprobe.8,
 * WINDOW FILES, has its layout. Written by probe/filters/sealer.ts.
 */
import type { FilterKind } from './choose-filter.ts';
import { chanceOfNumber, numberOf, type RibbonTable, tableAt } from './ribbon-table.ts';

/** Bits of certainty: a digest that was not seen is found with the chance 2^-bits. */
export type FingerprintBits = 8 | 16;

export interface SealedFilter {
  readonly kind: FilterKind;
  readonly bits: FingerprintBits;
  /** Numbers of the vantages that saw something, ascending. */
  readonly vantages: Uint32Array;
  /**
   * Kind `each`: one for each vantage. Kind `one`: the first has a vantage of each digest, as its place in `vantages`, the
   * second another vantage of those that were seen at several, the third is of digests mixed with vantages that neither
   * has; the last two may be absent.
   */
  readonly tables: readonly RibbonTable[];
  /** The filter as it is stored: a view, no copy. */
  readonly octets: Uint8Array;
}

/** Where octets are no filter, and why. */
export interface FilterError {
  readonly offset: number;
  readonly wrong: string;
}

const MAGIC = 0x31465449;
const KINDS: readonly FilterKind[] = ['each', 'one'];
/** Words before the vantages: magic, kind, bits and tables in an octet each, vantages, length in words. */
const HEADER = 4;
const NONE: readonly number[] = [];

/** The digest that stands for a digest at the vantage of a place: the third table's. */
export function pairOf(low: number, high: number, place: number): { low: number; high: number } {
  const salt = Math.imul(place + 1, 0x9e3779b1);
  return { low: (low + salt) >>> 0, high: (high ^ Math.imul(salt ^ (salt >>> 15), 0x85ebca6b)) >>> 0 };
}

/** Vantages that may have seen a digest; those that are not named certainly have not. */
export function ask(filter: SealedFilter, low: number, high: number): readonly number[] {
  const { tables, vantages } = filter;
  if (filter.kind === 'each') {
    let found: number[] | null = null;
    for (let i = 0; i < tables.length; i++)
      if (numberOf(tables[i]!, low, high) === 0) {
        if (found === null) found = [vantages[i]!];
        else found.push(vantages[i]!);
      }
    return found ?? NONE;
  }
  const first = tables.length === 0 ? -1 : numberOf(tables[0]!, low, high);
  if (first < 0) return NONE;
  if (tables.length === 1) return [vantages[first]!];
  return askFurther(filter, first, low, high);
}

function askFurther({ tables, vantages }: SealedFilter, first: number, low: number, high: number): readonly number[] {
  const places = new Set([first]);
  const second = numberOf(tables[1]!, low, high);
  if (second >= 0) {
    places.add(second);
    if (tables.length > 2)
      for (let place = 0; place < vantages.length; place++) {
        const pair = pairOf(low, high, place);
        if (numberOf(tables[2]!, pair.low, pair.high) === 0) places.add(place);
      }
  }
  return [...places].sort((a, b) => a - b).map(place => vantages[place]!);
}

/** How many vantages are named in vain, on average, by a question about a digest that none of them saw. */
export function falseSightings(filter: SealedFilter): number {
  if (filter.kind === 'each') return filter.tables.reduce((sum, table) => sum + chanceOfNumber(table), 0);
  return filter.tables.length === 0 ? 0 : chanceOfNumber(filter.tables[0]!);
}

/** Filters that a question asks: one for each vantage, or one. */
export function filtersAsked(filter: SealedFilter): number {
  return filter.kind === 'each' ? filter.tables.length : Math.min(1, filter.tables.length);
}

/** Chance that a filter names a vantage for a digest that it does not hold. */
export function falsePositiveRate(filter: SealedFilter): number {
  return falseSightings(filter) / Math.max(1, filtersAsked(filter));
}

/** Different digests, each counted at every vantage that saw it. */
export function keysOf(filter: SealedFilter): number {
  return filter.tables.reduce((sum, table) => sum + table.keys, 0);
}

/** Octets that the filter takes. */
export function filterOctets(filter: SealedFilter): number {
  return filter.octets.byteLength;
}

/** A filter of finished tables, each in words as probe/filters/ribbon-table.ts describes them. */
export function encodeFilter(
  kind: FilterKind,
  bits: FingerprintBits,
  vantages: readonly number[],
  tables: readonly Uint32Array[],
): Uint8Array<ArrayBuffer> {
  const length = tables.reduce((sum, table) => sum + table.length, HEADER + vantages.length);
  const words = new Uint32Array(length);
  words[0] = MAGIC;
  words[1] = KINDS.indexOf(kind) | (bits << 8) | (tables.length << 16);
  words[2] = vantages.length;
  words[3] = length;
  words.set(vantages, HEADER);
  let at = HEADER + vantages.length;
  for (const table of tables) {
    words.set(table, at);
    at += table.length;
  }
  return new Uint8Array(words.buffer);
}

/**
 * The filter in octets, where they lie: in memory that is shared, or mapped from a file. Only octets that don't begin at
 * a multiple of 4 are copied. Looks at the headers, not at the rows.
 */
export function decodeFilter(octets: Uint8Array): SealedFilter | FilterError {
  const bad = (offset: number, wrong: string): FilterError => ({ offset, wrong });
  if (octets.length < HEADER * 4 || octets.length % 4 !== 0) return bad(0, `${octets.length} octets are no filter`);
  // A Buffer's `slice` would be no copy.
  const aligned = octets.byteOffset % 4 === 0 ? octets : new Uint8Array(octets);
  const words = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
  if (words[0] !== MAGIC) return bad(0, 'not a filter');
  const kind = KINDS[words[1]! & 0xff];
  const bits = (words[1]! >>> 8) & 0xff;
  const count = words[1]! >>> 16;
  const seen = words[2]!;
  if (kind === undefined) return bad(4, `kind ${words[1]! & 0xff}`);
  if (bits !== 8 && bits !== 16) return bad(5, `${bits} bits`);
  if (words[3] !== words.length) return bad(12, `${words[3]} words said to be in ${words.length}`);
  if (seen > words.length - HEADER) return bad(8, `${seen} vantages in ${words.length} words`);
  const vantages = words.subarray(HEADER, HEADER + seen);
  for (let i = 1; i < seen; i++)
    if (vantages[i]! <= vantages[i - 1]!) return bad((HEADER + i) * 4, 'vantages that do not ascend');
  if (kind === 'each' ? count !== seen : count > 3 || (count === 0) !== (seen === 0))
    return bad(6, `${count} tables for ${seen} vantages`);
  const tables: RibbonTable[] = [];
  let at = HEADER + seen;
  for (let i = 0; i < count; i++) {
    const table = tableAt(words, at, words.length);
    if ('wrong' in table) return table;
    const values = kind === 'each' || i === 2 ? 1 : seen;
    if (table.values !== values) return bad((at + 2) * 4, `${table.values} values instead of ${values}`);
    tables.push(table);
    at = table.end;
  }
  if (at !== words.length) return bad(at * 4, 'octets behind the last table');
  return { kind, bits, vantages, tables, octets: aligned };
}
