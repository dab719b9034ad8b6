/** A file of the configuration as read, and what is said about places in it. */
import type { ReadSecret } from './secrets.ts';

/** One file's text. `order` numbers the files in the order in which they were read; the main file is 0. */
export interface Source {
  readonly file: string;
  readonly text: string;
  /** Absolute directory of the file: relative names in it start there. */
  readonly directory: string;
  /** True when every user of the machine may read the file. */
  readonly readableByAll: boolean;
  readonly order: number;
  /** Reads what stands in a file or in the environment; not there: nothing can be read. */
  readonly secret?: ReadSecret;
  /** The file that included this one; null for the main file. */
  readonly includedFrom: Source | null;
}

/** From `start` to before `end`, offsets in UTF-16 code units into the text of `source`. */
export interface Place {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

/** An error or a warning about the configuration, ready to be shown. */
export interface ConfigError {
  readonly file: string;
  /** From 1; 0 when the error is about the file and not about a place in it. */
  readonly line: number;
  /** Characters from 1, a tab being one; 0 with line 0. */
  readonly column: number;
  /** What is wrong, and what was expected. */
  readonly message: string;
  /** The source line and a line with the caret; empty with line 0. */
  readonly excerpt: string;
}

/** Longest piece of a source line that is shown, in characters. */
const EXCERPT = 120;

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u;

/** Makes the error `message` about a place. */
export function errorAt(place: Place, message: string): ConfigError {
  const { text, file } = place.source;
  const begin = text.lastIndexOf('\n', place.start - 1) + 1;
  const stop = text.indexOf('\n', place.start);
  const before = Array.from(text.slice(begin, place.start));
  const after = Array.from(text.slice(place.start, stop < 0 ? text.length : stop));
  const marked = Math.max(
    1,
    Array.from(text.slice(place.start, Math.min(place.end, stop < 0 ? text.length : stop))).length,
  );
  const left = before.slice(Math.max(0, before.length - EXCERPT / 2));
  const right = after.slice(0, EXCERPT - left.length);
  const pad = left.map(char => (char === '\t' ? '\t' : WIDE.test(char) ? '\u3000' : ' ')).join('');
  const under = '~'.repeat(Math.max(0, Math.min(marked, right.length) - 1));
  return {
    file,
    line: countLines(text, begin),
    column: before.length + 1,
    message,
    excerpt: `  ${visible([...left, ...right].join('')).trimEnd()}\n  ${pad}^${under}`,
  };
}

/** Makes an error that is about a whole file: it cannot be read, say. */
export function errorOf(file: string, message: string): ConfigError {
  return { file, line: 0, column: 0, message, excerpt: '' };
}

/** `FILE:LINE:COL` of a place, for a message that points to a second one. */
export function where(place: Place): string {
  const { file, line, column } = errorAt(place, '');
  return `${file}:${line}:${column}`;
}

/** The errors as shown to a person: `FILE:LINE:COL: message`, the source line, the caret. Ends in a newline if not empty. */
export function formatErrors(errors: readonly ConfigError[]): string {
  return errors
    .map(({ file, line, column, message, excerpt }) =>
      line === 0 ? `${file}: ${message}\n` : `${file}:${line}:${column}: ${message}\n${excerpt}\n`,
    )
    .join('');
}

/** Text with its control characters (a tab aside) shown as U+FFFD, so that a file cannot drive the reader's terminal. */
export function visible(text: string): string {
  return text.replace(/[^\P{C}\t]/gu, '\ufffd');
}

function countLines(text: string, end: number): number {
  let lines = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}
