/**
 * What a tap has seen, by vantage and time: live slices of one second, sealed every ten seconds into filters, dropped
 * whole when they are too old or memory is short. Time is that of the packets: a capture of any year is as good as now.
 */
import type { DigestKernel } from '../packet/digest-kernel.ts';
import { EPOCH_MILLISECONDS } from '../packet/itk1.ts';
import type { FingerprintBits } from './fuse-filter.ts';
import { type LiveSlice, type LiveSlices, liveSlices } from './live-slices.ts';
import type { ProbeAnswer, Question, Sighting, Vantage } from './question.ts';
import { type SealedWindow, sealDigests, windowMayHold, windowOctets } from './sealed-window.ts';

/** Seconds of a sealed window. It divides an epoch, so that one window knows one key. */
const WINDOW_SECONDS = 10;
/** Seconds that a window stays live after its end, for packets that are late. */
const SLACK_SECONDS = 1;
/** Below this there is no room for the live slices of a busy second. */
const LEAST_MEMORY = 16 * 1024 * 1024;
/** Sightings in one answer: one more makes the answer say that it is not complete. */
const MOST_SIGHTINGS = 2048;

export interface WindowLimits {
  /** Milliseconds of packet time that are kept at least, before the newest packet. */
  readonly retention: number;
  /** Octets of memory; at least 16 MiB are taken. */
  readonly memory: number;
}

export interface Windows {
  /** Live slices: where digests are put. */
  readonly live: LiveSlices;
  /** Seals and drops what is due when a packet of this second has come. False when the second is no longer kept. */
  advance(second: number): boolean;
  /** Seals everything: nothing more will come. */
  sealAll(): void;
  configure(limits: WindowLimits): void;
  /** Answers questions about the vantages listed. */
  ask(probe: string, questions: readonly Question[], vantages: readonly Vantage[]): ProbeAnswer;
  status(): WindowStatus;
}

export interface WindowStatus {
  readonly live: number;
  readonly sealed: number;
  readonly octets: number;
  /** Windows dropped before their time because memory was short. */
  readonly droppedForMemory: number;
  readonly retained: ProbeAnswer['retained'];
}

