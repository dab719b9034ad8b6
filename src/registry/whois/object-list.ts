import type { SourceBook } from '../source-book.ts';
import { shownBytes } from './shown.ts';

/** An object where it stands: a row of route objects, or the name of another. */
export type ObjectRef =
  | { readonly book: SourceBook; readonly row: number }
  | { readonly book: SourceBook; readonly class: string; readonly key: string };

/** Objects of one answer; a question for more is refused. */
export const MAX_ANSWER_OBJECTS = 200_000;

/** Objects as an answer tells them: parted by an empty line, a newline at the end. It has their places, not their text. */
export interface ObjectList {
  /** With `keysOnly` one whose text is that of an object before it is left out: sources have the same keys. */
  add(object: ObjectRef): void;
  readonly count: number;
  /** Octets of the text. */
  readonly octets: number;
  /**
   * The text, piece by piece. Null and the end: the registry has changed so that the text would have other octets than were
   * told.
   */
  pieces(): Iterable<Buffer | null>;
}

/** Octets of a piece, unless one object is longer. */
const PIECE = 32 * 1024;
const LF = 0x0a;
const CR = 0x0d;
const NEWLINE = Buffer.from('\n');
const BETWEEN = Buffer.from('\n\n');

/** An empty list. `keysOnly`: of each object its key and members alone are told (`-K`). */
export function objectList(keysOnly = false): ObjectList {
  const objects: { readonly ref: ObjectRef; readonly octets: number }[] = [];
  const seen = new Set<string>();
  let octets = 0;

  return {
    add(ref) {
      const text = textOf(ref, keysOnly);
      if (text === null) return;
      if (keysOnly) {
        const key = text.toString('latin1');
        if (seen.has(key)) return;
        seen.add(key);
      }
      octets += text.length + (objects.length === 0 ? NEWLINE : BETWEEN).length;
      objects.push({ ref, octets: text.length });
    },
    get count() {
      return objects.length;
    },
    get octets() {
      return octets;
    },
    *pieces() {
      let parts: Buffer[] = [];
      let size = 0;
      for (const [i, object] of objects.entries()) {
        const text = textOf(object.ref, keysOnly);
        if (text?.length !== object.octets) {
          yield null;
          return;
        }
        const last = i === objects.length - 1;
        parts.push(text, last ? NEWLINE : BETWEEN);
        size += text.length;
        if (size < PIECE && !last) continue;
        yield Buffer.concat(parts);
        parts = [];
        size = 0;
      }
    },
  };
}

/** The text without a newline at its end; null when the object is gone. */
function textOf(ref: ObjectRef, keysOnly: boolean): Buffer | null {
  const bytes = shownBytes(ref, keysOnly);
  if (bytes === null) return null;
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === LF || bytes[end - 1] === CR)) end--;
  return Buffer.from(bytes.buffer, bytes.byteOffset, end);
}
