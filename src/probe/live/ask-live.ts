/** An intake's part of an answer: its live slices, which hold the digests themselves. */
import type { DigestKernel } from '../../packet/digest-kernel.ts';
import { readRecent } from '../../packet/recent.ts';
import { intervalOf, overlaps } from '../asked-interval.ts';
import type { Question, RecentPacket } from '../question.ts';
import { inSample, type SampleBook } from '../sampling.ts';
import { MOST_SIGHTINGS, type NumberedSighting, type PartialAnswer } from '../window-messages.ts';
import type { LiveSlice, LiveSlices } from './live-slices.ts';

export function askLive(
  live: LiveSlices,
  samples: Pick<SampleBook, 'of'>,
  kernel: Pick<DigestKernel, 'recall' | 'recallsFrom'>,
  questions: readonly Question[],
): PartialAnswer {
  live.flush();
  const sightings: NumberedSighting[] = [];
  const asked = new Set<LiveSlice>();
  let windowsAsked = 0;
  let unsaid = 0;
  let sampling = 1;
  const recallsFrom = kernel.recallsFrom();
  questions.forEach((question, position) => {
    const interval = intervalOf(question);
    const digest = Buffer.from(question.digest, 'hex');
    // Looking through what is remembered takes its time: once, and only for what may be there.
    let recalled: ReturnType<typeof recentOf> | undefined;
    for (const slice of live.all()) {
      const { vantage, second } = slice;
      if (!overlaps(interval, second, second) || sightings.length > MOST_SIGHTINGS) continue;
      windowsAsked++;
      asked.add(slice);
      const share = samples.of(second);
      sampling = Math.min(sampling, share);
      // What came before the share was less is there all the same.
      if (live.holds(slice, digest)) {
        if (second >= recallsFrom && recalled === undefined) recalled = recentOf(kernel, digest);
        const recent = recalled?.second === second ? recalled.packet : null;
        sightings.push({
          ...{ vantage, first: second, last: second, question: position, provisional: true },
          ...(recent !== null && { recent }),
        });
      } else if (!inSample(digest, share)) unsaid++;
    }
  });
  let packets = 0;
  let lost = 0;
  for (const slice of asked) {
    packets += slice.packets;
    lost += slice.lost;
  }
  return { sightings, windowsAsked, unsaid, sealed: windowsAsked === 0, honest: 0, packets, lost, sampling };
}

/** What is remembered of the packet with this digest, and the second in which it came the last time. */
function recentOf(
  kernel: Pick<DigestKernel, 'recall'>,
  digest: Uint8Array,
): { readonly second: number; readonly packet: RecentPacket } | null {
  const words = kernel.recall(digest);
  if (words === null) return null;
  const { second, ...packet } = readRecent(words);
  return { second, packet };
}
