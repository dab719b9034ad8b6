import type { AsPath } from './case.ts';

/**
 * The AS one up the path: next to the offender on the way to the collector, prepending collapsed. Null when the path has
 * none (the peer is the offender) or when an AS_SET stands there. A path that ends in an AS_SET has the whole set for
 * its offender.
 */
export function upstreamOf(path: AsPath): number | null {
  const last = path.at(-1);
  let at = path.length - 2;
  if (typeof last === 'number') while (at >= 0 && path[at] === last) at--;
  const next = path[at];
  return typeof next === 'number' ? next : null;
}

/**
 * The AS one up the path that most of the witnesses' paths have in common; of equals the lowest number, so that the
 * answer does not depend on who was heard first. Null when no path has one.
 */
export function commonUpstream(paths: readonly AsPath[]): number | null {
  const votes = new Map<number, number>();
  for (const path of paths) {
    const as = upstreamOf(path);
    if (as !== null) votes.set(as, (votes.get(as) ?? 0) + 1);
  }
  let best: number | null = null;
  for (const [as, count] of votes) {
    const most = best === null ? 0 : votes.get(best)!;
    if (count > most || (count === most && as < best!)) best = as;
  }
  return best;
}
