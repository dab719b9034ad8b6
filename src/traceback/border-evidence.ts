/** What the sightings of all probes say together: where enough packets were seen, and how likely that makes it. */
import type { ProbeAnswer, Sighting } from '../probe/question.ts';
import { inSample } from '../probe/sampling.ts';
import type { BorderQuestion } from './btm.ts';
import {
  borderLikelihood,
  bounded,
  chancesOfHits,
  neededAt,
  type Place,
  placeLikelihood,
  WORTH_ASKING,
} from './likelihood.ts';
import { packetsOf } from './request.ts';

/** What is held where windows are missing, or not sealed: some of it. */
const HALF_LOOKED = 0.5;
/** What of its samples an exporter sends at most: what it drops when it is busy it does not always tell. */
const SENT = 0.9;
/** A place is named beside the likeliest one when it is no less likely than this part of it. */
const BESIDE = 0.1;

export interface BorderEvidence {
  /** Sightings at the places that saw as many packets as are needed there. */
  readonly sightings: readonly Sighting[];
  /** The most that one place saw, and how many it had to see. */
  readonly packets: number;
  readonly needed: number;
  /** Neighbours that the packets likely came in from, though fewer were seen than are needed; empty where that is no use. */
  readonly likely: readonly number[];
  /** How many times likelier it is so when the packets passed the border than when they did not. */
  readonly likelihood: number;
  /** The chance that some place has as many as are needed there though it saw none; null when nothing was asked. */
  readonly falsePositive: number | null;
}

interface Seen {
  readonly packets: Set<number>;
  readonly sightings: Sighting[];
}

interface Judged extends Place {
  readonly needed: number;
  readonly likelihood: number;
  readonly sightings: readonly Sighting[];
}

/**
 * Judges the answers place by place, that is by probe, direction and neighbour: what one filter says falsely now and then, it
 * does not say of several packets (research: traceback 4.4). Where all packets are kept a place has to have seen `need` of them;
 * where a share is, as many as prove it (likelihood.ts). `able` tells of whom a no is one; `silent` probes that did not answer
 * are border that nobody watched.
 */
export function evidenceOf(
  answers: readonly ProbeAnswer[],
  silent: number,
  question: BorderQuestion,
  coverage: number | null,
  able: (answer: ProbeAnswer) => boolean,
): BorderEvidence {
  const watched = coverage === null ? null : (coverage * answers.length) / Math.max(1, answers.length + silent);
  const size = answers.reduce((sum, answer) => sum + Math.max(1, answer.vantages.length), 0);
  const judged = answers.map(answer => ({
    samples: answer.samples === true,
    places: placesOf(answer, question, watched, size, able(answer)),
  }));
  const places = judged.flatMap(one => one.places);
  // Samples are taken where taps may be too: each says for itself whether the packets passed the border.
  const of = (samples: boolean) =>
    borderLikelihood(
      judged.flatMap(one => (one.samples === samples ? one.places.map(({ likelihood }) => likelihood) : [])),
      watched,
    );
  const likelihood = bounded(of(false) * of(true));
  const hit = places.filter(({ hits }) => hits > 0);
  const best = hit.toSorted((a, b) => b.likelihood - a.likelihood)[0];
  const beside = hit.filter(one => one.likelihood >= BESIDE * best!.likelihood);
  const windows = answers.reduce((sum, answer) => sum + answer.windowsAsked, 0);
  return {
    sightings: places.flatMap(({ hits, needed, sightings }) => (hits >= needed ? sightings : [])),
    packets: Math.max(0, ...places.map(({ hits }) => hits)),
    needed: best?.needed ?? question.need,
    likely:
      likelihood >= WORTH_ASKING
        ? neighborsOf(
            beside.flatMap(({ sightings }) => sightings),
            'in',
          )
        : [],
    likelihood,
    falsePositive:
      windows > 0
        ? 1 - places.reduce((never, { needed, tries, falseYes }) => never * (1 - atLeast(needed, tries, falseYes)), 1)
        : null,
  };
}

/** Neighbour ASes that were seen in one direction, each once. */
export function neighborsOf(sightings: readonly Sighting[], direction: 'in' | 'out'): number[] {
  return [
    ...new Set(
      sightings.flatMap(({ vantage }) =>
        vantage.direction === direction && vantage.neighbor !== null ? [vantage.neighbor] : [],
      ),
    ),
  ];
}

/** The places of one probe; `size` is the number of places of all. */
function placesOf(
  answer: ProbeAnswer,
  { questions, need }: BorderQuestion,
  coverage: number | null,
  size: number,
  able: boolean,
): Judged[] {
  const { sightings, vantages, windowsAsked, falsePositive, packets, lost, sampling, unsaid, samples } = answer;
  const asked = packetsOf({ questions });
  const seen = new Map<string, Seen>();
  for (const sighting of sightings) {
    const { direction, neighbor } = sighting.vantage;
    const name = `${direction} ${neighbor}`;
    const place = seen.get(name) ?? { packets: new Set(), sightings: [] };
    seen.set(name, place);
    place.packets.add(questions[sighting.question]?.packet ?? 0);
    place.sightings.push(sighting);
  }
  const count = Math.max(1, vantages.length, seen.size);
  const falseYes = 1 - (1 - falsePositive) ** (windowsAsked / asked / count);
  // Kept by their digests, those that would have been kept are all there; taken at random, a share of any is.
  const byDigest = unsaid !== undefined && sampling < 1;
  const kept = byDigest ? inSampleOf(questions, sampling) : null;
  const share = byDigest ? 1 : sampling;
  const loss = lost === 0 ? 0 : lost / (packets + lost);
  const keeps = (able ? 1 : HALF_LOOKED) * (samples === true ? SENT : 1) * share * (1 - loss);
  const whole = share === 1 && (kept === null || kept.size >= asked);
  const judge = ({ packets: those, sightings: where }: Seen): Judged => {
    const tries = kept === null ? asked : new Set([...kept, ...those]).size;
    const place = { tries, keeps, falseYes };
    return {
      ...place,
      hits: those.size,
      needed: whole ? need : neededAt(place, size, coverage, need),
      likelihood: those.size === 0 && !able ? 1 : placeLikelihood({ ...place, hits: those.size }),
      sightings: where,
    };
  };
  const nothing = judge({ packets: new Set(), sightings: [] });
  return [...[...seen.values()].map(judge), ...Array.from({ length: count - seen.size }, () => nothing)];
}

/** The packets all of whose digests are kept at this share. */
function inSampleOf(questions: BorderQuestion['questions'], share: number): ReadonlySet<number> {
  const kept = new Set(questions.map(({ packet }) => packet));
  for (const { packet, digest } of questions) if (!inSample(Buffer.from(digest, 'hex'), share)) kept.delete(packet);
  return kept;
}

/** The chance of `least` or more hits in `tries` tries of chance `each`. */
function atLeast(least: number, tries: number, each: number): number {
  const chances = chancesOfHits(tries, each).slice(least);
  return Math.min(
    1,
    chances.reduce((sum, one) => sum + one, 0),
  );
}
