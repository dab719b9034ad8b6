/** How many columns of a terminal a text takes, and how it comes to take fewer. */

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

/** What is not broken: a word, or one character of a script that has no blanks between words. */
const PIECE =
  /( *)([\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uff60]|[^ \p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uff60]+)/gu;

/**
 * A line in lines of at most so many columns, broken at blanks, and in Chinese and Japanese text between characters; `hang`
 * begins all but the first. A word that has no room is longer.
 */
export function wrap(text: string, columns: number, hang: string): string[] {
  if (width(text) <= columns) return [text];
  const lines: string[] = [];
  const indent = width(hang);
  let line = '';
  let taken = 0;
  for (const [, blanks = '', piece = ''] of text.matchAll(PIECE)) {
    const more = blanks.length + width(piece);
    // What would not have more room on a line of its own stays.
    if (taken + more > columns && taken + blanks.length > indent && line.trim() !== '') {
      lines.push(line);
      line = `${hang}${piece}`;
      taken = indent + width(piece);
    } else {
      line += blanks + piece;
      taken += more;
    }
  }
  return [...lines, line];
}

/** What begins the lines below the first of a line that is wrapped: beneath the value of a fact, inside the boxes of a tree. */
export function hangOf(line: string): string {
  const fact = /^ *[A-Z][\w /-]{0,18}: +(?=\S)/.exec(line);
  if (fact !== null) return ' '.repeat(fact[0].length);
  const lead = /^[ │├└─#]*/.exec(line)![0];
  return `${lead.replaceAll('├', '│').replaceAll('└', ' ').replaceAll('─', ' ')}  `;
}
