/** Words behind a command that needs no daemon: files, and options with or without a value. */

export interface WordOptions {
  /** Words that are no option, as many as were asked for. */
  readonly words: readonly string[];
  /** By the option's name. */
  readonly values: ReadonlyMap<string, string>;
  readonly flags: ReadonlySet<string>;
}

/**
 * Sorts the words; a text says what is wrong with them. `expected` names each word that must be there, `valued` the options
 * that take a value and `flags` those that take none; `required` ones of the former must be given.
 */
export function sortWords(
  words: readonly string[],
  {
    expected,
    valued = [],
    flags = [],
    required = [],
  }: {
    readonly expected: readonly string[];
    readonly valued?: readonly string[];
    readonly flags?: readonly string[];
    readonly required?: readonly string[];
  },
): WordOptions | string {
  const plain: string[] = [];
  const values = new Map<string, string>();
  const given = new Set<string>();
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const [name = '', inline] = word.startsWith('--') ? word.split(/=(.*)/s) : [word];
    if (flags.includes(word)) given.add(word);
    else if (valued.includes(name)) {
      const value = inline ?? words[++i];
      if (value === undefined) return `${name} needs a value`;
      values.set(name, value);
    } else if (word.startsWith('-') && word !== '-') return `unknown option ${name}`;
    else if (plain.length === expected.length) return `unexpected "${word}"`;
    else plain.push(word);
  }
  const missing = expected[plain.length];
  if (missing !== undefined) return `${missing} is missing`;
  const lacks = required.find(name => !values.has(name));
  return lacks === undefined ? { words: plain, values, flags: given } : `${lacks} is missing`;
}
