import type { AsPath } from './case.ts';

/**
 * The AS one up the path: next to the offender on the way to the collector, prepending collapsed. An offender that is not in
 * the path stands for its end: for the origin, or for the AS_SET there. Null when the path has none (the peer is the
 * offender) or when an AS_SET stands there.
 */
export function upstreamOf(path: AsPath, offender: number | null): number | null {
  const place = offender === null ? -1 : path.lastIndexOf(offender);
  const of = place < 0 ? path.length - 1 : place;
  let at = of - 1;
  if (typeof path[of] === 'number') while (at >= 0 && path[at] === path[of]) at--;
  const next = path[at];
  return typeof next === 'number' ? next : null;
}

/**
 * The AS one up the path that most of the witnesses' paths have in common; of equals the lowest number, so that the
 * answer does not depend on who was heard first. Null when no path has one.
 */
export function commonUpstream(paths: readonly AsPath[], offender: number | null): number | null {
  const votes = new Map<number, number>();
  for (const path of paths) {
    const as = upstreamOf(path, offender);
    if (as !== null) votes.set(as, (votes.get(as) ?? 0) + 1);
  }
  return mostVoted(votes);
}

/** The AS with most votes, of equals the lowest; null without any. */
export function mostVoted(votes: ReadonlyMap<number, number>): number | null {
  let best: number | null = null;
  let most = 0;
  for (const [as, count] of votes)
    if (count > most || (count === most && as < best!)) {
      best = as;
      most = count;
    }
  return best;
}
