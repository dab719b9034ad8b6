/**
 * The registry as the collectors see it: for each registered or watched prefix its route objects' origins, its VRPs and
 * whether it is watched, in a SharedArrayBuffer that is written once, frozen, and handed to every thread
 * (snapshot-layout.ts, snapshot-builder.ts). A change of a few objects does not write it anew: an *overlay*, a snapshot
 * of the changed prefixes alone, is laid over it, and what it says of a prefix hides what the one below says.
 *
 * The rule for the IRR (research: hijack 3.3, 3.4). The most specific prefix that is the route's or covers it and has
 * objects that count decides. Equal: `match` when one of its objects has the origin, else `mismatch`. Covering:
 * `match-covering` or `mismatch-covering` likewise. None: `unknown`. Where an authoritative source has an object for a
 * prefix, objects of other sources for that very prefix do not count; nor does an object whose hole (RFC 2622 section
 * 8.2) the route lies in. The route is watched when the deciding prefix is, or one passed on the way to it that is watched
 * and has no object.
 *
 * The rule for the RPKI is RFC 6811 section 2: `valid` when a VRP that covers the route has its origin and a maxLength
 * that is not less than its length, else `invalid` when any VRP covers it, else `not-found`.
 */
import type { Afi } from '../net/address.ts';
import { type Prefix, prefixOf, wordsOf } from '../net/prefix.ts';
import { NO_ORIGIN } from './snapshot-builder.ts';
import {
  ENTRY4,
  ENTRY6,
  find4,
  find6,
  H,
  HOLE,
  keep,
  MAGIC,
  MASK_FROM4,
  MASK_FROM6,
  mask4,
  mask6,
  OBJECT,
  RECORD,
  type Regions,
  regionsOf,
  SHORT4,
  SHORT6,
  VRP,
  WATCHED_ENTRY,
} from './snapshot-layout.ts';
import { IRR_STATES, type IrrState, ROV_STATES, type RovState } from './verdict.ts';

/** Set in what `judge` returns, over the index into IRR_STATES, when the route is watched. */
export const WATCHED_FLAG = 8;
/** What `judge` returns holds the index into IRR_STATES under this mask, and that into ROV_STATES above ROV_SHIFT. */
export const IRR_MASK = 7;
export const ROV_SHIFT = 4;
export const ROV_MASK = 3;

/** Indexes into IRR_STATES. */
const UNKNOWN = 0;
const MATCH = 1;
const MATCH_COVERING = 2;
const MISMATCH = 3;
const MISMATCH_COVERING = 4;
/** Indexes into ROV_STATES. */
const NOT_FOUND = 0;
const VALID = 1;
const INVALID = 2;

/** A VRP that covers a route. */
export interface CoveringVrp {
  readonly prefix: Prefix;
  readonly maxLength: number;
  readonly asn: number;
}

/** What decided about a route, for people. */
export interface Decision {
  readonly state: IrrState;
  /** The registered prefix that decided; null when the state is `unknown`. */
  readonly decidedBy: Prefix | null;
  /** Origins of its objects that count, ascending. */
  readonly origins: readonly number[];
  readonly watched: boolean;
  readonly rov: RovState;
  /** All VRPs that cover the route, the most specific first. */
  readonly vrps: readonly CoveringVrp[];
}

export interface Snapshot {
  /**
   * The verdict about a route: an index into IRR_STATES, WATCHED_FLAG, and an index into ROV_STATES shifted by ROV_SHIFT. The
   * prefix is `afi`, its address in 32-bit words, most significant first, signed or unsigned alike (IPv4: w0 alone), and
   * its length; host bits must be zero. `origin` is an AS number or NO_ORIGIN. Allocates nothing.
   */
  judge(afi: Afi, w0: number, w1: number, w2: number, w3: number, length: number, origin: number): number;
  /** The same verdict with its ground, for a case or a person. */
  decide(prefix: Prefix, origin: number): Decision;
  /** Prefixes, objects and VRPs of the snapshot, less its overlay. */
  readonly prefixes4: number;
  readonly prefixes6: number;
  readonly objects: number;
  readonly vrps: number;
  /** Prefixes in the overlay. */
  readonly overlaid: number;
  /** Of the buffers, octets. */
  readonly octets: number;
}

