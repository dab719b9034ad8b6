/**
 * The live side of the windows, one for each intake: slices of one second, handed over to the sealer when their window has
 * ended. Time is that of the packets: a capture of any year is as good as now.
 */
import type { DigestKernel } from '../packet/digest-kernel.ts';
import { EPOCH_MILLISECONDS } from '../packet/itk1.ts';
import { intervalOf, overlaps } from './asked-interval.ts';
import type { Span } from './covered-time.ts';
import { type LiveSlice, type LiveSlices, liveSlices } from './live-slices.ts';
import type { Question } from './question.ts';
import {
  LEAST_MEMORY,
  type LiveAnswer,
  MIXED_KEYS,
  MOST_SIGHTINGS,
  type NumberedSighting,
  type VantagePart,
  WINDOW_SECONDS,
  type WindowLimits,
  type WindowSink,
  windowOf,
} from './window-messages.ts';

/** Seconds that a window stays live after its end, for packets that are late. */
const SLACK_SECONDS = 1;
/** Hours whose keys' names are remembered: digests of one are handed over soon. */
const MOST_CHECKS = 64;

export interface LiveWindows {
  /** Where digests are put. */
  readonly live: LiveSlices;
  /**
   * Time goes on to this second, because a packet of it has come or because none has. Hands over what is due. False when
   * the second is no longer kept.
   */
  advance(second: number): boolean;
  /** Says with which key the digests of an hour are made (packet/itk1.ts, keyCheck). */
  keyed(epoch: number, check: string): void;
  /** Says that packets may have gone by unseen in these seconds. */
  missed(hole: Span): void;
  /** Hands everything over: nothing more will come. */
  handOverAll(): void;
  configure(limits: WindowLimits): void;
  /** Answers for the live slices. */
  ask(questions: readonly Question[]): LiveAnswer;
  /** Slices that are live. */
  readonly count: number;
  readonly octets: number;
  /** What was taken in so far, seconds, the end not included; null before the first packet. */
  readonly span: LiveAnswer['span'];
}

/** Live windows of the intake with this number, over a kernel that nobody else uses; what has ended goes to `sink`. */
export function openLiveWindows(
  kernel: DigestKernel,
  limits: WindowLimits,
  sink: WindowSink,
  intake: number,
): LiveWindows {
  const live = liveSlices(kernel, Math.max(limits.memory, LEAST_MEMORY));
  let { retention } = limits;
  const checks = new Map<number, string>();
  let from = -1;
  let newest = -1;
  let through = 0;
  let parts = 0;

  const handOver = (number: number, slices: readonly LiveSlice[]) => {
    const vantages: VantagePart[] = [];
    const inOrder: LiveSlice[] = [];
    for (const [vantage, own] of groupBy(slices, slice => slice.vantage)) {
      const seconds = own.map(slice => slice.second);
      vantages.push({
        vantage,
        first: Math.min(...seconds),
        last: Math.max(...seconds),
        packets: own.reduce((sum, slice) => sum + slice.packets, 0),
        lost: own.reduce((sum, slice) => sum + slice.lost, 0),
        digests: own.reduce((sum, slice) => sum + live.countOf(slice), 0),
      });
      inOrder.push(...own);
    }
    parts++;
    const epoch = Math.floor((number * WINDOW_SECONDS * 1000) / EPOCH_MILLISECONDS);
    const digestKey = checks.get(epoch) ?? null;
    sink.part({ intake, number, vantages, digests: live.take(inOrder), sampling: 1, digestKey });
  };

  /** Hands over the windows that end before a second. */
  const handOverBefore = (second: number) => {
    const due = [...live.all()].filter(slice => (windowOf(slice.second) + 1) * WINDOW_SECONDS <= second);
    for (const [number, slices] of groupBy(due, slice => windowOf(slice.second))) handOver(number, slices);
  };

  const span = () => (newest < 0 ? null : { from, to: newest + 1 });

  const report = () => {
    if (newest >= 0) sink.progress({ intake, from, to: newest + 1, through, octets: live.octets });
  };

  const isKept = (second: number) => (windowOf(second) + 1) * WINDOW_SECONDS > newest + 1 - Math.ceil(retention / 1000);

  return {
    live,
    advance(second) {
      if (newest < 0) from = second;
      if (second > newest) {
        newest = second;
        handOverBefore(newest - SLACK_SECONDS);
        through = Math.max(through, windowOf(newest - SLACK_SECONDS));
        report();
      }
      // Filters take less than half of what live slices do.
      if (live.octets > live.limit / 2) {
        handOverBefore(Number.POSITIVE_INFINITY);
        report();
      }
      return isKept(second);
    },
    keyed(epoch, check) {
      checks.set(epoch, (checks.get(epoch) ?? check) === check ? check : MIXED_KEYS);
      if (checks.size > MOST_CHECKS) checks.delete(checks.keys().next().value!);
    },
    missed: hole => sink.hole(hole),
    handOverAll() {
      handOverBefore(Number.POSITIVE_INFINITY);
      if (newest >= 0) through = Math.max(through, windowOf(newest) + 1);
      report();
    },
    configure(changed) {
      retention = changed.retention;
      live.limit = Math.max(changed.memory, LEAST_MEMORY);
    },
    ask(questions) {
      live.flush();
      const sightings: NumberedSighting[] = [];
      const asked = new Set<LiveSlice>();
      let windowsAsked = 0;
      questions.forEach((question, position) => {
        const interval = intervalOf(question);
        const digest = Buffer.from(question.digest, 'hex');
        for (const slice of live.all()) {
          const { vantage, second } = slice;
          if (!overlaps(interval, second, second) || sightings.length > MOST_SIGHTINGS) continue;
          windowsAsked++;
          asked.add(slice);
          if (live.holds(slice, digest))
            sightings.push({ vantage, first: second, last: second, question: position, provisional: true });
        }
      });
      let packets = 0;
      let lost = 0;
      for (const slice of asked) {
        packets += slice.packets;
        lost += slice.lost;
      }
      return {
        sightings,
        windowsAsked,
        sealed: windowsAsked === 0,
        // Live slices hold the digests themselves.
        honest: 0,
        unsaid: 0,
        packets,
        lost,
        sampling: 1,
        span: span(),
        through,
        strange: [],
        parts,
      };
    },
    get count() {
      return live.count;
    },
    get octets() {
      return live.octets;
    },
    get span() {
      return span();
    },
  };
}

function groupBy<T>(list: readonly T[], keyOf: (one: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const one of list) {
    const group = groups.get(keyOf(one));
    if (group === undefined) groups.set(keyOf(one), [one]);
    else group.push(one);
  }
  return groups;
}
