/**
 * The registry as the collectors see it: for each registered or watched prefix its origins and whether it is watched,
 * in one SharedArrayBuffer that is written once, frozen, and handed to every thread (layout: snapshot-layout.ts).
 *
 * The rule (research: hijack 3.3, 3.4). The most specific prefix that is the route's or covers it and has objects
 * decides. Equal: `match` when one of its objects has the origin, else `mismatch`. Covering: `match-covering` or
 * `mismatch-covering` likewise. None: `unknown`. The route is watched when the deciding prefix is, or one passed on the
 * way to it that is watched and has no object.
 */
import type { Afi } from '../net/address.ts';
import { type Prefix, prefixOf, wordsOf } from '../net/prefix.ts';
import {
  allocate,
  ENTRY4,
  ENTRY6,
  find4,
  find6,
  H,
  keep,
  MAGIC,
  MASK_FROM4,
  MASK_FROM6,
  mask4,
  mask6,
  ORIGIN,
  regionsOf,
  SHORT4,
  SHORT6,
  WATCHED_ENTRY,
} from './snapshot-layout.ts';
import { IRR_STATES, type IrrState } from './verdict.ts';

/** Set in what `judge` returns, over the index into IRR_STATES, when the route is watched. */
export const WATCHED_FLAG = 8;
/** The origin of a route whose AS_PATH ends in an AS_SET (RFC 6811 section 2): no object has it. */
export const NO_ORIGIN = -1;

/** Indexes into IRR_STATES. */
const UNKNOWN = 0;
const MATCH = 1;
const MATCH_COVERING = 2;
const MISMATCH = 3;
const MISMATCH_COVERING = 4;

/** What decided about a route, for people. */
export interface Decision {
  readonly state: IrrState;
  /** The registered prefix that decided; null when the state is `unknown`. */
  readonly decidedBy: Prefix | null;
  /** Its origins, ascending. */
  readonly origins: readonly number[];
  readonly watched: boolean;
}

export interface Snapshot {
  /**
   * The verdict about a route, as an index into IRR_STATES with WATCHED_FLAG over it. The prefix is `afi`, its address
   * in 32-bit words, most significant first, signed or unsigned alike (IPv4: w0 alone), and its length; host bits must
   * be zero. `origin` is an AS number or NO_ORIGIN. Allocates nothing.
   */
  judge(afi: Afi, w0: number, w1: number, w2: number, w3: number, length: number, origin: number): number;
  /** The same verdict with its ground, for a case or a person. */
  decide(prefix: Prefix, origin: number): Decision;
  /** Number of the entry of exactly this prefix within its family, counted in the order of adding; -1 when none. */
  entry(prefix: Prefix): number;
  readonly prefixes4: number;
  readonly prefixes6: number;
  /** Of the buffer, octets. */
  readonly octets: number;
  readonly origins: number;
}

export interface SnapshotBuilder {
  /** Adds an object, or with NO_ORIGIN a watch without one. Several origins of a prefix add up; so does `watched`. */
  add(prefix: Prefix, origin: number, watched: boolean): number;
  /** The same from address words, as for `judge`. Both return the entry's number within its family. */
  addWords(
    afi: Afi,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    length: number,
    origin: number,
    watched: boolean,
  ): number;
  /** Ends the building: nothing may be added any more. */
  freeze(): SharedArrayBuffer;
}

/**
 * Builds a snapshot in the buffer it will stand in. `expected` objects per family are allowed for; beyond that the
 * buffer is copied into one of twice the size.
 */
export function snapshotBuilder(expected4 = 1024, expected6 = 1024): SnapshotBuilder {
  let sab = allocate(expected4, expected6, expected4 + expected6);
  let r = regionsOf(sab);
  let [prefixes4, prefixes6, used] = [0, 0, 0];

  /** Copies everything into a buffer with room for twice as much. */
  function grow(): void {
    const old = r;
    sab = allocate(Math.max(16, prefixes4 * 2), Math.max(16, prefixes6 * 2), Math.max(16, used * 2));
    r = regionsOf(sab);
    r.masks.set(old.masks);
    r.entries4.set(old.entries4.subarray(0, prefixes4 * ENTRY4));
    r.entries6.set(old.entries6.subarray(0, prefixes6 * ENTRY6));
    r.origins.set(old.origins.subarray(0, used * ORIGIN));
    for (let entry = 0; entry < prefixes4; entry++) {
      const [w0, meta] = [r.entries4[entry * ENTRY4]!, r.entries4[entry * ENTRY4 + 1]!];
      r.slots4[~find4(r, w0, meta & 0xff)] = entry + 1;
    }
    for (let entry = 0; entry < prefixes6; entry++) {
      const [w0, w1, w2, w3, meta] = r.entries6.subarray(entry * ENTRY6, entry * ENTRY6 + 5);
      r.slots6[~find6(r, w0!, w1!, w2!, w3!, meta! & 0xff)] = entry + 1;
    }
  }

  function addOrigin(entries: Int32Array, head: number, origin: number): void {
    for (let i = entries[head]! - 1; i >= 0; i = r.origins[i * ORIGIN + 1]! - 1)
      if (r.origins[i * ORIGIN] === (origin | 0)) return;
    r.origins[used * ORIGIN] = origin;
    r.origins[used * ORIGIN + 1] = entries[head]!;
    used++;
    entries[head] = used;
  }

  function addWords(
    afi: Afi,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    length: number,
    origin: number,
    watched: boolean,
  ): number {
    const full = prefixes4 === r.entries4.length / ENTRY4 || prefixes6 === r.entries6.length / ENTRY6;
    if (full || used === r.origins.length / ORIGIN) grow();
    const four = afi === 1;
    let entry = four ? find4(r, w0 | 0, length) : find6(r, w0 | 0, w1 | 0, w2 | 0, w3 | 0, length);
    if (entry < 0) {
      const slot = ~entry;
      if (four) {
        entry = prefixes4++;
        r.entries4[entry * ENTRY4] = w0;
        r.entries4[entry * ENTRY4 + 1] = length;
        r.slots4[slot] = entry + 1;
      } else {
        entry = prefixes6++;
        r.entries6[entry * ENTRY6] = w0;
        r.entries6[entry * ENTRY6 + 1] = w1;
        r.entries6[entry * ENTRY6 + 2] = w2;
        r.entries6[entry * ENTRY6 + 3] = w3;
        r.entries6[entry * ENTRY6 + 4] = length;
        r.slots6[slot] = entry + 1;
      }
      const mask = (four ? mask4(w0, length) : mask6(w0, length)) + (length >> 5);
      r.masks[mask]! |= 1 << (length & 31);
    }
    const entries = four ? r.entries4 : r.entries6;
    const head = four ? entry * ENTRY4 + 2 : entry * ENTRY6 + 5;
    if (watched) entries[head - 1]! |= WATCHED_ENTRY;
    if (origin !== NO_ORIGIN) addOrigin(entries, head, origin);
    return entry;
  }

  return {
    addWords,
    add(prefix, origin, watched) {
      const [w0, w1, w2, w3] = wordsOf(prefix);
      return addWords(prefix.afi, w0, w1, w2, w3, prefix.length, origin, watched);
    },
    freeze() {
      r.header[H.prefixes4] = prefixes4;
      r.header[H.prefixes6] = prefixes6;
      r.header[H.used] = used;
      return sab;
    },
  };
}

