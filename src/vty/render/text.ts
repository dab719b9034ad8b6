/** Text for a terminal or a file: safe, aligned, without colour. */
import { pageNow } from './page.ts';
import { cut, hangOf, width, wrap } from './width.ts';

/**
 * Makes characters that would steer a terminal visible (C0 and C1 controls, bidirectional overrides and isolates), for
 * descriptions, registry objects and error texts come from outside. Line feeds and tabs stay.
 */
export function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, char => {
    const code = char.codePointAt(0)!.toString(16);
    return `\\u{${code}}`;
  });
}

/** A column of a table: its heading, and whether cells are set right (numbers) or left. */
export interface Column {
  readonly head: string;
  readonly right?: true;
  /** Words that say more than must be said in a line: they are cut where the page has no room for them. */
  readonly free?: true;
}

/** Columns that what is cut keeps, and that the last column must have to be wrapped in itself. */
const LEAST = 12;

/**
 * Columns as wide as their content, one blank between, nothing behind the last. Without rows only the headings. `before`: the
 * widths of the page before, which grow where they must; the headings are then not set again.
 *
 * Where the page has no room, free columns are cut, each to what the others leave; then the last one is wrapped in itself; and
 * where that is not enough a row takes several lines, its later columns below the first ones. A string may so have line feeds,
 * which `renderAnswer` makes lines of: there is one string for each row.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly (string | number)[])[],
  before: number[] = [],
): string[] {
  const cells = [columns.map(column => column.head), ...rows.map(row => row.map(cell => oneLine(String(cell))))];
  const widths = columns.map((_, i) =>
    cells.reduce((most, row) => Math.max(most, width(row[i] ?? '')), before[i] ?? 0),
  );
  const lines = before.length > 0 ? cells.slice(1) : cells;
  before.splice(0, before.length, ...widths);
  const set = layRows(columns, lines, widths);
  if (lines === cells) for (const line of set[0]!.split('\n')) pageNow().headings.add(line.trim());
  return set;
}

function layRows(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  natural: readonly number[],
): string[] {
  const room = pageNow().columns ?? Number.POSITIVE_INFINITY;
  const widths = shrunk(columns, natural, room);
  const cell = (row: readonly string[], i: number): string => {
    const text = cut(row[i] ?? '', widths[i]!);
    const pad = ' '.repeat(widths[i]! - width(text));
    return columns[i]?.right ? pad + text : text + pad;
  };
  const last = widths.length - 1;
  const start = widths.slice(0, last).reduce((sum, one) => sum + one + 1, 0);
  if (start + widths[last]! > room && !columns[last]?.right && room - start >= LEAST) {
    widths[last] = room - start;
    return rows.map(row => {
      const before = widths.slice(0, last).map((_, i) => `${cell(row, i)} `);
      return `${before.join('')}${wrap(row[last] ?? '', room - start, '').join(`\n${' '.repeat(start)}`)}`.trimEnd();
    });
  }
  const bands = bandsOf(widths, room);
  return rows.map(row =>
    bands
      .map(([from, to], i) => {
        const line = widths.slice(from, to).map((_, j) => cell(row, from + j));
        return `${i > 0 ? BELOW : ''}${line.join(' ')}`.trimEnd();
      })
      .filter((line, i) => i === 0 || line !== '')
      .join('\n'),
  );
}

/** The widths with free columns made narrower, the widest first, as far as there is need and it can be. */
function shrunk(columns: readonly Column[], natural: readonly number[], room: number): number[] {
  const widths = [...natural];
  let over = widths.reduce((sum, one) => sum + one + 1, -1) - room;
  const least = (i: number) => Math.max(LEAST, width(columns[i]?.head ?? ''));
  while (over > 0) {
    const free = widths.flatMap((one, i) => (columns[i]?.free && one > least(i) ? [i] : []));
    const [widest] = free.toSorted((a, b) => widths[b]! - widths[a]!);
    if (widest === undefined) break;
    widths[widest]!--;
    over--;
  }
  return widths;
}

/** Begins a line of a row that is not its first. */
const BELOW = '    ';

/** Which columns stand in each line of a row. */
function bandsOf(widths: readonly number[], room: number): [from: number, to: number][] {
  const bands: [number, number][] = [];
  let from = 0;
  let taken = -1;
  for (const [i, one] of widths.entries()) {
    if (taken + 1 + one > room && i > from) {
      bands.push([from, i]);
      from = i;
      taken = BELOW.length - 1;
    }
    taken += 1 + one;
  }
  return [...bands, [from, widths.length]];
}

/** Lines that fit the page that is laid out now: those of rows that take several, and what is too long wrapped. */
export function fitted(lines: readonly string[]): string[] {
  const { columns, asIs } = pageNow();
  if (columns === null) return [...lines];
  return lines.flatMap(line =>
    line.split('\n').flatMap(one => (asIs.has(one.trim()) ? [one] : wrap(one, columns, hangOf(one)))),
  );
}

/** A table with lines below some of its rows, such as what went wrong with them last: `below` has those of a row. */
export function tableWith<Row>(
  columns: readonly Column[],
  rows: readonly Row[],
  cells: (row: Row) => readonly (string | number)[],
  below: (row: Row) => readonly string[],
): string[] {
  const [head = '', ...lines] = table(columns, rows.map(cells));
  return [head, ...lines.flatMap((line, i) => [line, ...below(rows[i]!)])];
}

/** What went wrong last, below the row that it is of. */
export const lastError = (error: string): string[] => (error === '' ? [] : fold(`last error: ${error}`, 4, 2));

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ');
}

/** `name: value` lines, the values beneath each other; those with an empty value are left out. */
export function facts(rows: readonly (readonly [name: string, value: string])[]): string[] {
  const shown = rows.filter(([, value]) => value !== '');
  const most = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${`${name}:`.padEnd(most + 2)}${oneLine(value)}`);
}

/** A text in lines of at most 80 columns, broken at blanks: `first` blanks before the first, `indent` before the others. */
export function fold(text: string, indent: number, first = 0): string[] {
  const lines: string[] = [];
  let line = ' '.repeat(first);
  let empty = true;
  for (const word of text.split(' ')) {
    if (!empty && width(line) + 1 + width(word) > 80) {
      lines.push(line);
      line = ' '.repeat(indent);
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line];
}

/** The word for so many: `route`, `routes`. */
export function plural(number: number, one: string, many: string = `${one}s`): string {
  return number === 1 ? one : many;
}

/** `1 route`, `2 routes`. */
export function count(number: number, one: string, many: string = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
