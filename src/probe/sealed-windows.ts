/**
 * The sealed side of the windows, one for a probe: parts that the intakes hand over, put together, sealed into filters
 * when all intakes are past their window, dropped whole when they are too old or memory is short. What waits to be sealed
 * is answered for too. Sealing goes on in small steps, so that whoever runs this can answer in between.
 */
import { intervalOf, overlaps } from './asked-interval.ts';
import type { FingerprintBits } from './fuse-filter.ts';
import type { Question } from './question.ts';
import { type SealedWindow, sealDigests, windowMayHold, windowOctets } from './sealed-window.ts';
import {
  type IntakeProgress,
  LEAST_MEMORY,
  MOST_SIGHTINGS,
  type NumberedSighting,
  type SealedAnswer,
  type VantagePart,
  WINDOW_SECONDS,
  type WindowLimits,
  type WindowSink,
  windowOf,
} from './window-messages.ts';

export interface SealedWindows extends WindowSink {
  /** Octets of an intake's digests that no longer wait since this was last asked. */
  taken(intake: number): number;
  /** Does one piece of the work that is due. False when there is none. */
  step(): boolean;
  configure(limits: WindowLimits): void;
  /** Answers for what was handed over. */
  ask(questions: readonly Question[]): SealedAnswer;
  status(): SealedStatus;
}

export interface SealedStatus {
  readonly windows: number;
  /** Octets of filters and of digests that wait to become some. */
  readonly octets: number;
  /** Windows dropped before their time because memory was short. */
  readonly droppedForMemory: number;
  readonly heldFrom: number;
}

export interface SealerOptions {
  /** Number of intakes. */
  readonly intakes: number;
  readonly bits: FingerprintBits;
  readonly limits: WindowLimits;
}

/** What waits to be sealed of one vantage in one window. */
interface Waiting {
  readonly vantage: number;
  readonly number: number;
  /** Each with its own digests. */
  readonly parts: {
    readonly intake: number;
    readonly seen: VantagePart;
    readonly digests: BigUint64Array<ArrayBuffer>;
  }[];
}

