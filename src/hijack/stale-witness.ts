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

/** Why the one who still holds the route is the only one, when `tables` peers have a whole table; null: it is not, or not for long. */
export function loneliness(all: readonly Witness[], tables: number, now: number): string | null {
  const [last, ...more] = all.filter(({ state }) => state !== 'gone');
  if (last?.state !== 'holds' || more.length > 0) return null;
  const since = all.reduce((latest, { until }) => Math.max(latest, until ?? 0), last.since);
  if (now - since < ALONE) return null;
  const others = all.length - 1;
  if (others > 1) return `all ${others} others have let go`;
  return tables >= TABLES ? `the only one of ${tables} peers` : null;
}

/** What speaks against a witness; `alone`: as above, of all witnesses of its case. Null: nothing. */
export function staleness(witness: Witness, alone: string | null, now: number): Staleness | null {
  if (witness.state !== 'holds') return null;
  const reasons = alone === null ? [] : [alone];
  if (now - witness.since > OLD) reasons.push('held for more than 7 days');
  return reasons.length === 0 ? null : { score: reasons.length * STALE, reasons };
}

/** True when everybody who holds the route is a stale witness. */
export function isStuck(all: readonly Witness[]): boolean {
  const holders = all.filter(({ state }) => state === 'holds');
  return holders.length > 0 && holders.every(({ stale }) => stale !== undefined && stale.score >= STALE);
}
