/**
 * Whom to ask first of a frontier (research: traceback 5.1). The packet came through one of its ASes at most, so they
 * are asked in waves, the likeliest first, and the next wave only when none of the last has seen it.
 */

/** A participant that may stand behind a neighbour that takes no part. */
export interface Candidate {
  readonly as: number;
  /** Size of its customer cone: the larger, the more packets come through it. */
  readonly cone: number;
  /** True when it has told that it reaches this AS over that neighbour. */
  readonly adjacent: boolean;
  /** How often it was the one, behind this neighbour, of late. */
  readonly hits: number;
}

/** How many are asked at a time; from the last on, always so many. */
export const WAVES: readonly number[] = [4, 16, 64];

/** A candidate that told of its way here counts as this many that told of another, or of none. */
const ADJACENT = 1000;
/** What a hit adds: a cone of this size. */
const HIT = 10_000;

/** Candidates in the order to be asked in: likeliest first, by number where nothing tells them apart. */
export function inOrder(candidates: readonly Candidate[]): Candidate[] {
  const weight = ({ cone, adjacent, hits }: Candidate) => (cone + hits * HIT) * (adjacent ? ADJACENT : 1);
  return candidates.toSorted((a, b) => weight(b) - weight(a) || a.as - b.as);
}

/** The candidates of each wave, in order, no more of them than `budget` altogether. */
export function wavesOf(candidates: readonly Candidate[], budget: number): Candidate[][] {
  const ordered = inOrder(candidates).slice(0, Math.max(0, budget));
  const waves: Candidate[][] = [];
  for (let from = 0; from < ordered.length; ) {
    const size = WAVES[Math.min(waves.length, WAVES.length - 1)]!;
    waves.push(ordered.slice(from, from + size));
    from += size;
  }
  return waves;
}
