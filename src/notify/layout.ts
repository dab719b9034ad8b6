/** Plain text in columns: what a mail reader with a fixed-width font shows, Japanese characters two columns wide. */

/** Widest line written here, columns (RFC 5322 section 2.1.1 recommends 78). */
export const LINE = 76;

/** Wide and fullwidth characters of Unicode's East Asian Width (UAX 11), to the block. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;

/** Nothing before it is wide: most characters need no further look. */
const FIRST_WIDE = '\u1100';

/** A wide character, a run of blanks, or a word of others. */
const PIECE = new RegExp(`${WIDE.source}|[ ]+|(?:(?!${WIDE.source})[^ ])+`, 'gu');

/** What could move the cursor, hide or reorder text, or end a line: controls, format characters, lone surrogates. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u{fff9}-\u{fffb}]/gu;

/** Characters that must not begin a line, and those that must not end one (Japanese line breaking). */
const NOT_FIRST = /^[、。，．・：；？！）」』】〉》〕ーぁぃぅぇぉっゃゅょァィゥェォッャュョ]/u;
const NOT_LAST = /[（「『【〈《〔]$/u;

/** Columns a text takes. */
export function columns(text: string): number {
  let sum = 0;
  for (const character of text) sum += character >= FIRST_WIDE && WIDE.test(character) ? 2 : 1;
  return sum;
}

/** The text with everything unprintable written as `\u{…}`: hostile registry text stays on its line, in plain sight. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, character => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** Printable ASCII only, at most `length` characters; anything else becomes `?`. For header fields. */
export function ascii(text: string, length: number): string {
  const plain = text.replace(/[^\x20-\x7e]/gu, '?');
  return plain.length <= length ? plain : `${plain.slice(0, length - 3)}...`;
}

/** Pads with blanks to so many columns. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - columns(text)));
}

/**
 * Breaks a paragraph at blanks and between Japanese characters into lines of at most `width` columns. A longer word
 * stands alone on its line.
 */
export function wrap(text: string, width: number): string[] {
  // Pieces that stay whole: a word, a blank, or one wide character with the marks that belong to it.
  const pieces: string[] = [];
  for (const piece of text.match(PIECE) ?? []) {
    const last = pieces.at(-1);
    if (last !== undefined && last.trim() !== '' && (NOT_FIRST.test(piece) || NOT_LAST.test(last)))
      pieces[pieces.length - 1] = last + piece;
    else pieces.push(piece);
  }
  const lines: string[] = [];
  let line = '';
  let taken = 0;
  for (const piece of pieces) {
    if (line !== '' && taken + columns(piece.trimEnd()) > width) {
      lines.push(line.trimEnd());
      line = '';
      taken = 0;
    }
    if (line === '' && piece.trim() === '') continue;
    line += piece;
    taken += columns(piece);
  }
  if (line !== '') lines.push(line.trimEnd());
  return lines;
}

/** Wraps a paragraph with `first` before its first line and as many blanks before the others. */
export function hang(first: string, text: string, width = LINE): string[] {
  const indent = columns(first);
  const lines = wrap(text, Math.max(20, width - indent));
  return lines.length === 0 ? [first.trimEnd()] : lines.map((line, i) => (i === 0 ? first : ' '.repeat(indent)) + line);
}
