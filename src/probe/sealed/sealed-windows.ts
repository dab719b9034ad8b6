/**
 * The sealed side of the windows, one for a probe: parts that the intakes hand over, put together, sealed into filters
 * when all intakes are past their window, kept, and dropped whole when they are too old or room is short. What waits to be
 * sealed is answered for too. Sealing goes on in small steps, so that whoever runs this can answer in between.
 */
import { EPOCH_MILLISECONDS } from '../../packet/itk1.ts';
import { emptyKeeper, type WindowKeeper } from '../disk/window-keeper.ts';
import type { KeptWindow } from '../filters/kept-window.ts';
import type { FingerprintBits } from '../filters/sealed-filter.ts';
import { openSealer } from '../filters/sealer.ts';
import type { KeyCheck, Question, Vantage } from '../question.ts';
import {
  epochOfWindow,
  type IntakeProgress,
  LEAST_MEMORY,
  type SealedAnswer,
  WINDOW_SECONDS,
  type WindowLimits,
  type WindowPart,
  type WindowSink,
  windowOf,
} from '../window-messages.ts';
import { askSealed } from './ask-sealed.ts';
import { type CoverageBook, coverageBook } from './coverage-book.ts';
import type { SealedFacts } from './kept-messages.ts';
import { type CommittedWindow, type ProvenQuestion, proveSealed } from './prove-sealed.ts';
import { sealParts } from './seal-parts.ts';
import { type KeptEntry, type WindowFile, windowIndex } from './window-index.ts';

export interface SealedWindows extends WindowSink {
  /** Octets of an intake's digests that no longer wait since this was last asked. */
  taken(intake: number): number;
  /** Does one piece of the work that is due. False when there is none. */
  step(): boolean;
  configure(limits: WindowLimits): void;
  /** Takes a window that was sealed before this run. */
  restore(window: KeptWindow, epoch: number, file: WindowFile): void;
  /** Takes it that there is a storage key of an hour. */
  holdsEpoch(epoch: number): void;
  /** Takes it that a window, or a part of it, is lost. */
  missing(number: number): void;
  /** Answers for what was handed over, to questions whose digests were made with `keys`. */
  ask(questions: readonly Question[], keys?: readonly KeyCheck[]): SealedAnswer;
  /** Proofs for those of the questions whose digests sealed windows hold: one each at most. */
  prove(questions: readonly Question[]): ProvenQuestion[];
  status(): SealedStatus;
}

export interface SealedStatus {
  readonly windows: number;
  /** Octets of memory: filters, and digests that wait to become some. */
  readonly octets: number;
  readonly diskOctets: number;
  /** Windows dropped before their time because memory or disk was short. */
  readonly droppedForRoom: number;
  /** Windows of which what was seen is lost, for there was no memory to seal them. */
  readonly unsealed: number;
  /** Windows that were sealed and could not be written yet. */
  readonly unsaved: number;
  /** Why the disk refused what was tried last; empty when it did not. */
  readonly trouble: string;
  readonly covered: CoverageBook['spans'];
  readonly reached: number | null;
  /** Of the window that was sealed last; null before the first. */
  readonly latest: LatestWindow | null;
  /** Hash of the latest commitment. */
  readonly head: string;
}

/** The window that was sealed last. */
export interface LatestWindow extends Omit<SealedFacts, 'from'> {
  readonly number: number;
}

export interface SealerOptions {
  /** Number of intakes. */
  readonly intakes: number;
  readonly bits: FingerprintBits;
  readonly limits: WindowLimits;
}

export interface SealerSurroundings {
  /** Vantages by their number. */
  readonly vantages: () => readonly Vantage[];
  readonly keeper?: WindowKeeper;
  /** Opens the file of a window that was written. */
  readonly fileOf?: (entry: KeptEntry, octets: number) => WindowFile | null;
  readonly clock?: () => number;
  /** The last part of each window that is on disk: what is sealed must not take its place before it is read back. */
  readonly lastParts?: ReadonlyMap<number, number>;
  /** Called when the storage key of an hour was destroyed: nobody needs the key of its digests any more. */
  readonly destroyed?: (epoch: number) => void;
  /** Called when a window was sealed, with its root. */
  readonly committed?: (window: CommittedWindow) => void;
}

