/**
 * The live side of the windows, one for each intake: slices of one second, handed over to the sealer when their window has
 * ended. Time is that of the packets: a capture of any year is as good as now.
 */
import type { DigestKernel } from '../../packet/digest-kernel.ts';
import type { Span } from '../covered-time.ts';
import type { Question } from '../question.ts';
import { highestKept, sampleBook } from '../sampling.ts';
import {
  epochOfWindow,
  LEAST_MEMORY,
  type LiveAnswer,
  MIXED_KEYS,
  type VantagePart,
  WINDOW_SECONDS,
  type WindowLimits,
  type WindowSink,
  windowOf,
} from '../window-messages.ts';
import { askLive } from './ask-live.ts';
import { type LiveSlice, type LiveSlices, liveSlices } from './live-slices.ts';
import { packetClock } from './packet-clock.ts';

/** Digests that are handed over at once when a window is due: a millisecond's worth. */
const PIECE = 1 << 18;
/** Seconds that a window stays live after its end, for packets that are late. */
const SLACK_SECONDS = 1;
/** Hours whose keys' names are remembered: digests of one are handed over soon. */
const MOST_CHECKS = 64;
const RECENT_OCTETS = 32;
const MOST_RECENT = 32 * 1024 * 1024;
/** Share of the memory from which on too much comes: what is sealed does not go away by itself. */
const OVERLOAD = 0.75;

export interface LiveWindows {
  /** Where digests are put. */
  readonly live: LiveSlices;
  /**
   * Time goes on to this second, because a packet of it has come or because none has. Hands over what is due. False when
   * packets of the second are not taken: `refusal` says why.
   */
  advance(second: number): boolean;
  readonly refusal: 'too-old' | 'time';
  /** Packets that were taken and then thrown away, for their time was not believed. */
  readonly disbelieved: number;
  /** Says that more came than could be taken in: a smaller share is kept from now on. */
  overloaded(): void;
  /** Share of the digests that is kept now: a power of two. */
  readonly sampling: number;
  /** Says with which key the digests of an hour are made (packet/itk1.ts, keyCheck). */
  keyed(epoch: number, check: string): void;
  /** Says that packets may have gone by unseen in these seconds. */
  missed(hole: Span): void;
  /**
   * Hands over at most so many digests of what is due. A window may hold a hundred million: they go piece by piece, so that
   * packets do not wait for it. With no bound, all that is due goes: who waits for it to be sealed has to ask for that
   * first.
   */
  proceed(most: number): void;
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

export interface LiveOptions {
  /**
   * Where packets come as they are sent: the clock of the machine, ms since the epoch. They can't wait then; when there are
   * too many, fewer are kept. Null where they are read as fast as they can be kept.
   */
  readonly clock: (() => number) | null;
}

/** Live windows of the intake with this number, over a kernel that nobody else uses; what has ended goes to `sink`. */
export function openLiveWindows(
  kernel: DigestKernel,
  limits: WindowLimits,
  sink: WindowSink,
  intake: number,
  { clock }: LiveOptions = { clock: null },
): LiveWindows {
  const live = liveSlices(kernel, Math.max(limits.memory, LEAST_MEMORY));
  kernel.remember(recentEntries(limits.memory));
  const time = packetClock(clock === null ? null : () => Math.floor(clock() / 1000));
  const samples = sampleBook();
  const checks = new Map<number, string>();
  let { retention } = limits;
  let refusal: LiveWindows['refusal'] = 'too-old';
  let disbelieved = 0;
  let from = -1;
  let ended = false;
  let through = 0;
  let parts = 0;
  /** Windows that end before this second are being handed over; -1: none is left. */
  let goal = -1;

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
    const digestKey = checks.get(epochOfWindow(number)) ?? null;
    const sampling = Math.min(...slices.map(({ second }) => samples.of(second)));
    sink.part({ intake, number, vantages, digests: live.take(inOrder), sampling, digestKey });
  };

  /** Slices of the windows that end before a second. What is ahead and not believed is not among them. */
  const dueBefore = (second: number) =>
    [...live.all()].filter(slice => (windowOf(slice.second) + 1) * WINDOW_SECONDS <= second);

  const handOverBefore = (second: number) => {
    for (const [number, slices] of groupBy(dueBefore(second), slice => windowOf(slice.second)))
      handOver(number, slices);
  };

