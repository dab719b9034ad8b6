/** What is held of one source: the copy in use, what is doubted of it, what went wrong; and what its feed may do to it. */
import type { IrrConfig } from '../config/tree.ts';
import type { Prefix } from '../net/prefix.ts';
import type { CopyOrigin, DumpProgress, DumpReading, Feed, Operation } from './irr/feed.ts';
import { isLocal, placeOf } from './irr/open-feed.ts';
import type { RpslProblem } from './rpsl.ts';
import { slicer } from './slice.ts';
import type { SourceBook } from './source-book.ts';
import { type SourceSize, slowLoss, whyNotChange, whyNotLose, whyNotReplace } from './source-size.ts';

/** Something that is over but that a person should know. */
export interface Alarm {
  /** ms since the epoch. */
  readonly time: number;
  readonly why: string;
}

export interface Copy {
  readonly reading: DumpReading;
  readonly origin: CopyOrigin;
  /** When it came into use, and when it was changed last; ms since the epoch. */
  readonly loaded: number;
  changed: number;
  /** Operations that could not be applied. */
  problems: number;
  /** The most route objects it has had, or had when it was told last that many are gone. */
  most: number;
}

export interface HeldSource {
  config: IrrConfig;
  feed: Feed | null;
  copy: Copy | null;
  /** The copy in use is held against this larger one of an earlier run, and is used for want of another. */
  doubted: SourceSize | null;
  /** Why it is doubted, and what the feed complains of; empty when nothing is wrong. */
  doubt: string;
  trouble: string;
  /** What was told last of the two, and whether it was told that the source is stale. */
  told: string;
  staleTold: boolean;
  /** The next whole copy is taken whatever its size. */
  forced: boolean;
  alarms: readonly Alarm[];
}

/** Alarms kept for each source, the last ones. */
const KEPT_ALARMS = 5;
/** A source that has not answered for so many times its `refresh` is stale. */
const PATIENCE = 3;

export const heldSource = (config: IrrConfig): HeldSource => ({
  config,
  feed: null,
  copy: null,
  doubted: null,
  doubt: '',
  trouble: '',
  told: '',
  staleTold: false,
  forced: false,
  alarms: [],
});

export const booksOf = (sources: Iterable<HeldSource>): SourceBook[] =>
  [...sources].flatMap(({ copy }) => (copy === null ? [] : [copy.reading.book]));

/** What is wrong with it now, in words; empty when nothing is. */
export const lastError = ({ doubt, trouble }: HeldSource): string => trouble || doubt;

/** True when its feed has not succeeded for so long that what it says may be over. */
export function isStale({ config, feed }: HeldSource): boolean {
  return feed !== null && config.refresh > 0 && feed.status.silence > PATIENCE * config.refresh;
}

/** False when it is the last one once more: only its time is another then. */
export function addAlarm(source: HeldSource, why: string): boolean {
  const again = source.alarms.at(-1)?.why === why;
  const before = again ? source.alarms.slice(0, -1) : source.alarms;
  source.alarms = [...before, { time: Date.now(), why }].slice(-KEPT_ALARMS);
  return !again;
}

export function sizeOf({ config, copy }: HeldSource): SourceSize | null {
  return copy && { name: config.name, file: copy.origin.place, objects: copy.reading.book.routes.count };
}

/**
 * Takes a whole copy, or answers in words why not. `earlier` is what the last run knew of the source. A first copy that is
 * too small is used all the same: a part of the registry finds more than none of it; but it is doubted, so that nothing is
 * believed to be over by what it lacks.
 */
export function takeWhole(
  source: HeldSource,
  reading: DumpReading,
  origin: CopyOrigin,
  earlier: SourceSize | null,
): string | null {
  const { name } = source.config;
  const objects = reading.book.routes.count;
  const size: SourceSize = { name, file: origin.place, objects };
  const last = source.copy === null ? earlier : (source.doubted ?? sizeOf(source));
  const forced = source.forced || origin.kept;
  source.forced = false;
  // Another place than before is the operator's own choice, however small it is.
  const small = !forced && last?.file === origin.place ? whyNotReplace(last, size) : null;
  if (small !== null && last !== null) {
    const better = source.copy === null || (source.doubted !== null && objects > source.copy.reading.book.routes.count);
    if (!better) return small;
  }
  const whole = source.copy !== null && source.doubted === null && source.copy.origin.place === origin.place;
  const lacking = !forced && whole ? whyNotLose(source.copy!.reading, reading, origin.place) : null;
  if (lacking !== null) return lacking;
  // What is no dump at all, an error page for one, has no object in it.
  if (!forced && objects === 0 && !isLocal(source.config)) return `${origin.place}: holds no route object`;
  source.copy = { reading, origin, loaded: Date.now(), changed: Date.now(), problems: 0, most: objects };
  source.doubted = small === null ? null : last;
  source.doubt = small ?? '';
  return null;
}

