/** Seals windows: digests go in, in any order and with repetitions, for floods of one packet are common; a filter comes out. */
import { chooseFilter, eachBitsFor, FEW_VANTAGES, type FilterKind } from './choose-filter.ts';
import { blocksFor, HEADER_WORDS, MOST_SHARD_BITS, shardBitsFor, widthFor } from './ribbon-table.ts';
import { decodeFilter, encodeFilter, type FingerprintBits, pairOf, type SealedFilter } from './sealed-filter.ts';
import { FIRST_ADDRESS, loadSealingKernel, type SealingKernel } from './sealing-kernel.ts';

/** What one vantage saw. As 32-bit halves the lower comes first. */
export interface SeenKeys {
  readonly vantage: number;
  readonly keys: BigUint64Array | Uint32Array;
}

/** A storage key, 16 octets, as SipHash takes it. */
export interface StorageKey {
  readonly k0: bigint;
  readonly k1: bigint;
}

export interface Sealed {
  readonly filter: SealedFilter;
  /** Why the filter is of its kind, in a line. */
  readonly reason: string;
}

export interface Sealer {
  /**
   * A filter of what the vantages saw; the same digests give the same octets. With a storage key it holds the digests as
   * `mixed` makes them. Null when there is no memory for it: 24 octets a digest are needed, and some MiB.
   */
  seal(seen: readonly SeenKeys[], bits: FingerprintBits, key?: StorageKey | null): Sealed | null;
  /** A digest under a storage key: SipHash-2-4 of its 8 octets. */
  mixed(key: StorageKey, low: number, high: number): { low: number; high: number };
  /** Octets of working memory that are kept for the next window. */
  readonly octets: number;
}

/** Seeds of a shard: the directory has an octet for them. */
const SEEDS = 256;
/** Digests that are sorted into one bucket, at most, on average. */
const BUCKET_KEYS = 1024;
const MOST_BUCKETS = 2 ** MOST_SHARD_BITS;

/** The key in 16 octets. */
export function storageKey(octets: Uint8Array): StorageKey {
  const view = new DataView(octets.buffer, octets.byteOffset, 16);
  return { k0: view.getBigUint64(0, true), k1: view.getBigUint64(8, true) };
}

/** Digests with the places of their vantages, sorted and each once; those of further vantages are left over. */
interface Sorted {
  readonly count: number;
  /** Digests of each bucket. */
  readonly buckets: Uint32Array;
  readonly over: number;
}

/** Addresses for so many digests: as they come, then sorted, then what a shard needs while it is solved. */
interface Layout {
  readonly counts: number;
  readonly keys: number;
  readonly tags: number;
  readonly sortedKeys: number;
  readonly sortedTags: number;
  readonly work: number;
}

function layoutFor(keys: number): Layout {
  const counts = FIRST_ADDRESS;
  const at = counts + MOST_BUCKETS * 4;
  const sortedKeys = at + keys * 8;
  const tags = sortedKeys + keys * 8;
  const sortedTags = tags + keys * 4;
  return { counts, keys: at, tags, sortedKeys, sortedTags, work: Math.ceil((sortedTags + keys * 4) / 8) * 8 };
}

/** Sorts `count` digests that lie at the layout's `keys`. Null without memory. */
function sort(kernel: SealingKernel, layout: Layout, count: number, tagged: boolean): Sorted | null {
  const bits = Math.min(MOST_SHARD_BITS, Math.max(1, Math.ceil(Math.log2(Math.max(1, count) / BUCKET_KEYS))));
  const shift = 32 - bits;
  const tags = tagged ? layout.tags : 0;
  const sortedTags = tagged ? layout.sortedTags : 0;
  const places = new Uint32Array(kernel.buffer, layout.counts, 2 ** bits);
  places.fill(0);
  kernel.call.count(layout.keys, count, layout.counts, shift);
  const buckets = places.slice();
  let from = 0;
  for (let bucket = 0; bucket < buckets.length; bucket++) {
    places[bucket] = from;
    from += buckets[bucket]!;
  }
  kernel.call.scatter(layout.keys, tags, count, layout.counts, shift, layout.sortedKeys, sortedTags);

  let to = 0;
  let over = 0;
  from = 0;
  for (let bucket = 0; bucket < buckets.length; bucket++) {
    const there = buckets[bucket]!;
    if (there === 0) continue;
    const result = kernel.call.unique(
      layout.sortedKeys,
      sortedTags,
      from,
      there,
      to,
      layout.keys + over * 8,
      layout.tags + over * 4,
      layout.work,
    );
    if (result < 0n) return null;
    from += there;
    buckets[bucket] = Number(result & 0xffffffffn);
    to += buckets[bucket]!;
    over += Number(result >> 32n);
  }
  return { count: to, buckets, over };
}

