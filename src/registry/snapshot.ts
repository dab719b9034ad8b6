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
 * A route that neither registry gives to its origin, and that covers registered prefixes which are watched, draws what is
 * sent to those that a peer does not have: it is said of it that it covers (watched-beneath.ts). The default route is not
 * meant.
 *
 * The rule for the RPKI is RFC 6811 section 2: `valid` when a VRP that covers the route has its origin and a maxLength
 * that is not less than its length, else `invalid` when any VRP covers it, else `not-found`.
 */
import type { Afi } from '../net/address.ts';
import { type Prefix, prefixOf, wordsOf } from '../net/prefix.ts';
import { NO_ORIGIN } from './snapshot-builder.ts';
import {
  ASN,
  COVER,
  ENTRY4,
  ENTRY6,
  findCovering4,
  findCovering6,
  H,
  HOLE,
  MAGIC,
  META4,
  META6,
  NEXT,
  NOTHING,
  OBJECT,
  RECORD,
  type Regions,
  RULES_ENTRY_SHIFT,
  regionsOf,
  VRP,
  WATCHED_ENTRY,
  WHAT,
} from './snapshot-layout.ts';
import { IRR_STATES, type IrrState, ROV_STATES, type RovState } from './verdict.ts';
import { watchedBeneath } from './watched-beneath.ts';

/** Set in what `judge` returns, over the index into IRR_STATES, when the route is watched. */
export const WATCHED_FLAG = 8;
/** What `judge` returns holds the index into IRR_STATES under this mask, and that into ROV_STATES above ROV_SHIFT. */
export const IRR_MASK = 7;
export const ROV_SHIFT = 4;
export const ROV_MASK = 3;
/** Set when the route covers registered prefixes that are watched and not registered to its origin. */
export const COVERS_FLAG = 0x80;
/** From this bit on, for a route that matches: number of what is demanded of its path (path-rules.ts); 0: nothing. */
export const RULES_SHIFT = 8;

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
  /** A watched prefix that the route covers, where neither registry gives it to the route's origin; null without one. */
  readonly covers: Prefix | null;
}

export interface Snapshot {
  /**
   * The verdict about a route: an index into IRR_STATES, WATCHED_FLAG, an index into ROV_STATES shifted by ROV_SHIFT, COVERS_FLAG,
   * and the number of what is demanded of its path shifted by RULES_SHIFT. The
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

/** One of the two snapshots, as it is walked: from a route's most specific covering entry to the ones that cover it. */
class Layer {
  private readonly r: Regions;
  private words = 0;
  private before = 0;
  entries: Int32Array;
  readonly records: Int32Array;
  /** Where META of the entry in hand stands. */
  meta = 0;
  /** Length of its prefix; -1: the walk is at its end. */
  length = -1;

  constructor(r: Regions) {
    this.r = r;
    this.entries = r.entries4;
    this.records = r.records;
  }

  begin(afi: Afi, w0: number, w1: number, w2: number, w3: number, length: number): void {
    const four = afi === 1;
    this.entries = four ? this.r.entries4 : this.r.entries6;
    this.words = four ? ENTRY4 : ENTRY6;
    this.before = four ? META4 : META6;
    this.at(four ? findCovering4(this.r, w0, length) : findCovering6(this.r, w0, w1, w2, w3, length));
  }

  next(): void {
    this.at(this.entries[this.meta + COVER]! - 1);
  }

