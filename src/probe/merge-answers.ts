/** One answer of a probe out of those of its intakes and its sealer. */
import { intervalOf } from './asked-interval.ts';
import type { ProbeAnswer, Question, Sighting, Vantage } from './question.ts';
import {
  type LiveAnswer,
  MOST_SIGHTINGS,
  type PartialAnswer,
  type SealedAnswer,
  WINDOW_SECONDS,
} from './window-messages.ts';

/**
 * What of time all of them can speak for, in seconds, the end not included; null when one has taken in nothing yet. Each
 * intake sees a part of the packets, so that all have to have been there.
 */
export function heldSpan(
  spans: readonly LiveAnswer['span'][],
  heldFrom: number,
): { readonly from: number; readonly to: number } | null {
  let from = heldFrom;
  let to = Number.POSITIVE_INFINITY;
  for (const span of spans) {
    if (span === null) return null;
    from = Math.max(from, span.from);
    to = Math.min(to, span.to);
  }
  return spans.length === 0 || from > to ? null : { from, to };
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
      sealed: joined.sealed && next.sealed,
      falsePositive: Math.max(joined.falsePositive, next.falsePositive),
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
  const parts: readonly PartialAnswer[] = [sealer, ...intakes];
  const held = heldSpan(
    intakes.map(({ span }) => span),
    sealer.heldFrom,
  );
  const found = parts.flatMap(({ sightings }) => sightings);
  const through = Math.min(...intakes.map(intake => intake.through)) * WINDOW_SECONDS * 1000;
  let covered = held !== null && found.length <= MOST_SIGHTINGS;
  // Where nothing was seen there is no window, but as long as its time is not over something may come.
  let sealed = parts.every(part => part.sealed);
  for (const question of questions) {
    const { from, to } = intervalOf(question);
    // The interval includes its end.
    if (held === null || from < held.from * 1000 || to >= held.to * 1000) covered = false;
    if (to >= through) sealed = false;
  }
  const sightings: Sighting[] = [];
  for (const { vantage, first, last, question, provisional } of found) {
    const at = vantages[vantage];
    if (at !== undefined && sightings.length < MOST_SIGHTINGS)
      sightings.push({ vantage: at, from: first * 1000, to: (last + 1) * 1000, question, provisional });
  }
  if (intakes.some(({ strange }) => strange.length > 0) || sealer.strange.length > 0) {
    // Digests under another key: the windows cannot say yes, and must not say no.
    const nothing = { sightings: [], retained: null, covered: false, sealed: false, windowsAsked: 0 };
    return { probe, vantages, ...nothing, falsePositive: 0, packets: 0, lost: 0, sampling: 1 };
  }
  const sum = (of: (part: PartialAnswer) => number) => parts.reduce((total, part) => total + of(part), 0);
  return {
    probe,
    sightings,
    vantages,
    retained: held === null ? null : { from: held.from * 1000, to: held.to * 1000 },
    covered,
    sealed,
    falsePositive: Math.max(...parts.map(part => part.falsePositive)),
    windowsAsked: sum(part => part.windowsAsked),
    packets: sum(part => part.packets),
    lost: sum(part => part.lost),
    sampling: Math.min(...parts.map(part => part.sampling)),
  };
}
