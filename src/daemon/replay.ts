/**
 * `intertrackd replay`: MRT files through the parts of the daemon (registry, collector, book of cases) in the time of the
 * files. What the main thread passes from one to the other is passed here as well; nothing is stored, and nobody is told.
 */
import type { Readable } from 'node:stream';
import { createFilePeers, type FromFiles } from '../collector/file-peers.ts';
import type { Config } from '../config/tree.ts';
import { createCaseBook } from '../hijack/case-book.ts';
import { isTimed, timersOf } from '../hijack/case-life.ts';
import type { CaseChange } from '../hijack/case-reports.ts';
import { lookTimes } from '../hijack/look-times.ts';
import { mergeMrt } from '../mrt/merge.ts';
import { createWalker, type MrtWalker } from '../mrt/walk.ts';
import { groundOfCases } from './grounds.ts';
import { type CaseLine, caseLine, caseTally, type SummaryLine } from './replay-lines.ts';
import type { ReplayedFile } from './replay-options.ts';
import { openReplayRegistry } from './replay-registry.ts';

export interface ReplayListener {
  line(line: CaseLine | SummaryLine): void;
  /** What it waits for, the reading waits for. */
  drained(): Promise<void> | undefined;
  /** Something that a person may want to know. */
  remark(text: string): void;
  /** Something is damaged, or cannot be read. */
  complain(text: string): void;
  /** Now and then: the time of the files, and how much was done. */
  progress(time: number, records: number, cases: number): void;
}

/** Exit codes (intertrackd(8)). */
export const REPLAY_EXIT = { ok: 0, damaged: 65, unreadable: 66 } as const;

/** Complaints about one file that are told; the others are counted. */
const MOST_COMPLAINTS = 20;
/**
 * Every so often the book looks at its cases besides when a hold-up or hold-down may be over, for what takes a day, as long as
 * anything is fresh.
 */
const MINUTE = 60_000;
const FRESH = 3 * 86_400_000;
/** How often tables are looked at, as in a collector. */
const TABLES_LOOK = 10_000;
/** Errors of a file that could not be opened at all. */
const NO_FILE = new Set(['ENOENT', 'EACCES', 'EISDIR', 'ENOTDIR', 'EPERM']);

/** The next moment behind `time` of those that come every `interval` milliseconds. */
const nextOf = (time: number, interval: number): number => (Math.floor(time / interval) + 1) * interval;