/** A table of the sorted digests. Null without memory. */
function solved(
  kernel: SealingKernel,
  layout: Layout,
  { count, buckets }: Sorted,
  values: number,
  bits: number,
): Uint32Array | null {
  const shardBits = shardBitsFor(count);
  const shards = 2 ** shardBits;
  const { width, wideShare } = widthFor(values, bits);
  const wide = Math.ceil(wideShare * shards);
  const directory = new Uint32Array(shards * 2);
  const pieces: Uint32Array[] = [];
  const perShard = buckets.length / shards;
  let from = 0;
  let rows = 0;
  for (let shard = 0; shard < shards; shard++) {
    let keys = 0;
    if (perShard >= 1) for (let i = 0; i < perShard; i++) keys += buckets[shard * perShard + i]!;
    const piece = solveShard(kernel, layout, from, keys, values > 1, shard < wide ? width + 1 : width);
    if (piece === null) return null;
    directory[shard * 2] = rows;
    directory[shard * 2 + 1] = piece.blocks * 256 + piece.seed;
    pieces.push(piece.rows);
    rows += piece.rows.length;
    from += keys;
  }
  const words = new Uint32Array(HEADER_WORDS + directory.length + rows);
  words.set([words.length, count, values, shardBits | (width << 8), wide]);
  words.set(directory, HEADER_WORDS);
  let at = HEADER_WORDS + directory.length;
  for (const piece of pieces) {
    words.set(piece, at);
    at += piece.length;
  }
  return words;
}

function solveShard(
  kernel: SealingKernel,
  layout: Layout,
  from: number,
  keys: number,
  tagged: boolean,
  width: number,
): { blocks: number; seed: number; rows: Uint32Array } | null {
  const keysAt = layout.sortedKeys + from * 8;
  const tagsAt = tagged ? layout.sortedTags + from * 4 : 0;
  for (let seed = 0; seed < SEEDS; seed++) {
    const blocks = blocksFor(keys, seed);
    const sides = layout.work + blocks * 32 * 8;
    const output = sides + blocks * 32 * 4;
    if (!kernel.reserve(output + blocks * width * 4)) return null;
    if (kernel.call.solve(keysAt, tagsAt, keys, seed, blocks, width, layout.work, sides) === 0) continue;
    kernel.call.substitute(blocks, width, layout.work, sides, output);
    return { blocks, seed, rows: new Uint32Array(kernel.buffer, output, blocks * width).slice() };
  }
  // Equal digests were taken out before, and 256 tries in a row, each with more room, don't fail for others.
  throw new Error(`${keys} different digests do not fit into a shard`);
}