/**
 * Takes a transaction, or answers in words why not. Resolves to the prefixes whose objects are others now; what cannot be
 * applied, as an object to be deleted that is not there, is counted.
 */
export async function takeChanges(
  source: HeldSource,
  operations: readonly Operation[],
): Promise<readonly Prefix[] | string> {
  const { copy } = source;
  if (copy === null) return 'there is no copy that it could change';
  const { book } = copy.reading;
  const why = source.forced ? null : await whyNotChange(book, operations);
  if (why !== null) return why;
  const touched: Prefix[] = [];
  const pause = slicer();
  for (const { op, object } of operations) {
    const applied = book.apply(op, object);
    if (!applied.ok) copy.problems++;
    else if (applied.touched !== null) touched.push(applied.touched);
    await pause();
  }
  copy.changed = Date.now();
  copy.most = Math.max(copy.most, book.routes.count);
  return touched;
}

/** What transactions have taken away a few at a time, in words, told once for each tenth; null when that is little. */
export function slowLossOf({ copy }: HeldSource): string | null {
  const why = copy && slowLoss(copy.reading.book, copy.most);
  if (copy !== null && why !== null) copy.most = copy.reading.book.routes.count;
  return why;
}

/** Row of `show irr`. Times are ms since the epoch, null when there is no copy in use. */
export interface SourceStatus {
  readonly source: string;
  /** File name or URL; empty when nothing is mirrored. */
  readonly file: string;
  /** `file`, `https`, `http`, `ftp`, `nrtm`, `nrtm4`, or `none`. */
  readonly transport: string;
  readonly serial: number | null;
  readonly authoritative: boolean;
  readonly objects: number;
  readonly skipped: number;
  readonly dead: number;
  readonly problems: number;
  readonly refusedAddresses: number;
  readonly loaded: number | null;
  /** When something of it changed last. */
  readonly changed: number | null;
  readonly mtime: number | null;
  /** Milliseconds since what is in use was certainly the newest: since the file was written, or the server answered. */
  readonly age: number | null;
  /** When the source last answered. */
  readonly succeeded: number | null;
  /** It has not answered for three times its `refresh`. */
  readonly stale: boolean;
  readonly operations: number;
  readonly replayed: number;
  /** How much of a whole copy is read that is being read now; null when none is. */
  readonly reading: DumpProgress | null;
  /** Why the newest of it is not in use; empty when it is. */
  readonly lastError: string;
  readonly alarms: readonly Alarm[];
  readonly firstProblems: readonly RpslProblem[];
}

export function statusOf(source: HeldSource, now: number): SourceStatus {
  const { config, feed, copy } = source;
  const status = feed?.status;
  const written = copy?.origin.written ?? null;
  // A server that says there is nothing new vouches for a copy, however old it is; a file says only when it was written.
  const since = status?.transport === 'file' ? written : (status?.succeeded ?? written);
  return {
    source: config.name,
    file: placeOf(config),
    transport: status?.transport ?? 'none',
    serial: status?.serial ?? null,
    authoritative: config.authoritative,
    objects: copy?.reading.book.routes.count ?? 0,
    skipped: copy?.reading.skipped ?? 0,
    dead: copy?.reading.dead ?? 0,
    problems: (copy?.reading.problems ?? 0) + (copy?.problems ?? 0),
    refusedAddresses: copy?.reading.refusedAddresses ?? 0,
    loaded: copy?.loaded ?? null,
    changed: copy?.changed ?? null,
    mtime: written,
    age: copy === null || since === null ? null : Math.max(0, now - since),
    succeeded: status?.succeeded ?? null,
    stale: isStale(source),
    operations: status?.operations ?? 0,
    replayed: status?.replayed ?? 0,
    reading: status?.reading ?? null,
    lastError: lastError(source),
    alarms: source.alarms,
    firstProblems: copy?.reading.firstProblems ?? [],
  };
}
