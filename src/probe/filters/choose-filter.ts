/**
 * How the digests of a window are kept: in a filter a vantage, or in one filter that returns the vantage. Decided by
 * counting octets.
 */
import { blocksFor, HEADER_WORDS, shardBitsFor, widthFor } from './ribbon-table.ts';

/** `each`: a filter a vantage. `one`: one filter that returns the vantage. */
export type FilterKind = 'each' | 'one';

/**
 * With more vantages than this, filters of `bits` bits would name a wrong one too often: a question about a digest that
 * nobody saw finds V * 2^-bits of them. Then the window as a whole is wrong no more often than one filter, in either
 * form; up to this number each vantage answers for itself.
 */
export const FEW_VANTAGES = 16;

export interface Choice {
  readonly kind: FilterKind;
  /** Octets of either; of the tables, without what both have. */
  readonly each: number;
  readonly one: number;
  /** Bits that each vantage's filter has, where each has one: `bits`, and log2 V more with more than FEW_VANTAGES. */
  readonly eachBits: number;
  /** One line for people. */
  readonly reason: string;
}

/** Octets of a table of so many digests whose numbers are below `values`, as nearly as can be said beforehand. */
function tableOctets(keys: number, values: number, bits: number): number {
  const shards = 2 ** shardBitsFor(keys);
  const { width, wideShare } = widthFor(values, bits);
  const columns = width + Math.ceil(wideShare * shards) / shards;
  return 4 * (HEADER_WORDS + shards * (2 + blocksFor(Math.ceil(keys / shards), 0) * columns));
}

/** Bits of a filter a vantage where there are so many vantages. */
export function eachBitsFor(vantages: number, bits: number): number {
  return vantages > FEW_VANTAGES ? bits + Math.ceil(Math.log2(vantages)) : bits;
}

/**
 * The smaller of the two, for vantages of so many different digests and `bits` bits of certainty. A digest that was seen
 * at several vantages counts at each.
 */
export function chooseFilter(keysPerVantage: readonly number[], bits: number): Choice {
  const vantages = keysPerVantage.length;
  const eachBits = eachBitsFor(vantages, bits);
  const keys = keysPerVantage.reduce((sum, count) => sum + count, 0);
  const each = keysPerVantage.reduce((sum, count) => sum + tableOctets(count, 1, eachBits), 0);
  const one = tableOctets(keys, Math.max(1, vantages), bits);
  const kind = each <= one ? 'each' : 'one';
  const perKey = (octets: number) => ((octets * 8) / Math.max(1, keys)).toFixed(2);
  const [smaller, larger] = kind === 'each' ? [each, one] : [one, each];
  const names = { each: `a filter a vantage of ${eachBits} bits`, one: 'one filter that returns the vantage' };
  const reason =
    `${names[kind]}: ${perKey(smaller)} bits a digest, ${perKey(larger)} with ` +
    `${names[kind === 'each' ? 'one' : 'each']} (${keys} digests, ${vantages} vantages)`;
  return { kind, each, one, eachBits, reason };
}
