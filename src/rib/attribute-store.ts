/**
 * Interned path attributes. A set of attributes is kept once, as the octets that came over the wire (without MP_REACH_NLRI
 * and MP_UNREACH_NLRI, with the next hop of MP_REACH_NLRI behind them), however many routes share it; a route holds
 * its *attribute id*, which is where the set lies in the arena. What the hot path asks of a set stands in front of its
 * octets, so that to find, hold or free a set costs one place in the hash table and one line of memory.
 */
import { randomInt } from 'node:crypto';
import { Arena } from './arena.ts';

/** Bits of a set's context: the same octets mean different things on different sessions. */
export const CONTEXT_AS4 = 1;
export const CONTEXT_EBGP = 2;
/** The set came with MP_REACH_NLRI: its last `nextHopLength` octets are that next hop. */
export const CONTEXT_MP = 4;

/** `origin` of a set whose path ends in an AS_SET: NONE (RFC 6811 section 2). AS 0 itself is never stored (RFC 7607). */
export const ORIGIN_NONE = 0;

const SEED = randomInt(1, 0x7fffffff);

// The words in front of a set's octets. Of a freed block the shape stays, so that the arena can be walked.
const ORIGIN = 0; // and the arena's link, once freed
const REFERENCES = 1;
/** Octets of the set in 16 bits, then of its next hop in 8, then its context. */
const SHAPE = 2;
const HEAD = 12;

/** A table of sets more than so full grows: fourfold while it is small, then by half, for it is a tenth of a large RIB. */
const FULL = 0.8;
const LARGE = 1 << 19;

/** ORIGIN without its value, which nearly all sets begin with: it is not kept, but told by a bit of the context. */
const PREAMBLE = Uint8Array.of(0x40, 1, 1);
const HAS_PREAMBLE = 0x80;

const shapeOf = (size: number, nextHop: number, context: number) => size | (nextHop << 16) | (context << 24);
const sizeIn = (shape: number) => shape & 0xffff;
const hopIn = (shape: number) => (shape >>> 16) & 0xff;

export class AttributeStore {
  /** Sets held now. */
  live = 0;
  /** Counts every new set and every freed one: unequal numbers mean that the sets have changed. */
  generation = 0;
  /** Pairs (hash, id); id 0 is an empty slot. Deleted slots are closed by moving later ones up. */
  private slots: Int32Array;
  private count: number;
  /** What makes a slot of a hash: its share of 2^32 is the slot's share of all. */
  private scale: number;
  private readonly arena = new Arena();

  constructor(capacity = 1 << 15) {
    this.count = capacity;
    this.scale = capacity / 2 ** 32;
    this.slots = new Int32Array(capacity * 2);
  }

  /** Octets reserved for the sets themselves. */
  get arenaOctets(): number {
    return this.arena.reserved;
  }

  /** Of those, octets in use; some milliseconds. */
  get usedOctets(): number {
    return this.arena.used;
  }

  /** Octets of the table that finds a set by its hash. */
  get tableOctets(): number {
    return this.slots.byteLength;
  }

  /**
   * Hash of `bytes[start..end)` in this context. `view` is a DataView over the same octets as `bytes`, with the same
   * offsets; words are read in little-endian order, the tail octet by octet.
   */
  hash(view: DataView, start: number, end: number, context: number): number {
    let at = start + preambleAt(view, start, end);
    let h = SEED ^ Math.imul(end - at, 0x9e3779b1) ^ (at === start ? context : context | HAS_PREAMBLE);
    for (; at + 4 <= end; at += 4) h = mixWord(h, view.getInt32(at, true));
    for (; at < end; at++) h = mixOctet(h, view.getUint8(at));
    return finish(h);
  }

  /** The same of a set that is held: it is not kept, for it is asked for only when the set goes. */
  private hashOf(id: number): number {
    const words = this.arena.words(id);
    let word = this.arena.wordOffset(id);
    const shape = words[word + SHAPE]!;
    const size = sizeIn(shape);
    let h = SEED ^ Math.imul(size, 0x9e3779b1) ^ (shape >>> 24);
    word += HEAD / 4;
    let left = size;
    for (; left >= 4; left -= 4) h = mixWord(h, words[word++]!);
    const bytes = this.arena.bytes(id);
    for (let octet = word * 4; left > 0; left--) h = mixOctet(h, bytes[octet++]!);
    return finish(h);
  }

  /** The slot at which the search for a set with this hash begins. */
  slotOf(hash: number): number {
    return this.home(hash);
  }

  /** Replaces slots by the ids of the sets in them, whichever they are; 0 where there is none. */
  followSlots(places: Int32Array, count: number): void {
    const { slots } = this;
    for (let i = 0; i < count; i++) places[i] = slots[places[i]! * 2 + 1]!;
  }

