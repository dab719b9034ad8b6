/** One answer of a probe out of those of its intakes and its sealer. */
import { intervalOf } from '../asked-interval.ts';
import { holesIn, type Span, within, withSpan } from '../covered-time.ts';
import type { ProbeAnswer, Question, Sighting, Vantage } from '../question.ts';
import {
  type LiveAnswer,
  MOST_SIGHTINGS,
  type PartialAnswer,
  type SealedAnswer,
  WINDOW_SECONDS,
} from '../window-messages.ts';

/** Holes that an answer names. */
const MOST_HOLES = 64;

/**
 * Seconds that all of them can speak for: what the sealer knows of, and what the intakes have taken in since they told it.
 * Each intake sees a part of the packets, so that all have to have been there.
 */
export function heldSpans(
  spans: readonly LiveAnswer['span'][],
  { covered, reached }: Pick<SealedAnswer, 'covered' | 'reached'>,
): readonly Span[] {
  let from = reached ?? 0;
  let to = Number.POSITIVE_INFINITY;
  for (const span of spans) {
    if (span === null) return covered;
    from = Math.max(from, span.from);
    to = Math.min(to, span.to);
  }
  return spans.length === 0 ? covered : withSpan(covered, { from, to });
}

/** From the first second held to the last, ms; null when none is. */
export function retainedOf(held: readonly Span[]): ProbeAnswer['retained'] {
  const [first] = held;
  return first === undefined ? null : { from: first.from * 1000, to: held.at(-1)!.to * 1000 };
}

/** One answer out of an intake's answers about the same time to `size` questions each. */
export function joinLive(answers: readonly LiveAnswer[], size: number): LiveAnswer {
  const [first, ...others] = answers as [LiveAnswer, ...LiveAnswer[]];
  return others.reduce(
    (joined, next, i) => ({
      sightings: [
        ...joined.sightings,
        ...next.sightings.map(one => ({ ...one, question: one.question + (i + 1) * size })),
      ],
      windowsAsked: joined.windowsAsked + next.windowsAsked,
      unsaid: joined.unsaid + next.unsaid,
      sealed: joined.sealed && next.sealed,
      honest: joined.honest + next.honest,
      // They are about the same windows most often.
      packets: Math.max(joined.packets, next.packets),
      lost: Math.max(joined.lost, next.lost),
      sampling: Math.min(joined.sampling, next.sampling),
      // The first can speak for the least; what was handed over since then is with the sealer.
      span: joined.span,
      through: joined.through,
      strange: [...new Set([...joined.strange, ...next.strange])],
      parts: next.parts,
    }),
    first,
  );
}

/** Merges the answers about `questions`. The sealer must have been asked after the intakes (window-messages.ts). */
export function mergeAnswers(
  probe: string,
  questions: readonly Question[],
  vantages: readonly Vantage[],
  intakes: readonly LiveAnswer[],
  sealer: SealedAnswer,
): ProbeAnswer {
  if (intakes.some(({ strange }) => strange.length > 0) || sealer.strange.length > 0) {
    // Digests under another key: the windows cannot say yes, and must not say no.
    const nothing = { sightings: [], retained: null, covered: false, sealed: false, windowsAsked: 0 };
    return { probe, vantages, ...nothing, falsePositive: 0, packets: 0, lost: 0, sampling: 1, unsaid: 0, holes: [] };
  }
  const parts: readonly PartialAnswer[] = [sealer, ...intakes];
  const held = heldSpans(
    intakes.map(({ span }) => span),
    sealer,
  );
  const retained = retainedOf(held);
  const found = parts.flatMap(({ sightings }) => sightings);
  const through = Math.min(...intakes.map(intake => intake.through)) * WINDOW_SECONDS * 1000;
  // Where nothing was seen there is no window, but as long as its time is not over something may come.
  let sealed = parts.every(part => part.sealed);
  let covered = held.length > 0 && found.length <= MOST_SIGHTINGS;
  let holes: Span[] = [];
  for (const question of questions) {
    const { from, to } = intervalOf(question);
    if (to >= through) sealed = false;
    // The interval includes its end.
    const asked = { from: Math.floor(from / 1000), to: Math.floor(to / 1000) + 1 };
    const missing = holesIn(held, asked);
    if (missing.length > 0) covered = false;
    if (retained === null) continue;
    for (const hole of within(missing, { from: retained.from / 1000, to: retained.to / 1000 }))
      holes = withSpan(holes, hole);
  }
  const sum = (of: (part: PartialAnswer) => number) => parts.reduce((total, part) => total + of(part), 0);
  const windowsAsked = sum(part => part.windowsAsked);
  // So that 1 - (1 - f)^windows is the chance that any of them does.
  const falsePositive = windowsAsked === 0 ? 0 : -Math.expm1(sum(part => part.honest) / windowsAsked);
  return {
    probe,
    sightings: placed(found.slice(0, MOST_SIGHTINGS), vantages),
    vantages,
    retained,
    covered,
    sealed,
    falsePositive,
    windowsAsked,
    packets: sum(part => part.packets),
    lost: sum(part => part.lost),
    sampling: Math.min(...parts.map(part => part.sampling)),
    unsaid: sum(part => part.unsaid),
    holes: holes.slice(0, MOST_HOLES).map(({ from, to }) => ({ from: from * 1000, to: to * 1000 })),
  };
}

function placed(found: PartialAnswer['sightings'], vantages: readonly Vantage[]): Sighting[] {
  return found.flatMap(({ vantage, first, last, question, provisional, recent }) => {
    const at = typeof vantage === 'number' ? vantages[vantage] : vantage;
    if (at === undefined) return [];
    return [
      { vantage: at, from: first * 1000, to: (last + 1) * 1000, question, provisional, ...(recent && { recent }) },
    ];
  });
}
