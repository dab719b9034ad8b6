/**
 * Ribbon tables (Dillinger and Walzer, "Ribbon filter: practically smaller than Bloom and Xor", 2021): a set of 64-bit
 * digests that can't be changed any more, each with a number below `values`, in about 1.04 (bits + log2 values) bits a
 * digest. A table of one value is a plain filter. A digest that is not in the table gets a number all the same with the
 * chance values / 2^width.
 *
 * Digests are pairs of 32-bit halves, low half first, as they lie in memory. They fall into shards of some thousands by
 * the upper bits of a hash. In a shard each digest is an equation: the exclusive or of those among 64 rows in a row which
 * its coefficient picks, is its number hidden by `width` bits of its hash. The rows stand in blocks of 32, column by
 * column, so that a digest that is not there is most often known by the first two columns.
 *
 * A table lies in 4-octet little-endian words (man/itprobe.8, WINDOW FILES) and is asked there; this is its reader, and
 * probe/filters/sealer.ts its writer.
 */

export interface RibbonTable {
  /** Where the words are: those of a whole file, perhaps, in memory of any kind. */
  readonly words: Uint32Array;
  /** Digests in the table. */
  readonly keys: number;
  /** Numbers are below this. */
  readonly values: number;
  /** There are 2^shardBits shards. */
  readonly shardBits: number;
  /** Columns of a shard; the first `wide` shards have one more. */
  readonly width: number;
  readonly wide: number;
  /** Word at which the directory begins: for each shard its first word, counted from `base`, and blocks * 256 + seed. */
  readonly directory: number;
  /** Word at which the rows begin. */
  readonly base: number;
  /** Word after the last. */
  readonly end: number;
}

/** Words before the directory: length in words, digests, values, shard bits and width in an octet each, wide shards. */
export const HEADER_WORDS = 5;
/** Digests of a shard at most, on average; at least half of it where there is more than one. */
const SHARD_KEYS = 8192;
export const MOST_SHARD_BITS = 14;
const MOST_WIDTH = 32;

