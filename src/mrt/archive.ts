/**
 * The archive of what peers sent: a file of updates for each few minutes, a table each few hours, cut on the wall clock
 * and named by their begin (archive-name.ts). A file is written as `.part`, brought to the disk, read again and compared
 * with what was given, and only then gets its name. A `.part` of a program that died is taken up again (archive-recovery.ts).
 *
 * Memory is bounded: of what the disk does not take `mostWaiting` octets are kept, what comes after that is lost, counted
 * and told.
 */
import { open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ArchiveFile, createArchiveFile, type FileContents } from './archive-file.ts';
import { lastAlive, noteGap, stillAlive } from './archive-gaps.ts';
import { indexBuilder } from './archive-index.ts';
import { indexMissing, writeIndex } from './archive-indexing.ts';
import { inventory } from './archive-inventory.ts';
import { type ArchiveName, type Compression, formatArchiveName, windowOf } from './archive-name.ts';
import { takeUp } from './archive-recovery.ts';
import { expire } from './archive-retention.ts';
import { readContents } from './archive-verify.ts';
import type { ArchivedPeer } from './bgp4mp.ts';
import { encodePeerIndex, type PeerIndex } from './peer-index.ts';
import { numberRecords, recordBatch, splitByWindow } from './record-batch.ts';
import { PEER_INDEX_TABLE, TABLE_DUMP_V2 } from './record-types.ts';
import { HEADER_LENGTH, writeHeader } from './records.ts';

/** `archive mrt { … }`. Times are milliseconds. */
export interface ArchiveOptions {
  readonly directory: string;
  /** Length of the windows of update files. */
  readonly updates: number;
  /** Interval of tables; 0 for none. */
  readonly rib: number;
  /** Files whose window ended so long ago are removed; 0 keeps all. */
  readonly retain: number;
  readonly compress: Compression;
  /** Octets that may wait for the disk. */
  readonly mostWaiting?: number;
  /** How often what was written is made readable, and between attempts on a disk that refuses. */
  readonly sync?: number;
  readonly retry?: number;
  /** What came since it was last closed is still to come: there is no gap. */
  readonly seamless?: boolean;
}

/** Wall-clock time, milliseconds since the epoch, and timers, so that tests can turn the hands. */
export interface WallClock {
  now(): number;
  /** Calls once, later. The answer takes it back. */
  after(delay: number, call: () => void): () => void;
}

export interface ClosedFile {
  readonly path: string;
  readonly name: ArchiveName;
  readonly contents: FileContents;
}

/** Who hears of the archive's life. None may throw. */
export interface ArchiveEvents {
  /** A file has its name. */
  closed(file: ClosedFile): void;
  /** Something an operator must know: a disk that refuses, records lost, a file that differs from what was given. */
  alarm(text: string): void;
  /** Remarks: files taken up again, files removed. */
  note(text: string): void;
  /** It is time for a table; `rib` is to be called with this time. */
  ribDue(time: number): void;
}

export interface ArchiveStatus {
  /** Records written, and records lost for want of room. */
  readonly records: number;
  readonly lost: number;
  readonly files: number;
  /** Octets that wait to be written. */
  readonly waiting: number;
  /** The file of updates that is open; '' when none is. */
  readonly current: string;
  /** Times without records that were noted since it was opened. */
  readonly gaps: number;
  /** The last file that was read again, and how many differed from what was given. */
  readonly verified: string;
  /** Files that were read again and differed from what was given. */
  readonly differing: number;
  /** All that came until then is on the disk; milliseconds since the epoch. */
  readonly synced: number;
  /** Time of the last table, milliseconds since the epoch; 0 when there is none yet. */
  readonly lastTable: number;
  /** The last trouble with the disk; '' since the disk works. */
  readonly trouble: string;
}