/**
 * Opens a frozen snapshot in this thread. Throws a TypeError when the buffer is none (it comes from our own threads:
 * a wrong one is a programming error, not input).
 */
export function openSnapshot(sab: SharedArrayBuffer): Snapshot {
  const r = regionsOf(sab);
  if (r.header[H.magic] !== MAGIC) throw new TypeError('not a registry snapshot');
  const { masks, entries4, entries6, origins } = r;
  /** What the last walk ended at: the entry that decided, or -1. */
  let decider = -1;

  function has(first: number, origin: number): boolean {
    if (origin === NO_ORIGIN) return false;
    for (let i = first - 1; i >= 0; i = origins[i * ORIGIN + 1]! - 1)
      if (origins[i * ORIGIN] === (origin | 0)) return true;
    return false;
  }

  /** From the route's own length down to 0 over the lengths that occur, until an entry with objects is met. */
  function judge(afi: Afi, w0: number, w1: number, w2: number, w3: number, length: number, origin: number): number {
    const four = afi === 1;
    const entries = four ? entries4 : entries6;
    const near = four ? mask4(w0, MASK_FROM4) : mask6(w0, MASK_FROM6);
    const short = four ? SHORT4 : SHORT6;
    let watched = 0;
    for (let word = length >> 5; word >= 0; word--) {
      let lengths = masks[near + word]! | masks[short + word]!;
      if (word === length >> 5) lengths &= (2 << (length & 31)) - 1;
      while (lengths !== 0) {
        const bit = 31 - Math.clz32(lengths);
        lengths &= ~(1 << bit);
        const l = word * 32 + bit;
        const entry = four
          ? find4(r, keep(w0 | 0, l, 0), l)
          : find6(r, keep(w0 | 0, l, 0), keep(w1 | 0, l, 32), keep(w2 | 0, l, 64), keep(w3 | 0, l, 96), l);
        if (entry < 0) continue;
        const head = four ? entry * ENTRY4 + 2 : entry * ENTRY6 + 5;
        if ((entries[head - 1]! & WATCHED_ENTRY) !== 0) watched = WATCHED_FLAG;
        if (entries[head] === 0) continue;
        decider = entry;
        if (has(entries[head]!, origin)) return (l === length ? MATCH : MATCH_COVERING) | watched;
        return (l === length ? MISMATCH : MISMATCH_COVERING) | watched;
      }
    }
    decider = -1;
    return UNKNOWN | watched;
  }

  function decide(prefix: Prefix, origin: number): Decision {
    const [w0, w1, w2, w3] = wordsOf(prefix);
    const verdict = judge(prefix.afi, w0, w1, w2, w3, prefix.length, origin);
    const state = IRR_STATES[verdict & ~WATCHED_FLAG]!;
    const watched = (verdict & WATCHED_FLAG) !== 0;
    if (decider < 0) return { state, decidedBy: null, origins: [], watched };
    const [entries, head] = prefix.afi === 1 ? [entries4, decider * ENTRY4 + 2] : [entries6, decider * ENTRY6 + 5];
    const found: number[] = [];
    for (let i = entries[head]! - 1; i >= 0; i = origins[i * ORIGIN + 1]! - 1) found.push(origins[i * ORIGIN]! >>> 0);
    const decidedBy = prefixOf(prefix, entries[head - 1]! & 0xff);
    return { state, decidedBy, origins: found.sort((a, b) => a - b), watched };
  }

  return {
    octets: sab.byteLength,
    judge,
    decide,
    entry(prefix) {
      const [w0, w1, w2, w3] = wordsOf(prefix);
      const found = prefix.afi === 1 ? find4(r, w0, prefix.length) : find6(r, w0, w1, w2, w3, prefix.length);
      return Math.max(-1, found);
    },
    prefixes4: r.header[H.prefixes4]!,
    prefixes6: r.header[H.prefixes6]!,
    origins: r.header[H.used]!,
  };
}
