/**
 * How many times likelier what the probes of a border found is when the packets passed it than when they did not: what
 * stands in a statement as `likelihood` (intertrack-protocol(7), EVIDENCE), whatever share of the packets is kept.
 */

/** The lowest chance of a false yes that is believed: two packets may have one digest. */
const LEAST_FALSE = 1e-9;
/** Likelihoods are told between this and its inverse: what is beyond says nothing more. */
export const MOST_LIKELIHOOD = 1e12;
/** From which on it is said of a place that keeps a share only that it saw the packets. */
export const PROOF = 1000;
/** From which on neighbours are asked onward though it is not proved: by chance alone one AS in so many gets so far. */
export const WORTH_ASKING = 20;
/** Up to which a no counts: that of a border of which 95 % is behind taps. */
export const RULED_OUT = 0.05;
/** Share of a border that is behind taps where none is stated. */
export const UNSTATED_COVERAGE = 0.5;

/**
 * Which share of an attack's packets passed where it passed at all, and how likely beforehand: most attacks come in one way,
 * some are spread over several.
 */
const SPREAD: readonly (readonly [share: number, likely: number])[] = [
  [1, 0.9],
  [0.5, 0.1],
];

/** What one place of the border found of the packets. */
export interface Place {
  /** Packets of which it could have said that it saw them, and of how many it did. */
  readonly tries: number;
  readonly hits: number;
  /** The chance that it holds a packet that passed it, and that it says yes of one that did not; 0 to 1. */
  readonly keeps: number;
  readonly falseYes: number;
}

/** How many times likelier the hits of a place are when the packets passed it than when none of them did. */
export function placeLikelihood({ tries, hits, keeps, falseYes }: Place): number {
  const lie = Math.min(1, Math.max(LEAST_FALSE, falseYes));
  let sum = 0;
  for (const [share, likely] of tries > 1 ? SPREAD : ([[1, 1]] as const)) {
    const held = keeps * share;
    const hit = (held + (1 - held) * lie) / lie;
    // Nothing is kept to the last packet, whatever is stated.
    const miss = Math.max(LEAST_FALSE, 1 - held);
    sum += likely * Math.exp(hits * Math.log(hit) + (tries - hits) * Math.log(miss));
  }
  return Math.min(sum, Number.MAX_VALUE);
}

/**
 * The same of a border: the packets passed one of its places, each as likely as the other, or came in where nobody looks.
 * `likelihoods` are those of all places; `coverage` is the share of the border behind taps, null when it is not stated: then no
 * `no` counts.
 */
export function borderLikelihood(likelihoods: readonly number[], coverage: number | null): number {
  if (likelihoods.length === 0) return 1;
  const mean = likelihoods.reduce((sum, one) => sum + one / likelihoods.length, 0);
  const share = coverage ?? UNSTATED_COVERAGE;
  const all = share * mean + (1 - share);
  return bounded(coverage === null ? Math.max(1, all) : all);
}

/** The chances of none, one, and so on to `tries` hits in so many tries of chance `each`. */
export function chancesOfHits(tries: number, each: number): number[] {
  const chances: number[] = [];
  let ways = 1;
  for (let hits = 0; hits <= tries; hits++) {
    chances.push(ways * each ** hits * (1 - each) ** (tries - hits));
    ways = (ways * (tries - hits)) / (hits + 1);
  }
  return chances;
}

/** A likelihood as it is told. */
export function bounded(likelihood: number): number {
  return Math.min(MOST_LIKELIHOOD, Math.max(1 / MOST_LIKELIHOOD, likelihood));
}

/**
 * How many packets one of `places` alike places has to have seen, and the others none, that it is proved, but no more than
 * `most`: a place that holds a share only can't have seen as many as one that holds all.
 */
export function neededAt(place: Omit<Place, 'hits'>, places: number, coverage: number | null, most: number): number {
  const none = placeLikelihood({ ...place, hits: 0 });
  for (let hits = 1; hits < most; hits++) {
    const one = placeLikelihood({ ...place, hits });
    const share = coverage ?? UNSTATED_COVERAGE;
    if (share * ((one + none * (places - 1)) / places) + (1 - share) >= PROOF) return hits;
  }
  return most;
}
