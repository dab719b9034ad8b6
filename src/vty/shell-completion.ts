/** What bash(1) and zsh(1) are told when somebody presses Tab behind `itctl` (`itctl --complete`; contrib/completion). */
import type { Completion } from '../control/protocol.ts';
import type { ControlClient } from './client.ts';
import { filtersAt, withWatched } from './complete.ts';
import { OFFLINE } from './offline.ts';

/** Stands for a name of a file, which the shell knows better. */
const FILE_LINE = '<file>';

/**
 * Lines of a word, a tab and its help, for the last of the words, of which so much is typed; without a daemon those of the
 * commands that need none.
 */
export async function completionLines(
  client: Pick<ControlClient, 'complete'> | null,
  words: readonly string[],
): Promise<string[]> {
  const last = words.at(-1) ?? '';
  // As it is typed, a bar is quoted: to the shell it means something else.
  const before = words.slice(0, -1).map(word => (/^(\\\||'\|'|"\|")$/.test(word) ? '|' : word));
  const filters = filtersAt(before, last);
  if (filters !== null) return filters.filter(one => one.kind === 'word').map(({ word, help }) => `${word}\t${help}`);
  const asked = client === null ? [] : await withWatched(client, before, last);
  const found: readonly Completion[] = typeof asked === 'string' ? [] : asked;
  const lines = new Map<string, string>();
  for (const { word, kind, help } of found)
    if (kind === 'argument' && word === 'FILE') lines.set(FILE_LINE, help);
    else if ((kind === 'word' || kind === 'value') && word.startsWith(last)) lines.set(word, help);
  for (const { words: own, syntax, next: after } of OFFLINE) {
    if (!before.every((word, i) => own[i] === undefined || own[i] === word)) continue;
    const next = own[before.length];
    if (next === undefined && after !== undefined)
      for (const word of await after(words.slice(own.length))) lines.set(word, '');
    else if (next === undefined) lines.set(FILE_LINE, 'a file');
    else if (next.startsWith(last) && !lines.has(next)) lines.set(next, before.length + 1 === own.length ? syntax : '');
  }
  return [...lines].map(([word, help]) => `${word}\t${help}`);
}
