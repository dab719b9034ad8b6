/** Digests in the sealing kernel's memory, sorted into buckets by the hash that shards go by, and each only once. */
import { MOST_SHARD_BITS } from './ribbon-table.ts';
import { FIRST_ADDRESS, type SealingKernel } from './sealing-kernel.ts';

/** Something that is done in steps of some milliseconds. Null when there was no memory. */
export type Steps<T> = Generator<void, T | null>;

/** Addresses for a number of digests: as they come, sorted, and then what else is needed, which grows. */
export interface Layout {
  readonly counts: number;
  readonly keys: number;
  /** Of each digest its vantage's place, where there are several. */
  readonly tags: number;
  readonly sortedKeys: number;
  readonly sortedTags: number;
  readonly work: number;
}

/** Digests that lie at the layout's `sortedKeys`. */
export interface Sorted {
  readonly count: number;
  /** Digests of each bucket: there are 2^k of them, by the hash's upper bits. */
  readonly buckets: Uint32Array;
  /** Digests that came again with another tag; they lie at the layout's `keys` and `tags`, repetitions and all. */
  readonly over: number;
}

/** Digests of a bucket, on average. */
const BUCKET_KEYS = 1024;
/** Digests that are counted, moved or looked at in one step. */
export const STEP_KEYS = 65536;

/** Addresses for `keys` digests, behind 64 octets for others. */
export function layoutFor(keys: number): Layout {
  const counts = FIRST_ADDRESS + 64;
  const at = counts + 2 ** MOST_SHARD_BITS * 4;
  const sortedKeys = at + keys * 8;
  const tags = sortedKeys + keys * 8;
  const sortedTags = tags + keys * 4;
  return { counts, keys: at, tags, sortedKeys, sortedTags, work: Math.ceil((sortedTags + keys * 4) / 8) * 8 };
}

/** Sorts `count` digests that lie at the layout's `keys`, with the tags at `tags` if they have some. */
export function* sortDigests(kernel: SealingKernel, layout: Layout, count: number, tagged: boolean): Steps<Sorted> {
  const { keys, tags, sortedKeys, sortedTags, counts } = layout;
  const bits = Math.min(MOST_SHARD_BITS, Math.max(1, Math.ceil(Math.log2(Math.max(1, count) / BUCKET_KEYS))));
  const shift = 32 - bits;
  new Uint32Array(kernel.buffer, counts, 2 ** bits).fill(0);
  for (let from = 0; from < count; from += STEP_KEYS) {
    kernel.call.count(keys + from * 8, Math.min(STEP_KEYS, count - from), counts, shift);
    yield;
  }
  // The counts become the places that the next digest of each bucket goes to.
  const places = new Uint32Array(kernel.buffer, counts, 2 ** bits);
  const buckets = places.slice();
  let place = 0;
  for (let bucket = 0; bucket < buckets.length; bucket++) {
    places[bucket] = place;
    place += buckets[bucket]!;
  }
  for (let from = 0; from < count; from += STEP_KEYS) {
    const tagsFrom = tagged ? tags + from * 4 : 0;
    const moved = Math.min(STEP_KEYS, count - from);
    kernel.call.scatter(keys + from * 8, tagsFrom, moved, counts, shift, sortedKeys, tagged ? sortedTags : 0);
    yield;
  }
  return yield* uniqueDigests(kernel, layout, buckets, tagged);
}

/** Takes out what stands twice, bucket by bucket, and closes the gaps. */
function* uniqueDigests(kernel: SealingKernel, layout: Layout, buckets: Uint32Array, tagged: boolean): Steps<Sorted> {
  let from = 0;
  let count = 0;
  let over = 0;
  let since = 0;
  for (let bucket = 0; bucket < buckets.length; bucket++) {
    const there = buckets[bucket]!;
    if (there === 0) continue;
    const overKeys = layout.keys + over * 8;
    const overTags = layout.tags + over * 4;
    const sortedTags = tagged ? layout.sortedTags : 0;
    const { sortedKeys, work } = layout;
    const result = kernel.call.unique(sortedKeys, sortedTags, from, there, count, overKeys, overTags, work);
    if (result < 0n) return null;
    from += there;
    buckets[bucket] = Number(result & 0xffffffffn);
    count += buckets[bucket]!;
    over += Number(result >> 32n);
    since += there;
    if (since >= STEP_KEYS) {
      since = 0;
      yield;
    }
  }
  return { count, buckets, over };
}
