/**
 * Interned path attributes. A set of attributes is kept once, as the octets that came over the wire (without MP_REACH_NLRI
 * and MP_UNREACH_NLRI, with the next hop of MP_REACH_NLRI behind them), however many routes share it; a route holds
 * its *attribute id*. What the hot path asks of a set stands in columns by id.
 */
import { randomInt } from 'node:crypto';
import { extend } from '../net/prefix-ids.ts';
import { Arena } from './arena.ts';

/** Bits of a set's context: the same octets mean different things on different sessions. */
export const CONTEXT_AS4 = 1;
export const CONTEXT_EBGP = 2;
/** The set came with MP_REACH_NLRI: its last `nextHopLength` octets are that next hop. */
export const CONTEXT_MP = 4;

/** `origin` of a set whose path ends in an AS_SET: NONE (RFC 6811 section 2). AS 0 itself is never stored (RFC 7607). */
export const ORIGIN_NONE = 0;

const SEED = randomInt(1, 0x7fffffff);

export class AttributeStore {
  /** Sets held now. */
  live = 0;
  /** Counts every new set and every freed one: unequal numbers mean that the sets have changed. */
  generation = 0;
  /** Columns by attribute id; id 0 is never used, so that 0 in a route column means no route. */
  origin: Uint32Array;
  private references: Int32Array;
  private block: Int32Array;
  private size: Uint16Array;
  private nextHop: Uint8Array;
  private context: Uint8Array;
  private hashes: Int32Array;
  /** Pairs (hash, id); id 0 is an empty slot. Deleted slots are closed by moving later ones up. */
  private slots: Int32Array;
  private mask: number;
  private readonly arena = new Arena();
  private top = 1;
  private readonly free: number[] = [];

  constructor(capacity = 1 << 14) {
    this.mask = capacity * 2 - 1;
    this.slots = new Int32Array(capacity * 4);
    this.origin = new Uint32Array(capacity);
    this.references = new Int32Array(capacity);
    this.block = new Int32Array(capacity);
    this.size = new Uint16Array(capacity);
    this.nextHop = new Uint8Array(capacity);
    this.context = new Uint8Array(capacity);
    this.hashes = new Int32Array(capacity);
  }

  /** First id never used. */
  get bound(): number {
    return this.top;
  }

  /** Octets reserved for the sets themselves. */
  get arenaOctets(): number {
    return this.arena.reserved;
  }

  /**
   * Hash of `bytes[start..end)` in this context. `view` is a DataView over the same octets as `bytes`, with the same
   * offsets; words are read in little-endian order, the tail octet by octet.
   */
  hash(view: DataView, start: number, end: number, context: number): number {
    let h = SEED ^ Math.imul(end - start, 0x9e3779b1) ^ context;
    let at = start;
    for (; at + 4 <= end; at += 4) {
      h = Math.imul(h ^ view.getInt32(at, true), 0x85ebca6b);
      h ^= h >>> 13;
    }
    for (; at < end; at++) h = Math.imul(h ^ view.getUint8(at), 0x01000193);
    h = Math.imul(h ^ (h >>> 16), 0xc2b2ae35);
    return h ^ (h >>> 15);
  }

  /** Id of a set held already, or 0. */
  find(hash: number, view: DataView, start: number, end: number, context: number): number {
    const { slots, mask } = this;
    let slot = hash & mask;
    for (;;) {
      const id = slots[slot * 2 + 1]!;
      if (id === 0) return 0;
      if (slots[slot * 2] === hash && this.same(id, view, start, end, context)) return id;
      slot = (slot + 1) & mask;
    }
  }

  private same(id: number, view: DataView, start: number, end: number, context: number): boolean {
    const size = end - start;
    if (this.size[id] !== size || this.context[id] !== context) return false;
    const block = this.block[id]!;
    const words = this.arena.words(block);
    let word = this.arena.wordOffset(block);
    let at = start;
    for (; at + 4 <= end; at += 4) if (words[word++] !== view.getInt32(at, true)) return false;
    const bytes = this.arena.bytes(block);
    let octet = word * 4;
    for (; at < end; at++) if (bytes[octet++] !== view.getUint8(at)) return false;
    return true;
  }

