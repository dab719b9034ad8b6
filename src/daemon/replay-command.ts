/** The command line of `intertrackd replay`: its words, its streams, its exit status. */
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { formatErrors, loadConfig } from '../config/index.ts';
import { printable } from '../notify/layout.ts';
import { replay } from './replay.ts';
import { REPLAY_USAGE, replayOptions } from './replay-options.ts';

export interface ReplayStreams {
  readonly stdin: Readable;
  readonly stdout: Writable;
  /** Lines, without the end of the last one. */
  err(text: string): void;
}

/** How often progress is told, milliseconds. */
const PROGRESS = 10_000;

/** Carries out the words behind `replay`; resolves to the exit status. */
export async function replayCommand(words: readonly string[], { stdin, stdout, err }: ReplayStreams): Promise<number> {
  const options = replayOptions(words);
  if (options === null) {
    stdout.write(`${REPLAY_USAGE}\n`);
    return 0;
  }
  if (typeof options === 'string') {
    err(`intertrackd: ${printable(options)}`);
    return 64;
  }
  const { quiet, summary } = options;
  const loaded = await loadConfig(options.config);
  if (!quiet) for (const warning of loaded.warnings) err(`warning: ${formatErrors([warning]).trimEnd()}`);
  if (!loaded.ok) {
    err(formatErrors(loaded.errors).trimEnd());
    return 1;
  }
  const say = (text: string) => err(`intertrackd: ${printable(text)}`);
  let told = performance.now();
  return replay(loaded.config, options.files, stdin, {
    line(line) {
      if (!summary || line.what === 'summary') stdout.write(`${JSON.stringify(line)}\n`);
    },
    drained: () => (stdout.writableNeedDrain ? once(stdout, 'drain').then(() => {}) : undefined),
    remark: text => {
      if (!quiet) say(text);
    },
    complain: say,
    progress(time, records, cases) {
      if (quiet || performance.now() - told < PROGRESS) return;
      told = performance.now();
      say(`at ${new Date(time).toISOString()}: ${records} records, ${cases} cases`);
    },
  });
}
