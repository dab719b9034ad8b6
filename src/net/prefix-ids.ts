/**
 * Prefix tables: each prefix ever seen gets a small whole number, its *prefix id*, so that what is known of it elsewhere
 * is a column of a typed array. Open addressing, linear probing, at most three quarters full; nothing is allocated but
 * when a table grows. The hash is seeded by the process, so that a peer cannot aim its prefixes at one slot.
 *
 * Nobody counts who holds a prefix. A table that is full asks once which ids are held, by `held`; when many are not, they
 * are given to other prefixes, and the table does not grow.
 *
 * Addresses are 32-bit words in the form of JavaScript's bit operations (signed), host bits already cleared.
 */
import { randomInt } from 'node:crypto';

const SEED = randomInt(1, 0x7fffffff) * 2 + 1;

/** `length` of an id that no prefix has now. */
export const NO_PREFIX = 255;

/** Tells a full table which ids are held: a bit for each id, the lowest of an octet first. */
export type HeldIds = (size: number) => Uint8Array;

/** A table grows only when fewer than one in so many ids could be freed. */
const WORTH = 8;

const allHeld: HeldIds = size => new Uint8Array((size + 7) >> 3).fill(0xff);
const isHeld = (held: Uint8Array, id: number) => (held[id >> 3]! & (1 << (id & 7))) !== 0;

/** Ids of IPv4 prefixes, at most 2^25 of them. */
export class PrefixIds4 {
  /** Ids are below this; those of them that are free have the length NO_PREFIX. */
  size = 0;
  held: HeldIds = allHeld;
  /** Ids to be given out before new ones: the first, and behind it each in the place of the address of the one before. */
  private free = -1;
  private freed = 0;
  /** Address of each id. */
  address: Int32Array;
  /** Prefix length of each id. */
  length: Uint8Array;
  /** How many prefixes there are of each length: the longest-match walk skips the empty ones. */
  readonly ofLength = new Int32Array(33);
  /** Pairs (address, (id + 1) << 6 | length); a second word of 0 is an empty slot. One probe touches one cache line. */
  private slots: Int32Array;
  private mask: number;

  constructor(capacity = 1 << 15) {
    this.mask = capacity - 1;
    this.slots = new Int32Array(capacity * 2);
    this.address = new Int32Array((capacity * 3) >> 2);
    this.length = new Uint8Array((capacity * 3) >> 2);
  }

  /** How many ids fit before the table grows: a column by prefix id needs this many places. */
  get capacity(): number {
    return this.address.length;
  }

  /** The slot at which the search for a prefix begins. */
  slotOf(address: number, length: number): number {
    return hash4(address, length) & this.mask;
  }

  /** Replaces slots by the ids of the prefixes in them, whichever they are; -1 where there is none. */
  followSlots(places: Int32Array, count: number): void {
    const { slots } = this;
    for (let i = 0; i < count; i++) places[i] = (slots[places[i]! * 2 + 1]! >>> 6) - 1;
  }

  /** The id of a prefix, or -1 when it was never seen. */
  find(address: number, length: number): number {
    const slots = this.slots;
    const mask = this.mask;
    let slot = hash4(address, length) & mask;
    for (;;) {
      const word = slots[slot * 2 + 1]!;
      if (word === 0) return -1;
      if (slots[slot * 2] === address && (word & 63) === length) return (word >>> 6) - 1;
      slot = (slot + 1) & mask;
    }
  }

  /** The id of a prefix; a new one when it was never seen. */
  intern(address: number, length: number): number {
    const slots = this.slots;
    const mask = this.mask;
    let slot = hash4(address, length) & mask;
    for (;;) {
      const word = slots[slot * 2 + 1]!;
      if (word === 0) break;
      if (slots[slot * 2] === address && (word & 63) === length) return (word >>> 6) - 1;
      slot = (slot + 1) & mask;
    }
    if (this.free < 0 && this.size === this.capacity) {
      if (!this.sweep()) this.grow();
      return this.intern(address, length);
    }
    const id = this.free < 0 ? this.size++ : this.takeFree();
    slots[slot * 2] = address;
    slots[slot * 2 + 1] = ((id + 1) << 6) | length;
    this.address[id] = address;
    this.length[id] = length;
    this.ofLength[length]!++;
    return id;
  }

