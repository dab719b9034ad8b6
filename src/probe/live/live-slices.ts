/**
 * What is seen now: for each vantage and second, the digests as they are, behind Bloom filters that save looking through
 * them. The lists cost 8 octets a packet for ten seconds and are what a window is sealed from; that they are there makes an
 * answer from a live slice exact. Filters are small, so that the kernel writes them in the processor's cache.
 */
import {
  BATCH,
  DETAIL_WORDS,
  type DigestKernel,
  MOST_VANTAGES,
  SLICE,
  SLICE_WORDS,
} from '../../packet/digest-kernel.ts';
import { liveSegments, type Segment } from './live-segments.ts';
import { nextSegmentSize, sliceSizes } from './slice-sizes.ts';

const NOTHING = new Uint32Array(DETAIL_WORDS);

/** One second at one vantage. */
export interface LiveSlice {
  readonly vantage: number;
  /** Seconds since the epoch. */
  readonly second: number;
  /** All but the last are full, or as good as. */
  readonly segments: Segment[];
  /** Digests it was made for; 0 when nothing was known of its vantage. */
  readonly expected: number;
  packets: number;
  lost: number;
  /** Digests left out by sampling, which are not lost. */
  sampled: number;
}

export interface LiveSlices {
  /** All that are held, in no order, with counts that are right. */
  all(): Iterable<LiveSlice>;
  readonly count: number;
  /** Octets of the segments in use. */
  readonly octets: number;
  /** Octets that may be in use. */
  limit: number;
  /** Slices so far that have outgrown what they were made for. */
  readonly outgrown: number;
  /** The slice of a vantage and second; it is begun when there is none. Its counts are right after `flush`. */
  at(vantage: number, second: number): LiveSlice;
  /** Where in the kernel's memory the next input is to be written: at most 89 octets. */
  input(): number;
  /**
   * Puts the input that was written there into a slice, and what is remembered of the packet (packet/recent.ts). False, and
   * nothing is put, when there is no more memory.
   */
  put(slice: LiveSlice, length: number, recent?: ArrayLike<number>): boolean;
  /** Makes the slices that the kernel knows those of a second: to be called before it takes frames by itself. */
  enter(second: number): void;
  /** Tells the kernel the slice of a vantage and second, and sees to it that it has room. False: there is no more memory. */
  makeRoom(vantage: number, second: number): boolean;
  /** Hashes what was put; to be called before the key changes. The other calls see to it themselves. */
  flush(): void;
  /** Says that the kernel takes frames by itself now. */
  touch(): void;
  /** True when the slice holds the digest, 8 octets. */
  holds(slice: LiveSlice, digest: Uint8Array): boolean;
  /** Digests that a slice holds. */
  countOf(slice: LiveSlice): number;
  /**
   * Takes a part of a slice out of it, as a slice of its own that is only good for `take`: so many of its first segments as
   * hold `most` digests, and one at least. What was counted stays with the rest.
   */
  split(slice: LiveSlice, most: number): LiveSlice;
  /** Takes slices out and returns their digests, slice after slice. */
  take(slices: readonly LiveSlice[]): BigUint64Array<ArrayBuffer>;
}