  private at(entry: number): void {
    this.meta = entry * this.words + this.before;
    this.length = entry < 0 ? -1 : this.entries[this.meta]! & 0xff;
  }
}

/**
 * Opens a frozen snapshot in this thread, with its overlay if there is one. Throws a TypeError when a buffer is none (it
 * comes from our own threads: a wrong one is a programming error, not input).
 */
export function openSnapshot(sab: SharedArrayBuffer, overlay: SharedArrayBuffer | null = null): Snapshot {
  const base = regionsOf(sab);
  const laid = overlay === null ? null : regionsOf(overlay);
  for (const { header } of [base, laid ?? base])
    if (header[H.magic] !== MAGIC) throw new TypeError('not a registry snapshot');
  const authorises = base.header[H.vrps]! + (laid?.header[H.vrps] ?? 0) > 0;
  const below = new Layer(base);
  const over = new Layer(laid ?? base);
  /** What the last walk ended at: META of the deciding entry, where that is, and its length; -1: nothing decided. */
  let decider = 0;
  let deciding = base.entries4;
  let further = base.records;
  let deciderLength = -1;
  const beneath = watchedBeneath(base, laid);
  /** Holes that the last walk met: pairs (origin, length of the prefix it is a hole in). */
  const holes = new Int32Array(MAX_HOLES * 2);
  let holed = 0;

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

  /** Begins a walk over everything that covers the route. */
  function begin(afi: Afi, w0: number, w1: number, w2: number, w3: number, length: number): void {
    below.begin(afi, w0, w1, w2, w3, length);
    if (laid !== null) over.begin(afi, w0, w1, w2, w3, length);
  }

  /** The layer that has the next entry, the most specific left; of the same prefix the overlay's, which hides the other. */
  function layer(): Layer {
    if (over.length < below.length) return below;
    if (over.length === below.length && over.length >= 0) below.next();
    return over;
  }

  /** From the route's own prefix to what covers it, until both questions are answered. */
  function judge(afi: Afi, w0: number, w1: number, w2: number, w3: number, length: number, origin: number): number {
    const asn = origin | 0;
    const known = origin !== NO_ORIGIN;
    let irr = -1;
    let rov = authorises ? NOT_FOUND : VALID; // nothing to look for
    let watched = 0;
    let rules = 0;
    deciderLength = -1;
    holed = 0;
    begin(afi, w0 | 0, w1 | 0, w2 | 0, w3 | 0, length);
    for (let at = layer(); at.length >= 0 && (irr < 0 || rov !== VALID); at.next(), at = layer()) {
      const { entries, records, meta } = at;
      const l = at.length;
      if (irr < 0 && (entries[meta]! & WATCHED_ENTRY) !== 0) watched = WATCHED_FLAG;
      let registered = false;
      let matches = false;
      let as = entries[meta + ASN]!;
      let what = entries[meta + WHAT]!;
      for (let record = entries[meta + NEXT]!; what !== NOTHING; ) {
        if (what === OBJECT) {
          if (irr < 0 && (holed === 0 || !inHole(as, l))) {
            registered = true;
            if (known && as === asn) matches = true;
          }
        } else if (what >= HOLE) meetHole(as, what - HOLE);
        else if (rov !== VALID) rov = known && asn !== 0 && as === asn && length <= what - VRP ? VALID : INVALID;
        if (record === 0) break;
        const i = (record - 1) * RECORD;
        as = records[i]!;
        what = records[i + 1]!;
        record = records[i + 2]!;
      }
      if (!registered) continue;
      irr = l === length ? (matches ? MATCH : MISMATCH) : matches ? MATCH_COVERING : MISMATCH_COVERING;
      decider = meta;
      deciding = entries;
      further = records;
      deciderLength = l;
      if (matches) rules = entries[meta]! >>> RULES_ENTRY_SHIFT;
    }
    if (irr < 0) irr = UNKNOWN;
    if (!authorises) rov = NOT_FOUND;
    const stranger = rov !== VALID && irr !== MATCH && irr !== MATCH_COVERING;
    const covers = stranger && beneath.covered(afi, w0, w1, length, asn) ? COVERS_FLAG : 0;
    return irr | watched | (rov << ROV_SHIFT) | covers | (rules << RULES_SHIFT);
  }

  /** Calls `each` with the records of an entry. */
  function eachRecord(
    entries: Int32Array,
    records: Int32Array,
    meta: number,
    each: (asn: number, what: number) => void,
  ): void {
    if (entries[meta + WHAT] === NOTHING) return;
    each(entries[meta + ASN]!, entries[meta + WHAT]!);
    for (let i = entries[meta + NEXT]! - 1; i >= 0; i = records[i * RECORD + 2]! - 1)
      each(records[i * RECORD]!, records[i * RECORD + 1]!);
  }

  /** Origins of the objects that counted in the last walk. */
  function originsOf(): number[] {
    const found: number[] = [];
    eachRecord(deciding, further, decider, (asn, what) => {
      if (what === OBJECT && !inHole(asn, deciderLength)) found.push(asn >>> 0);
    });
    return found.sort((a, b) => a - b);
  }

  function vrpsCovering(prefix: Prefix): CoveringVrp[] {
    const found: CoveringVrp[] = [];
    begin(prefix.afi, ...wordsOf(prefix), prefix.length);
    for (let at = layer(); at.length >= 0; at.next(), at = layer())
      eachRecord(at.entries, at.records, at.meta, (asn, what) => {
        if (what >= VRP && what < HOLE)
          found.push({ prefix: prefixOf(prefix, at.length), maxLength: what - VRP, asn: asn >>> 0 });
      });
    return found;
  }

  function decide(prefix: Prefix, origin: number): Decision {
    const [w0, w1, w2, w3] = wordsOf(prefix);
    const verdict = judge(prefix.afi, w0, w1, w2, w3, prefix.length, origin);
    const state = IRR_STATES[verdict & IRR_MASK]!;
    const rov = ROV_STATES[(verdict >> ROV_SHIFT) & ROV_MASK]!;
    const watched = (verdict & WATCHED_FLAG) !== 0;
    const covered = (verdict & COVERS_FLAG) === 0 ? null : beneath.last();
    const [decidedBy, origins] = deciderLength < 0 ? [null, []] : [prefixOf(prefix, deciderLength), originsOf()];
    const vrps = vrpsCovering(prefix);
    return { state, decidedBy, origins, watched, rov, vrps, covers: covered };
  }

  return {
    octets: sab.byteLength + (overlay?.byteLength ?? 0),
    judge,
    decide,
    prefixes4: base.header[H.prefixes4]!,
    prefixes6: base.header[H.prefixes6]!,
    objects: base.header[H.objects]!,
    vrps: base.header[H.vrps]!,
    overlaid: laid === null ? 0 : laid.header[H.prefixes4]! + laid.header[H.prefixes6]!,
  };
}