  /** How many prefixes have an id. */
  get live(): number {
    return this.size - this.freed;
  }

  /** Frees the ids that nobody holds, when they are many; true when there are free ones then. */
  sweep(): boolean {
    return sweepIds(
      this,
      this.slots,
      id => this.place(this.address[id]!, ((id + 1) << 6) | this.length[id]!),
      id => this.putFree(id),
    );
  }

  private putFree(id: number): void {
    this.address[id] = this.free;
    this.free = id;
    this.freed++;
  }

  private takeFree(): number {
    const id = this.free;
    this.free = this.address[id]!;
    this.freed--;
    return id;
  }

  private place(address: number, word: number): void {
    let slot = hash4(address, word & 63) & this.mask;
    while (this.slots[slot * 2 + 1] !== 0) slot = (slot + 1) & this.mask;
    this.slots[slot * 2] = address;
    this.slots[slot * 2 + 1] = word;
  }

  private grow(): void {
    const old = this.slots;
    // Small tables grow eightfold: a full table is reached in two copies, and untouched pages cost nothing.
    const capacity = (this.mask + 1) * (this.mask < 1 << 20 ? 8 : 2);
    this.mask = capacity - 1;
    this.slots = new Int32Array(capacity * 2);
    this.address = extend(this.address, (capacity * 3) >> 2);
    this.length = extendBytes(this.length, (capacity * 3) >> 2);
    // In the order of the old slots, so that the new ones are written in a few ascending streams.
    for (let at = 0; at < old.length; at += 2) if (old[at + 1] !== 0) this.place(old[at]!, old[at + 1]!);
  }
}

/** Ids of IPv6 prefixes. An address is four words, the most significant first. */
export class PrefixIds6 {
  size = 0;
  held: HeldIds = allHeld;
  private free = -1;
  private freed = 0;
  /** Four words for each id. */
  address: Int32Array;
  length: Uint8Array;
  readonly ofLength = new Int32Array(129);
  /** Pairs (hash, id + 1). */
  private slots: Int32Array;
  private mask: number;

  constructor(capacity = 1 << 13) {
    this.mask = capacity - 1;
    this.slots = new Int32Array(capacity * 2);
    this.address = new Int32Array(((capacity * 3) >> 2) * 4);
    this.length = new Uint8Array((capacity * 3) >> 2);
  }

  get capacity(): number {
    return this.length.length;
  }

  slotOf(w0: number, w1: number, w2: number, w3: number, length: number): number {
    return hash6(w0, w1, w2, w3, length) & this.mask;
  }

  followSlots(places: Int32Array, count: number): void {
    const { slots } = this;
    for (let i = 0; i < count; i++) places[i] = slots[places[i]! * 2 + 1]! - 1;
  }

  find(w0: number, w1: number, w2: number, w3: number, length: number): number {
    return this.lookup(hash6(w0, w1, w2, w3, length), w0, w1, w2, w3, length);
  }

  intern(w0: number, w1: number, w2: number, w3: number, length: number): number {
    const hash = hash6(w0, w1, w2, w3, length);
    const known = this.lookup(hash, w0, w1, w2, w3, length);
    if (known >= 0) return known;
    if (this.free < 0 && this.size === this.capacity && !this.sweep()) this.grow();
    const id = this.free < 0 ? this.size++ : this.takeFree();
    this.place(hash, id);
    const at = id * 4;
    this.address[at] = w0;
    this.address[at + 1] = w1;
    this.address[at + 2] = w2;
    this.address[at + 3] = w3;
    this.length[id] = length;
    this.ofLength[length]!++;
    return id;
  }

  get live(): number {
    return this.size - this.freed;
  }