/** Plays the files; resolves to the exit code. */
export async function replay(
  config: Config,
  files: readonly ReplayedFile[],
  stdin: Readable | null,
  listener: ReplayListener,
): Promise<number> {
  const known = await openReplayRegistry(config, listener.remark);
  const { registry, rpki, layers, aspas } = known;
  for (const text of known.unreadable) listener.complain(text);
  for (const { source, leftOut } of known.sources) if (leftOut !== '') listener.remark(`${source}: ${leftOut}`);

  let now = 0;
  let from: number | null = null;
  let records = 0;
  let damaged = 0;
  let unreadable = known.unreadable.length;
  let lastChange = 0;
  const looks = lookTimes();
  const timers = timersOf(config);
  const tally = caseTally();
  const clock = () => now;
  const settings = () => config;
  const ground = groundOfCases({ config: settings, registry, rpki, clock });
  const book = createCaseBook({ clock, registry, settings, ground, stored: [] });

  function took(changes: readonly CaseChange[]): void {
    if (changes.length === 0) return;
    lastChange = now;
    for (const change of changes) {
      if (isTimed(change.case)) looks.began(now, timers);
      tally.count(change);
      listener.line(caseLine(change));
    }
  }

  function heard(message: FromFiles): void {
    switch (message.type) {
      case 'judged':
        took(book.judged(message.changes));
        break;
      case 'session':
        book.session(message.change.peer);
        break;
      case 'end-of-rib':
        took(book.endOfRib(message.peer, message.time));
        break;
    }
  }

  const configured = new Map(config.peers.map(one => [`${one.neighbor} ${one.neighborAs}`, one]));
  const peers = createFilePeers({
    layers,
    aspas,
    localAs: config.localAs,
    now: clock,
    known(address, as, collector) {
      const { name = `${address} AS${as}`, role } = configured.get(`${address} ${as}`) ?? {};
      const whole = collector === '' ? name : `${collector}/${name}`;
      return { name: whole, ...(role !== undefined && { role: { ours: role, peerAs: as } }) };
    },
    tell: heard,
  });

  /** Lets time go by up to `time`: whatever has a timer that is over meanwhile is looked at then, and not later. */
  function advance(time: number): void {
    peers.flush();
    for (;;) {
      const minute = tally.open() > 0 && now < lastChange + FRESH ? nextOf(now, MINUTE) : Number.POSITIVE_INFINITY;
      const look = peers.wants ? nextOf(now, TABLES_LOOK) : Number.POSITIVE_INFINITY;
      const due = looks.next(Math.min(time, minute, look));
      if (due === null && Math.min(minute, look) > time) break;
      now = Math.max(now, due ?? Math.min(minute, look));
      if (due !== null || minute <= look) took(book.tick(now));
      if (due === null && look <= minute) {
        peers.look();
        peers.flush();
      }
    }
    now = time;
  }

  interface Played {
    readonly walker: MrtWalker;
    readonly meet: ReturnType<typeof peers.file>['meet'];
    readonly end: () => void;
    readonly complain: (text: string) => void;
  }
  function play({ file, collector }: ReplayedFile): Played {
    const name = file === '-' ? 'standard input' : file;
    let complaints = 0;
    const complain = (text: string) => {
      damaged++;
      if (++complaints <= MOST_COMPLAINTS) listener.complain(`${name}: ${text}`);
    };
    const { visitor, meet, end } = peers.file(collector, text => complain(`${place}: ${text}`));
    return {
      walker: createWalker(visitor),
      meet,
      complain,
      end() {
        end();
        const more = complaints - MOST_COMPLAINTS;
        if (more > 0) listener.complain(`${name}: and ${more} more`);
      },
    };
  }
  /** Where the record at hand stands. */
  let place = '';
  const played = files.map(play);

  await mergeMrt(
    files.map(({ file }) => file),
    stdin,
    {
      record(number, record) {
        const time = record.seconds * 1000 + Math.floor(record.microseconds / 1000);
        if (from === null) from = now = time;
        else if (time > now) advance(time);
        records++;
        const { walker, meet, complain } = played[number]!;
        meet(record);
        place = `record ${record.number} at octet ${record.offset}`;
        const wrong = walker.walk(record);
        if (wrong !== null) complain(`${place}: ${wrong}`);
      },
      gap: (number, { offset, octets, reason }) =>
        played[number]!.complain(`octet ${offset}: ${reason}; ${octets} octets are left out`),
      end(number, error) {
        const { complain, end } = played[number]!;
        if (error !== null) {
          const { code = '', message } = error as NodeJS.ErrnoException;
          complain(message.replace(/^[A-Z]+: ([^,]*).*$/, '$1'));
          if (NO_FILE.has(code)) unreadable++;
        }
        end();
      },
      drained() {
        listener.progress(now, records, tally.of().all.cases);
        return listener.drained();
      },
    },
  );
  peers.flush();
  took(book.flush());
  registry.close();
  const { all, kinds } = tally.of();
  const { updates, routes, malformed, leftOut } = peers.counts;
  listener.line({
    what: 'summary',
    ...{ from, until: from === null ? null : now, files: files.length, records, damaged, peers: peers.peers },
    ...{ updates, routes, malformed, leftOut: Object.fromEntries([...leftOut].sort(([a], [b]) => (a < b ? -1 : 1))) },
    ...{ sources: known.sources, vrps: rpki.view().vrps.count, ...all, kinds, refused: book.refused },
  });
  return unreadable > 0 ? REPLAY_EXIT.unreadable : damaged > 0 ? REPLAY_EXIT.damaged : REPLAY_EXIT.ok;
}
