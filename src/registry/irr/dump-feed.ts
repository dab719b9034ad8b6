/**
 * The feed of a source that begins with a dump: a file of this machine, or one that is fetched and kept for the next start;
 * with NRTM, what has changed since. One look after the other; the answer to one says what is looked at next, and whatever
 * fails leaves the last good copy in use.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { isUrl } from '../../config/location.ts';
import type { IrrConfig } from '../../config/tree.ts';
import { slicer } from '../slice.ts';
import { DUMP_LIMITS, fetchSerial, guessSerialPlace, transportOf } from './dump-place.ts';
import { readDump, whyOf } from './dump-reader.ts';
import { takeDump } from './dump-taker.ts';
import type { DumpProgress, DumpReading, Feed, FeedListener } from './feed.ts';
import type { FetchLimits } from './http-fetch.ts';
import { openJournal } from './journal.ts';
import { type CopyMark, type CopyWriter, readCopy } from './kept-copy.ts';
import { lookout } from './lookout.ts';
import type { NrtmOutcome } from './nrtm-answer.ts';
import { askNrtm, NRTM_TIMES, type NrtmTimes } from './nrtm3-client.ts';

export interface DumpFeedOptions {
  readonly config: IrrConfig & { readonly dump: string };
  /** Where copies and journals are kept. */
  readonly directory: string;
  /** No server is asked and nothing is written: what lies on this machine is taken once. */
  readonly offline?: boolean;
  readonly limits?: FetchLimits;
  readonly times?: NrtmTimes;
  /** Milliseconds, see FALLBACK. */
  readonly fallback?: number;
}

/**
 * So many answers in a row that are no NRTM, or of a server that stands behind the copy: the dump is read instead. One of
 * several servers behind one name may be slower than the others, and that is no reason to go back.
 */
const PATIENCE = 3;
/** While NRTM is refused the dump is looked at so often, and one that was refused is looked at again. */
const FALLBACK = 3_600_000;

/** The wait after a first look that failed; each one more doubles it, up to `refresh`. */
const RETRY = 30_000;

/** Milliseconds to the next look after so many that failed in a row: a dump that is fetched once an hour is missed sooner. */
export const retryAfter = (failures: number, refresh: number): number =>
  failures === 0 ? refresh : Math.min(refresh, RETRY * 2 ** (failures - 1));

type Changes = NrtmOutcome & { readonly what: 'changes' };

/** Why NRTM does not lead on. `back`: the server stands behind the copy. */
interface Lost {
  readonly why: string;
  readonly back: boolean;
}

/**
 * Which dump helps. `newer`: one ahead of the copy in use. `shorter`: any other than the one that the copy began with, to
 * take the place of a long journal. `again`: also one behind the copy, and that one itself: the server was set back.
 * `whole`: any.
 */
type Wanted = 'newer' | 'shorter' | 'again' | 'whole';

