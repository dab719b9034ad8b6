/**
 * Witnesses that may only be stuck with the route: a collector's peer can show a route for weeks after everybody else has
 * seen it withdrawn (research: hijack 3.5, 3.6). Nobody is left out of the count for that: a case ends when all have let go.
 */
import type { Staleness, Witness } from './case.ts';

/** So long one peer must be the only one before that says something. */
export const ALONE = 10 * 60_000;
/** A route that was held so long without a change is old. */
export const OLD = 7 * 24 * 3_600_000;
/** Whole tables that there must be for one of them to be alone. */
const TABLES = 3;
/** Score from which a witness is called stale. */
export const STALE = 0.5;

/** What speaks against a witness, of all witnesses of its case, when `tables` peers have a whole table. Null: nothing. */
export function staleness(witness: Witness, all: readonly Witness[], tables: number, now: number): Staleness | null {
  if (witness.state !== 'holds') return null;
  const old = now - witness.since > OLD;
  const alone = all.every(({ peer, state }) => state === 'gone' || peer === witness.peer);
  if (!alone && !old) return null;
  const reasons: string[] = [];
  const since = Math.max(...all.map(one => (one.peer === witness.peer ? one.since : (one.until ?? 0))));
  if (alone && now - since >= ALONE) {
    const others = all.length - 1;
    if (others > 1) reasons.push(`all ${others} others have let go`);
    else if (tables >= TABLES) reasons.push(`the only one of ${tables} peers`);
  }
  if (old) reasons.push('held for more than 7 days');
  return reasons.length === 0 ? null : { score: reasons.length * STALE, reasons };
}

/** True when everybody who holds the route is a stale witness. */
export function isStuck(all: readonly Witness[]): boolean {
  const holders = all.filter(({ state }) => state === 'holds');
  return holders.length > 0 && holders.every(({ stale }) => stale !== undefined && stale.score >= STALE);
}
