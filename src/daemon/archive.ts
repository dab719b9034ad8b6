/** The MRT archive as the daemon has it: its thread, what the collector sends it, and what is told of both. */
import { MessageChannel } from 'node:worker_threads';
import type { FromCollector } from '../collector/messages.ts';
import type { CollectorThread } from '../collector/thread.ts';
import type { Config } from '../config/tree.ts';
import type { ArchiveRow } from '../control/daemon.ts';
import { holdings } from '../mrt/archive-inventory.ts';
import type { ArchiveAnswer, ArchiveQuestion } from '../mrt/archive-reader.ts';
import { createArchiveReader } from '../mrt/archive-reader-thread.ts';
import { type ArchiveThread, startArchive } from '../mrt/archive-thread.ts';
import { parseAddress } from '../net/address.ts';
import type { Log } from './log.ts';

/** How long after the thread died, or could not begin, it is tried again, milliseconds. */
const AGAIN = 10_000;
/** How long a question waits for the disk to take what is newest, milliseconds. */
const SYNC_PATIENCE = 500;
/** Alarms that are remembered for `show archive`. */
const MOST_ALARMS = 20;

export interface Archive {
  /** Opens, closes, or opens anew what the configuration says. Sessions go on. */
  configure(config: Config): Promise<void>;
  /** The collector has begun to write its tables. */
  dumping(message: Extract<FromCollector, { type: 'dumping' }>): void;
  /** Null without an archive. */
  status(): Promise<ArchiveRow | null>;
  /** A line for each thing that is not as it should be. */
  problems(): Promise<string[]>;
  /** Asks about the past, the last seconds included. Rejects, in words, when there is no archive. */
  ask(question: ArchiveQuestion): Promise<ArchiveAnswer>;
  /** To be called when the collector has said its last. */
  close(): Promise<void>;
}

export function createArchive(collector: Pick<CollectorThread, 'send'>, log: Log): Archive {
  const reader = createArchiveReader();
  let wanted: Config['archive'] = null;
  let routerId = '0.0.0.0';
  let thread: ArchiveThread | null = null;
  /** Why there is no thread though there should be one. */
  let failure = '';
  let alarms: { readonly time: number; readonly text: string }[] = [];
  let again: NodeJS.Timeout | null = null;
  // One after the other: a reload must not overtake the one before it.
  let turn: Promise<void> = Promise.resolve();

  function alarm(text: string): void {
    log('error', `archive: ${text}`);
    alarms = [...alarms, { time: Date.now(), text }].slice(-MOST_ALARMS);
  }

  function fail(why: string): void {
    failure = why;
    thread = null;
    alarm(`${why}; what peers send is not kept, and it is tried again in ${AGAIN / 1000} s`);
    collector.send({ type: 'archive', port: null });
    again = setTimeout(() => {
      turn = turn.then(() => open(false));
    }, AGAIN);
  }

  async function open(seamless: boolean): Promise<void> {
    if (again !== null) clearTimeout(again);
    again = null;
    const before = thread;
    thread = null;
    if (wanted === null) {
      collector.send({ type: 'archive', port: null });
      await before?.close();
      return;
    }
    // The collector sends to the next archive while the last one closes: what it sends waits in the channel.
    const { port1, port2 } = new MessageChannel();
    collector.send({ type: 'archive', port: port2 }, [port2]);
    await before?.close();
    try {
      const events = {
        closed: () => {},
        alarm,
        note: (text: string) => log('info', `archive: ${text}`),
        ribDue: (time: number) => collector.send({ type: 'dump', time }),
        died: (error: Error) => fail(`its thread died: ${error.message}`),
      };
      thread = await startArchive({ ...wanted, seamless: seamless && before !== null }, events);
      thread.connect(port1);
      failure = '';
    } catch (e) {
      port1.close();
      fail(`it cannot be opened: ${(e as Error).message}`);
    }
  }

  return {
    configure(config) {
      routerId = config.routerId;
      const same = JSON.stringify(config.archive) === JSON.stringify(wanted);
      // Files of another directory are another archive: it has not seen what came before.
      const seamless = config.archive?.directory === wanted?.directory;
      wanted = config.archive;
      if (!same)
        turn = turn.then(() => {
          alarms = [];
          return open(seamless);
        });
      return turn;
    },
    dumping({ time, peers }) {
      const id = parseAddress(routerId)?.bytes ?? new Uint8Array(4);
      thread?.rib(time, { collector: id, view: '', peers }, 1);
    },
    async status() {
      if (wanted === null) return null;
      const { directory, updates, rib, retain, compress } = wanted;
      const state = await thread?.status().catch(() => undefined);
      return {
        directory,
        updates,
        rib,
        retain,
        compress,
        failure,
        alarms,
        held: await holdings(directory).catch(() => ({ files: 0, octets: 0, oldest: null })),
        state: state ?? null,
      };
    },
    async problems() {
      if (wanted === null) return [];
      if (failure !== '') return [`archive: ${failure}`];
      const state = await thread?.status().catch(() => undefined);
      if (state === undefined) return [];
      return [
        ...(state.trouble === '' ? [] : [`archive: the disk takes nothing: ${state.trouble}`]),
        ...(state.lost === 0 ? [] : [`archive: ${state.lost} records were lost`]),
        ...(state.differing === 0
          ? []
          : [`archive: ${state.differing} files differ from what was given to be written`]),
      ];
    },
    async ask(question) {
      if (wanted === null) throw new Error('there is no archive: see `archive mrt` in intertrackd.conf(5)');
      // A disk that refuses does not keep back what it took.
      const patience = new Promise(resolve => setTimeout(resolve, SYNC_PATIENCE));
      await Promise.race([thread?.sync().catch(() => {}), patience]);
      return reader.ask(wanted.directory, question);
    },
    async close() {
      wanted = null;
      await turn;
      if (again !== null) clearTimeout(again);
      await thread?.close();
      thread = null;
      await reader.close();
    },
  };
}