export function dumpFeed(options: DumpFeedOptions, listener: FeedListener): Feed {
  const { config, directory, offline = false, limits = DUMP_LIMITS, times = NRTM_TIMES, fallback = FALLBACK } = options;
  const { name, dump, nrtm } = config;
  const fetched = isUrl(dump);
  const copyFile = join(directory, `${name}.db.gz`);
  const journal = openJournal(join(directory, `${name}.nrtm`), offline);
  const end = new AbortController();
  const { signal } = end;
  /** The copy in use, and the serial that NRTM has brought it to. */
  let copy: CopyMark | null = null;
  let serial: number | null = null;
  /** The state of the dump that was refused last, and why: it is not read again. */
  let tried: {
    readonly tag: string | null;
    readonly serial: number | null;
    readonly why: string;
    readonly time: number;
  } | null = null;
  let broken = 0;
  let back = 0;
  /** Serial of the last dump that NRTM did not lead on from to where the copy is. */
  let passed: number | null = null;
  /** Looks in a row that did not succeed. */
  let failures = 0;
  let dumpLooked = Number.NEGATIVE_INFINITY;
  let progress: DumpProgress | undefined;
  const hasRead = (far?: DumpProgress): void => {
    progress = far;
  };
  let operations = 0;
  let replayed = 0;

  const fail = (why: string): 'failed' => {
    if (!signal.aborted) listener.trouble(why);
    return 'failed';
  };
  const succeed = (): void => {
    failures = 0;
    look.succeeded();
    listener.trouble('');
  };
  const alarm = (why: string): void => {
    if (!signal.aborted) listener.alarm(why);
  };

  /** The serial of the dump now. Where none is configured there may be none; a plain file without NRTM needs none. */
  async function dumpSerial(): Promise<number | null | string> {
    if (config.serial === undefined && !fetched && nrtm === undefined) return null;
    const place = config.serial ?? guessSerialPlace(name, dump);
    if (offline && isUrl(place)) return null;
    const found = await fetchSerial(place, signal);
    if (typeof found === 'string') return `${place}: ${found}`;
    return found === null && config.serial !== undefined ? `${place}: no such file` : found;
  }

  /** Takes the dump when it is one that is wanted and was not refused. `same`: what is in use is what the dump says, or newer. */
  async function lookAtDump(wanted: Wanted): Promise<'new' | 'same' | 'failed'> {
    dumpLooked = performance.now();
    const now = await dumpSerial();
    if (typeof now === 'string') return fail(now);
    // With it the copy would lose where it is, and could not go on.
    if (now === null && nrtm !== undefined && serial !== null && wanted !== 'whole')
      return fail(`${dump}: nothing tells its serial any more`);
    // What NRTM has brought since is of serials that the server never had: it goes, though the dump be the same.
    const undone = wanted === 'again' && serial !== copy?.serial;
    const known = wanted === 'whole' ? null : (tried ?? (undone ? null : copy));
    if (known !== null && now !== null) {
      // One that was refused may be put right under the same serial: its tag tells, now and then.
      const again = tried !== null && tried.tag !== null && dumpLooked - tried.time >= fallback;
      if (known.serial === now && !again) return tried === null ? 'same' : fail(tried.why);
      if (wanted === 'newer' && serial !== null && now < serial)
        return nrtm === undefined ? fail(`${dump}: its serial is ${now}, behind ${serial} of the copy in use`) : 'same';
    }
    if (wanted === 'shorter' && now !== null && now === passed) return 'same';
    const asking = { limits, signal, tag: known?.tag ?? null };
    const taken = await takeDump(name, dump, asking, fetched ? copyFile : null, hasRead).finally(hasRead);
    if (taken.what === 'same') {
      if (tried === null) return 'same';
      tried = { ...tried, time: dumpLooked };
      return fail(tried.why);
    }
    if (taken.what === 'failed') {
      const why = `${dump}: ${taken.why}`;
      if (taken.tag !== null) tried = { tag: taken.tag, serial: now, why, time: dumpLooked };
      return fail(why);
    }
    const { reading, copy: kept, ...state } = taken;
    const mark: CopyMark = {
      place: dump,
      serial: now,
      written: state.written ?? Date.now(),
      tag: state.tag,
      id: fetched ? randomUUID() : (state.tag ?? ''),
    };
    // The journal is of the copy in use, and stays so until another is.
    const ours = !fetched && (copy === null || copy.id === mark.id);
    const behind = ours ? await replay(mark, reading) : null;
    const since =
      behind === null && now !== null && serial !== null && now < serial ? await catchUp(reading, now) : null;
    if (typeof since === 'string') {
      alarm(`${dump}: at serial ${now}, behind ${serial} of the copy in use, and NRTM does not lead on: ${since}`);
      if (wanted === 'shorter') {
        passed = now;
        await kept?.abandon();
        return 'same';
      }
    }
    const caught = typeof since === 'string' ? null : since;
    const why = await use(mark, reading, behind ?? caught?.serial ?? now, false);
    if (why !== null) {
      await kept?.abandon();
      tried = { tag: mark.tag, serial: now, why, time: dumpLooked };
      return fail(why);
    }
    tried = null;
    if (behind === null && !offline) await keep(mark, kept);
    if (caught !== null) await record(caught, now! + 1);
    return 'new';
  }

  /**
   * Brings a dump that is behind the copy in use to where NRTM ends, before anybody sees it: verdicts must not go back and
   * forth. Null when nothing has happened since; in words why NRTM does not tell.
   */
  async function catchUp(reading: DumpReading, from: number): Promise<Changes | null | string> {
    if (nrtm === undefined) return null;
    const outcome = await askNrtm(nrtm, { source: name, version: nrtm.version, from: from + 1 }, signal, times);
    if (outcome.what === 'nothing-new') return null;
    if (outcome.what !== 'changes') return outcome.why;
    const pause = slicer();
    for (const { op, object } of outcome.operations) {
      reading.book.apply(op, object);
      await pause();
    }
    return outcome;
  }

  async function use(mark: CopyMark, reading: DumpReading, at: number | null, kept: boolean): Promise<string | null> {
    if (signal.aborted) return 'it was given up';
    const why = await listener.whole(reading, { place: dump, serial: at, written: mark.written, kept });
    if (why !== null) return why;
    copy = mark;
    serial = at;
    broken = 0;
    back = 0;
    passed = null;
    return null;
  }

  /** Makes the copy the one that the next start begins with, and the journal that of this copy. */
  async function keep(mark: CopyMark, kept: CopyWriter | null): Promise<void> {
    const why = (await kept?.commit(mark)) ?? (nrtm === undefined ? null : await journal.begin(mark.id));
    if (why === null) return;
    journal.suspend();
    alarm(`the copy cannot be kept in ${directory}: ${why}`);
  }

  /** Brings a copy to where the journal behind it ends; the serial it has then, null when there is no such journal. */
  async function replay(mark: CopyMark, reading: DumpReading): Promise<number | null> {
    if (nrtm === undefined || mark.serial === null) return null;
    let at = mark.serial;
    const count = await journal.replay(mark.id, (changes, last) => {
      for (const { op, object } of changes) reading.book.apply(op, object);
      at = last;
    });
    return typeof count === 'string' ? null : at;
  }

  /** What an earlier run kept is in use before anybody is asked. */
  async function begin(): Promise<void> {
    if (!fetched) {
      if ((await lookAtDump('newer')) !== 'failed') succeed();
      return;
    }
    const kept = await readCopy(copyFile, dump);
    if (kept === null) return;
    if (typeof kept === 'string') {
      alarm(`${copyFile}: ${kept}`);
      return;
    }
    try {
      const reading = await readDump(name, kept.octets, false, undefined, hasRead).finally(hasRead);
      const at = await replay(kept.mark, reading);
      if (at === null && nrtm !== undefined && !offline) await journal.begin(kept.mark.id);
      const why = await use(kept.mark, reading, at ?? kept.mark.serial, true);
      if (why !== null) fail(why);
    } catch (error) {
      alarm(`${copyFile}: ${whyOf(error)}`);
    }
  }

  /** Asks for what is new since `serial`. Null when there is no more to do; why only the dump helps otherwise. */
  async function askForChanges(server: NonNullable<typeof nrtm>, from: number): Promise<Lost | null> {
    const outcome = await askNrtm(server, { source: name, version: server.version, from }, signal, times);
    if (signal.aborted) return null;
    broken = outcome.what === 'broken' ? broken + 1 : 0;
    back = outcome.what === 'behind' ? back + 1 : 0;
    if (outcome.what === 'nothing-new') {
      succeed();
      return null;
    }
    if (outcome.what === 'changes') {
      await takeChanges(outcome, from);
      return null;
    }
    const said = `nrtm ${server.host} port ${server.port}: ${outcome.why}`;
    const why = outcome.what === 'behind' ? `serials went back: ${said}` : said;
    const patient =
      (outcome.what === 'refused' && performance.now() - dumpLooked < fallback) ||
      (outcome.what === 'broken' && broken < PATIENCE) ||
      (outcome.what === 'behind' && back < PATIENCE);
    if (patient) {
      fail(why);
      return null;
    }
    alarm(why);
    return { why, back: outcome.what === 'behind' };
  }

  async function takeChanges(outcome: Changes, from: number): Promise<void> {
    replayed += outcome.replayed;
    if (outcome.unreadable > 0)
      alarm(`nrtm: ${outcome.unreadable} operations cannot be read, the first: ${outcome.problems[0]?.why}`);
    if (outcome.serial < from) {
      succeed();
      return;
    }
    const why = await listener.changes(outcome.operations, outcome.serial);
    if (why !== null) {
      fail(why);
      return;
    }
    serial = outcome.serial;
    operations += outcome.operations.length;
    await record(outcome, from);
    succeed();
  }

  /** Keeps a transaction for the next start. */
  async function record(outcome: Changes, from: number): Promise<void> {
    const lost = await journal.append(name, outcome.operations, from, outcome.serial);
    if (lost !== null && lost !== told) alarm(`changes cannot be kept in ${directory}: ${lost}`);
    told = lost;
  }
  /** Why changes are not kept; said once. */
  let told: string | null = null;

  async function lookWithNrtm(server: NonNullable<typeof nrtm>, whole: boolean): Promise<void> {
    let lost: Lost | null = null;
    const shorten = !whole && serial !== null && journal.full;
    if (!whole && serial !== null && !shorten) {
      lost = await askForChanges(server, serial + 1);
      if (lost === null) return;
    }
    const found = await lookAtDump(whole ? 'whole' : shorten ? 'shorter' : lost?.back ? 'again' : 'newer');
    if (found === 'failed' && !shorten) return;
    if (serial === null) fail(`${dump}: nothing tells its serial, which NRTM must go on from`);
    else if (found === 'new' || lost === null) lost = await askForChanges(server, serial + 1);
    if (lost !== null) fail(`${lost.why}; the dump has nothing newer`);
  }

  const look = lookout(
    () => retryAfter(failures, config.refresh),
    signal,
    async whole => {
      failures++; // until it succeeds
      try {
        if (nrtm !== undefined) await lookWithNrtm(nrtm, whole);
        else if ((await lookAtDump(whole ? 'whole' : 'newer')) !== 'failed') succeed();
      } catch (error) {
        fail(whyOf(error));
      }
    },
  );
  const started = begin().catch(error => void fail(whyOf(error)));
  if (!offline) void started.then(() => (fetched || nrtm !== undefined ? look.now(false) : look.wait()));

  return {
    started,
    look: whole => started.then(() => look.now(whole)),
    get status() {
      return {
        transport: nrtm === undefined ? transportOf(dump) : 'nrtm',
        serial,
        ...look.times(),
        operations,
        replayed,
        ...(progress !== undefined && { reading: progress }),
      };
    },
    stop: () => end.abort(),
  };
}
