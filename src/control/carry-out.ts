/** Carries out one command, whoever asked for it: the control socket and the HTTP API differ in how they write the answer. */
import { channel } from 'node:diagnostics_channel';
import { type Call, type Command, commandName } from './commands.ts';
import type { Daemon } from './daemon.ts';
import type { Resolved } from './grammar.ts';
import type { PacketsWanted } from './packet-data.ts';

export interface Asked {
  readonly resolved: Resolved<Command>;
  /** Octets the command carries along; see its entry. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** Who asks, in words. */
  readonly by: string;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** What is published of each command when it has ended. */
export interface Ended {
  readonly command: Command;
  readonly how: Outcome['how'];
  /** Milliseconds that it took, waiting for its client included. */
  readonly took: number;
}

/** Where they are published, for whoever counts them. */
export const ENDED = channel('intertrack:command-ended');

/** Where the answer goes. */
export interface AnswerSink {
  /** The words are a command, and it is about to run. */
  begin?(command: Command): Promise<void>;
  /** Resolves when there is room for another row. */
  row(row: unknown): Promise<void>;
  /** The state so far of a row still to come. It may be dropped. */
  partial?(row: unknown): void;
}

/** How a command ended: with all its rows sent, not possible, or no longer waited for. */
export type Outcome =
  | {
      readonly how: 'done';
      readonly command: Command;
      readonly name: string;
      readonly notes: readonly string[];
      readonly want: PacketsWanted | null;
    }
  | { readonly how: 'failed'; readonly error: string }
  | { readonly how: 'cancelled' };

/** Never rejects, unless the sink does when the signal has not aborted. */
export async function carryOut(daemon: Daemon, asked: Asked, sink: AnswerSink): Promise<Outcome> {
  const began = performance.now();
  const outcome = await run(daemon, asked, sink);
  if (ENDED.hasSubscribers) {
    const took = performance.now() - began;
    ENDED.publish({ command: asked.resolved.entry, how: outcome.how, took } satisfies Ended);
  }
  return outcome;
}

async function run(daemon: Daemon, { resolved, data, by, signal }: Asked, sink: AnswerSink): Promise<Outcome> {
  const notes: string[] = [];
  let want: PacketsWanted | null = null;
  let ended = false;
  const call: Call = {
    daemon,
    args: resolved.args,
    rest: resolved.rest,
    data: data ?? {},
    by,
    signal,
    row: async row => {
      signal.throwIfAborted();
      await sink.row(row);
    },
    partial: row => {
      if (!ended && !signal.aborted) sink.partial?.(row);
    },
    note: text => notes.push(text),
    want: packets => {
      want = packets;
    },
  };
  try {
    await sink.begin?.(resolved.entry);
    await Promise.race([resolved.entry.run(call), aborted(signal)]);
  } catch (error) {
    if (signal.aborted) return { how: 'cancelled' };
    // What the daemon rejects with is meant for a person; a defect of our own shows as such and stays one answer.
    return { how: 'failed', error: error instanceof Error ? error.message : String(error) };
  } finally {
    ended = true;
  }
  if (signal.aborted) return { how: 'cancelled' };
  return { how: 'done', command: resolved.entry, name: commandName(resolved.entry), notes, want };
}

/** Resolves once the signal aborts: a command that does not watch it must not hold its asker's place. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