export interface Archive {
  /** Whole BGP4MP records, in the order of their times (record-batch.ts). The octets are the archive's from now on. */
  records(octets: Uint8Array): void;
  /** A whole BGP message of a peer. `time` is microseconds since the epoch. */
  message(peer: ArchivedPeer, time: number, message: Uint8Array): void;
  /** A change of the session's state: 1 Idle to 6 Established. */
  state(peer: ArchivedPeer, time: number, from: number, to: number): void;
  /**
   * A table: `chunks` are whole RIB records (`ribRecordWriter`), whose sequence numbers are set here. `time`
   * is milliseconds. Resolves when the file has its name.
   */
  rib(time: number, table: PeerIndex, chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void>;
  /** Makes all that was given readable, in the `.part` of the open window too. */
  sync(): Promise<void>;
  readonly status: () => ArchiveStatus;
  /** Closes what is open, before its window ends. A start within the window takes it up again. */
  close(): Promise<void>;
}

const MOST_WAITING = 64 << 20;
const MINUTE = 60_000;
const SYNC = 5000;
const RETRY = 1000;
/** After the end of a window: how long a batch may be on its way, milliseconds. */
const GRACE = 1000;
/** How long after the start the first table is written, when none is young enough: before that it would be half a table. */
const FIRST_TABLE = 30_000;
/** A table is written no faster than the disk takes it: so many octets may wait. */
const RIB_WAITING = 4 << 20;

/** Opens the archive, takes up what a dead program left, and removes what is too old. */
export async function openArchive(options: ArchiveOptions, clock: WallClock, events: ArchiveEvents): Promise<Archive> {
  const { directory, updates, compress, mostWaiting = MOST_WAITING, sync = SYNC, retry = RETRY } = options;
  const one = recordBatch(256);
  let records = 0;
  let lost = 0;
  let files = 0;
  let trouble = '';
  /** The open file of updates, and when its window ends. */
  let current: { readonly file: ArchiveFile; readonly name: ArchiveName } | null = null;
  /** Files that wait for their end. */
  const closing = new Set<ArchiveFile>();
  const endings = new Set<Promise<void>>();
  let expiring = Promise.resolve();
  let noting = Promise.resolve();
  let losing = 0;
  let losingSince = 0;
  let gaps = 0;
  let verified = '';
  let differing = 0;
  let lastTable = 0;
  let synced = clock.now();
  /** Begin of the last window that was opened: no name is given twice, whatever the clock does. */
  let lastStart = 0;
  let stopped = false;
  let cancelCut = () => {};
  let cancelRib = () => {};
  let cancelFirst = () => {};
  let cancelSync = () => {};

  const onTrouble = (path: string, error: Error) => {
    if (trouble === '') events.alarm(`${path}: ${error.message}; it is tried again each ${retry / 1000} s`);
    trouble = error.message;
  };
  const create = (name: ArchiveName) =>
    createArchiveFile(`${join(directory, formatArchiveName(name))}.part`, compress, retry, onTrouble);
  const waiting = () => [current?.file, ...closing].reduce((sum, file) => sum + (file?.waiting() ?? 0), 0);

  /** Ends a file: to the disk, read again, compared, named. */
  async function end(file: ArchiveFile, name: ArchiveName): Promise<void> {
    closing.add(file);
    await file.finish();
    closing.delete(file);
    trouble = '';
    const contents = file.contents();
    const builder = indexBuilder();
    const wrong = await readContents(file.path, contents, builder.visitor);
    verified = file.path.slice(directory.length + 1, -'.part'.length);
    if (wrong !== null) {
      differing++;
      events.alarm(`${file.path}: ${wrong}`);
    }
    const path = join(directory, formatArchiveName(name));
    await writeIndex(builder, file.path, path, name.compress).catch((error: Error) =>
      events.note(`${path} has no index: ${error.message}`),
    );
    try {
      await rename(file.path, path);
      const folder = await open(dirname(path));
      await folder.sync().finally(() => folder.close());
    } catch (error) {
      events.alarm(`${file.path} cannot be named: ${(error as Error).message}`);
      return;
    }
    files++;
    events.closed({ path, name, contents });
  }

  function endLater(file: ArchiveFile, name: ArchiveName): Promise<void> {
    const ending = end(file, name).finally(() => endings.delete(ending));
    endings.add(ending);
    return ending;
  }

  /** Ends the open file of updates. */
  function cut(): void {
    cancelCut();
    if (current !== null) void endLater(current.file, current.name);
    current = null;
    removeOld();
  }

  function openWindow(time: number): ArchiveFile {
    lastStart = Math.max(windowOf(time, updates), lastStart + updates);
    const name: ArchiveName = { kind: 'updates', start: lastStart, compress, incomplete: false };
    current = { file: create(name), name };
    waitForEnd(name.start);
    return current.file;
  }

  /** A window ends by the clock too, when nothing more comes. */
  function waitForEnd(start: number): void {
    cancelCut = clock.after(Math.max(0, start + updates + GRACE - clock.now()), cut);
  }

  function write(octets: Uint8Array, count: number, time: number): void {
    if (stopped || waiting() + octets.length > mostWaiting) {
      lost += count;
      if (losing === 0) losingSince = clock.now();
      if (losing === 0 && !stopped) events.alarm(`${mostWaiting} octets wait for the disk: records are being lost`);
      losing += count;
      return;
    }
    if (losing > 0) {
      events.alarm(`${losing} records were lost; from now on they are kept again`);
      gap(losingSince, `${losing} records were lost: the disk did not take them`);
    }
    losing = 0;
    if (current !== null && time >= current.name.start + updates) cut();
    (current?.file ?? openWindow(time)).write(octets, count);
    records += count;
  }

  /** Notes a time without records; tried again until the disk takes it. */
  function gap(from: number, why: string): void {
    gaps++;
    const to = clock.now();
    const attempt = (): void => {
      noting = noteGap(directory, { from, to, why }).catch(() => void (stopped || clock.after(retry, attempt)));
    };
    attempt();
  }

  const take = (octets: Uint8Array) => splitByWindow(octets, updates, write);

  function removeOld(): void {
    if (options.retain === 0) return;
    const oldest = clock.now() - options.retain;
    expiring = expiring
      .then(() => expire(directory, oldest, options, events.note))
      .catch(error => events.alarm(`old files cannot be removed: ${error.message}`));
  }

  function waitForRib(): void {
    if (options.rib === 0) return;
    const next = windowOf(clock.now(), options.rib) + options.rib;
    cancelRib = clock.after(next - clock.now(), () => {
      events.ribDue(next);
      waitForRib();
    });
  }

  /** A table soon after the start, unless one is due anyway. */
  function firstRib(): void {
    if (options.rib === 0 || clock.now() + FIRST_TABLE > windowOf(clock.now(), options.rib) + options.rib) return;
    cancelFirst = clock.after(FIRST_TABLE, () => events.ribDue(clock.now()));
  }

  function syncSoon(): void {
    cancelSync = clock.after(sync, async () => {
      const until = clock.now();
      await current?.file.sync();
      await stillAlive(directory, until).then(
        () => {
          synced = until;
          trouble = '';
        },
        (error: Error) => void (trouble === '' && onTrouble(directory, error)),
      );
      if (!stopped) syncSoon();
    });
  }

  const alive = await lastAlive(directory);
  if (alive !== null && options.seamless !== true && alive < clock.now()) gap(alive, 'no archive was open');
  for (const found of await takeUp(directory, {
    now: clock.now(),
    updates,
    compress,
    retry,
    onTrouble,
    note: events.note,
  })) {
    if (found.open) {
      current = found;
      lastStart = found.name.start;
      waitForEnd(found.name.start);
    } else void endLater(found.file, found.name);
  }
  lastTable =
    (await inventory(directory)).findLast(({ name, open }) => name.kind === 'bview' && !open)?.name.start ?? 0;
  removeOld();
  // After a gap nobody knows what was withdrawn meanwhile: a table tells.
  if (lastTable <= clock.now() - options.rib || gaps > 0) firstRib();
  const indexing = indexMissing(directory, () => stopped, events.note);
  waitForRib();
  syncSoon();

  return {
    records: take,
    message(peer, time, message) {
      one.message(peer, time, message);
      take(one.take());
    },
    state(peer, time, from, to) {
      one.state(peer, time, from, to);
      take(one.take());
    },
    async rib(time, table, chunks) {
      const name: ArchiveName = { kind: 'bview', start: windowOf(time, MINUTE), compress, incomplete: false };
      const file = create(name);
      closing.add(file);
      const index = encodePeerIndex(table);
      const first = new Uint8Array(HEADER_LENGTH + index.length);
      first.set(
        index,
        writeHeader(first, 0, TABLE_DUMP_V2, PEER_INDEX_TABLE, Math.floor(time / 1000), 0, index.length),
      );
      file.write(first, 1);
      let sequence = 0;
      for await (const chunk of chunks) {
        const count = numberRecords(chunk, sequence);
        sequence += count;
        file.write(chunk, count);
        records += count;
        while (file.waiting() > RIB_WAITING) await new Promise(resolve => setTimeout(resolve, 5));
      }
      await endLater(file, name);
      lastTable = time;
    },
    async sync() {
      await current?.file.sync();
    },
    status: () => ({
      records,
      lost,
      files,
      waiting: waiting(),
      trouble,
      current: current === null ? '' : formatArchiveName(current.name),
      gaps,
      verified,
      differing,
      synced,
      lastTable,
    }),
    async close() {
      cancelRib();
      cancelFirst();
      cancelSync();
      stopped = true;
      cut();
      while (endings.size > 0) await Promise.all(endings);
      await expiring;
      await noting;
      await indexing;
      await stillAlive(directory, clock.now()).catch(() => {});
    },
  };
}
