/** Text for a terminal or a file: safe, aligned, without colour. */
import { pageNow } from './page.ts';

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

/** Columns a text takes: East Asian wide characters take two, combining marks none (Unicode Standard Annex 11). */
export function width(text: string): number {
  let columns = 0;
  for (const char of text) {
    const code = char.codePointAt(0)!;
    if (code < 0x300) columns++;
    else if (/\p{Mn}/u.test(char)) continue;
    else columns += WIDE.test(char) ? 2 : 1;
  }
  return columns;
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u;

/** A text of at most so many columns; where it is longer, its end is left out and `…` stands there. */
export function cut(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let kept = '';
  let taken = 1;
  for (const char of text) {
    taken += width(char);
    if (taken > columns) break;
    kept += char;
  }
  return `${kept}…`;
}

/** A column of a table: its heading, and whether cells are set right (numbers) or left. */
export interface Column {
  readonly head: string;
  readonly right?: true;
}

/**
 * Columns as wide as their content, one blank between, nothing behind the last. Without rows only the headings. `before`: the
 * widths of the page before, which grow where they must; the headings are then not set again.
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
  const set = lines.map(row =>
    row
      .map((cell, i) => {
        const pad = ' '.repeat(widths[i]! - width(cell));
        return columns[i]?.right ? pad + cell : cell + pad;
      })
      .join(' ')
      .trimEnd(),
  );
  if (lines === cells) pageNow().headings.add(set[0]!.trim());
  return set;
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

/** A text in lines of at most 80 columns, cut at blanks: `first` blanks before the first, `indent` before the others. */
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