  /** Hands over at most so many digests of a window that is due, or all that is; true when nothing is left of any. */
  const handOverSome = (second: number, most: number): boolean => {
    const due = dueBefore(second).sort((a, b) => a.second - b.second);
    const piece: LiveSlice[] = [];
    let room = most;
    for (const slice of due) {
      if (windowOf(slice.second) !== windowOf(due[0]!.second)) break;
      const digests = live.countOf(slice);
      if (digests > room) {
        // A slice with one segment is no large one.
        if (piece.length === 0 || room > most / 2)
          piece.push(slice.segments.length > 1 ? live.split(slice, room) : slice);
        room = -1;
        break;
      }
      piece.push(slice);
      room -= digests;
    }
    if (piece.length > 0) handOver(windowOf(piece[0]!.second), piece);
    return room >= 0 && piece.length === due.length;
  };

  /** The second that goes on is told of by who can say that it does; where it ended with the capture, it is none. */
  const spanTo = (end: number) => (time.newest < 0 ? null : { from, to: Math.max(from, end) });
  const span = () => spanTo(ended && clock !== null ? time.newest : time.newest + 1);

  const report = () => {
    const told = spanTo(clock === null ? time.newest + 1 : time.newest);
    if (told !== null) sink.progress({ intake, ...told, through, octets: live.octets });
  };

  const keepLess = () => {
    const second = time.newest;
    if (clock === null || !samples.overloaded(second)) return;
    live.flush();
    kernel.sample(highestKept(samples.share));
    // Packets of seconds before come still.
    for (const slice of live.all()) samples.begin(slice.second);
  };

  const proceed = (most: number) => {
    if (goal < 0) return;
    while (!handOverSome(goal, most)) if (most !== Number.POSITIVE_INFINITY) return;
    through = Math.max(through, windowOf(goal));
    samples.forget(through * WINDOW_SECONDS);
    goal = -1;
    report();
  };

  const disbelieve = (seconds: readonly number[]) => {
    const wrong = [...live.all()].filter(slice => seconds.includes(slice.second));
    for (const slice of wrong) disbelieved += slice.packets;
    live.take(wrong);
  };

  const goOn = () => {
    const { newest } = time;
    // Half a second at the beginning is no second.
    if (from < 0) from = clock === null ? newest : newest + 1;
    // What was not through by now must not wait for the next window too.
    if (goal >= 0 && windowOf(goal) < windowOf(newest - SLACK_SECONDS)) handOverBefore(goal);
    goal = newest - SLACK_SECONDS;
    proceed(PIECE);
    if (live.octets + (sink.waiting ?? 0) > live.limit * OVERLOAD) keepLess();
  };

  return {
    live,
    advance(second) {
      const stamp = time.stamp(second);
      if (time.disbelieved.length > 0) disbelieve(time.disbelieved);
      if (stamp === 'refused') {
        refusal = 'time';
        return false;
      }
      if (stamp === 'advanced') goOn();
      // Filters take less than half of what live slices do.
      if (live.octets > live.limit / 2) {
        handOverBefore(Number.POSITIVE_INFINITY);
        report();
      }
      if (samples.begin(second)) {
        live.flush();
        kernel.sample(highestKept(samples.share));
      }
      refusal = 'too-old';
      return (windowOf(second) + 1) * WINDOW_SECONDS > time.newest + 1 - Math.ceil(retention / 1000);
    },
    get refusal() {
      return refusal;
    },
    get disbelieved() {
      return disbelieved;
    },
    overloaded: keepLess,
    get sampling() {
      return samples.share;
    },
    keyed(epoch, check) {
      checks.set(epoch, (checks.get(epoch) ?? check) === check ? check : MIXED_KEYS);
      if (checks.size > MOST_CHECKS) checks.delete(checks.keys().next().value!);
    },
    missed: hole => sink.hole(hole),
    proceed,
    handOverAll() {
      time.end();
      ended = true;
      goal = -1;
      handOverBefore(Number.POSITIVE_INFINITY);
      if (time.newest >= 0) through = Math.max(through, windowOf(time.newest) + 1);
      report();
      sink.end?.();
    },
    configure(changed) {
      retention = changed.retention;
      live.limit = Math.max(changed.memory, LEAST_MEMORY);
      kernel.remember(recentEntries(changed.memory));
    },
    ask: questions => ({ ...askLive(live, samples, kernel, questions), span: span(), through, strange: [], parts }),
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

/** Packets of which more than the vantage is remembered: a sixteenth of the memory, 32 MiB at most. */
function recentEntries(memory: number): number {
  const octets = Math.min(MOST_RECENT, Math.max(memory, LEAST_MEMORY) / 16);
  return 2 ** Math.floor(Math.log2(octets / RECENT_OCTETS));
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