  /**
   * Reads what stands in front of sets, so that it is in the processor's cache; an id of 0 is none. The answer says nothing: it
   * is there so that the compiler does not leave the reading away.
   */
  touch(ids: Int32Array, count: number): number {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const id = ids[i]!;
      if (id !== 0) sum ^= this.arena.words(id)[this.arena.wordOffset(id)]!;
    }
    return sum;
  }

  /** Id of a set held already, or 0. `nextHop`: how many of the octets are the next hop of MP_REACH_NLRI. */
  find(hash: number, view: DataView, start: number, end: number, context: number, nextHop: number): number {
    const { slots, count } = this;
    const from = start + preambleAt(view, start, end);
    const shape = shapeOf(end - from, nextHop, from === start ? context : context | HAS_PREAMBLE);
    let slot = this.home(hash);
    for (;;) {
      const id = slots[slot * 2 + 1]!;
      if (id === 0) return 0;
      if (slots[slot * 2] === hash && this.same(id, view, from, end, shape)) return id;
      if (++slot === count) slot = 0;
    }
  }

  private same(id: number, view: DataView, start: number, end: number, shape: number): boolean {
    const words = this.arena.words(id);
    let word = this.arena.wordOffset(id);
    if (words[word + SHAPE] !== shape) return false;
    word += HEAD / 4;
    let at = start;
    for (; at + 4 <= end; at += 4) if (words[word++] !== view.getInt32(at, true)) return false;
    const bytes = this.arena.bytes(id);
    let octet = word * 4;
    for (; at < end; at++) if (bytes[octet++] !== view.getUint8(at)) return false;
    return true;
  }

  /** Keeps a new set (1 to 65523 octets) with no reference yet. The caller has made sure that `find` gave 0. */
  add(
    hash: number,
    view: DataView,
    start: number,
    end: number,
    context: number,
    nextHop: number,
    origin: number,
  ): number {
    if (this.live + 1 > this.count * FULL) this.growSlots();
    let at = start + preambleAt(view, start, end);
    const id = this.arena.allocate(HEAD + end - at);
    const words = this.arena.words(id);
    let word = this.arena.wordOffset(id);
    words[word + ORIGIN] = origin;
    words[word + REFERENCES] = 0;
    words[word + SHAPE] = shapeOf(end - at, nextHop, at === start ? context : context | HAS_PREAMBLE);
    word += HEAD / 4;
    // A loop: for sets of some seventy octets it is faster than a view and leaves nothing to collect.
    for (; at + 4 <= end; at += 4) words[word++] = view.getInt32(at, true);
    const bytes = this.arena.bytes(id);
    let octet = word * 4;
    for (; at < end; at++) bytes[octet++] = view.getUint8(at);
    this.place(hash, id);
    this.live++;
    this.generation++;
    return id;
  }

  /** The AS that originated the routes of a set; ORIGIN_NONE for NONE. */
  originOf(id: number): number {
    return this.originWord(id) >>> 0;
  }

  /** The same as a signed word, which the compiler keeps in a register whatever the AS: for the route path. */
  originWord(id: number): number {
    return this.arena.words(id)[this.arena.wordOffset(id) + ORIGIN]!;
  }

  /** `count` more routes hold the set. */
  retain(id: number, count: number): void {
    this.arena.words(id)[this.arena.wordOffset(id) + REFERENCES]! += count;
  }

  /** One route fewer holds the set; the last one frees it. */
  release(id: number): void {
    if (--this.arena.words(id)[this.arena.wordOffset(id) + REFERENCES]! > 0) return;
    this.remove(id);
  }

  /** Frees a set that no route came to hold. */
  settle(id: number): void {
    if (this.arena.words(id)[this.arena.wordOffset(id) + REFERENCES] === 0) this.remove(id);
  }

  /** The attributes' octets, the next hop of MP_REACH_NLRI (empty without), and the context they were received in. */
  read(id: number): { readonly attributes: Uint8Array; readonly nextHop: Uint8Array; readonly context: number } {
    const shape = this.arena.words(id)[this.arena.wordOffset(id) + SHAPE]!;
    const start = this.arena.byteOffset(id) + HEAD;
    const end = start + sizeIn(shape);
    const hop = end - hopIn(shape);
    const bytes = this.arena.bytes(id);
    const kept = bytes.subarray(start, hop);
    const context = shape >>> 24;
    return {
      attributes: (context & HAS_PREAMBLE) === 0 ? kept : withPreamble(kept),
      nextHop: bytes.subarray(hop, end),
      context: context & ~HAS_PREAMBLE,
    };
  }

  /** Octets of a set and its next hop together, at most 3 more than there are. */
  octetsOf(id: number): number {
    return sizeIn(this.arena.words(id)[this.arena.wordOffset(id) + SHAPE]!) + PREAMBLE.length;
  }

  contextOf(id: number): number {
    return (this.arena.words(id)[this.arena.wordOffset(id) + SHAPE]! >>> 24) & ~HAS_PREAMBLE;
  }

  /** Copies the next hop of MP_REACH_NLRI to `at` of `out`; returns the place behind it. */
  copyNextHop(id: number, out: Uint8Array, at: number): number {
    const shape = this.arena.words(id)[this.arena.wordOffset(id) + SHAPE]!;
    const end = this.arena.byteOffset(id) + HEAD + sizeIn(shape);
    return copyOctets(this.arena.bytes(id), end - hopIn(shape), end, out, at);
  }

  /** Copies the attributes, without the next hop, to `at` of `out`; returns the place behind them. */
  copyAttributes(id: number, out: Uint8Array, at: number): number {
    const shape = this.arena.words(id)[this.arena.wordOffset(id) + SHAPE]!;
    const start = this.arena.byteOffset(id) + HEAD;
    const from = (shape >>> 24) & HAS_PREAMBLE ? copyOctets(PREAMBLE, 0, PREAMBLE.length, out, at) : at;
    return copyOctets(this.arena.bytes(id), start, start + sizeIn(shape) - hopIn(shape), out, from);
  }

  /**
   * Visits the sets that are held, in no order, from the place `from` on (0 at first); returns the place to go on from, or
   * 0 when none is left. A pass visits some `most` sets, and each that was held all the while once.
   */
  walk(from: number, most: number, visit: (id: number) => void): number {
    let at = Math.max(from, 1);
    for (let passed = 0; passed < most && at < this.arena.bound; passed++) {
      const words = this.arena.words(at);
      const word = this.arena.wordOffset(at);
      const size = sizeIn(words[word + SHAPE]!);
      if (words[word + REFERENCES]! > 0) visit(at);
      at = this.arena.following(at, size === 0 ? 0 : HEAD + size);
    }
    return at < this.arena.bound ? at : 0;
  }

  private remove(id: number): void {
    const words = this.arena.words(id);
    const word = this.arena.wordOffset(id);
    this.unplace(this.hashOf(id), id);
    words[word + REFERENCES] = 0;
    this.arena.free(id, HEAD + sizeIn(words[word + SHAPE]!));
    this.live--;
    this.generation++;
  }

  /** The slot that a hash has its place at. */
  private home(hash: number): number {
    return ((hash >>> 0) * this.scale) | 0;
  }

  private place(hash: number, id: number): void {
    let slot = this.home(hash);
    while (this.slots[slot * 2 + 1] !== 0) if (++slot === this.count) slot = 0;
    this.slots[slot * 2] = hash;
    this.slots[slot * 2 + 1] = id;
  }

  private unplace(hash: number, id: number): void {
    const { slots, count } = this;
    let hole = this.home(hash);
    while (slots[hole * 2 + 1] !== id) if (++hole === count) hole = 0;
    // Close the hole: a later entry of the run moves up unless its own place lies behind the hole (Knuth 6.4 R).
    let slot = hole;
    for (;;) {
      if (++slot === count) slot = 0;
      if (slots[slot * 2 + 1] === 0) break;
      const away = slot - this.home(slots[slot * 2]!);
      const behind = slot - hole;
      if ((away < 0 ? away + count : away) < (behind < 0 ? behind + count : behind)) continue;
      slots[hole * 2] = slots[slot * 2]!;
      slots[hole * 2 + 1] = slots[slot * 2 + 1]!;
      hole = slot;
    }
    slots[hole * 2 + 1] = 0;
  }

  private growSlots(): void {
    const old = this.slots;
    this.count = Math.ceil(this.count * (this.count < LARGE ? 4 : 1.5));
    this.scale = this.count / 2 ** 32;
    this.slots = new Int32Array(this.count * 2);
    for (let at = 0; at < old.length; at += 2) if (old[at + 1] !== 0) this.place(old[at]!, old[at + 1]!);
  }
}

/** Copies `bytes[start..end)` to `at` of `out`; returns the place behind. For few octets a loop beats a view. */
function copyOctets(bytes: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  for (let from = start; from < end; from++) out[at++] = bytes[from]!;
  return at;
}

/** Octets of the preamble that a set begins with: all three or none. */
function preambleAt(view: DataView, start: number, end: number): number {
  return end - start > 4 && (view.getInt32(start, true) & 0xffffff) === 0x010140 ? PREAMBLE.length : 0;
}

function withPreamble(kept: Uint8Array): Uint8Array {
  const whole = new Uint8Array(PREAMBLE.length + kept.length);
  whole.set(PREAMBLE);
  whole.set(kept, PREAMBLE.length);
  return whole;
}

function mixWord(h: number, word: number): number {
  const mixed = Math.imul(h ^ word, 0x85ebca6b);
  return mixed ^ (mixed >>> 13);
}

const mixOctet = (h: number, octet: number): number => Math.imul(h ^ octet, 0x01000193);

function finish(h: number): number {
  const mixed = Math.imul(h ^ (h >>> 16), 0xc2b2ae35);
  return mixed ^ (mixed >>> 15);
}
