/**
 * What the collector remembers of its verdicts, so that a route is judged once and not once a peer: for each prefix id
 * the origin judged last and what the registry said of it, and beside it a mark on prefixes for which some peer now
 * holds a route that contradicts the registry in watched space. Columns grow with the prefix table.
 */
import { extend } from '../net/prefix-ids.ts';
import type { Snapshot } from '../registry/snapshot.ts';
import { WATCHED_FLAG } from '../registry/snapshot.ts';
import { IRR_STATES, type IrrState } from '../registry/verdict.ts';
import type { Rib } from '../rib/adj-rib-in.ts';

/** Bit of a memo: a peer holds a contradicting route of this prefix now. The other bits are what `judge` returned. */
export const MARKED = 0x80;
const JUDGED = 0x40;

const MISMATCH = IRR_STATES.indexOf('mismatch');
const MISMATCH_COVERING = IRR_STATES.indexOf('mismatch-covering');
const STATE_BITS = 0x07;

/** True when a verdict is worth telling: a contradiction in watched space. */
export function contradicts(verdict: number): boolean {
  const state = verdict & STATE_BITS;
  return (verdict & WATCHED_FLAG) !== 0 && (state === MISMATCH || state === MISMATCH_COVERING);
}

export function stateOf(verdict: number): IrrState {
  return IRR_STATES[verdict & STATE_BITS] ?? 'unknown';
}

export class VerdictMemo {
  private origin4: Int32Array = new Int32Array(0);
  private origin6: Int32Array = new Int32Array(0);
  private verdict4 = new Uint8Array(0);
  private verdict6 = new Uint8Array(0);
  private readonly rib: Rib;
  snapshot: Snapshot | null = null;

  constructor(rib: Rib) {
    this.rib = rib;
  }

  /** Forgets every verdict, keeps the marks: the registry has changed. */
  forget(): void {
    for (const column of [this.verdict4, this.verdict6])
      for (let id = 0; id < column.length; id++) column[id]! &= MARKED;
  }

  /** Verdict on (IPv4 prefix id, origin AS; 0 for NONE), with the mark of the prefix. */
  verdict4Of(id: number, origin: number): number {
    if (id >= this.verdict4.length) this.grow4();
    const memo = this.verdict4[id]!;
    if (memo & JUDGED && this.origin4[id] === (origin | 0)) return memo;
    const { address, length } = this.rib.ids4;
    const verdict = this.snapshot?.judge(1, address[id]!, 0, 0, 0, length[id]!, origin === 0 ? -1 : origin) ?? 0;
    this.origin4[id] = origin;
    const judged = verdict | JUDGED | (memo & MARKED);
    this.verdict4[id] = judged;
    return judged;
  }

  verdict6Of(id: number, origin: number): number {
    if (id >= this.verdict6.length) this.grow6();
    const memo = this.verdict6[id]!;
    if (memo & JUDGED && this.origin6[id] === (origin | 0)) return memo;
    const { address: a, length } = this.rib.ids6;
    const at = id * 4;
    const verdict =
      this.snapshot?.judge(2, a[at]!, a[at + 1]!, a[at + 2]!, a[at + 3]!, length[id]!, origin === 0 ? -1 : origin) ?? 0;
    this.origin6[id] = origin;
    const judged = verdict | JUDGED | (memo & MARKED);
    this.verdict6[id] = judged;
    return judged;
  }

  marked(afi: 1 | 2, id: number): boolean {
    return ((afi === 1 ? this.verdict4[id] : this.verdict6[id])! & MARKED) !== 0;
  }

  mark(afi: 1 | 2, id: number, on: boolean): void {
    if (afi === 1 && id >= this.verdict4.length) this.grow4();
    if (afi === 2 && id >= this.verdict6.length) this.grow6();
    const column = afi === 1 ? this.verdict4 : this.verdict6;
    if (on) column[id]! |= MARKED;
    else column[id]! &= ~MARKED;
  }

  private grow4(): void {
    this.origin4 = extend(this.origin4, this.rib.ids4.capacity);
    const verdict = new Uint8Array(this.rib.ids4.capacity);
    verdict.set(this.verdict4);
    this.verdict4 = verdict;
  }

  private grow6(): void {
    this.origin6 = extend(this.origin6, this.rib.ids6.capacity);
    const verdict = new Uint8Array(this.rib.ids6.capacity);
    verdict.set(this.verdict6);
    this.verdict6 = verdict;
  }
}
