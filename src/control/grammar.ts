/**
 * The language of the commands: from syntax lines such as `show case [open|all]` to a tree of words, and from words as
 * typed, abbreviated, to a command. Nothing here knows what the commands do.
 */
import { nearest } from '../config/nearest.ts';
import { ARGUMENTS, type ArgumentKind } from './argument.ts';

/** What a command of the tree must say of itself for the grammar. */
export interface Entry {
  /**
   * Words in lower case are themselves, those in capitals kinds of argument (argument.ts). `[ … ]` may be left out,
   * `|` separates words of which one stands there.
   */
  readonly syntax: string;
  readonly help: string;
  /** Help for the words that only this command has. */
  readonly words?: Readonly<Record<string, string>>;
}

/** A place in the tree: what may stand next, and the command that may end here. */
export interface Node<E extends Entry> {
  readonly next: Map<string, Node<E>>;
  /** Help of the word that leads here. */
  readonly help: string;
  /** Set when the word that leads here is an argument. */
  readonly argument: ArgumentKind | null;
  ends: E | null;
}

/** Words (by their index) at fault, what could stand there, and the sentence that says so. */
export interface UsageError {
  readonly error: string;
  readonly at: number;
  readonly expected: readonly string[];
}

export interface Resolved<E extends Entry> {
  readonly entry: E;
  /** By kind for arguments (`PREFIX`), by the word itself for optional words (`exact`). */
  readonly args: Readonly<Record<string, string>>;
  /** All words of a repeated argument. */
  readonly rest: readonly string[];
}

/** All forms of a syntax line: each a list of words that is a whole command. `[a|b] [c X]` has six. */
export function expandSyntax(syntax: string): string[][] {
  const tokens = syntax
    .replace(/[[\]]/g, bracket => ` ${bracket} `)
    .split(/\s+/)
    .filter(Boolean);
  let forms: string[][] = [[]];
  for (let i = 0; i < tokens.length; i++) {
    const optional = tokens[i] === '[';
    const group: string[] = [];
    if (optional) {
      for (i++; tokens[i] !== ']'; i++) group.push(tokens[i]!);
    } else group.push(tokens[i]!);
    // Only the first word of a group may have alternatives: `open|all`, not `open|all X`.
    const [first = '', ...others] = group;
    const choices = first.split('|').map(word => [word, ...others]);
    forms = forms.flatMap(form => [...(optional ? [form] : []), ...choices.map(choice => [...form, ...choice])]);
  }
  return forms;
}

/** A group of words that may be left out: the forms of which one may stand there. */
type Option = readonly (readonly string[])[];

/** What must stand in a syntax line, and the groups behind it that may be left out. */
function partsOf(syntax: string): { readonly fixed: string; readonly options: readonly Option[] } {
  const [, fixed = '', groups = ''] = /^(.*?)\s*((?:\[[^\]]*\]\s*)*)$/.exec(syntax)!;
  const options = [...groups.matchAll(/\[[^\]]*\]/g)].map(([group]) => expandSyntax(group).slice(1));
  return { fixed, options };
}

/**
 * Builds the tree. What may be left out at the end of a command stands there in any order. `groups` gives help for words that
 * several commands begin with, by all words up to it.
 */
export function buildTree<E extends Entry>(entries: readonly E[], groups: Readonly<Record<string, string>>): Node<E> {
  const root: Node<E> = { next: new Map(), help: '', argument: null, ends: null };
  for (const entry of entries) {
    const { fixed, options } = partsOf(entry.syntax);
    for (const form of expandSyntax(fixed)) {
      let node = root;
      for (const [i, word] of form.entries()) node = childOf(node, word, entry, groups[form.slice(0, i + 1).join(' ')]);
      addOptions(node, entry, options);
    }
  }
  return root;
}

/** The place that a word leads to, made where it is not there yet. */
function childOf<E extends Entry>(node: Node<E>, word: string, entry: E, help = entry.words?.[word]): Node<E> {
  const known = node.next.get(word);
  if (known !== undefined) return known;
  const argument = ARGUMENTS[word] ?? null;
  const child: Node<E> = { next: new Map(), help: argument?.help ?? help ?? entry.help, argument, ends: null };
  node.next.set(word, child);
  if (argument?.repeats) child.next.set(word, child);
  return child;
}

/**
 * Lets a command end at `node`, or go on by one of the options that are left. Ways that leave the same options behind the same
 * words share their places: `known` has them, or there were as many as there are orders.
 */
function addOptions<E extends Entry>(
  node: Node<E>,
  entry: E,
  options: readonly Option[],
  known: Map<string, Node<E>> = new Map(),
): void {
  node.ends = entry;
  for (const option of options) {
    const left = options.filter(one => one !== option);
    for (const [first = '', ...others] of option) {
      const key = JSON.stringify([first, left]);
      const place = known.get(key);
      if (place !== undefined && !node.next.has(first)) {
        node.next.set(first, place);
        continue;
      }
      let end = childOf(node, first, entry);
      known.set(key, end);
      for (const word of others) end = childOf(end, word, entry);
      addOptions(end, entry, left, known);
    }
  }
}