  /** Keeps a new set (1 to 65535 octets) with no reference yet. The caller has made sure that `find` gave 0. */
  add(
    hash: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    context: number,
    nextHop: number,
    origin: number,
  ): number {
    const id = this.free.pop() ?? this.top++;
    if (id >= this.origin.length) this.growColumns();
    if ((this.live + 1) * 4 > (this.mask + 1) * 3) this.growSlots();
    const block = this.arena.allocate(end - start);
    const chunk = this.arena.bytes(block);
    // A loop: for sets of some seventy octets it is faster than a view and leaves nothing to collect.
    for (let from = start, to = this.arena.byteOffset(block); from < end; from++, to++) chunk[to] = bytes[from]!;
    this.block[id] = block;
    this.size[id] = end - start;
    this.nextHop[id] = nextHop;
    this.context[id] = context;
    this.hashes[id] = hash;
    this.origin[id] = origin;
    this.references[id] = 0;
    this.place(hash, id);
    this.live++;
    this.generation++;
    return id;
  }

  /** `count` more routes hold the set. */
  retain(id: number, count: number): void {
    this.references[id]! += count;
  }

  /** One route fewer holds the set; the last one frees it. */
  release(id: number): void {
    if (--this.references[id]! > 0) return;
    this.remove(id);
  }

  /** Frees a set that no route came to hold. */
  settle(id: number): void {
    if (this.references[id] === 0) this.remove(id);
  }

  /** The attributes' octets, the next hop of MP_REACH_NLRI (empty without), and the context they were received in. */
  read(id: number): { readonly attributes: Uint8Array; readonly nextHop: Uint8Array; readonly context: number } {
    const block = this.block[id]!;
    const start = this.arena.byteOffset(block);
    const end = start + this.size[id]!;
    const hop = end - this.nextHop[id]!;
    const bytes = this.arena.bytes(block);
    return { attributes: bytes.subarray(start, hop), nextHop: bytes.subarray(hop, end), context: this.context[id]! };
  }

  /** True when the id names a set that is held. */
  holds(id: number): boolean {
    return id > 0 && id < this.top && this.references[id]! > 0;
  }

  private remove(id: number): void {
    this.arena.free(this.block[id]!, this.size[id]!);
    this.unplace(id);
    this.free.push(id);
    this.live--;
    this.generation++;
  }

  private place(hash: number, id: number): void {
    let slot = hash & this.mask;
    while (this.slots[slot * 2 + 1] !== 0) slot = (slot + 1) & this.mask;
    this.slots[slot * 2] = hash;
    this.slots[slot * 2 + 1] = id;
  }

  private unplace(id: number): void {
    const { slots, mask } = this;
    let hole = this.hashes[id]! & mask;
    while (slots[hole * 2 + 1] !== id) hole = (hole + 1) & mask;
    // Close the hole: a later entry of the run moves up unless its own place lies behind the hole (Knuth 6.4 R).
    for (let slot = (hole + 1) & mask; slots[slot * 2 + 1] !== 0; slot = (slot + 1) & mask) {
      const home = slots[slot * 2]! & mask;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      slots[hole * 2] = slots[slot * 2]!;
      slots[hole * 2 + 1] = slots[slot * 2 + 1]!;
      hole = slot;
    }
    slots[hole * 2 + 1] = 0;
  }

  private growColumns(): void {
    const length = this.origin.length * (this.origin.length < 1 << 18 ? 4 : 2);
    const origin = new Uint32Array(length);
    origin.set(this.origin);
    this.origin = origin;
    this.references = extend(this.references, length);
    this.block = extend(this.block, length);
    this.hashes = extend(this.hashes, length);
    const size = new Uint16Array(length);
    size.set(this.size);
    this.size = size;
    const nextHop = new Uint8Array(length);
    nextHop.set(this.nextHop);
    this.nextHop = nextHop;
    const context = new Uint8Array(length);
    context.set(this.context);
    this.context = context;
  }

  private growSlots(): void {
    const old = this.slots;
    this.mask = (this.mask + 1) * (this.mask < 1 << 19 ? 4 : 2) - 1;
    this.slots = new Int32Array((this.mask + 1) * 2);
    for (let at = 0; at < old.length; at += 2) if (old[at + 1] !== 0) this.place(old[at]!, old[at + 1]!);
  }
}
