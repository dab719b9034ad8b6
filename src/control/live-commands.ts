/** `watch …`: what happens, as it happens. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Call, Command } from './commands.ts';
import { createLiveQueue, type LiveQueue } from './live-queue.ts';
import {
  type AnyRow,
  type LeftOutRow,
  LOGGED,
  type LogLevel,
  type MarkRow,
  TABLES,
  type Told,
  type Topic,
} from './live-rows.ts';
import { namedTrace } from './trace-arguments.ts';

/** What each topic tells. */
const HELP: Readonly<Record<Topic, string>> = {
  cases: 'A line for each change of a case as it comes, until it is interrupted',
  machines: 'Machines that share the work now, and each that is missed, is back or takes partitions',
  notices: 'A line for each notice that is to go out, and what comes of it',
  probes: 'Probes now, and each that changes',
  sessions: 'BGP peers now, and each whose session or table changes',
  sources: 'Registry sources now, and each that changes',
  status: 'The daemon in one view, and again when it is another',
  traceback: 'Trace peers now, and each whose session changes',
  traces: 'A line for each trace that begins, hears an answer or is over',
};

const SINCE = { since: 'Go on behind this mark: what was missed is told first' };

/** Changes of a trace that come within so many ms are one. */
const GATHERED = 100;

const TOPICS: readonly Topic[] = [...LOGGED, ...TABLES].toSorted();

/** Part of COMMANDS. */
export const LIVE_COMMANDS: readonly Command[] = [
  {
    syntax: 'watch all [since MARK]',
    help: 'All of these in one: what a screen in the duty room shows',
    words: SINCE,
    long: true,
    live: true,
    run: call =>
      follow(call, TOPICS, ({ mark, about, row }) =>
        about === null ? { mark, ...row } : ({ mark, about, row } satisfies AnyRow),
      ),
  },
  ...TOPICS.map(
    (topic): Command => ({
      syntax: `watch ${topic} [since MARK]`,
      help: HELP[topic],
      words: SINCE,
      long: true,
      live: true,
      run: call => follow(call, [topic], ({ mark, row }) => ({ mark, ...row })),
    }),
  ),
  {
    syntax: 'watch log [level LEVEL]',
    help: 'Lines of the log as they are written, those of cases among them',
    words: { level: 'From this level up; info where nothing is said' },
    long: true,
    live: true,
    run: call => tell(call, add => call.daemon.followLog((call.args.LEVEL ?? 'info') as LogLevel, add)),
  },
  {
    syntax: 'watch trace TRACE-ID',
    help: 'One trace with its tree, again whenever more is known, until it is over',
    long: true,
    live: true,
    run: followTrace,
  },
];

/** Lines of the log have no marks: who was away reads the log itself. */
async function tell({ row, signal }: Call, begin: (add: (row: object) => void) => () => void): Promise<void> {
  const queue = createLiveQueue(signal);
  const stop = begin(one => queue.add({ mark: '', about: null, key: null, row: one }));
  await drain(queue, stop, ({ row: one }) => one, row, signal);
}

/** Who has lost rows of tables begins anew behind what it has been told, and is told the tables as a whole again. */
async function follow(call: Call, topics: readonly Topic[], rowOf: (told: Told) => object): Promise<void> {
  const { daemon, args, row, signal } = call;
  let since = args.MARK ?? null;
  while (!signal.aborted) {
    const queue = createLiveQueue(signal);
    const lost = await drain(queue, daemon.follow(topics, since, queue.add), rowOf, row, signal);
    if (lost === null) return;
    since = lost.mark;
    const gap = `${lost.rows} rows of tables were not told, for they came faster than they were read: all follow anew`;
    await row({ mark: since, gap } satisfies MarkRow);
  }
}

/**
 * Sends what is told until nobody listens any more: null; or until rows of tables were left out: how many, and the mark
 * behind which the client has been told nothing.
 */
async function drain(
  queue: LiveQueue,
  stop: () => void,
  rowOf: (told: Told) => object,
  row: Call['row'],
  signal: AbortSignal,
): Promise<{ readonly mark: string; readonly rows: number } | null> {
  let mark = '';
  try {
    while (!signal.aborted) {
      const { told, leftOut, lostRows } = queue.take();
      for (const one of told) {
        await row(rowOf(one));
        mark = one.mark;
      }
      if (leftOut > 0) await row({ leftOut } satisfies LeftOutRow);
      if (lostRows > 0) return { mark, rows: lostRows };
      await queue.filled();
    }
    return null;
  } finally {
    stop();
  }
}

/** The whole trace each time: only the latest state is of use, so who reads slowly misses nothing of the end. */
async function followTrace(call: Call): Promise<void> {
  const { daemon, args, row, signal } = call;
  let changed = true;
  let wake = () => {};
  let over = false;
  const stop = daemon.followTrace(args['TRACE-ID']!, ended => {
    changed = true;
    over ||= ended;
    wake();
  });
  over ||= stop === null;
  const aborted = () => wake();
  signal.addEventListener('abort', aborted);
  try {
    while (!signal.aborted) {
      changed = false;
      const last = over;
      await row(await namedTrace(call));
      if (last) return;
      await wait(GATHERED, undefined, { signal }).catch(() => {});
      if (!changed && !signal.aborted)
        await new Promise<void>(resolve => {
          wake = resolve;
        });
    }
  } finally {
    signal.removeEventListener('abort', aborted);
    stop?.();
  }
}
