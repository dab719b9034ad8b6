/**
 * What came over the bus and is not believed: counted by what it is and by the machine whose name it bears, and said in the
 * log, of each once a minute at most, however much of it comes.
 */
import { seldom } from '../net/rate.ts';
import { routerIdOf } from './subjects.ts';

/** `judged`: a message of the stream, or a change in one; `alive`: what a machine says of itself. */
export type RefusedKind = 'judged' | 'alive' | 'question' | 'answer';

export interface RefusedRow {
  /** What kind of message it was. */
  readonly what: RefusedKind;
  /** Router id of the machine whose name it bore; '': of none that is known, or of more machines than are told apart. */
  readonly machine: string;
  /** How many such messages came. */
  readonly times: number;
  /** When the last one came, ms since the epoch, and what was wrong with it. */
  readonly last: number;
  readonly why: string;
}

export interface Refused {
  /** `machine` by its name on the bus; null: not known. */
  count(what: RefusedKind, machine: string | null, why: string): void;
  rows(): readonly RefusedRow[];
  /** What was refused within the last minutes, in words. */
  problems(): readonly string[];
}

/** Kinds and machines that are told apart, and characters of why. */
const MOST_ROWS = 256;
const MOST_WORDS = 200;
/** Milliseconds between two lines about the same, and how long one is a problem after the last time. */
const QUIET = 60_000;
const RECENT = 10 * 60_000;
const MOST_PROBLEMS = 5;

/** Such a message in words, `of` whom it bears. */
const WORDS: Readonly<Record<RefusedKind, (of: string) => string>> = {
  judged: of => `what ${of} judged`,
  alive: of => `what ${of} says of itself`,
  question: of => `a question of ${of}`,
  answer: of => `an answer of ${of}`,
};

/** `now` in ms since the epoch. */
export function countRefused(log: (level: 'warn', text: string) => void, now: () => number = Date.now): Refused {
  const rows = new Map<string, { readonly row: RefusedRow; readonly say: (why: string) => void }>();

  const sentence = ({ what, machine, times, why }: Pick<RefusedRow, 'what' | 'machine' | 'times' | 'why'>): string =>
    `refused ${times} ${times === 1 ? 'time' : 'times'}: ${WORDS[what](machine === '' ? 'some machine' : machine)}: ${why}`;

  return {
    count(what, from, why) {
      let machine = from === null ? '' : routerIdOf(from);
      if (!rows.has(`${what} ${machine}`) && rows.size >= MOST_ROWS) machine = '';
      const key = `${what} ${machine}`;
      const before = rows.get(key);
      const say =
        before?.say ??
        seldom(1_000 / QUIET, now, (text, unsaid) =>
          log('warn', `bus: ${sentence({ what, machine, times: unsaid + 1, why: text })}`),
        );
      const words = why.slice(0, MOST_WORDS);
      rows.set(key, { row: { what, machine, times: (before?.row.times ?? 0) + 1, last: now(), why: words }, say });
      say(words);
    },
    rows: () => [...rows.values()].map(({ row }) => row),
    problems() {
      const recent = [...rows.values()].map(({ row }) => row).filter(({ last }) => now() - last < RECENT);
      const shown = recent.sort((a, b) => b.last - a.last).slice(0, MOST_PROBLEMS);
      const more = recent.length - shown.length;
      return [...shown.map(sentence), ...(more > 0 ? [`${more} more kinds of messages refused: show collector`] : [])];
    },
  };
}
