/**
 * The sealed windows, found by their time. Those on disk are mapped as long as there are not too many; then those that were
 * asked last are, and of the others there is the header.
 */

import type { WindowName } from '../disk/window-directory.ts';
import { type KeptWindow, type SealedVantage, windowOctets } from '../filters/kept-window.ts';
import type { StorageKey } from '../filters/storage-key.ts';

/** A window, or where it is. */
export interface KeptEntry extends WindowName {
  readonly vantages: readonly SealedVantage[];
  readonly sampling: number;
  readonly digestKey: string | null;
  /** What its digests are stored under; null until it was asked for the first time. */
  key: StorageKey | null;
  /** The window, in memory or mapped; null when it has to be opened. */
  window: KeptWindow | null;
  /** Where it is on disk; null while it is in memory only. */
  file: WindowFile | null;
  /** Takes back the mapping. */
  unmap: (() => void) | null;
  /** Octets of memory. */
  octets: number;
}

export interface WindowFile {
  /** Octets of the file. */
  readonly octets: number;
  /** Opens it; null when it can't be. */
  open(): { readonly window: KeptWindow; unmap(): void } | null;
}

export interface WindowIndex {
  readonly count: number;
  /** Octets of memory, and on disk. */
  readonly octets: number;
  readonly diskOctets: number;
  /** Number of the oldest window; null without any. */
  readonly oldest: number | null;
  add(window: KeptWindow, epoch: number, file: WindowFile | null): KeptEntry;
  /** A window that was in memory is on disk now. */
  stored(entry: KeptEntry, file: WindowFile): void;
  /** Number of the next part of a window. */
  nextPart(number: number): number;
  /** Windows with numbers from `first` to `last`, in order. */
  between(first: number, last: number): Iterable<KeptEntry>;
  /** The window, opened when it is not; null when its file can't be read any more. */
  open(entry: KeptEntry): KeptWindow | null;
  /** Takes out all of the oldest number. */
  dropOldest(): KeptEntry[];
  /** Entries of an epoch that are left. */
  countOf(epoch: number): number;
}

/** Mapped windows at once: the kernel allows 65,530 mappings a process. */
const MOST_MAPPED = 16_384;

/** `onDisk`: the last part of windows that are on disk and may not be in the index yet. */
export function windowIndex(onDisk: ReadonlyMap<number, number> = new Map()): WindowIndex {
  const byNumber = new Map<number, KeptEntry[]>();
  const numbers: number[] = [];
  const epochs = new Map<number, number>();
  /** In the order in which they were asked last. */
  const mapped = new Set<KeptEntry>();
  let count = 0;
  let octets = 0;
  let diskOctets = 0;

  const weigh = (entry: KeptEntry, now: number) => {
    octets += now - entry.octets;
    entry.octets = now;
  };
  /** Maps a file; false when it can't be. */
  const map = (entry: KeptEntry, file: WindowFile): boolean => {
    const opened = file.open();
    if (opened === null) return false;
    // One list of vantages is enough.
    entry.window = { ...opened.window, vantages: entry.vantages };
    entry.unmap = opened.unmap;
    mapped.add(entry);
    return true;
  };
  const close = (entry: KeptEntry) => {
    if (entry.unmap === null) return;
    entry.window = null;
    entry.unmap();
    entry.unmap = null;
    mapped.delete(entry);
  };

  return {
    get count() {
      return count;
    },
    get octets() {
      return octets;
    },
    get diskOctets() {
      return diskOctets;
    },
    get oldest() {
      return numbers[0] ?? null;
    },
    add(window, epoch, file) {
      const { number, part, vantages, sampling, digestKey } = window;
      const entry: KeptEntry = {
        ...{ epoch, number, part, vantages, sampling, digestKey, file },
        window: file === null ? window : null,
        key: null,
        unmap: null,
        octets: 0,
      };
      weigh(entry, windowOctets(window, file !== null));
      diskOctets += file?.octets ?? 0;
      // So that the first question need not.
      if (file !== null && mapped.size < MOST_MAPPED) map(entry, file);
      const there = byNumber.get(number);
      if (there !== undefined) there.push(entry);
      else {
        byNumber.set(number, [entry]);
        numbers.splice(lowerBound(numbers, number), 0, number);
      }
      epochs.set(epoch, (epochs.get(epoch) ?? 0) + 1);
      count++;
      return entry;
    },
    stored(entry, file) {
      if (entry.window === null) return;
      entry.file = file;
      weigh(entry, windowOctets(entry.window, true));
      diskOctets += file.octets;
      entry.window = null;
      if (mapped.size < MOST_MAPPED) map(entry, file);
    },
    nextPart: number => Math.max(onDisk.get(number) ?? -1, ...(byNumber.get(number) ?? []).map(({ part }) => part)) + 1,
    *between(first, last) {
      for (let i = lowerBound(numbers, first); i < numbers.length && numbers[i]! <= last; i++)
        yield* byNumber.get(numbers[i]!)!;
    },
    open(entry) {
      if (entry.file === null) return entry.window;
      if (entry.window !== null) {
        if (mapped.size > MOST_MAPPED / 2) {
          mapped.delete(entry);
          mapped.add(entry);
        }
        return entry.window;
      }
      if (!map(entry, entry.file)) return null;
      if (mapped.size > MOST_MAPPED) close(mapped.values().next().value!);
      return entry.window;
    },
    dropOldest() {
      const number = numbers.shift()!;
      const dropped = byNumber.get(number)!;
      byNumber.delete(number);
      for (const entry of dropped) {
        close(entry);
        count--;
        octets -= entry.octets;
        diskOctets -= entry.file?.octets ?? 0;
        const left = epochs.get(entry.epoch)! - 1;
        if (left === 0) epochs.delete(entry.epoch);
        else epochs.set(entry.epoch, left);
      }
      return dropped;
    },
    countOf: epoch => epochs.get(epoch) ?? 0,
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
