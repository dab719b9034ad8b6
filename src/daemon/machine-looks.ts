/**
 * What other machines of the bus see of this one, how its collector fares and the answers to commands that look; and what this
 * one asks all of them.
 */
import { askMachine } from '../bus/asking.ts';
import type { Bus } from '../bus/connection.ts';
import type { Alive, Machine } from '../bus/presence.ts';
import { routerIdOf } from '../bus/subjects.ts';
import type { RibSize, SummaryRow } from '../collector/messages.ts';
import type { AskRib } from '../collector/thread.ts';
import { carryOut } from '../control/carry-out.ts';
import { resolveCommand } from '../control/commands.ts';
import type { Daemon } from '../control/daemon.ts';
import { looksOnly } from '../control/levels.ts';
import type { MachineAnswer } from '../control/machine-rows.ts';

/** Rows of an answer at most. */
const MOST_ROWS = 5_000;
/** How long another machine has to answer, and how long this one works at an answer. Milliseconds. */
export const ANSWER = 3_000;
const WORK = 10_000;

/** Carries out a command that only looks, at this machine; resolves to its rows. */
export type Look = (words: readonly string[], signal: AbortSignal) => Promise<readonly unknown[]>;

export async function selfOf(query: AskRib): Promise<Pick<Alive, 'peers' | 'established' | 'routes' | 'problems'>> {
  // Together, so that the collector is woken once.
  const [peers, sizes] = await Promise.all([query({ about: 'summary' }), query({ about: 'size' })]);
  const summary = peers.rows as readonly SummaryRow[];
  const size = sizes.rows[0] as RibSize;
  return {
    peers: summary.length,
    established: summary.filter(({ state }) => state === 'Established').length,
    routes: size.routes,
    problems: size.problems.slice(0, 8).map(words => words.slice(0, 256)),
  };
}

/** How long what a machine that collects nothing says of its collector stays what it is. Milliseconds. */
const SELDOM = 5_000;

/** As `self`, which is asked once in a while only: its thread need not be woken every second for peers that there are none of. */
export function askedSeldom<T>(self: () => Promise<T>, now = () => performance.now()): () => Promise<T> {
  let last: { readonly at: number; readonly said: T } | null = null;
  return async () => {
    if (last === null || now() - last.at >= SELDOM) last = { at: now(), said: await self() };
    return last.said;
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
  // What never ends would take the place of other questions for ever.
  if (resolved.entry.live) throw new Error('what is shown as it happens is shown by that machine itself');
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(WORK)]);
  const rows: unknown[] = [];
  const outcome = await carryOut(
    daemon,
    { resolved, by: 'another machine', signal: deadline },
    {
      async row(row) {
        if (rows.length >= MOST_ROWS) throw new Error(`more than ${MOST_ROWS} rows: ask that machine itself`);
        rows.push(row);
      },
    },
  );
  if (outcome.how === 'done') return rows;
  throw new Error(outcome.how === 'failed' ? outcome.error : 'it took too long');
}

export interface AskedOfAll {
  /** Null: this machine is on no bus. */
  readonly bus: Bus | null;
  /** This machine, and all that were ever heard, this one among them or not. */
  readonly machine: string;
  readonly others: readonly Machine[];
  readonly look: Look;
}

/** Has every machine carry out a command that only looks, each with a deadline of its own; in the order of their names. */
export async function askAllMachines(
  { bus, machine, others, look }: AskedOfAll,
  words: readonly string[],
  signal: AbortSignal,
): Promise<readonly MachineAnswer[]> {
  // It answers for itself, whether it hears itself over the bus or not.
  const missed = new Map([[machine, ''], ...others.map(one => [one.machine, whySilent(one, bus)] as const)]);
  const answers = [...missed.keys()].sort().map(async (name): Promise<MachineAnswer> => {
    const named = { machine: routerIdOf(name), silent: '' };
    try {
      if (name === machine) return { ...named, rows: await look(words, signal) };
      const why = missed.get(name)!;
      if (why !== '') throw new Error(why);
      return { ...named, rows: rowsOf(await askMachine(bus!, name, { ask: 'look', words }, ANSWER)) };
    } catch (error) {
      return { ...named, rows: [], silent: (error as Error).message };
    }
  });
  const unknown = bus !== null && !bus.up && missed.size === 1;
  const why = unknown ? [{ machine: '', rows: [], silent: `the bus is not there: ${bus.trouble}` }] : [];
  return [...(await Promise.all(answers)), ...why];
}

/** Why a machine need not be asked; '': it may answer. */
const whySilent = ({ missed, unheard }: Machine, bus: Bus | null): string =>
  missed ? 'it is not heard' : unheard ? `the bus is not there: ${bus?.trouble ?? ''}` : '';

/** The rows that another machine answered with; throws in words when they are none. */
function rowsOf(answer: unknown): readonly unknown[] {
  const isRow = (one: unknown) => typeof one === 'object' && one !== null && !Array.isArray(one);
  if (!Array.isArray(answer) || answer.length > MOST_ROWS || !answer.every(isRow))
    throw new Error('what it answered are no rows');
  return answer;
}
