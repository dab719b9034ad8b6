/**
 * What may stand behind a command, as other routers' shells have it: `show route 10.0.0.0/8 longer | include _64500 | count`.
 * Filters work on the lines of the answer as they come. Their expressions are run by the automaton of net/path-pattern.ts,
 * whose time grows with pattern times line, whatever the pattern; those that would need more have no way to be written.
 */
import { compileText } from '../net/path-pattern.ts';

/** What a filter does with lines; `matches` is the test of its expression. */
export type Filter =
  | { readonly what: 'include' | 'exclude' | 'begin'; readonly matches: (line: string) => boolean }
  | { readonly what: 'count' | 'json' };

const HELP: Readonly<Record<Filter['what'], string>> = {
  include: 'Lines that match a regular expression',
  exclude: 'Lines that do not match a regular expression',
  begin: 'From the first line on that matches a regular expression',
  count: 'How many there are',
  json: 'JSON, as with -j',
};

const NAMES = Object.keys(HELP) as Filter['what'][];

/** A command without its filters, or what is wrong with them. */
export type Split =
  | { readonly words: readonly string[]; readonly filters: readonly Filter[] }
  | { readonly error: string };

/** Takes the filters off the words of a line: each begins with a word `|`. `json`: the answer is wanted so anyway. */
export function splitFilters(line: readonly string[], json: boolean): Split {
  const words = line.slice(0, nextBar(line, 0));
  const filters: Filter[] = [];
  for (let at = words.length; at < line.length; ) {
    const end = nextBar(line, at + 1);
    const filter = readFilter(line.slice(at + 1, end), filters, json);
    if ('error' in filter) return filter;
    filters.push(filter);
    at = end;
  }
  return { words, filters };
}

/** The next `|` from a place on, or the end. */
function nextBar(line: readonly string[], from: number): number {
  const found = line.indexOf('|', from);
  return found < 0 ? line.length : found;
}

function readFilter(
  [word = '', ...rest]: readonly string[],
  before: readonly Filter[],
  json: boolean,
): Filter | { readonly error: string } {
  const what = word === '' ? undefined : NAMES.find(name => name.startsWith(word));
  if (what === undefined) {
    const expected = `expected ${NAMES.slice(0, -1)
      .map(name => `"${name}"`)
      .join(', ')} or "${NAMES.at(-1)}"`;
    return {
      error: word === '' ? `nothing stands behind "|": ${expected}` : `no filter "${word}" behind "|": ${expected}`,
    };
  }
  if (before.some(filter => filter.what === 'count')) return { error: `nothing stands behind "| count"` };
  if (what === 'count' || what === 'json') {
    if (rest.length > 0) return { error: `unexpected word "${rest[0]}" after "| ${what}"` };
    if (what === 'json' && before.length > 0) return { error: '"| json" stands before all other filters' };
    return { what };
  }
  // A list as JSON is one line, however long it is.
  if (json || before[0]?.what === 'json') return { error: `"| ${what}" works on lines: JSON is one document` };
  const pattern = rest.join(' ');
  if (pattern === '') return { error: `"| ${what}" needs a regular expression` };
  const compiled = compileText(pattern);
  if ('error' in compiled)
    return { error: `"| ${what}": ${compiled.error} at character ${compiled.at + 1} of "${pattern}"` };
  // Most of them are mere words, which are found faster so.
  const mere = !/[.\\[\]()*+?|^$]/.test(pattern);
  return { what, matches: mere ? line => line.includes(pattern) : compiled.matches };
}

/** What the lines of one answer pass through. */
export interface Sieve {
  /** The answer is wanted as JSON. */
  readonly json: boolean;
  /** Takes lines, each with its line feed, or pieces of one. */
  out(text: string): void;
  /** Takes the place of `out` for the rows of a list: they are counted and need no lines. Null when lines are asked for. */
  readonly counts: ((rows: number) => void) | null;
  /** The answer is whole: lets out what was held back. */
  end(): void;
}

/** `headings`: lines that are not counted, as they are laid out, without the blanks around them. */
export function createSieve(
  filters: readonly Filter[],
  headings: ReadonlySet<string>,
  out: (text: string) => void,
): Sieve {
  const onText = filters.filter(filter => filter.what !== 'json');
  const begun = new Set<Filter>();
  const counts = onText.at(-1)?.what === 'count';
  let counted = 0;
  let piece = '';

  const passes = (line: string): boolean =>
    onText.every(filter => {
      if (!('matches' in filter)) return true;
      if (filter.what === 'begin') {
        if (!begun.has(filter) && filter.matches(line)) begun.add(filter);
        return begun.has(filter);
      }
      return filter.matches(line) === (filter.what === 'include');
    });
  const take = (line: string): string => {
    if (!passes(line)) return '';
    if (!counts) return `${line}\n`;
    if (!headings.has(line.trim())) counted++;
    return '';
  };

  return {
    json: filters[0]?.what === 'json',
    out(text) {
      if (onText.length === 0) return out(text);
      const lines = (piece + text).split('\n');
      piece = lines.pop()!;
      const kept = lines.map(take).join('');
      if (kept !== '') out(kept);
    },
    counts:
      onText.length === 1 && counts
        ? rows => {
            counted += rows;
          }
        : null,
    end() {
      if (piece !== '') out(take(piece));
      piece = '';
      if (counts) out(`${counted}\n`);
    },
  };
}

/** The filters that a word behind `|` may become, each with its help. */
export const filtersLike = (begun: string): readonly { readonly word: Filter['what']; readonly help: string }[] =>
  NAMES.filter(name => name.startsWith(begun)).map(word => ({ word, help: HELP[word] }));
