/**
 * The prefixes inside another one in address order, although the table has no order: they are counted into buckets by the
 * bits behind the prefix that is asked for, and each bucket is sorted when its turn comes. A walk over the whole table holds
 * four octets a prefix and nothing else, and never works for longer than a millisecond or so without giving others a turn.
 */
import type { Afi } from '../net/address.ts';
import { NO_PREFIX } from '../net/prefix-ids.ts';
import type { Rib } from './adj-rib-in.ts';

/** Prefix ids that are looked at in one turn. */
const SLICE = 1 << 15;
/** Most bits that tell the buckets apart: there are about as many buckets as prefixes, and few prefixes in each of a real table. */
const MOST_BITS = 20;

export type Words = readonly [number, number, number, number];

/** The word with all but the first `bits` of it cleared; `bits` may be below 0 or above 32. */
export function head(word: number, bits: number): number {
  return bits <= 0 ? 0 : bits >= 32 ? word : word & (-1 << (32 - bits));
}

/**
 * Ids of the prefix and of all inside it. Null is a turn without one: the caller may let others work. The table may change
 * between two turns: prefixes that are new then are left out, and an id that now stands for a prefix elsewhere too.
 */
export function* idsInside(rib: Rib, afi: Afi, words: Words, length: number): Generator<number | null> {
  const ids = afi === 1 ? rib.ids4 : rib.ids6;
  const width = afi === 1 ? 1 : 4;
  const size = ids.size;
  const bits = Math.min(MOST_BITS, 32 - Math.clz32(size) || 1);

  function isInside(id: number): boolean {
    if (ids.length[id]! < length || ids.length[id] === NO_PREFIX) return false;
    for (let i = 0; i < width && i * 32 < length; i++)
      if (head(ids.address[id * width + i]!, length - i * 32) !== words[i as 0 | 1 | 2 | 3]) return false;
    return true;
  }
  /** The bits behind the prefix; zeros where the address ends. */
  function bucketOf(id: number): number {
    const word = length >> 5;
    const shift = length & 31;
    const high = word < width ? ids.address[id * width + word]! << shift : 0;
    const low = shift > 0 && word + 1 < width ? ids.address[id * width + word + 1]! >>> (32 - shift) : 0;
    return (high | low) >>> (32 - bits);
  }
  function order(a: number, b: number): number {
    for (let i = 0; i < width; i++) {
      const difference = (ids.address[a * width + i]! >>> 0) - (ids.address[b * width + i]! >>> 0);
      if (difference !== 0) return difference;
    }
    return ids.length[a]! - ids.length[b]!;
  }

  const ends = new Int32Array(1 << bits);
  let count = 0;
  for (let id = 0; id < size; id++) {
    if (id % SLICE === SLICE - 1) yield null;
    if (!isInside(id)) continue;
    ends[bucketOf(id)]!++;
    count++;
  }
  if (count === 0) return;
  for (let bucket = 1; bucket < ends.length; bucket++) ends[bucket]! += ends[bucket - 1]!;
  yield null;

  // Filled from the end, so that `starts` comes to be where each bucket begins.
  const starts = ends.slice();
  const sorted = new Int32Array(count);
  for (let id = size - 1; id >= 0; id--) {
    if (id % SLICE === 0) yield null;
    if (!isInside(id)) continue;
    const bucket = bucketOf(id);
    const begin = bucket === 0 ? 0 : ends[bucket - 1]!;
    if (starts[bucket]! > begin) sorted[--starts[bucket]!] = id;
  }

  for (let bucket = 0; bucket < ends.length; bucket++) {
    if (bucket % SLICE === SLICE - 1) yield null;
    const here = sorted.subarray(starts[bucket], ends[bucket]);
    if (here.length > 1) here.sort(order);
    for (const id of here) if (isInside(id) && bucketOf(id) === bucket) yield id;
  }
}
