/**
 * What the collector remembers of its verdicts, so that a route is judged once and not once a peer: for each prefix id
 * the origin judged last and what the registry said of it; and apart, a bit for each prefix of which some peer now holds
 * a route with which something is wrong, or whose paths have to be looked at. Columns grow with the prefix table.
 */
import { extend } from '../net/prefix-ids.ts';
import type { Snapshot } from '../registry/snapshot.ts';
import { COVERS_FLAG, IRR_MASK, ROV_MASK, ROV_SHIFT } from '../registry/snapshot.ts';
import { IRR_STATES, type IrrState, ROV_STATES, type RovState } from '../registry/verdict.ts';
import type { Rib } from '../rib/adj-rib-in.ts';
import { isUnregistered, NEW_FLAG } from './finding.ts';

/** Prefixes of which the verdict on the origin judged last is remembered, by what registry and RPKI say. */
export interface VerdictCount {
  readonly irr: IrrState;
  readonly rov: RovState;
  readonly verdicts: number;
}

/** Bit of a remembered verdict that tells it from none. The others are what `judge` returned, and NEW_FLAG. */
const JUDGED = 0x40;

const MATCH = IRR_STATES.indexOf('match');
const MATCH_COVERING = IRR_STATES.indexOf('match-covering');

export class VerdictMemo {
  /** Pairs (origin, verdict) by prefix id; verdict 0 is none. A look at one touches one line of memory. */
  private judged4: Int32Array = new Int32Array(0);
  private judged6: Int32Array = new Int32Array(0);
  /** A bit for each prefix id: few enough octets to stay in the processor's cache. */
  private marks4 = new Uint8Array(0);
  private marks6 = new Uint8Array(0);
  private readonly rib: Rib;
  /** Null while there is nothing to judge by: then every verdict is `unknown`, and nothing is remembered. */
  snapshot: Snapshot | null = null;
  /** ASes whose announcements are to be told when nobody has registered them. */
  ases: ReadonlySet<number> = new Set();

  constructor(rib: Rib) {
    this.rib = rib;
  }

  /** Forgets every verdict, keeps the marks: the registry has changed. */
  forgetAll(): void {
    this.forget(1);
    this.forget(2);
  }

  /** The same for one family: its prefix ids may become those of other prefixes. */
  forget(afi: 1 | 2): void {
    (afi === 1 ? this.judged4 : this.judged6).fill(0);
  }

  /** The same for one prefix. */
  forgetOne(afi: 1 | 2, id: number): void {
    const memo = afi === 1 ? this.judged4 : this.judged6;
    if (id * 2 + 1 < memo.length) memo[id * 2 + 1] = 0;
  }

  /** Verdict on (IPv4 prefix id, origin AS, also as a signed word; 0 for NONE). */
  verdict4Of(id: number, origin: number): number {
    if (this.snapshot === null) return 0;
    if (id * 2 >= this.judged4.length) this.judged4 = extend(this.judged4, this.rib.ids4.capacity * 2);
    const memo = this.judged4;
    if (memo[id * 2 + 1] !== 0 && memo[id * 2] === (origin | 0)) return memo[id * 2 + 1]!;
    const { address, length } = this.rib.ids4;
    const as = origin === 0 ? -1 : origin >>> 0;
    const verdict = this.remembered(this.snapshot.judge(1, address[id]!, 0, 0, 0, length[id]!, as), as);
    memo[id * 2] = origin;
    memo[id * 2 + 1] = verdict;
    return verdict;
  }

  /** The same for an IPv6 prefix id. */
  verdict6Of(id: number, origin: number): number {
    if (this.snapshot === null) return 0;
    if (id * 2 >= this.judged6.length) this.judged6 = extend(this.judged6, this.rib.ids6.capacity * 2);
    const memo = this.judged6;
    if (memo[id * 2 + 1] !== 0 && memo[id * 2] === (origin | 0)) return memo[id * 2 + 1]!;
    const { address: a, length } = this.rib.ids6;
    const at = id * 4;
    const as = origin === 0 ? -1 : origin >>> 0;
    const judged = this.snapshot.judge(2, a[at]!, a[at + 1]!, a[at + 2]!, a[at + 3]!, length[id]!, as);
    const verdict = this.remembered(judged, as);
    memo[id * 2] = origin;
    memo[id * 2 + 1] = verdict;
    return verdict;
  }

