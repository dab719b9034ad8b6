/**
 * The witnesses of an open case, and what is asked of all of them with every change: counted as they come and go, so that one
 * more costs the same whether there are ten or fifteen thousand.
 */
import type { Witness } from './case.ts';
import { STALE } from './stale-witness.ts';
import { mostVoted, upstreamOf } from './upstream.ts';

/** Of so few witnesses all are looked at with each change, and each change is told by itself. */
export const FEW = 64;

export interface WitnessLedger {
  readonly size: number;
  /** By state. */
  readonly counts: Readonly<Record<Witness['state'], number>>;
  /** Of those who hold the route: who have none for what it covers, whose route asks to drop, who are stale. */
  readonly drawing: number;
  readonly blackholing: number;
  readonly stale: number;
  get(peer: string): Witness | undefined;
  /** The witness takes the place of the one of this peer, or comes behind all others. */
  set(witness: Witness): void;
  /** In the order in which they were first heard. */
  values(): IterableIterator<Witness>;
  peers(): IterableIterator<string>;
  /** The AS one up the path that most holders' paths have in common, the lowest of equals; null: nobody's path has one. */
  upstream(): number | null;
  /** Those that were set since this was asked last. */
  news(): readonly Witness[];
}

/** `offender`: of the case, whose place in a path says who is one up. */
export function witnessLedger(offender: number | null, known: Iterable<Witness> = []): WitnessLedger {
  const witnesses = new Map<string, Witness>();
  const counts = { holds: 0, gone: 0, unseen: 0 };
  const of = { drawing: 0, blackholing: 0, stale: 0 };
  const upstreams = new Map<number, number>();
  const fresh = new Set<string>();

  /** Takes a witness in, or out (`by` -1). */
  function count({ state, path, drawing, blackhole, stale }: Witness, by: 1 | -1): void {
    counts[state] += by;
    if (state !== 'holds') return;
    if (drawing === true) of.drawing += by;
    if (blackhole === true) of.blackholing += by;
    if (stale !== undefined && stale.score >= STALE) of.stale += by;
    const up = upstreamOf(path, offender);
    if (up === null) return;
    const votes = (upstreams.get(up) ?? 0) + by;
    if (votes > 0) upstreams.set(up, votes);
    else upstreams.delete(up);
  }

  function set(witness: Witness): void {
    const before = witnesses.get(witness.peer);
    if (before !== undefined) count(before, -1);
    count(witness, 1);
    witnesses.set(witness.peer, witness);
    fresh.add(witness.peer);
  }

  for (const one of known) set(one);
  return {
    get size() {
      return witnesses.size;
    },
    counts,
    get drawing() {
      return of.drawing;
    },
    get blackholing() {
      return of.blackholing;
    },
    get stale() {
      return of.stale;
    },
    get: peer => witnesses.get(peer),
    set,
    values: () => witnesses.values(),
    peers: () => witnesses.keys(),
    upstream: () => mostVoted(upstreams),
    news() {
      const all = [...fresh].map(peer => witnesses.get(peer)!);
      fresh.clear();
      return all;
    },
  };
}
