import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Completion } from '../control/protocol.ts';
import type { ControlClient } from './client.ts';
import { filtersLike } from './filters.ts';
import { terminalChoices } from './terminal.ts';
import { isWatchable } from './watch.ts';
import { splitWords } from './words.ts';

/** The shell's own commands; all others are the daemon's. */
export const OWN_COMMANDS: readonly Completion[] = [
  { word: 'exit', kind: 'word', help: 'End the shell' },
  { word: 'quit', kind: 'word', help: 'End the shell' },
  { word: 'terminal', kind: 'word', help: 'Length of pages, width, and lines of the log as they are written' },
];

/** Most names of files offered. */
const MAX_FILES = 200;

/** What may stand at the end of the line, or what is wrong with a word before it. */
export async function choicesAt(client: ControlClient, line: string): Promise<readonly Completion[] | string> {
  const { words, last } = splitWords(line);
  const before = last === '' ? words : words.slice(0, -1);
  const filters = filtersAt(before, last);
  if (filters !== null) return filters;
  if (before[0] !== undefined && before[0].length > 2 && 'terminal'.startsWith(before[0]))
    return terminalChoices(before.slice(1), last);
  const found = await withWatched(client, before, last);
  if (typeof found === 'string' || before.length > 0) return found;
  return [...found, ...OWN_COMMANDS.filter(own => own.word.startsWith(last))];
}

/** What the daemon says may stand there; behind `watch` also its other commands, and `every` where one may end. */
export async function withWatched(
  client: Pick<ControlClient, 'complete'>,
  [first = '', ...command]: readonly string[],
  last: string,
): Promise<readonly Completion[] | string> {
  const before = first === '' ? [] : [first, ...command];
  if (first.length < 2 || !'watch'.startsWith(first)) return client.complete([...before, last]);
  if (command.includes('every')) return command.at(-1) === 'every' ? [TIME] : [];
  if (command.length > 0 && !isWatchable(command[0]!)) return client.complete([...before, last]);
  const [own, others] = await Promise.all([client.complete([...before, last]), client.complete([...command, last])]);
  if (typeof others === 'string') return own;
  const watchable = command.length > 0 ? others : others.filter(one => isWatchable(one.word));
  const ends =
    others.some(one => one.kind === 'end') || (command.length > 0 && last !== '' && EVERY.word.startsWith(last));
  return [...(typeof own === 'string' ? [] : own), ...watchable, ...(ends ? [EVERY] : [])];
}

const EVERY: Completion = { word: 'every', kind: 'word', help: 'How often; 2s where nothing is said' };
const TIME: Completion = { word: 'TIME', kind: 'argument', help: 'from 1s to 24h, such as 5s' };

/** What may stand behind a `|`; null where none stands. */
export function filtersAt(before: readonly string[], last: string): readonly Completion[] | null {
  const bar = before.lastIndexOf('|');
  if (bar < 0) return null;
  if (bar === before.length - 1) return filtersLike(last).map(filter => ({ ...filter, kind: 'word' }));
  const [filter] = filtersLike(before[bar + 1]!);
  const ends: Completion = { word: '', kind: 'end', help: '' };
  if (filter === undefined || filter.word === 'count' || filter.word === 'json') return [ends];
  return [{ word: 'REGEX', kind: 'argument', help: 'regular expression on a line' }];
}

/** Tab: the words that the last one may become, and the text they take the place of (readline's shape). */
export async function completeLine(client: ControlClient, line: string): Promise<[string[], string]> {
  const { last, lastAt, open } = splitWords(line);
  const found = await choicesAt(client, line);
  const typed = line.slice(lastAt);
  if (typeof found === 'string' || open) return [[], typed];
  const words = found
    .filter(one => one.kind === 'word' || one.kind === 'value')
    .map(one => one.word)
    .filter(word => word.startsWith(last) && !/\s/.test(word)) // one with blanks would need quotes
    .map(word => `${word} `);
  const files = found.some(one => one.kind === 'argument' && one.word === 'FILE') ? filesLike(last) : [];
  return [[...words, ...files], typed];
}

/** Names of files that begin so; a directory ends in `/`. Names that would need quotes are not offered. */
function filesLike(begun: string): string[] {
  const directory = begun.endsWith('/') ? begun : dirname(begun === '' ? 'x' : begun);
  try {
    return readdirSync(directory, { withFileTypes: true })
      .map(entry => {
        const path = begun.includes('/') ? join(directory, entry.name) : entry.name;
        return entry.isDirectory() ? `${path}/` : `${path} `;
      })
      .filter(path => path.startsWith(begun) && !/[\s"\\]/.test(path.trimEnd()))
      .slice(0, MAX_FILES);
  } catch {
    return [];
  }
}