  /**
   * Verdict on a route whose path ends in an AS_SET of these members: for the IRR it matches when every one of them does
   * (research: hijack 3.1), for the RPKI it has no origin. Without members it is that of NONE.
   */
  verdictOfSet(afi: 1 | 2, id: number, members: readonly number[]): number {
    const none = this.verdictOf(afi, id, 0);
    let matched = 0;
    for (const as of members) {
      matched = this.verdictOf(afi, id, as) & IRR_MASK;
      if (matched !== MATCH && matched !== MATCH_COVERING) return none;
    }
    // Whom it is registered to is no stranger to what lies beneath it.
    return members.length === 0 ? none : (none & ~(IRR_MASK | COVERS_FLAG)) | matched;
  }

  /** Verdict on (prefix id, origin AS; 0 for NONE) of either family. */
  verdictOf(afi: 1 | 2, id: number, origin: number): number {
    return afi === 1 ? this.verdict4Of(id, origin) : this.verdict6Of(id, origin);
  }

  /** The verdict with what only a collector adds. */
  private remembered(judged: number, as: number): number {
    return isUnregistered(judged) && this.ases.has(as) ? judged | JUDGED | NEW_FLAG : judged | JUDGED;
  }

  /** How many verdicts are remembered of each kind, one a prefix; stops now and then for others to have their turn. */
  *tally(): Generator<undefined, VerdictCount[]> {
    const counts = new Float64Array((IRR_MASK + 1) * (ROV_MASK + 1));
    for (const memo of [this.judged4, this.judged6])
      for (let at = 1; at < memo.length; at += 2) {
        const verdict = memo[at]!;
        if (verdict !== 0) counts[(verdict & IRR_MASK) * (ROV_MASK + 1) + ((verdict >> ROV_SHIFT) & ROV_MASK)]!++;
        if ((at & 0x7ffff) === 1) yield undefined;
      }
    return IRR_STATES.flatMap((irr, i) =>
      ROV_STATES.map((rov, r) => ({ irr, rov, verdicts: counts[i * (ROV_MASK + 1) + r]! })),
    );
  }

  /** The verdict remembered last for this prefix, of whichever origin; 0 without one. */
  lastOf(afi: 1 | 2, id: number): number {
    return (afi === 1 ? this.judged4 : this.judged6)[id * 2 + 1] ?? 0;
  }

  /** The state of (prefix id, origin), for a person; of NONE with the members of the AS_SET at the end of its path. */
  stateOf(afi: 1 | 2, id: number, origin: number, members: readonly number[] = []): IrrState {
    if (this.snapshot === null) return 'unknown';
    const verdict = origin === 0 ? this.verdictOfSet(afi, id, members) : this.verdictOf(afi, id, origin);
    return IRR_STATES[verdict & IRR_MASK] ?? 'unknown';
  }

  /** The same against the RPKI. */
  rovOf(afi: 1 | 2, id: number, origin: number): RovState {
    if (this.snapshot === null) return 'not-found';
    const verdict = this.verdictOf(afi, id, origin);
    return ROV_STATES[(verdict >> ROV_SHIFT) & ROV_MASK] ?? 'not-found';
  }

  /** True when each change of a route of this prefix has to be looked at. */
  marked(afi: 1 | 2, id: number): boolean {
    const marks = afi === 1 ? this.marks4 : this.marks6;
    const octet = id >> 3;
    return octet < marks.length && (marks[octet]! & (1 << (id & 7))) !== 0;
  }

  mark(afi: 1 | 2, id: number, on: boolean): void {
    const marks = afi === 1 ? this.marks4For(id) : this.marks6For(id);
    if (on) marks[id >> 3]! |= 1 << (id & 7);
    else marks[id >> 3]! &= ~(1 << (id & 7));
  }

  private marks4For(id: number): Uint8Array {
    if (id >> 3 >= this.marks4.length) this.marks4 = longer(this.marks4, this.rib.ids4.capacity);
    return this.marks4;
  }

  private marks6For(id: number): Uint8Array {
    if (id >> 3 >= this.marks6.length) this.marks6 = longer(this.marks6, this.rib.ids6.capacity);
    return this.marks6;
  }
}

/** A longer copy of marks, with room for so many ids. */
function longer(marks: Uint8Array<ArrayBuffer>, ids: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array((ids + 7) >> 3);
  copy.set(marks);
  return copy;
}
