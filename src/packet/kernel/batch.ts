// A batch: up to 256 inputs on their way into slices. It is worked off in passes, not packet by packet: hash all, touch all
// blocks, set all bits. The cache misses of the second pass overlap, and with a filter larger than the cache that is worth
// a factor of five.
import { blockOf, setBits } from './filter';
import { sipHash, sipHashEight } from './siphash';

/** Inputs of one batch. */
// @ts-ignore: decorator
@inline
export const BATCH: u32 = 256;
/** Octets from one input to the next: the longest has 89, and bears its length in the last of 12 words. */
// @ts-ignore: decorator
@inline
export const SLOT: usize = 96;

// Offsets in a batch. The lists of slots are sorted by the words of their inputs (1 to 12), so that eight of one length are
// hashed at once; the first table counts them.
// @ts-ignore: decorator
@inline
const LISTS: usize = 64;
// @ts-ignore: decorator
@inline
const SLICES: usize = LISTS + 13 * 256;
// @ts-ignore: decorator
@inline
const DIGESTS: usize = SLICES + 256 * 4;
// @ts-ignore: decorator
@inline
const BLOCKS: usize = DIGESTS + 256 * 8;
// @ts-ignore: decorator
@inline
const QUEUE: usize = BLOCKS + 256 * 4;

// What is remembered of each input beside its digest: 24 octets, as `recall` has them behind the digest.
// @ts-ignore: decorator
@inline
const DETAILS: usize = QUEUE + 256 * SLOT + 64;

/** The latest digests, in the order in which they came, and what was remembered of each. */
@unmanaged
export class Recent {
  /** Address of the entries; 0: nothing is remembered. */
  entries: u32;
  /** Entries that there are, less 1: a power of two, less 1. */
  mask: u32;
  /** Entries written so far. */
  count: u32;
  spare: u32;
}

/**
 * Remembers of slot `n` the source address and the interface, the fraction of the second, TTL and VLAN (words as
 * packet/recent.ts takes them apart), and the second.
 */
// @ts-ignore: decorator
@inline
export function describe(batch: usize, n: u32, source: u64, rest: u64, second: u32): void {
  const at = batch + DETAILS + <usize>n * 24;
  store<u64>(at, source);
  store<u64>(at, rest, 8);
  store<u64>(at, <u64>second, 16);
}

/** Where a vantage's digests of the current second go. 32 octets. */
@unmanaged
export class Slice {
  /** The newest segment: address of its filter, its blocks, address where the next digest is appended. */
  filter: u32;
  blocks: u32;
  next: u32;
  /** Digests that still fit; who enters an input has taken it off. */
  room: u32;
  packets: u32;
  /** Digests that sampling left out. */
  sampled: u32;
  spare0: u32;
  spare1: u32;
}

/** Address of slot `n` of a batch. */
// @ts-ignore: decorator
@inline
export function slotOf(batch: usize, n: u32): usize {
  return batch + QUEUE + <usize>n * SLOT;
}

/** Enters slot `n`, whose input of `length` octets is complete, for a slice. */
// @ts-ignore: decorator
@inline
export function enter(batch: usize, n: u32, length: u32, slice: Slice): void {
  const words = (length >> 3) + 1;
  const counter = batch + (<usize>words << 2);
  const there = load<u32>(counter);
  store<u8>(batch + LISTS + (<usize>words << 8) + <usize>there, n);
  store<u32>(counter, there + 1);
  store<u32>(batch + SLICES + (<usize>n << 2), <u32>changetype<usize>(slice));
}

/** Puts the length behind an input of `length` octets, whatever stands there. */
// @ts-ignore: decorator
@inline
export function close(slot: usize, length: u32): void {
  const last = slot + <usize>(length & ~7);
  const rest: u64 = <u64>((length & 7) << 3);
  store<u64>(last, (load<u64>(last) & (((<u64>1) << rest) - 1)) | ((<u64>length) << 56));
}

/** First pass: the digests of all inputs. */
// @ts-ignore: decorator
@inline
export function hashAll(key: usize, batch: usize): void {
  const k0 = load<u64>(key);
  const k1 = load<u64>(key, 8);
  const queue = batch + QUEUE;
  const digests = batch + DIGESTS;
  for (let words: usize = 1; words <= 12; words++) {
    const count = load<u32>(batch + (words << 2));
    if (count == 0) continue;
    let list = batch + LISTS + (words << 8);
    const end = list + <usize>count;
    for (; list + 8 <= end; list += 8) sipHashEight(k0, k1, queue, list, words, digests, SLOT);
    const left = end - list;
    if (left >= 4 && count >= 8) sipHashEight(k0, k1, queue, end - 8, words, digests, SLOT);
    else
      for (; list < end; list++) {
        const n: usize = load<u8>(list);
        const slot = queue + n * SLOT;
        // The length stands in the last octet of the last word.
        store<u64>(digests + (n << 3), sipHash(k0, k1, slot, load<u8>(slot + (words << 3) - 1), 0));
      }
  }
}