/** Nothing held yet. */
export function openSealedWindows({ intakes, bits, limits }: SealerOptions): SealedWindows {
  const progress: (IntakeProgress | null)[] = Array.from({ length: intakes }, () => null);
  const taken = progress.map(() => 0);
  /** By window and vantage, in the order in which they came. */
  const waiting = new Map<string, Waiting>();
  /** Sealed windows by their number, and these numbers in ascending order. */
  const sealed = new Map<number, SealedWindow[]>();
  const index: number[] = [];
  let waitingOctets = 0;
  let sealedCount = 0;
  let sealedOctets = 0;
  let droppedForMemory = 0;
  let { retention } = limits;
  let budget = Math.max(limits.memory, LEAST_MEMORY);
  let newest = -1;
  let heldFrom = 0;

  const octets = () => progress.reduce((sum, one) => sum + (one?.octets ?? 0), waitingOctets + sealedOctets);
  const through = () => Math.min(...progress.map(one => one?.through ?? 0));

  const seal = ({ vantage, number, parts }: Waiting) => {
    const digests = new BigUint64Array(parts.reduce((sum, part) => sum + part.digests.length, 0));
    let at = 0;
    for (const part of parts) {
      digests.set(part.digests, at);
      at += part.digests.length;
      taken[part.intake]! += part.digests.byteLength;
    }
    waitingOctets -= digests.byteLength;
    const filters = sealDigests(digests, bits);
    const window: SealedWindow = {
      vantage,
      first: Math.min(...parts.map(({ seen }) => seen.first)),
      last: Math.max(...parts.map(({ seen }) => seen.last)),
      packets: parts.reduce((sum, { seen }) => sum + seen.packets, 0),
      lost: parts.reduce((sum, { seen }) => sum + seen.lost, 0),
      filters,
      octets: windowOctets(filters),
    };
    const there = sealed.get(number);
    if (there === undefined) {
      sealed.set(number, [window]);
      index.splice(lowerBound(index, number), 0, number);
    } else there.push(window);
    sealedCount++;
    sealedOctets += window.octets;
  };

  const dropOldest = () => {
    const number = index.shift()!;
    for (const window of sealed.get(number)!) {
      sealedCount--;
      sealedOctets -= window.octets;
    }
    sealed.delete(number);
    heldFrom = Math.max(heldFrom, (number + 1) * WINDOW_SECONDS);
  };

  const dropExpired = () => {
    const oldest = newest + 1 - Math.ceil(retention / 1000);
    while (index.length > 0 && (index[0]! + 1) * WINDOW_SECONDS <= oldest) dropOldest();
    // What is older is not taken any more: nothing can be said of it, though no window was there to be dropped.
    heldFrom = Math.max(heldFrom, windowOf(oldest) * WINDOW_SECONDS);
  };

  const fitMemory = () => {
    while (octets() > budget && index.length > 0) {
      droppedForMemory += sealed.get(index[0]!)!.length;
      dropOldest();
    }
  };

  /** The next that is due: its window has ended at all intakes, or there is no room to wait. */
  const due = (): [string, Waiting] | null => {
    const below = waitingOctets > budget / 4 ? Number.POSITIVE_INFINITY : through();
    for (const entry of waiting) if (entry[1].number < below) return entry;
    return null;
  };

  return {
    part({ intake, number, vantages, digests }) {
      let at = 0;
      for (const seen of vantages) {
        const own = digests.subarray(at, at + seen.digests);
        at += seen.digests;
        const key = `${number} ${seen.vantage}`;
        const there = waiting.get(key);
        if (there === undefined)
          waiting.set(key, { vantage: seen.vantage, number, parts: [{ intake, seen, digests: own }] });
        else there.parts.push({ intake, seen, digests: own });
      }
      waitingOctets += digests.byteLength;
    },
    progress(told) {
      progress[told.intake] = told;
      newest = Math.max(newest, told.to - 1);
      dropExpired();
      fitMemory();
    },
    taken(intake) {
      const octets = taken[intake] ?? 0;
      taken[intake] = 0;
      return octets;
    },
    step() {
      const next = due();
      if (next === null) return false;
      waiting.delete(next[0]);
      seal(next[1]);
      dropExpired();
      fitMemory();
      return true;
    },
    configure(changed) {
      retention = changed.retention;
      budget = Math.max(changed.memory, LEAST_MEMORY);
      dropExpired();
      fitMemory();
    },
    ask(questions) {
      const sightings: NumberedSighting[] = [];
      const asked = new Set<SealedWindow | VantagePart>();
      let windowsAsked = 0;
      let anySealed = false;
      let anyWaiting = false;
      questions.forEach((question, position) => {
        const interval = intervalOf(question);
        const digest = Buffer.from(question.digest, 'hex');
        const whole = digest.readBigUInt64LE();
        const low = digest.readUInt32LE(0);
        const high = digest.readUInt32LE(4);
        const saw = (vantage: number, first: number, last: number, provisional: boolean) =>
          sightings.push({ vantage, first, last, question: position, provisional });

        const start = lowerBound(index, windowOf(interval.from / 1000));
        for (let i = start; i < index.length && index[i]! * WINDOW_SECONDS * 1000 <= interval.to; i++)
          for (const window of sealed.get(index[i]!)!) {
            const { vantage, first, last } = window;
            if (!overlaps(interval, first, last) || sightings.length > MOST_SIGHTINGS) continue;
            windowsAsked++;
            anySealed = true;
            asked.add(window);
            if (windowMayHold(window, low, high)) saw(vantage, first, last, false);
          }
        for (const { parts } of waiting.values())
          for (const { seen, digests } of parts) {
            if (!overlaps(interval, seen.first, seen.last) || sightings.length > MOST_SIGHTINGS) continue;
            windowsAsked++;
            anyWaiting = true;
            asked.add(seen);
            if (digests.includes(whole)) saw(seen.vantage, seen.first, seen.last, true);
          }
      });
      let packets = 0;
      let lost = 0;
      for (const one of asked) {
        packets += one.packets;
        lost += one.lost;
      }
      return {
        sightings,
        windowsAsked,
        sealed: !anyWaiting,
        falsePositive: anySealed ? 2 ** -bits : 0,
        packets,
        lost,
        sampling: 1,
        heldFrom,
        strange: [],
      };
    },
    status: () => ({ windows: sealedCount, octets: waitingOctets + sealedOctets, droppedForMemory, heldFrom }),
  };
}

/** Position of the first number of an ascending list that is not below `number`. */
function lowerBound(list: readonly number[], number: number): number {
  let from = 0;
  let to = list.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (list[middle]! < number) from = middle + 1;
    else to = middle;
  }
  return from;
}