/** A sealer over a kernel of its own. */
export function openSealer(kernel: SealingKernel = loadSealingKernel()): Sealer {
  /** Copies digests in, with the place of each's vantage. */
  const stage = (layout: Layout, seen: readonly SeenKeys[], tagged: boolean, key: StorageKey | null): number => {
    let at = 0;
    seen.forEach(({ keys }, place) => {
      const halves = new Uint32Array(keys.buffer, keys.byteOffset, keys.byteLength / 4);
      new Uint32Array(kernel.buffer).set(halves, (layout.keys + at * 8) / 4);
      const count = halves.length >> 1;
      if (tagged) new Uint32Array(kernel.buffer, layout.tags + at * 4, count).fill(place);
      at += count;
    });
    if (key !== null) kernel.call.mixKeys(key.k0, key.k1, layout.keys, at);
    return at;
  };

  const countOf = (seen: readonly SeenKeys[]) => seen.reduce((sum, { keys }) => sum + keys.byteLength / 8, 0);

  type Built = { tables: Uint32Array[]; counts: number[] };

  const buildEach = (seen: readonly SeenKeys[], bits: number, key: StorageKey | null): Built | null => {
    const tables: Uint32Array[] = [];
    for (const one of seen) {
      const layout = layoutFor(countOf([one]));
      if (!kernel.reserve(layout.work)) return null;
      const sorted = sort(kernel, layout, stage(layout, [one], false, key), false);
      const table = sorted && solved(kernel, layout, sorted, 1, bits);
      if (table === null) return null;
      tables.push(table);
    }
    return { tables, counts: tables.map(table => table[1]!) };
  };

  const buildOne = (seen: readonly SeenKeys[], bits: number, key: StorageKey | null): Built | null => {
    const layout = layoutFor(countOf(seen));
    if (!kernel.reserve(layout.work)) return null;
    const tables: Uint32Array[] = [];
    const counts = seen.map(() => 0);
    let left = stage(layout, seen, true, key);
    for (let layer = 0; layer < 3 && left > 0; layer++) {
      // What is left over lies where digests come from.
      const last = layer === 2;
      if (last) toPairs(kernel, layout, left);
      const sorted = sort(kernel, layout, left, true);
      if (sorted === null) return null;
      const places = new Uint32Array(kernel.buffer, layout.sortedTags, sorted.count);
      for (let i = 0; i < places.length; i++) counts[places[i]!]!++;
      const values = last ? 1 : seen.length;
      const table = solved(kernel, layout, sorted, values, last ? bits + Math.ceil(Math.log2(seen.length)) : bits);
      if (table === null) return null;
      tables.push(table);
      left = sorted.over;
    }
    return { tables, counts };
  };

  return {
    seal(given, bits, key = null) {
      const seen = given.filter(({ keys }) => keys.length > 0).sort((a, b) => a.vantage - b.vantage);
      const build = (kind: FilterKind) =>
        kind === 'each' ? buildEach(seen, eachBitsFor(seen.length, bits), key) : buildOne(seen, bits, key);
      // What is most likely the smaller first: how many digests differ is known afterwards.
      let kind: FilterKind = seen.length > FEW_VANTAGES ? 'one' : 'each';
      let built = build(kind);
      const choice = chooseFilter(built?.counts ?? [], bits);
      if (built !== null && choice.kind !== kind && seen.length > 0) {
        kind = choice.kind;
        built = build(kind);
      }
      kernel.release();
      if (built === null) return null;
      const octets = encodeFilter(
        kind,
        bits,
        seen.map(({ vantage }) => vantage),
        built.tables,
      );
      const filter = decodeFilter(octets);
      if ('wrong' in filter) throw new Error(`sealed a filter that is none: ${filter.wrong} at octet ${filter.offset}`);
      return { filter, reason: choice.reason };
    },
    mixed(key, low, high) {
      const halves = new Uint32Array(kernel.buffer, FIRST_ADDRESS, 2);
      halves[0] = low;
      halves[1] = high;
      kernel.call.mixKeys(key.k0, key.k1, FIRST_ADDRESS, 1);
      return { low: halves[0], high: halves[1] };
    },
    get octets() {
      return kernel.octets;
    },
  };
}

/** Mixes digests that are left over with the places of their vantages: pairs, which differ where either differs. */
function toPairs(kernel: SealingKernel, layout: Layout, count: number): void {
  const halves = new Uint32Array(kernel.buffer, layout.keys, count * 2);
  const places = new Uint32Array(kernel.buffer, layout.tags, count);
  for (let i = 0; i < count; i++) {
    const pair = pairOf(halves[i * 2]!, halves[i * 2 + 1]!, places[i]!);
    halves[i * 2] = pair.low;
    halves[i * 2 + 1] = pair.high;
  }
}
