/** `terminal …`: what a person sets of the terminal, for this run of the shell. */
import { LOG_LEVELS, type LogLevel } from '../control/live-rows.ts';
import type { Completion } from '../control/protocol.ts';

export type TerminalOrder =
  /** Lines of a page, 0 for no end. */
  | { readonly length: number }
  /** Columns; 0: as many as the terminal has. */
  | { readonly width: number }
  /** Null: no lines of the log any more. */
  | { readonly monitor: LogLevel | null };

const USAGE =
  'expected `terminal length LINES` (0: answers do not stop), `terminal width COLUMNS` (0: those of the terminal), ' +
  '`terminal monitor [LEVEL]` or `terminal no monitor`';

/** Fewest columns that answers are laid out for. */
const NARROWEST = 40;

/** What the words behind `terminal` want, cut short as they may be; a string tells what is wrong. */
export function terminalOrder([what = '', ...rest]: readonly string[]): TerminalOrder | string {
  const [value = '', more] = rest;
  const is = (word: string, typed = what) => typed !== '' && word.startsWith(typed);
  if (is('no')) return is('monitor', value) && more === undefined ? { monitor: null } : USAGE;
  if (more !== undefined) return USAGE;
  if (is('monitor')) {
    const level = value === '' ? 'info' : LOG_LEVELS.find(one => one.startsWith(value));
    return level === undefined ? `no level "${value}": expected ${LOG_LEVELS.join(', ')}` : { monitor: level };
  }
  if (!/^\d{1,4}$/.test(value)) return USAGE;
  const number = Number(value);
  if (is('length')) return { length: number };
  if (!is('width')) return USAGE;
  return number === 0 || number >= NARROWEST ? { width: number } : `a width is 0, or from ${NARROWEST} to 9999 columns`;
}

const word = (name: string, help: string): Completion => ({ word: name, kind: 'word', help });

const WORDS = [
  word('length', 'Lines of a page, 0 for no end'),
  word('monitor', 'Show lines of the log as they are written'),
  word('no', 'Show them no more'),
  word('width', 'Columns that answers are laid out for, 0 for those of the terminal'),
];
const END: Completion = { word: '', kind: 'end', help: '' };

/** What may stand next, behind these words after `terminal`. */
export function terminalChoices([what, ...rest]: readonly string[], last: string): readonly Completion[] {
  const like = (found: readonly Completion[]) => found.filter(one => one.word.startsWith(last));
  if (what === undefined) return like(WORDS);
  if (rest.length > 0) return [END];
  if (what !== '' && 'no'.startsWith(what)) return like([word('monitor', 'Show lines of the log no more')]);
  if (what !== '' && 'monitor'.startsWith(what))
    return [...like(LOG_LEVELS.map(level => word(level, 'From this level up'))), END];
  return [{ word: 'NUMBER', kind: 'argument', help: 'whole number from 0 on' }];
}