/** Quiet windows in a row that are written: an hour of them. */
const MOST_QUIET = 360;

/** Nothing held yet. */
export function openSealedWindows(options: SealerOptions, surroundings: SealerSurroundings): SealedWindows {
  const { intakes, bits } = options;
  const {
    vantages,
    clock = Date.now,
    keeper = emptyKeeper(clock),
    fileOf = () => null,
    destroyed = () => {},
    committed = () => {},
    lastParts,
  } = surroundings;
  const sealer = openSealer();
  const index = windowIndex(lastParts);
  const coverage = coverageBook();
  const progress: (IntakeProgress | null)[] = Array.from({ length: intakes }, () => null);
  const taken = progress.map(() => 0);
  /** Parts that wait, by the number of their window, in the order in which they came. */
  const waiting = new Map<number, WindowPart[]>();
  /** What is being sealed: still answered for as waiting. */
  let sealing: { readonly parts: readonly WindowPart[]; readonly work: ReturnType<typeof sealParts> } | null = null;
  /** Epochs that windows were stored in. */
  const epochs = new Set<number>();
  let waitingOctets = 0;
  let droppedForRoom = 0;
  let unsealed = 0;
  let { limits } = options;
  let newest = -1;
  /** Windows below this number were sealed, or looked at whether they are quiet. */
  let nextQuiet = 0;
  let latest: LatestWindow | null = null;

  const budget = () => Math.max(limits.memory, LEAST_MEMORY);
  const octets = () => progress.reduce((sum, one) => sum + (one?.octets ?? 0), waitingOctets + index.octets);
  const through = () => Math.min(...progress.map(one => one?.through ?? 0));
  const spanOf = (number: number) => ({ from: number * WINDOW_SECONDS, to: (number + 1) * WINDOW_SECONDS });

  const begin = (number: number, parts: readonly WindowPart[]) => {
    const epoch = epochOfWindow(number);
    const { key, name } = keeper.keyOf(epoch);
    epochs.add(epoch);
    const work = sealParts(sealer, parts, {
      number,
      part: index.nextPart(number),
      // Before its end the rest of it is somewhere else.
      covered: number < through() ? coverage.within(spanOf(number)) : [],
      bits: limits.precision ?? bits,
      key,
      keyName: name,
      vantages: vantages(),
      now: clock(),
    });
    sealing = { parts, work };
  };

  /** They no longer wait. */
  const settle = (parts: readonly WindowPart[]) => {
    for (const { intake, digests } of parts) {
      waitingOctets -= digests.byteLength;
      taken[intake]! += digests.byteLength;
    }
  };

  const finish = (parts: readonly WindowPart[], window: KeptWindow | null) => {
    sealing = null;
    settle(parts);
    if (window === null) {
      unsealed++;
      coverage.lose(spanOf(parts[0]!.number));
      return;
    }
    const epoch = epochOfWindow(window.number);
    const entry = index.add(window, epoch, null);
    const root = keeper.keep(window, epoch, octets => {
      const file = fileOf(entry, octets);
      if (file !== null) index.stored(entry, file);
      makeRoom();
    });
    latest = factsOf(window, root);
    committed({ number: window.number, part: window.part, root });
  };

  const dropOldest = () => {
    const number = index.oldest!;
    for (const entry of index.dropOldest()) if (entry.file !== null || keeper.unsaved > 0) keeper.drop(entry);
    coverage.lose(spanOf(number));
  };

  const dropExpired = () => {
    const oldest = newest + 1 - Math.ceil(limits.retention / 1000);
    const isOver = (number: number) => (number + 1) * WINDOW_SECONDS <= oldest;
    while (index.oldest !== null && isOver(index.oldest)) dropOldest();
    // What waits no longer has to be sealed.
    for (const [number, parts] of waiting)
      if (isOver(number)) {
        waiting.delete(number);
        settle(parts);
      }
    // What is older is not taken any more: nothing can be said of it, though no window was there to be dropped.
    coverage.cut(windowOf(oldest) * WINDOW_SECONDS);
    for (const epoch of epochs) {
      if ((epoch + 1) * EPOCH_MILLISECONDS > oldest * 1000 || index.countOf(epoch) > 0) continue;
      epochs.delete(epoch);
      keeper.destroy(epoch);
      destroyed(epoch);
    }
  };

  const makeRoom = () => {
    const tooMuch = () => octets() > budget() || index.diskOctets > (limits.disk ?? Number.POSITIVE_INFINITY);
    while (tooMuch() && index.oldest !== null) {
      droppedForRoom++;
      dropOldest();
    }
  };

  /** The next that is due: its window has ended at all intakes, or there is no room to wait. */
  const due = (): [number, WindowPart[]] | null => {
    const below = waitingOctets > budget() / 4 ? Number.POSITIVE_INFINITY : through();
    for (const entry of waiting) if (entry[0] < below) return entry;
    return null;
  };

  /**
   * A window in which nothing was seen, to be written for its time: without a file the next run could not tell it from one
   * that is lost. A leap of packet time leaves none.
   */
  const quiet = (): number | null => {
    if (surroundings.fileOf === undefined || newest < 0) return null;
    const end = through();
    if (end - nextQuiet > MOST_QUIET) nextQuiet = end;
    while (nextQuiet < end) {
      const number = nextQuiet++;
      const empty = !waiting.has(number) && index.nextPart(number) === 0;
      if (empty && coverage.within(spanOf(number)).length > 0) return number;
    }
    return null;
  };

  return {
    part(part) {
      const there = waiting.get(part.number);
      if (there === undefined) waiting.set(part.number, [part]);
      else there.push(part);
      waitingOctets += part.digests.byteLength;
    },
    progress(told) {
      progress[told.intake] = told;
      if (nextQuiet === 0) nextQuiet = windowOf(told.from);
      newest = Math.max(newest, told.to - 1);
      const known = progress.filter(one => one !== null);
      if (known.length === intakes)
        coverage.reach(Math.max(...known.map(({ from }) => from)), Math.min(...known.map(({ to }) => to)));
      dropExpired();
      makeRoom();
    },
    hole: span => coverage.miss(span),
    taken(intake) {
      const octets = taken[intake] ?? 0;
      taken[intake] = 0;
      return octets;
    },
    step() {
      if (sealing !== null) {
        const { parts, work } = sealing;
        const { done, value } = work.next();
        if (done) finish(parts, value);
        dropExpired();
        makeRoom();
        return true;
      }
      const next = due();
      const number = next?.[0] ?? quiet();
      if (number === null) return false;
      waiting.delete(number);
      begin(number, next?.[1] ?? []);
      return true;
    },
    configure(changed) {
      limits = changed;
      dropExpired();
      makeRoom();
    },
    restore(window, epoch, file) {
      epochs.add(epoch);
      index.add(window, epoch, file);
      coverage.restore(window.covered);
    },
    holdsEpoch(epoch) {
      epochs.add(epoch);
    },
    missing: number => coverage.lose(spanOf(number)),
    ask: (questions, keys = []) => {
      const parts = [...(sealing?.parts ?? []), ...[...waiting.values()].flat()];
      const answer = askSealed({ index, parts, keeper, sealer }, questions, keys);
      return { ...answer, covered: coverage.spans, reached: coverage.reached };
    },
    prove: questions => proveSealed(index, keeper, questions),
    status: () => ({
      windows: index.count,
      octets: waitingOctets + index.octets,
      diskOctets: index.diskOctets,
      droppedForRoom,
      unsealed,
      unsaved: keeper.unsaved,
      trouble: keeper.trouble,
      covered: coverage.spans,
      reached: coverage.reached,
      latest,
      head: keeper.head,
    }),
  };
}

function factsOf({ number, vantages, filters, bits, sampling }: KeptWindow, root: string): LatestWindow {
  return {
    number,
    vantages: vantages.length,
    packets: vantages.reduce((sum, { packets }) => sum + packets, 0),
    octets: filters.reduce((sum, filter) => sum + filter.octets.byteLength, 0),
    kind: filters[0]?.kind ?? 'each',
    bits,
    sampling,
    root,
  };
}
