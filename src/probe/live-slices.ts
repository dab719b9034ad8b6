/**
 * What is seen now: for each vantage and second, the digests as they are, behind a Bloom filter of 512-bit blocks that
 * saves looking through them. Both lie in the kernel's memory, in segments that are used over and over.
 */
import { BATCH, BLOCK_OCTETS, type DigestKernel } from '../packet/digest-kernel.ts';

/** 12.8 bits for each of a segment's digests: with 7 bits set, 1 in 300 asked for in vain is looked for in the list. */
const BLOCKS = 128;
const FILTER_OCTETS = BLOCKS * BLOCK_OCTETS;
const SEGMENT_DIGESTS = (FILTER_OCTETS * 10) / 128;
/** Octets of one segment: filter and list. */
export const SEGMENT_OCTETS = FILTER_OCTETS + SEGMENT_DIGESTS * 8;

/** One second at one vantage. */
export interface LiveSlice {
  readonly vantage: number;
  /** Seconds since the epoch. */
  readonly second: number;
  /** Addresses of its segments; all but the last are full. */
  readonly segments: number[];
  /** Digests in the last segment. */
  used: number;
  packets: number;
  lost: number;
}

export interface LiveSlices {
  /** All that are held, in no order. */
  all(): Iterable<LiveSlice>;
  readonly count: number;
  /** Octets of the segments in use. */
  readonly octets: number;
  /** Octets that may be in use. */
  limit: number;
  /** The slice of a vantage and second; it is begun when there is none. */
  at(vantage: number, second: number): LiveSlice;
  /** Where in the kernel's memory the next input is to be written: at most 89 octets. */
  input(): number;
  /** Puts the input that was written there into a slice. False, and nothing is put, when there is no more memory. */
  put(slice: LiveSlice, length: number): boolean;
  /** Hashes what was put; to be called before the key changes. The other calls see to it themselves. */
  flush(): void;
  /** True when the slice holds the digest, 8 octets. */
  holds(slice: LiveSlice, digest: Uint8Array): boolean;
  /** Digests that a slice holds. */
  countOf(slice: LiveSlice): number;
  /** Takes slices out and returns their digests, slice after slice. */
  take(slices: readonly LiveSlice[]): BigUint64Array<ArrayBuffer>;
}

/** Live slices over a kernel that nobody else uses, in at most `limit` octets. */
export function liveSlices(kernel: DigestKernel, limit: number): LiveSlices {
  const slices = new Map<number, LiveSlice>();
  const free: number[] = [];
  let segments = 0;
  let queued = 0;
  // The slice of the packet before is most often that of the next.
  let latest: LiveSlice | null = null;

  // Seconds have 32 bits and vantages 16: the key is exact.
  const keyOf = (vantage: number, second: number) => second * 65536 + vantage;

  const flush = () => {
    if (queued > 0) kernel.insert(queued, BLOCKS);
    queued = 0;
  };

  const addSegment = (slice: LiveSlice): boolean => {
    if ((segments + 1) * SEGMENT_OCTETS > held.limit) return false;
    const address = free.pop() ?? kernel.allocate(SEGMENT_OCTETS);
    if (address === null) return false;
    kernel.memory.fill(0, address, address + FILTER_OCTETS);
    slice.segments.push(address);
    slice.used = 0;
    segments++;
    return true;
  };

  const countIn = (slice: LiveSlice, i: number) => (i < slice.segments.length - 1 ? SEGMENT_DIGESTS : slice.used);

  const held: LiveSlices = {
    limit,
    all: () => slices.values(),
    get count() {
      return slices.size;
    },
    get octets() {
      return segments * SEGMENT_OCTETS;
    },
    at(vantage, second) {
      if (latest !== null && latest.vantage === vantage && latest.second === second) return latest;
      const key = keyOf(vantage, second);
      let slice = slices.get(key);
      if (slice === undefined) {
        slice = { vantage, second, segments: [], used: 0, packets: 0, lost: 0 };
        slices.set(key, slice);
      }
      latest = slice;
      return slice;
    },
    input: () => kernel.slot(queued),
    put(slice, length) {
      if ((slice.segments.length === 0 || slice.used === SEGMENT_DIGESTS) && !addSegment(slice)) return false;
      const address = slice.segments.at(-1)!;
      kernel.enqueue(queued++, length, address, address + FILTER_OCTETS + slice.used * 8);
      slice.used++;
      if (queued === BATCH) flush();
      return true;
    },
    flush,
    holds(slice, digest) {
      flush();
      return slice.segments.some((address, i) =>
        kernel.holds(address, BLOCKS, address + FILTER_OCTETS, countIn(slice, i), digest),
      );
    },
    countOf: slice => slice.segments.reduce((count, _, i) => count + countIn(slice, i), 0),
    take(taken) {
      flush();
      latest = null;
      const total = taken.reduce((sum, slice) => sum + held.countOf(slice), 0);
      const digests = new BigUint64Array(total);
      let at = 0;
      for (const slice of taken) {
        slice.segments.forEach((address, i) => {
          const count = countIn(slice, i);
          digests.set(new BigUint64Array(kernel.memory.buffer, address + FILTER_OCTETS, count), at);
          at += count;
          free.push(address);
        });
        segments -= slice.segments.length;
        slices.delete(keyOf(slice.vantage, slice.second));
      }
      return digests;
    },
  };
  return held;
}