/** The command that the words mean, or what is wrong with which of them. */
export function resolve<E extends Entry>(root: Node<E>, words: readonly string[]): Resolved<E> | UsageError {
  const args: Record<string, string> = {};
  const rest: string[] = [];
  const path: string[] = [];
  let node = root;
  for (const [at, word] of words.entries()) {
    const step = stepInto(node, word, path);
    if ('error' in step) return { error: step.error, at, expected: expectedAt(node) };
    node = step.node;
    args[step.name] = word;
    path.push(node.argument === null ? step.name : word);
    if (node.argument?.repeats) rest.push(word);
  }
  if (node.ends !== null) return { entry: node.ends, args, rest };
  const expected = expectedAt(node);
  const begun = path.length === 0 ? 'no command' : `incomplete command ${quote(path.join(' '))}`;
  return { error: `${begun}: expected ${listWords(expected)}`, at: words.length, expected };
}

/** One possible next word: `argument` is null for a word of the language. */
export interface Choice {
  readonly word: string;
  readonly help: string;
  readonly argument: ArgumentKind | null;
}

/**
 * What may stand at the place of the last word, of which so much is typed already; or what is wrong with a word before.
 * `ends` is the command that the words before the last make, if they do; `before` are these words in full.
 */
export function choices<E extends Entry>(
  root: Node<E>,
  words: readonly string[],
): { readonly choices: readonly Choice[]; readonly ends: E | null; readonly before: readonly string[] } | UsageError {
  const begun = words.at(-1) ?? '';
  const path: string[] = [];
  let node = root;
  for (const [at, word] of words.slice(0, -1).entries()) {
    const step = stepInto(node, word, path);
    if ('error' in step) return { error: step.error, at, expected: expectedAt(node) };
    node = step.node;
    path.push(node.argument === null ? step.name : word);
  }
  const found: Choice[] = [];
  for (const [word, next] of node.next)
    if (next.argument !== null || word.startsWith(begun))
      found.push({ word, help: next.help, argument: next.argument });
  return { choices: found, ends: begun === '' ? node.ends : null, before: path };
}

/**
 * From a place by one typed word: a whole word of the language, else an abbreviation of one, else an argument, else, where none
 * may stand, the plural of a word.
 */
function stepInto<E extends Entry>(
  node: Node<E>,
  typed: string,
  path: readonly string[],
): { readonly name: string; readonly node: Node<E> } | { readonly error: string } {
  const all = [...node.next].map(([name, next]) => ({ name, node: next }));
  const words = all.filter(one => one.node.argument === null);
  const fits = words.filter(one => typed !== '' && one.name.startsWith(typed));
  const meant = fits.find(one => one.name === typed) ?? (fits.length === 1 ? fits[0] : undefined);
  if (meant !== undefined) return meant;
  const after = path.length === 0 ? '' : ` after ${quote(path.join(' '))}`;
  if (fits.length > 1) {
    const candidates = listWords(fits.map(one => quote(one.name)));
    return { error: `ambiguous word ${quote(typed)}${after}: it could be ${candidates}` };
  }
  const args = all.filter(one => one.node.argument !== null);
  const argument = args.find(one => one.node.argument!.refuse(typed) === null);
  if (argument !== undefined) return argument;
  // `show bgp neighbors` is in the fingers of many.
  const plural = args.length === 0 ? words.find(one => typed === `${one.name}s`) : undefined;
  if (plural !== undefined) return plural;
  if (all.length === 0) return { error: `unexpected word ${quote(typed)}${after}: the command ends there` };
  const names = words.map(one => one.name);
  const slip = nearest(typed, names);
  // Where an argument may stand, something with a digit or a colon was meant to be one: say what is wrong with it.
  if (args.length > 0 && (names.length === 0 || (slip === null && /[\d:]/.test(typed)))) {
    const whys = args.map(one => one.node.argument!.refuse(typed)!);
    // One that says more than what it would be has seen what was meant.
    return { error: `${quote(typed)}${after} is no ${whys.find(why => why.includes(': ')) ?? whys.join(', nor ')}` };
  }
  const hint = slip === null ? '' : `; nearest is ${quote(slip)}`;
  return { error: `unknown word ${quote(typed)}${after}: expected ${listWords(expectedAt(node))}${hint}` };
}

/** What may stand next, words of the language in quotes, arguments by their kind. */
function expectedAt<E extends Entry>(node: Node<E>): string[] {
  const places = [...node.next].toSorted(([a, one], [b, other]) => {
    const argumentsFirst = Number(one.argument === null) - Number(other.argument === null);
    return argumentsFirst || (a < b ? -1 : 1);
  });
  return places.map(([name, next]) => (next.argument === null ? quote(name) : name));
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

function listWords(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
