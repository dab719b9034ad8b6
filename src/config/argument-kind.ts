/** What kinds of arguments are made of (argument.ts). */

/** What an argument says: text as it is kept in the tree (addresses canonical, file names absolute), or a number. */
export type Scalar = string | number;

/** What is read of an argument: its value, or (`wrong`) why it is none. An empty `wrong`: it is just something else. */
export type Read = { readonly value: Scalar } | { readonly wrong: string };

/** A kind of argument: what can stand at its place in a statement. */
export interface ArgumentKind {
  /** Completes "expected …". */
  readonly expects: string;
  /** In double quotes; a bare word otherwise. */
  readonly quoted: boolean;
  /** The words that can stand here, where it is one of a few. */
  readonly choices?: readonly string[];
  /** May stand in a file or in the environment: `file "…"`, `environment NAME` (secrets.ts). */
  readonly elsewhere?: true;
  /** Reads the text of a token; `directory` is where relative file names start. */
  readonly read: (text: string, directory: string) => Read;
  /** Without quotes and escapes; read(show(value)) is value. */
  readonly show: (value: Scalar) => string;
  /** What is shown of a value that is secret, where some of it can be. */
  readonly veil?: (value: Scalar) => string;
}

export const NOT: Read = { wrong: '' };
export const found = (value: Scalar | null): Read => (value === null ? NOT : { value });
export const wrong = (why: string): Read => ({ wrong: why });

export const plain = (
  expects: string,
  read: ArgumentKind['read'],
  show: ArgumentKind['show'] = String,
): ArgumentKind => ({
  expects,
  quoted: false,
  read,
  show,
});

export const quantity = (expects: string, read: (text: string) => number | null, show: (value: number) => string) =>
  plain(
    expects,
    text => {
      const value = read(text);
      if (value === null && /^\d+$/.test(text)) return wrong('it has no unit');
      return found(value);
    },
    value => show(Number(value)),
  );

export const choice = (...choices: string[]): ArgumentKind => ({
  ...plain(
    choices
      .map(word => `\`${word}\``)
      .join(', ')
      .replace(/, (?!.*, )/, ' or '),
    text => (choices.includes(text) ? { value: text } : NOT),
  ),
  choices,
});

export const word = (expects: string, pattern: RegExp, letters: string): ArgumentKind =>
  plain(expects, text => (pattern.test(text) ? { value: text } : wrong(letters)));

export const quoted = (
  expects: string,
  longest: number,
  read: ArgumentKind['read'] = value => ({ value }),
): ArgumentKind => ({
  expects: `${expects} in double quotes`,
  quoted: true,
  show: String,
  read: (text, directory) => {
    if (text === '') return wrong('it is empty');
    if (text.length > longest) return wrong(`it is longer than ${longest} characters`);
    if (/\p{C}/u.test(text)) return wrong('it has a control character');
    return read(text, directory);
  },
});

export const elsewhere = (kind: ArgumentKind): ArgumentKind => ({ ...kind, elsewhere: true });
