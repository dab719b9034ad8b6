/** The AS graph of the time of old packets, as the archive gives it: a thread that reads one table and answers of it. */
import { Worker } from 'node:worker_threads';
import type { FrontierRow } from '../collector/frontier-row.ts';
import type { Config } from '../config/tree.ts';
import type { FromPastGraph, ToPastGraph } from './past-graph-worker.ts';

/** From this age on a packet is of another graph than that of now, ms. */
export const OLD = 600_000;
/** How long a trace waits for the table to be read, before it begins; ms. */
const PATIENCE = 10_000;
/** How long the thread keeps a graph that nobody asks, ms. */
const KEPT = 600_000;

export interface PastGraph {
  /** Reads the table before `time`, where there is an archive and the packet is old. Never rejects, and waits for so long only. */
  prepare(time: number): Promise<void>;
  /** The frontier at that time; null where the table is not read, or there is none. Never rejects. */
  frontier(
    time: number,
    from: number,
    avoid: readonly number[],
    among: readonly number[],
    here?: number,
  ): Promise<FrontierRow | null>;
  close(): void;
}

type Asked = ToPastGraph extends infer One ? (One extends ToPastGraph ? Omit<One, 'id'> : never) : never;

/** Of the archive that is configured. */
export function createPastGraph(
  config: () => Pick<Config, 'archive' | 'localAs'>,
  clock: () => number = Date.now,
): PastGraph {
  let worker: Worker | null = null;
  let nextId = 1;
  let idle: NodeJS.Timeout | undefined;
  /** What the thread has read: for which time, and of which table. */
  let has: { readonly time: number; readonly table: number } | null = null;
  const asked = new Map<number, (told: FromPastGraph | null) => void>();

  const stop = () => {
    const mine = worker;
    worker = null;
    has = null;
    for (const settle of asked.values()) settle(null);
    asked.clear();
    void mine?.terminate();
  };
  const ask = (question: Asked): Promise<FromPastGraph | null> => {
    clearTimeout(idle);
    idle = setTimeout(stop, KEPT).unref();
    if (worker === null) {
      // Sources in development, compiled files when installed.
      const entry = import.meta.url.endsWith('.ts') ? './past-graph-worker.ts' : './past-graph-worker.js';
      worker = new Worker(new URL(entry, import.meta.url));
      worker.unref();
      worker.on('message', (told: FromPastGraph) => {
        asked.get(told.id)?.(told);
        asked.delete(told.id);
      });
      worker.on('error', stop);
    }
    const id = nextId++;
    const { promise, resolve } = Promise.withResolvers<FromPastGraph | null>();
    asked.set(id, resolve);
    worker.postMessage({ id, ...question } as ToPastGraph);
    return promise;
  };

  return {
    async prepare(time) {
      const { archive, localAs } = config();
      if (archive === null || clock() - time < OLD) return;
      const reading = ask({ what: 'build', directory: archive.directory, time, localAs }).then(told => {
        if (told !== null && 'table' in told && told.table !== null) has = { time, table: told.table };
      });
      await Promise.race([reading, new Promise(resolve => setTimeout(resolve, PATIENCE).unref())]);
    },
    async frontier(time, from, avoid, among, here = config().localAs) {
      if (has === null || Math.abs(has.time - time) > OLD) return null;
      const told = await ask({ what: 'frontier', from, avoid, among, here });
      return told !== null && 'row' in told ? told.row : null;
    },
    close() {
      clearTimeout(idle);
      stop();
    },
  };
}