/** Finalizer of MurmurHash3: every bit of the input moves every bit of the output. */
function mix(x: number): number {
  let h = x;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Shards for a number of digests, as a number of bits. */
export function shardBitsFor(keys: number): number {
  let bits = 0;
  while (bits < MOST_SHARD_BITS && keys > SHARD_KEYS * 2 ** bits) bits++;
  return bits;
}

/** Blocks of a shard at the try with this seed (from 0): tight first, a little more at every other failure. */
export function blocksFor(keys: number, seed: number): number {
  if (keys === 0) return 0;
  const blocks = Math.ceil((keys * 1.03 + 6) / 32);
  return blocks + (seed >> 1) * Math.ceil(blocks / 200);
}

/**
 * Columns for a chance of 2^-bits or less that a digest that is not there gets a number: `width`, and one more for
 * `wideShare` of the shards, for it is a fraction where the number of values is not a power of two.
 */
export function widthFor(values: number, bits: number): { width: number; wideShare: number } {
  const width = bits + Math.floor(Math.log2(values));
  return { width, wideShare: 2 - (2 * 2 ** (width - bits)) / values };
}

/** Chance that a digest that is not in the table gets a number. */
export function chanceOfNumber(table: RibbonTable): number {
  if (table.keys === 0) return 0;
  return (table.values / 2 ** table.width) * (1 - table.wide / 2 ** table.shardBits / 2);
}

/** Shard that a digest belongs to. */
export function shardOf(low: number, high: number, shardBits: number): number {
  return shardBits === 0 ? 0 : (high ^ mix(low)) >>> (32 - shardBits);
}

/** The blocks whose rows a digest picks from, in a shard of so many with this seed: the first, and behind the last. */
export function blocksAsked(low: number, high: number, seed: number, blocks: number): { first: number; end: number } {
  if (blocks <= 1) return { first: 0, end: blocks };
  const y = high ^ mix(low);
  const a = mix((low ^ Math.imul(seed, 0x9e3779b9)) + Math.imul(y, 0x9e3779b1));
  const row = Math.floor(((a >>> 0) * (blocks * 32 - 63)) / 4294967296);
  return { first: row >>> 5, end: (row >>> 5) + ((row & 31) === 0 ? 2 : 3) };
}

/** The number that the table has for a digest; -1 when the digest is certainly not in it. */
export function numberOf(table: RibbonTable, low: number, high: number): number {
  const { words, values, shardBits } = table;
  const y = high ^ mix(low);
  const shard = shardBits === 0 ? 0 : y >>> (32 - shardBits);
  const entry = words[table.directory + shard * 2 + 1]!;
  const blocks = entry >>> 8;
  if (blocks === 0) return -1;
  const a = mix((low ^ Math.imul(entry & 0xff, 0x9e3779b9)) + Math.imul(y, 0x9e3779b1));
  const coefficient = mix(a ^ y) | 1;
  const hidden = mix(a + Math.imul(y, 0xc2b2ae35));
  const width = shard < table.wide ? table.width + 1 : table.width;

  // The 64 rows lie in three blocks, in two when they begin with one, in one where there is no more.
  let first = table.base + words[table.directory + shard * 2]!;
  let second = first;
  let third = first;
  let c0 = coefficient;
  let c1 = 0;
  let c2 = 0;
  if (blocks > 1) {
    const further = mix(Math.imul(a, 0x85ebca6b) + y);
    const row = Math.floor(((a >>> 0) * (blocks * 32 - 63)) / 4294967296);
    const shift = row & 31;
    first += (row >>> 5) * width;
    second = first + width;
    c0 = coefficient << shift;
    c1 = further;
    if (shift !== 0) {
      third = second + width;
      c1 = (coefficient >>> (32 - shift)) | (further << shift);
      c2 = further >>> (32 - shift);
    }
  }

  let number = 0;
  for (let column = width - 1; column >= 0; column--) {
    let bits = (words[first + column]! & c0) ^ (words[second + column]! & c1) ^ (words[third + column]! & c2);
    bits ^= bits >>> 16;
    bits ^= bits >>> 8;
    bits ^= bits >>> 4;
    const bit = ((0x6996 >>> (bits & 15)) ^ (hidden >>> (32 - width + column))) & 1;
    number = number * 2 + bit;
    // Numbers only grow.
    if (number >= values) return -1;
  }
  return number;
}

/** A table in words of its own or of others, or where and how it is not one. */
export function tableAt(words: Uint32Array, at: number, end: number): RibbonTable | { offset: number; wrong: string } {
  const bad = (word: number, wrong: string) => ({ offset: (at + word) * 4, wrong });
  if (end - at < HEADER_WORDS) return bad(0, 'the header of a table is cut off');
  const length = words[at]!;
  if (length > end - at) return bad(0, `a table of ${length} words where there are ${end - at}`);
  const keys = words[at + 1]!;
  const values = words[at + 2]!;
  const shardBits = words[at + 3]! & 0xff;
  const width = (words[at + 3]! >>> 8) & 0xff;
  const wide = words[at + 4]!;
  if (values === 0) return bad(2, 'a table of no values');
  if (words[at + 3]! >>> 16 !== 0) return bad(3, 'bits of no meaning');
  if (shardBits > MOST_SHARD_BITS) return bad(3, `2^${shardBits} shards`);
  const shards = 2 ** shardBits;
  if (wide > shards) return bad(4, `${wide} of ${shards} shards are wide`);
  if (width === 0 || width + (wide > 0 ? 1 : 0) > MOST_WIDTH) return bad(3, `${width} columns`);
  const directory = at + HEADER_WORDS;
  const base = directory + shards * 2;
  if (base > at + length) return bad(3, `${shards} shards in ${length} words`);
  const rows = at + length - base;
  for (let shard = 0; shard < shards; shard++) {
    const blocks = words[directory + shard * 2 + 1]! >>> 8;
    const from = words[directory + shard * 2]!;
    if (from + blocks * (width + (shard < wide ? 1 : 0)) > rows)
      return bad(HEADER_WORDS + shard * 2, `shard ${shard} lies behind the table's end`);
  }
  return { words, keys, values, shardBits, width, wide, directory, base, end: at + length };
}
