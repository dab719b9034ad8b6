/**
 * The feed of a source that begins with a dump: a file of this machine, or one that is fetched and kept for the next start;
 * with NRTM, what has changed since. One look after the other; the answer to one says what is looked at next, and whatever
 * fails leaves the last good copy in use.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { isUrl } from '../../config/location.ts';
import type { IrrConfig } from '../../config/tree.ts';
import { DUMP_LIMITS, fetchSerial, guessSerialPlace, transportOf } from './dump-place.ts';
import { readDump, whyOf } from './dump-reader.ts';
import { takeDump } from './dump-taker.ts';
import type { DumpReading, Feed, FeedListener } from './feed.ts';
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
}

/** So many answers in a row that are no NRTM: the dump is read instead. */
const PATIENCE = 3;
/** While NRTM is refused the dump is looked at so often. */
const FALLBACK = 3_600_000;

/** The wait after a first look that failed; each one more doubles it, up to `refresh`. */
const RETRY = 30_000;

/** Milliseconds to the next look after so many that failed in a row: a dump that is fetched once an hour is missed sooner. */
export const retryAfter = (failures: number, refresh: number): number =>
  failures === 0 ? refresh : Math.min(refresh, RETRY * 2 ** (failures - 1));

export function dumpFeed(options: DumpFeedOptions, listener: FeedListener): Feed {
  const { config, directory, offline = false, limits = DUMP_LIMITS, times = NRTM_TIMES } = options;
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
  let tried: { readonly tag: string | null; readonly serial: number | null; readonly why: string } | null = null;
  let broken = 0;
  /** Looks in a row that did not succeed. */
  let failures = 0;
  let dumpLooked = Number.NEGATIVE_INFINITY;
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

  /**
   * Takes the dump when it is another than the one in use or refused last. `again`: though it be the one in use, but not one
   * refused; `whole`: any. `same`: what is in use is what the dump says, or newer.
   */
  async function lookAtDump(wanted: 'newer' | 'again' | 'whole'): Promise<'new' | 'same' | 'failed'> {
    dumpLooked = performance.now();
    const now = await dumpSerial();
    if (typeof now === 'string') return fail(now);
    const known = wanted === 'whole' ? null : (tried ?? (wanted === 'again' ? null : copy));
    if (known !== null && now !== null) {
      if (known.serial === now) return tried === null ? 'same' : fail(tried.why);
      if (wanted === 'newer' && serial !== null && now < serial)
        return nrtm === undefined ? fail(`${dump}: its serial is ${now}, behind ${serial} of the copy in use`) : 'same';
    }
    const asking = { limits, signal, tag: known?.tag ?? null };
    const taken = await takeDump(name, dump, asking, fetched ? copyFile : null);
    if (taken.what === 'same') return tried === null ? 'same' : fail(tried.why);
    if (taken.what === 'failed') {
      const why = `${dump}: ${taken.why}`;
      if (taken.tag !== null) tried = { tag: taken.tag, serial: now, why };
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
    const behind = fetched ? null : await replay(mark, reading);
    const why = await use(mark, reading, behind ?? now, false);
    if (why !== null) {
      await kept?.abandon();
      tried = { tag: mark.tag, serial: now, why };
      return fail(why);
    }
    tried = null;
    if (behind === null && !offline) await keep(mark, kept);
    return 'new';
  }

  async function use(mark: CopyMark, reading: DumpReading, at: number | null, kept: boolean): Promise<string | null> {
    if (signal.aborted) return 'it was given up';
    const why = await listener.whole(reading, { place: dump, serial: at, written: mark.written, kept });
    if (why !== null) return why;
    copy = mark;
    serial = at;
    broken = 0;
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
      const reading = await readDump(name, kept.octets, false);
      const at = await replay(kept.mark, reading);
      if (at === null && nrtm !== undefined && !offline) await journal.begin(kept.mark.id);
      const why = await use(kept.mark, reading, at ?? kept.mark.serial, true);
      if (why !== null) fail(why);
    } catch (error) {
      alarm(`${copyFile}: ${whyOf(error)}`);
    }
  }

  /** Asks for what is new since `serial`. Null when there is no more to do; why only the dump helps otherwise. */
  async function askForChanges(server: NonNullable<typeof nrtm>, from: number): Promise<string | null> {
    const outcome = await askNrtm(server, { source: name, version: server.version, from }, signal, times);
    if (signal.aborted) return null;
    broken = outcome.what === 'broken' ? broken + 1 : 0;
    if (outcome.what === 'nothing-new') {
      succeed();
      return null;
    }
    if (outcome.what === 'changes') {
      await takeChanges(outcome, from);
      return null;
    }
    const why = `nrtm ${server.host} port ${server.port}: ${outcome.why}`;
    const patient =
      (outcome.what === 'refused' && performance.now() - dumpLooked < FALLBACK) ||
      (outcome.what === 'broken' && broken < PATIENCE);
    if (patient) {
      fail(why);
      return null;
    }
    alarm(outcome.what === 'behind' ? `serials went back: ${why}` : why);
    return why;
  }

  async function takeChanges(outcome: NrtmOutcome & { what: 'changes' }, from: number): Promise<void> {
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
    const lost = await journal.append(name, outcome.operations, from, outcome.serial);
    if (lost !== null && lost !== told) alarm(`changes cannot be kept in ${directory}: ${lost}`);
    told = lost;
    succeed();
  }
  /** Why changes are not kept; said once. */
  let told: string | null = null;

  async function lookWithNrtm(server: NonNullable<typeof nrtm>, whole: boolean): Promise<void> {
    let why: string | null = null;
    if (!whole && serial !== null && !journal.full) {
      why = await askForChanges(server, serial + 1);
      if (why === null) return;
    }
    // What was added to the dump since it was read goes only when the dump is read again, though it be the same.
    const changed = copy !== null && serial !== copy.serial;
    const found = await lookAtDump(whole ? 'whole' : changed ? 'again' : 'newer');
    if (found === 'failed') return;
    if (serial === null) fail(`${dump}: nothing tells its serial, which NRTM must go on from`);
    else if (found === 'new' || why === null) why = await askForChanges(server, serial + 1);
    if (why !== null) fail(`${why}; the dump has nothing newer`);
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
      };
    },
    stop: () => end.abort(),
  };
}