/** Empties the lists. */
// @ts-ignore: decorator
@inline
function clear(batch: usize): void {
  memory.fill(batch, 0, LISTS);
}

/**
 * Second pass: finds the blocks of all digests, then touches each. Nothing but addresses and loads stands in the second
 * loop: the fewer instructions between two loads, the more of them a processor has on their way at once.
 */
// @ts-ignore: decorator
@inline
export function touchAll(batch: usize, count: u32): void {
  const slices = batch + SLICES;
  const digests = batch + DIGESTS;
  const blocks = batch + BLOCKS;
  for (let i: usize = 0; i < <usize>count; i++) {
    const slice = changetype<Slice>(<usize>load<u32>(slices + (i << 2)));
    store<u32>(blocks + (i << 2), <u32>blockOf(slice.filter, slice.blocks, load<u64>(digests + (i << 3))));
  }
  let touched: u64 = 0;
  const end = blocks + (<usize>count << 2);
  let at = blocks;
  for (; at + 32 <= end; at += 32) {
    touched |= load<u64>(load<u32>(at));
    touched |= load<u64>(load<u32>(at, 4));
    touched |= load<u64>(load<u32>(at, 8));
    touched |= load<u64>(load<u32>(at, 12));
    touched |= load<u64>(load<u32>(at, 16));
    touched |= load<u64>(load<u32>(at, 20));
    touched |= load<u64>(load<u32>(at, 24));
    touched |= load<u64>(load<u32>(at, 28));
  }
  for (; at < end; at += 4) touched |= load<u64>(load<u32>(at));
  // So that the loads are not optimised away.
  store<u64>(batch + 56, touched);
}

/**
 * Third pass: sets the bits of all digests and appends them to the lists of their slices. A digest is kept when its octets, as a
 * number in network byte order, are not above `most`: every AS that samples so keeps the same packets. Returns how many
 * were kept.
 */
// @ts-ignore: decorator
@inline
export function setAll(batch: usize, count: u32, most: u64, recent: Recent): u32 {
  const slices = batch + SLICES;
  const digests = batch + DIGESTS;
  const blocks = batch + BLOCKS;
  let kept: u32 = 0;
  const entries: usize = recent.entries;
  const mask = recent.mask;
  let written = recent.count;
  let detail = batch + DETAILS - 24;
  for (let i: usize = 0; i < <usize>count; i++) {
    const slice = changetype<Slice>(<usize>load<u32>(slices + (i << 2)));
    const digest = load<u64>(digests + (i << 3));
    detail += 24;
    if (most != u64.MAX_VALUE && bswap<u64>(digest) > most) {
      slice.room++;
      slice.sampled++;
      continue;
    }
    setBits(<usize>load<u32>(blocks + (i << 2)), digest);
    store<u64>(slice.next, digest);
    slice.next += 8;
    kept++;
    if (entries != 0) {
      const entry = entries + (<usize>(written & mask) << 5);
      store<u64>(entry, digest);
      store<u64>(entry, load<u64>(detail), 8);
      store<u64>(entry, load<u64>(detail, 8), 16);
      store<u64>(entry, load<u64>(detail, 16) | ((<u64>changetype<usize>(slice)) << 32), 24);
      written++;
    }
  }
  recent.count = written;
  return kept;
}

/** All passes over `count` inputs. Returns how many were kept. */
export function insertAll(key: usize, batch: usize, count: u32, most: u64, recent: Recent): u32 {
  hashAll(key, batch);
  clear(batch);
  touchAll(batch, count);
  return setAll(batch, count, most, recent);
}

/** The same for inputs that were written from outside: their lengths are the octets at `lengths`, their slices there. */
export function insertQueued(
  key: usize,
  batch: usize,
  lengths: usize,
  slices: usize,
  count: u32,
  most: u64,
  recent: Recent,
): u32 {
  for (let i: u32 = 0; i < count; i++) {
    const length: u32 = load<u8>(lengths + <usize>i);
    close(slotOf(batch, i), length);
    enter(batch, i, length, changetype<Slice>(<usize>load<u32>(slices + (<usize>i << 2))));
  }
  return insertAll(key, batch, count, most, recent);
}

/** Address of the latest entry of a digest, of those that are remembered; 0: there is none. */
export function recall(recent: Recent, digest: usize): usize {
  const wanted = load<u64>(digest);
  const entries: usize = recent.entries;
  if (entries == 0) return 0;
  const there = min<u32>(recent.count, recent.mask + 1);
  for (let i: u32 = 1; i <= there; i++) {
    const entry = entries + (<usize>((recent.count - i) & recent.mask) << 5);
    if (load<u64>(entry) == wanted) return entry;
  }
  return 0;
}