/** Empty windows over a kernel of their own. */
export function openWindows(kernel: DigestKernel, bits: FingerprintBits, limits: WindowLimits): Windows {
  const live = liveSlices(kernel, Math.max(limits.memory, LEAST_MEMORY));
  /** Sealed windows by floor(second / 10), and these numbers in ascending order. */
  const sealed = new Map<number, SealedWindow[]>();
  const index: number[] = [];
  let sealedCount = 0;
  let sealedOctets = 0;
  let droppedForMemory = 0;
  let { retention } = limits;
  let newest = -1;
  /** First second that all was kept of. */
  let heldFrom = -1;

  const seal = (slices: readonly LiveSlice[]) => {
    const first = slices[0]!;
    const number = Math.floor(first.second / WINDOW_SECONDS);
    const seconds = slices.map(slice => slice.second);
    const filters = sealDigests(live.take(slices), bits);
    const window: SealedWindow = {
      vantage: first.vantage,
      first: Math.min(...seconds),
      last: Math.max(...seconds),
      packets: slices.reduce((sum, slice) => sum + slice.packets, 0),
      lost: slices.reduce((sum, slice) => sum + slice.lost, 0),
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

  /** Seals the live windows that end before a second, each vantage on its own. */
  const sealBefore = (second: number) => {
    const due = new Map<string, LiveSlice[]>();
    for (const slice of live.all()) {
      const number = Math.floor(slice.second / WINDOW_SECONDS);
      if ((number + 1) * WINDOW_SECONDS > second) continue;
      const key = `${number} ${slice.vantage}`;
      const group = due.get(key);
      if (group === undefined) due.set(key, [slice]);
      else group.push(slice);
    }
    for (const group of due.values()) seal(group);
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
    heldFrom = Math.max(heldFrom, Math.floor(oldest / WINDOW_SECONDS) * WINDOW_SECONDS);
  };

  const fitMemory = () => {
    const budget = live.limit;
    if (live.octets + sealedOctets > budget && live.octets > budget / 2) sealBefore(Number.POSITIVE_INFINITY);
    while (live.octets + sealedOctets > budget && index.length > 0) {
      droppedForMemory += sealed.get(index[0]!)!.length;
      dropOldest();
    }
  };

  const retained = () => (newest < 0 ? null : { from: heldFrom * 1000, to: (newest + 1) * 1000 });

  return {
    live,
    advance(second) {
      if (newest < 0) heldFrom = second;
      if (second > newest) {
        newest = second;
        sealBefore(newest - SLACK_SECONDS);
        dropExpired();
      }
      fitMemory();
      return (Math.floor(second / WINDOW_SECONDS) + 1) * WINDOW_SECONDS > newest + 1 - Math.ceil(retention / 1000);
    },
    sealAll: () => sealBefore(Number.POSITIVE_INFINITY),
    configure(changed) {
      retention = changed.retention;
      live.limit = Math.max(changed.memory, LEAST_MEMORY);
      dropExpired();
      fitMemory();
    },
    ask(probe, questions, vantages) {
      live.flush();
      const sightings: Sighting[] = [];
      const asked = new Set<SealedWindow | LiveSlice>();
      let windowsAsked = 0;
      let covered = newest >= 0;
      let anySealed = false;
      let anyLive = false;
      const saw = (question: number, vantage: number, first: number, last: number, provisional: boolean) => {
        const at = vantages[vantage];
        if (at === undefined) return;
        sightings.push({ vantage: at, from: first * 1000, to: (last + 1) * 1000, question, provisional });
      };

      questions.forEach((question, position) => {
        // A digest of this epoch's key is found in this epoch's windows only.
        const from = Math.max(question.from, question.epoch * EPOCH_MILLISECONDS);
        const to = Math.min(question.to, (question.epoch + 1) * EPOCH_MILLISECONDS - 1);
        // The interval includes its end.
        if (from < heldFrom * 1000 || to >= (newest + 1) * 1000) covered = false;
        const overlaps = (first: number, last: number) => first * 1000 <= to && (last + 1) * 1000 > from;
        const digest = Buffer.from(question.digest, 'hex');
        const low = digest.readUInt32LE(0);
        const high = digest.readUInt32LE(4);

        const start = lowerBound(index, Math.floor(from / 1000 / WINDOW_SECONDS));
        for (let i = start; i < index.length && index[i]! * WINDOW_SECONDS * 1000 <= to; i++)
          for (const window of sealed.get(index[i]!)!) {
            if (!overlaps(window.first, window.last) || sightings.length > MOST_SIGHTINGS) continue;
            windowsAsked++;
            anySealed = true;
            asked.add(window);
            if (windowMayHold(window, low, high)) saw(position, window.vantage, window.first, window.last, false);
          }
        for (const slice of live.all()) {
          if (!overlaps(slice.second, slice.second) || sightings.length > MOST_SIGHTINGS) continue;
          windowsAsked++;
          anyLive = true;
          asked.add(slice);
          if (live.holds(slice, digest)) saw(position, slice.vantage, slice.second, slice.second, true);
        }
      });
      if (sightings.length > MOST_SIGHTINGS) covered = false;

      let packets = 0;
      let lost = 0;
      for (const window of asked) {
        packets += window.packets;
        lost += window.lost;
      }
      return {
        probe,
        sightings: sightings.slice(0, MOST_SIGHTINGS),
        vantages,
        retained: retained(),
        covered,
        sealed: !anyLive,
        // Live slices hold the digests themselves.
        falsePositive: anySealed ? 2 ** -bits : 0,
        windowsAsked,
        packets,
        lost,
        sampling: 1,
      };
    },
    status: () => ({
      live: live.count,
      sealed: sealedCount,
      octets: live.octets + sealedOctets,
      droppedForMemory,
      retained: retained(),
    }),
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
