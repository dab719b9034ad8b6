/** One answer of a probe out of those of its intakes and its sealer. */
import { intervalOf } from './asked-interval.ts';
import type { ProbeAnswer, Question, Sighting, Vantage } from './question.ts';
import { type LiveAnswer, MOST_SIGHTINGS, type PartialAnswer, type SealedAnswer } from './window-messages.ts';

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
  let covered = held !== null && found.length <= MOST_SIGHTINGS;
  for (const question of questions) {
    const { from, to } = intervalOf(question);
    // The interval includes its end.
    if (held === null || from < held.from * 1000 || to >= held.to * 1000) covered = false;
  }
  const sightings: Sighting[] = [];
  for (const { vantage, first, last, question, provisional } of found) {
    const at = vantages[vantage];
    if (at !== undefined && sightings.length < MOST_SIGHTINGS)
      sightings.push({ vantage: at, from: first * 1000, to: (last + 1) * 1000, question, provisional });
  }
  const sum = (of: (part: PartialAnswer) => number) => parts.reduce((total, part) => total + of(part), 0);
  return {
    probe,
    sightings,
    vantages,
    retained: held === null ? null : { from: held.from * 1000, to: held.to * 1000 },
    covered,
    sealed: parts.every(part => part.sealed),
    falsePositive: Math.max(...parts.map(part => part.falsePositive)),
    windowsAsked: sum(part => part.windowsAsked),
    packets: sum(part => part.packets),
    lost: sum(part => part.lost),
    sampling: Math.min(...parts.map(part => part.sampling)),
  };
}
