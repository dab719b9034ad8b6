/** Tells the traceback managers now and then which ASes hint on their routes that they take part. */
import type { AskRib } from '../collector/thread.ts';
import type { HintRow } from '../collector/trace-hints.ts';
import type { Traceback } from '../traceback/traceback.ts';
import type { Log } from './log.ts';

/** How often the routes are looked at, ms: every set of attributes that is held, a tenth of a second for a million. */
const INTERVAL = 300_000;
/** The first time, when the first routes may be there. */
const FIRST = 30_000;

export interface TraceHints {
  /** Looks now. Rejects when the routes cannot be asked for. */
  look(): Promise<void>;
  close(): void;
}

export function watchTraceHints(
  /** The marker that is looked for; null: none is. */
  marker: () => number | null,
  query: AskRib,
  traceback: () => Pick<Traceback, 'hints'> | null,
  log: Log,
): TraceHints {
  const look = async () => {
    const wanted = marker();
    const rows = wanted === null ? [] : (await query({ about: 'trace-hints', marker: wanted })).rows;
    traceback()?.hints.take(rows as readonly HintRow[]);
  };
  const soon = () => {
    if (marker() === null) return;
    look().catch((e: Error) => log('warn', `traceback: routes are not looked through for hints: ${e.message}`));
  };
  const first = setTimeout(soon, FIRST).unref();
  const timer = setInterval(soon, INTERVAL).unref();
  return {
    look,
    close() {
      clearTimeout(first);
      clearInterval(timer);
    },
  };
}
