/** What other machines of the bus see of this one: how its collector fares, and the answers to commands that look. */
import type { Alive } from '../bus/presence.ts';
import type { RibSize, SummaryRow } from '../collector/messages.ts';
import type { AskRib } from '../collector/thread.ts';
import { carryOut } from '../control/carry-out.ts';
import { resolveCommand } from '../control/commands.ts';
import type { Daemon } from '../control/daemon.ts';
import { looksOnly } from '../control/levels.ts';

/** Rows of an answer at most. */
const MOST_ROWS = 5_000;

export async function selfOf(query: AskRib): Promise<Pick<Alive, 'peers' | 'established' | 'routes' | 'problems'>> {
  const summary = (await query({ about: 'summary' })).rows as readonly SummaryRow[];
  const size = (await query({ about: 'size' })).rows[0] as RibSize;
  return {
    peers: summary.length,
    established: summary.filter(({ state }) => state === 'Established').length,
    routes: size.routes,
    problems: size.problems.slice(0, 8).map(words => words.slice(0, 256)),
  };
}

/** The rows of a command that only looks; rejects in words when it is none, or cannot be carried out. */
export async function carryOutLook(
  daemon: Daemon,
  words: readonly string[],
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  const resolved = resolveCommand(words);
  if ('error' in resolved) throw new Error(resolved.error);
  if (!looksOnly(resolved.entry)) throw new Error('only commands that look are carried out for another machine');
  const rows: unknown[] = [];
  const outcome = await carryOut(
    daemon,
    { resolved, by: 'another machine', signal },
    {
      async row(row) {
        if (rows.length >= MOST_ROWS) throw new Error(`more than ${MOST_ROWS} rows: ask that machine itself`);
        rows.push(row);
      },
    },
  );
  if (outcome.how === 'done') return rows;
  throw new Error(outcome.how === 'failed' ? outcome.error : 'cancelled');
}