/** Holes that can be met on the way from a route up to what decides; a route in more of them is judged by the first. */
const MAX_HOLES = 32;

/**
 * Opens a frozen snapshot in this thread, with its overlay if there is one. Throws a TypeError when a buffer is none (it
 * comes from our own threads: a wrong one is a programming error, not input).
 */
export function openSnapshot(sab: SharedArrayBuffer, overlay: SharedArrayBuffer | null = null): Snapshot {
  const below = regionsOf(sab);
  const over = overlay === null ? null : regionsOf(overlay);
  for (const { header } of [below, over ?? below])
    if (header[H.magic] !== MAGIC) throw new TypeError('not a registry snapshot');
  const authorises = below.header[H.vrps]! + (over?.header[H.vrps] ?? 0) > 0;
  /** What the last walk ended at: where in `decidedIn` the deciding entry's first record stands, or -1. */
  let decider = -1;
  let decidedIn = below;
  /** Holes that the last walk met: pairs (origin, length of the prefix it is a hole in). */
  const holes = new Int32Array(MAX_HOLES * 2);
  let holed = 0;

  /** In a region's entries, where the first record of the prefix stands, or -1. */
  function headIn(r: Regions, afi: Afi, w0: number, w1: number, w2: number, w3: number, length: number): number {
    if (afi === 1) {
      const entry = find4(r, keep(w0 | 0, length, 0), length);
      return entry < 0 ? -1 : entry * ENTRY4 + 2;
    }
    const entry = find6(
      r,
      keep(w0 | 0, length, 0),
      keep(w1 | 0, length, 32),
      keep(w2 | 0, length, 64),
      keep(w3 | 0, length, 96),
      length,
    );
    return entry < 0 ? -1 : entry * ENTRY6 + 5;
  }

  function inHole(asn: number, length: number): boolean {
    for (let i = 0; i < holed; i++) if (holes[i * 2] === asn && holes[i * 2 + 1] === length) return true;
    return false;
  }

  function meetHole(asn: number, outer: number): void {
    if (holed === MAX_HOLES) return;
    holes[holed * 2] = asn;
    holes[holed * 2 + 1] = outer;
    holed++;
  }

  /** From the route's own length down to 0 over the lengths that occur, until both questions are answered. */
  function judge(afi: Afi, w0: number, w1: number, w2: number, w3: number, length: number, origin: number): number {
    const four = afi === 1;
    const near = four ? mask4(w0, MASK_FROM4) : mask6(w0, MASK_FROM6);
    const short = four ? SHORT4 : SHORT6;
    const asn = origin | 0;
    const known = origin !== NO_ORIGIN;
    let irr = -1;
    let rov = authorises ? NOT_FOUND : VALID; // nothing to look for
    let watched = 0;
    decider = -1;
    holed = 0;
    for (let word = length >> 5; word >= 0 && (irr < 0 || rov !== VALID); word--) {
      const over4 = over === null ? 0 : over.masks[near + word]! | over.masks[short + word]!;
      let lengths = below.masks[near + word]! | below.masks[short + word]! | over4;
      if (word === length >> 5) lengths &= (2 << (length & 31)) - 1;
      while (lengths !== 0) {
        const bit = 31 - Math.clz32(lengths);
        lengths &= ~(1 << bit);
        const l = word * 32 + bit;
        let r = below;
        let head = -1;
        if ((over4 & (1 << bit)) !== 0) head = headIn(over!, afi, w0, w1, w2, w3, l);
        if (head >= 0) r = over!;
        else head = headIn(below, afi, w0, w1, w2, w3, l);
        if (head < 0) continue;
        const entries = four ? r.entries4 : r.entries6;
        const { records } = r;
        if (irr < 0 && (entries[head - 1]! & WATCHED_ENTRY) !== 0) watched = WATCHED_FLAG;
        let registered = false;
        let matches = false;
        for (let at = entries[head]!; at > 0; at = records[(at - 1) * RECORD + 2]!) {
          const i = (at - 1) * RECORD;
          const what = records[i + 1]!;
          if (what === OBJECT) {
            if (irr >= 0 || (holed > 0 && inHole(records[i]!, l))) continue;
            registered = true;
            if (known && records[i] === asn) matches = true;
          } else if (what >= HOLE) meetHole(records[i]!, what - HOLE);
          else if (rov !== VALID)
            rov = known && asn !== 0 && records[i] === asn && length <= what - VRP ? VALID : INVALID;
        }
        if (registered) {
          irr = l === length ? (matches ? MATCH : MISMATCH) : matches ? MATCH_COVERING : MISMATCH_COVERING;
          decider = head;
          decidedIn = r;
        }
        if (irr >= 0 && rov === VALID) break;
      }
    }
    return (irr < 0 ? UNKNOWN : irr) | watched | ((authorises ? rov : NOT_FOUND) << ROV_SHIFT);
  }

  /** Origins of the objects that counted in the last walk. */
  function originsOf(r: Regions, entries: Int32Array, head: number): number[] {
    const found: number[] = [];
    for (let i = entries[head]! - 1; i >= 0; i = r.records[i * RECORD + 2]! - 1) {
      const asn = r.records[i * RECORD]!;
      if (r.records[i * RECORD + 1] === OBJECT && !inHole(asn, entries[head - 1]! & 0xff)) found.push(asn >>> 0);
    }
    return found.sort((a, b) => a - b);
  }

  function vrpsCovering(prefix: Prefix): CoveringVrp[] {
    const found: CoveringVrp[] = [];
    if (!authorises) return found;
    const [w0, w1, w2, w3] = wordsOf(prefix);
    for (let length = prefix.length; length >= 0; length--) {
      let r = over;
      let head = r === null ? -1 : headIn(r, prefix.afi, w0, w1, w2, w3, length);
      if (head < 0) {
        r = below;
        head = headIn(below, prefix.afi, w0, w1, w2, w3, length);
      }
      if (head < 0) continue;
      const { entries4, entries6, records } = r!;
      for (let i = (prefix.afi === 1 ? entries4 : entries6)[head]! - 1; i >= 0; i = records[i * RECORD + 2]! - 1) {
        const what = records[i * RECORD + 1]!;
        if (what === OBJECT || what >= HOLE) continue;
        found.push({ prefix: prefixOf(prefix, length), maxLength: what - VRP, asn: records[i * RECORD]! >>> 0 });
      }
    }
    return found;
  }

  function decide(prefix: Prefix, origin: number): Decision {
    const [w0, w1, w2, w3] = wordsOf(prefix);
    const verdict = judge(prefix.afi, w0, w1, w2, w3, prefix.length, origin);
    const state = IRR_STATES[verdict & IRR_MASK]!;
    const rov = ROV_STATES[(verdict >> ROV_SHIFT) & ROV_MASK]!;
    const watched = (verdict & WATCHED_FLAG) !== 0;
    const vrps = vrpsCovering(prefix);
    if (decider < 0) return { state, decidedBy: null, origins: [], watched, rov, vrps };
    const entries = prefix.afi === 1 ? decidedIn.entries4 : decidedIn.entries6;
    const decidedBy = prefixOf(prefix, entries[decider - 1]! & 0xff);
    return { state, decidedBy, origins: originsOf(decidedIn, entries, decider), watched, rov, vrps };
  }

  return {
    octets: sab.byteLength + (overlay?.byteLength ?? 0),
    judge,
    decide,
    prefixes4: below.header[H.prefixes4]!,
    prefixes6: below.header[H.prefixes6]!,
    objects: below.header[H.objects]!,
    vrps: below.header[H.vrps]!,
    overlaid: over === null ? 0 : over.header[H.prefixes4]! + over.header[H.prefixes6]!,
  };
}
