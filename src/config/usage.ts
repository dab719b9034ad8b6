import { ARGUMENTS, type ArgumentKind, type ArgumentName } from './argument.ts';

/** A part of a statement after its head: a keyword, an argument, or parts that may be left out together. */
export type Part =
  | { readonly word: string }
  | { readonly argument: ArgumentKind; readonly name: ArgumentName; readonly field: string; readonly list: boolean }
  | { readonly optional: readonly Part[] };

/** A statement's form, as read from its usage line. */
export interface Usage {
  /** The words that name the statement. */
  readonly head: readonly string[];
  readonly parts: readonly Part[];
}

/**
 * Reads a usage line of schema.ts: `neighbor ADDRESS [port PORT] as ASN`. Lower-case words stand for themselves, those up
 * to the first other thing are the head; upper-case words name a kind of argument (argument.ts) and, in lower case, the
 * field it is kept in; `ASN…` is a list of one or more; `[…]` may be left out.
 */
export function readUsage(line: string): Usage {
  const words = line.match(/[[\]]|[^\s[\]]+/g) ?? [];
  const head: string[] = [];
  while (words[0] !== undefined && /^[a-z]/.test(words[0])) head.push(words.shift()!);
  return { head, parts: readParts(words) };
}

function readParts(words: string[]): Part[] {
  const parts: Part[] = [];
  for (let word = words.shift(); word !== undefined && word !== ']'; word = words.shift()) {
    if (word === '[') parts.push({ optional: readParts(words) });
    else if (/^[a-z]/.test(word)) parts.push({ word });
    else {
      const name = word.replace('…', '') as ArgumentName;
      parts.push({ argument: ARGUMENTS[name], name, field: name.toLowerCase(), list: word.endsWith('…') });
    }
  }
  return parts;
}