  sweep(): boolean {
    const { address, length } = this;
    const place = (id: number) => {
      const at = id * 4;
      this.place(hash6(address[at]!, address[at + 1]!, address[at + 2]!, address[at + 3]!, length[id]!), id);
    };
    return sweepIds(this, this.slots, place, id => this.putFree(id));
  }

  private putFree(id: number): void {
    this.address[id * 4] = this.free;
    this.free = id;
    this.freed++;
  }

  private takeFree(): number {
    const id = this.free;
    this.free = this.address[id * 4]!;
    this.freed--;
    return id;
  }

  private lookup(hash: number, w0: number, w1: number, w2: number, w3: number, length: number): number {
    const { slots, mask, address } = this;
    let slot = hash & mask;
    for (;;) {
      const id = slots[slot * 2 + 1]! - 1;
      if (id < 0) return -1;
      if (slots[slot * 2] === hash && this.length[id] === length) {
        const at = id * 4;
        if (address[at] === w0 && address[at + 1] === w1 && address[at + 2] === w2 && address[at + 3] === w3) return id;
      }
      slot = (slot + 1) & mask;
    }
  }

  private place(hash: number, id: number): void {
    let slot = hash & this.mask;
    while (this.slots[slot * 2 + 1] !== 0) slot = (slot + 1) & this.mask;
    this.slots[slot * 2] = hash;
    this.slots[slot * 2 + 1] = id + 1;
  }

  private grow(): void {
    const old = this.slots;
    const capacity = (this.mask + 1) * (this.mask < 1 << 18 ? 8 : 2);
    this.mask = capacity - 1;
    this.slots = new Int32Array(capacity * 2);
    this.address = extend(this.address, ((capacity * 3) >> 2) * 4);
    this.length = extendBytes(this.length, (capacity * 3) >> 2);
    for (let at = 0; at < old.length; at += 2) if (old[at + 1] !== 0) this.place(old[at]!, old[at + 1]! - 1);
  }
}

/** Empties the slots, places the held ids of a table anew, and frees the others. */
function sweepIds(
  { size, length, ofLength, held }: Pick<PrefixIds4, 'size' | 'length' | 'ofLength' | 'held'>,
  slots: Int32Array,
  place: (id: number) => void,
  putFree: (id: number) => void,
): boolean {
  const bits = held(size);
  if (countHeld(bits, size) > size - size / WORTH) return false;
  slots.fill(0);
  for (let id = 0; id < size; id++) {
    if (length[id] === NO_PREFIX) continue;
    if (isHeld(bits, id)) place(id);
    else {
      ofLength[length[id]!]!--;
      length[id] = NO_PREFIX;
      putFree(id);
    }
  }
  return true;
}

function countHeld(held: Uint8Array, size: number): number {
  let count = 0;
  for (let id = 0; id < size; id++) if (isHeld(held, id)) count++;
  return count;
}

/** A longer copy of a column; the new places are 0. */
export function extend(column: Int32Array, length: number): Int32Array {
  const longer = new Int32Array(length);
  longer.set(column);
  return longer;
}

function extendBytes(column: Uint8Array, length: number): Uint8Array {
  const longer = new Uint8Array(length);
  longer.set(column);
  return longer;
}

function hash4(address: number, length: number): number {
  const h = Math.imul(address ^ Math.imul(length + 1, 0x9e3779b1), SEED);
  return Math.imul(h ^ (h >>> 15), 0x2c1b3c6d) >>> 7;
}

function hash6(w0: number, w1: number, w2: number, w3: number, length: number): number {
  let h = Math.imul(w0 ^ SEED, 0x85ebca6b);
  h = Math.imul((h ^ (h >>> 15)) + w1, 0xc2b2ae35);
  h = Math.imul((h ^ (h >>> 13)) + w2, 0x27d4eb2f);
  h = Math.imul((h ^ (h >>> 15)) + w3, 0x165667b1);
  h = Math.imul((h ^ (h >>> 16)) + length, 0x9e3779b1);
  return h ^ (h >>> 15);
}
