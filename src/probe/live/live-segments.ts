/**
 * The memory of live slices: segments of a Bloom filter of 512-bit blocks and the list of the digests behind it, in sizes
 * that are powers of two, in the kernel's memory. They are used over and over; a large one is split when none of the size
 * wanted is free, and a smaller one taken when there is no more memory.
 */
import { BLOCK_OCTETS, type DigestKernel } from '../../packet/digest-kernel.ts';
import { LEAST_SEGMENT, SEGMENT_SIZES } from './slice-sizes.ts';

/** 12.8 bits for each of a segment's digests: with 7 of them set, 1 in 300 asked for in vain is looked for in the list. */
const LEAST_BLOCKS = (LEAST_SEGMENT * 128) / 10 / (BLOCK_OCTETS * 8);
/** Octets of the smallest segment: filter and list. */
export const SEGMENT_OCTETS = LEAST_BLOCKS * BLOCK_OCTETS + LEAST_SEGMENT * 8;

export interface Segment {
  readonly size: number;
  /** Address of the filter, and its blocks. */
  readonly filter: number;
  readonly blocks: number;
  /** Address of the list, and how many digests there is room for. */
  readonly keys: number;
  readonly room: number;
  /** Digests in the list. */
  used: number;
}

export interface LiveSegments {
  /** Octets in use. */
  readonly octets: number;
  /** An empty segment of a size, or of a smaller one; null when `limit` octets are in use or the machine has no more. */
  take(size: number, limit: number): Segment | null;
  give(segment: Segment): void;
}

/** Octets of a segment. */
const octetsOf = (size: number) => SEGMENT_OCTETS * 2 ** size;

/** No segment yet. */
export function liveSegments(kernel: DigestKernel): LiveSegments {
  /** Addresses of free segments, by size. */
  const free: number[][] = Array.from({ length: SEGMENT_SIZES }, () => []);
  let allocated = 0;
  let octets = 0;

  /** A free address of exactly this size. */
  const find = (size: number): number | null => {
    const address = free[size]!.pop();
    if (address !== undefined) return address;
    const larger = size + 1 < SEGMENT_SIZES ? find(size + 1) : null;
    if (larger !== null) free[size]!.push(larger + octetsOf(size));
    return larger;
  };

  const allocate = (size: number, limit: number): number | null => {
    if (allocated + octetsOf(size) > limit) return null;
    const address = kernel.allocate(octetsOf(size));
    if (address !== null) allocated += octetsOf(size);
    return address;
  };

  return {
    get octets() {
      return octets;
    },
    take(wanted, limit) {
      for (let size = wanted; size >= 0; size--) {
        if (octets + octetsOf(size) > limit) continue;
        const filter = find(size) ?? allocate(size, limit);
        if (filter === null) continue;
        const blocks = LEAST_BLOCKS * 2 ** size;
        const keys = filter + blocks * BLOCK_OCTETS;
        kernel.memory.fill(0, filter, keys);
        octets += octetsOf(size);
        return { size, filter, blocks, keys, room: LEAST_SEGMENT * 2 ** size, used: 0 };
      }
      return null;
    },
    give({ size, filter }) {
      free[size]!.push(filter);
      octets -= octetsOf(size);
    },
  };
}
