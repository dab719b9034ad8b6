/** `watch COMMAND [every TIME]`: a command that only looks, again and again, drawn over itself on a terminal. */
import { setTimeout as sleep } from 'node:timers/promises';
import { readDuration } from '../config/units.ts';
import type { ControlClient } from './client.ts';
import { instant } from './render/time.ts';
import { cut } from './render/width.ts';
import { EXIT, runCommand, type Screen } from './run.ts';

/** Milliseconds between two runs: where nothing is said, and the bounds of what may be. */
const EVERY = 2000;
const SHORTEST = 1000;
const LONGEST = 24 * 3_600_000;

/** What is to be run again and again, or what is wrong with it. */
export type Watched = { readonly words: readonly string[]; readonly every: number } | { readonly error: string };

/**
 * First words of what can be watched. The daemon's own commands with `watch`, which tell what happens as it happens, go on by
 * other words, but for `watch cases` beside `watch case CASE-ID`.
 */
const WATCHABLE = ['show', 'case', 'check', 'explain', 'mitigate', 'plan', 'retention', 'whois'];

/** Whether a word, which may be cut short to two letters, begins what can be watched. */
export const isWatchable = (word: string): boolean =>
  word.length > 1 && WATCHABLE.some(command => command.startsWith(word));

/** What the words want watched; null when they do not, or are a command of the daemon as they are. */
export function watchedOf(line: readonly string[]): Watched | null {
  const [first = '', ...rest] = line;
  if (first.length < 2 || !'watch'.startsWith(first) || !isWatchable(rest[0] ?? '')) return null;
  const bar = rest.includes('|') ? rest.indexOf('|') : rest.length;
  const command = rest.slice(0, bar);
  if ('case'.startsWith(rest[0]!) && !/^\d/.test(command[1] ?? '')) return null;
  const at = command.lastIndexOf('every');
  if (at < 0) return { words: rest, every: EVERY };
  const every = readEvery(command.slice(at + 1));
  if (every === null)
    return {
      error: `"every" needs a time from 1s to 24h, such as "every 5s", in place of "${command.slice(at + 1).join(' ')}"`,
    };
  return { words: [...command.slice(0, at), ...rest.slice(bar)], every };
}

/** `5s`, `5 s` or `5`: milliseconds; null when it is no such time. */
function readEvery(words: readonly string[]): number | null {
  const text = words.join('');
  const every = readDuration(/^\d+$/.test(text) ? `${text}s` : text);
  return every !== null && every >= SHORTEST && every <= LONGEST ? every : null;
}

/** Carries out one line, once or, with `watch`, until the signal aborts or it fails. Otherwise as `runCommand`. */
export async function runLine(
  client: ControlClient,
  line: readonly string[],
  screen: Screen,
  signal?: AbortSignal,
): Promise<number> {
  const watched = watchedOf(line);
  if (watched === null) return runCommand(client, line, screen, signal);
  if ('error' in watched) {
    screen.err(watched.error);
    return EXIT.usage;
  }
  // The daemon refuses what does more than look.
  const looking: ControlClient = {
    ...client,
    ask: (words, options) => client.ask(words, { ...options, looking: true }),
  };
  const frames = screen.size() === null || screen.json ? onPipe(screen) : onTerminal(screen, watched);
  for (;;) {
    const frame = frames(Date.now());
    const code = await runCommand(looking, watched.words, frame.screen, signal);
    if (signal?.aborted) return EXIT.ok;
    frame.end();
    if (code !== EXIT.ok) return code;
    await sleep(watched.every, undefined, signal === undefined ? {} : { signal }).catch(() => {});
    if (signal?.aborted) return EXIT.ok;
  }
}

/** Where one run is printed. */
interface Frame {
  readonly screen: Screen;
  /** The run is whole. */
  end(): void;
}

/** Runs one after the other, a line with the time before each; JSON has none, for a run is one document. */
const onPipe =
  (screen: Screen) =>
  (now: number): Frame => {
    if (!screen.json) screen.out(`--- ${instant(now)}\n`);
    return { screen: { ...screen, size: () => null }, end() {} };
  };

/** Each run over the one before; what has no room on the terminal is counted. */
function onTerminal(screen: Screen, { words, every }: { words: readonly string[]; every: number }) {
  let drawn = 0;
  return (now: number): Frame => {
    const { columns, rows } = screen.size() ?? { columns: 80, rows: 24 };
    const room = Math.max(1, rows - 3);
    const lines: string[] = [];
    let beyond = 0;
    let piece = '';
    const take = (line: string) => {
      if (lines.length < room) lines.push(line);
      else beyond++;
    };
    const title = `every ${every / 1000}s: ${words.join(' ')}`;
    return {
      screen: {
        ...screen,
        out(text) {
          const all = (piece + text).split('\n');
          piece = all.pop()!;
          all.forEach(take);
        },
        ready: () => Promise.resolve(),
        size: () => null,
        columns: () => columns - 1,
        err: text => text.split('\n').forEach(take),
      },
      end() {
        if (piece !== '') take(piece);
        const time = instant(now);
        const head = `${cut(title, Math.max(10, columns - time.length - 3)).padEnd(columns - time.length - 2)} ${time}`;
        const all = [head, ...lines, ...(beyond > 0 ? [`… ${beyond} more`] : [])];
        screen.out(
          `${drawn > 0 ? `\x1b[${drawn}A\x1b[J` : ''}${all.map(line => `${cut(line, columns - 1)}\n`).join('')}`,
        );
        drawn = all.length;
      },
    };
  };
}
