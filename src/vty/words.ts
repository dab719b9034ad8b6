/** A command line cut into words. */
export interface Words {
  readonly words: readonly string[];
  /** What the last word is as far as typed: empty after a blank. */
  readonly last: string;
  /** Offset in the line where the last word begins, its quote included. */
  readonly lastAt: number;
  /** A double quote stands open. */
  readonly open: boolean;
}

/** Splits at blanks; double quotes keep blanks in a word, a backslash in them takes the next character as it is. */
export function splitWords(line: string): Words {
  const words: string[] = [];
  let word = '';
  let begun = false;
  let open = false;
  let at = 0;
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!;
    if (!open && /\s/.test(char)) {
      if (begun) words.push(word);
      word = '';
      begun = false;
      continue;
    }
    if (!begun) at = i;
    begun = true;
    if (char === '"') open = !open;
    else if (char === '\\' && open && i + 1 < line.length) word += line[++i];
    else word += char;
  }
  if (begun) words.push(word);
  return { words, last: begun ? word : '', lastAt: begun ? at : line.length, open };
}