/** Live slices over a kernel that nobody else uses, in at most `limit` octets. */
export function liveSlices(kernel: DigestKernel, limit: number): LiveSlices {
  const slices = new Map<number, LiveSlice>();
  const segments = liveSegments(kernel);
  const sizes = sliceSizes();
  /** The slices whose rows the kernel has now, by vantage. */
  const bound = new Map<number, LiveSlice>();
  let entered = -1;
  /** A bound slice is of another second than the one entered. */
  let mixed = false;
  /** The rows have counted what the slices do not know yet. */
  let stale = false;
  let outgrown = 0;
  let queued = 0;
  // The slice of the packet before is most often that of the next.
  let latest: LiveSlice | null = null;

  // Seconds have 32 bits and vantages 16: the key is exact.
  const keyOf = (vantage: number, second: number) => second * MOST_VANTAGES + vantage;
  const rowOf = ({ vantage }: LiveSlice) => vantage * SLICE_WORDS;
  const total = ({ segments }: LiveSlice) => segments.reduce((count, segment) => count + segment.used, 0);

  /** Brings a slice up to date with its row. */
  const readRow = (slice: LiveSlice) => {
    const table = kernel.slices;
    const row = rowOf(slice);
    const segment = slice.segments.at(-1);
    if (segment !== undefined) segment.used = (table[row + SLICE.next]! - segment.keys) / 8;
    slice.packets += table[row + SLICE.packets]!;
    slice.sampled += table[row + SLICE.sampled]!;
    table[row + SLICE.packets] = 0;
    table[row + SLICE.sampled] = 0;
  };

  const writeRow = (slice: LiveSlice) => {
    const table = kernel.slices;
    const row = rowOf(slice);
    const segment = slice.segments.at(-1);
    table[row + SLICE.filter] = segment?.filter ?? 0;
    table[row + SLICE.blocks] = segment?.blocks ?? 0;
    table[row + SLICE.next] = segment === undefined ? 0 : segment.keys + segment.used * 8;
    table[row + SLICE.room] = segment === undefined ? 0 : segment.room - segment.used;
  };

  const flush = () => {
    if (queued > 0) kernel.insert(queued);
    if (queued > 0 || stale) for (const slice of bound.values()) readRow(slice);
    queued = 0;
    stale = false;
  };

  const unbind = (slice: LiveSlice) => {
    if (bound.get(slice.vantage) !== slice) return;
    kernel.slices[rowOf(slice) + SLICE.room] = 0;
    bound.delete(slice.vantage);
    sizes.note(slice.vantage, slice.second, total(slice));
  };

  const bind = (slice: LiveSlice) => {
    const there = bound.get(slice.vantage);
    if (there === slice) return;
    if (there !== undefined) {
      flush();
      unbind(there);
    }
    bound.set(slice.vantage, slice);
    mixed ||= slice.second !== entered;
    writeRow(slice);
  };

  /** True when the bound slice has room for a digest more. */
  const hasRoom = (slice: LiveSlice): boolean => {
    if (kernel.slices[rowOf(slice) + SLICE.room]! > 0) return true;
    // Sampling may leave out some that are on their way.
    flush();
    if (kernel.slices[rowOf(slice) + SLICE.room]! > 0) return true;
    const there = slice.segments.reduce((room, segment) => room + segment.room, 0);
    const segment = segments.take(nextSegmentSize(slice.expected, there), held.limit);
    if (segment === null) return false;
    const before = there - (slice.segments.at(-1)?.room ?? 0);
    if (slice.expected > 0 && there >= slice.expected && before < slice.expected) outgrown++;
    slice.segments.push(segment);
    writeRow(slice);
    return true;
  };

  const held: LiveSlices = {
    limit,
    all() {
      flush();
      return slices.values();
    },
    get count() {
      return slices.size;
    },
    get octets() {
      return segments.octets;
    },
    get outgrown() {
      return outgrown;
    },
    at(vantage, second) {
      if (latest !== null && latest.vantage === vantage && latest.second === second) return latest;
      const key = keyOf(vantage, second);
      let slice = slices.get(key);
      if (slice === undefined) {
        const expected = sizes.expected(vantage, second);
        slice = { vantage, second, segments: [], expected, packets: 0, lost: 0, sampled: 0 };
        slices.set(key, slice);
      }
      latest = slice;
      return slice;
    },
    input: () => kernel.slot(queued),
    put(slice, length, recent = NOTHING) {
      // What room has to be made for is hashed first: the input has to follow to the beginning of the queue.
      const at = queued;
      bind(slice);
      if (!hasRoom(slice)) return false;
      if (queued !== at) kernel.memory.copyWithin(kernel.slot(queued), kernel.slot(at), kernel.slot(at) + length);
      kernel.slices[rowOf(slice) + SLICE.room]!--;
      kernel.describe(queued, recent);
      kernel.enqueue(queued++, length, slice.vantage);
      if (queued === BATCH) flush();
      return true;
    },
    enter(second) {
      if (second === entered && !mixed) return;
      flush();
      for (const slice of [...bound.values()]) if (slice.second !== second) unbind(slice);
      entered = second;
      mixed = false;
    },
    makeRoom(vantage, second) {
      const slice = held.at(vantage, second);
      bind(slice);
      return hasRoom(slice);
    },
    touch() {
      stale = true;
    },
    flush,
    holds(slice, digest) {
      flush();
      return slice.segments.some(({ filter, blocks, keys, used }) => kernel.holds(filter, blocks, keys, used, digest));
    },
    countOf(slice) {
      flush();
      return total(slice);
    },
    split(slice, most) {
      flush();
      let count = 0;
      let end = 0;
      // The last one is being filled.
      for (const segment of slice.segments.slice(0, -1)) {
        count += segment.used;
        if (end > 0 && count > most) break;
        end++;
      }
      const { vantage, second, expected } = slice;
      const first = slice.segments.splice(0, end);
      return { vantage, second, segments: first, expected, packets: 0, lost: 0, sampled: 0 };
    },
    take(taken) {
      flush();
      latest = null;
      const digests = new BigUint64Array(taken.reduce((sum, slice) => sum + total(slice), 0));
      let at = 0;
      for (const slice of taken) {
        for (const segment of slice.segments) {
          digests.set(new BigUint64Array(kernel.memory.buffer, segment.keys, segment.used), at);
          at += segment.used;
          segments.give(segment);
        }
        unbind(slice);
        const key = keyOf(slice.vantage, slice.second);
        if (slices.get(key) === slice) slices.delete(key);
      }
      return digests;
    },
  };
  return held;
}
