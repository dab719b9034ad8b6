/**
 * The command set as HTTP sees it: a command's words are a path, its arguments parameters (intertrack-api(7), COMMANDS).
 * Nothing is written down twice: all of it follows from the syntax lines.
 */
import { ARGUMENTS } from '../control/argument.ts';
import { COMMANDS, type Command } from '../control/commands.ts';
import type { Resolved } from '../control/grammar.ts';
import { looksOnly } from '../control/levels.ts';

/** A parameter: its name, the word of the command it is or follows, and its kind of argument (argument.ts). */
export interface Parameter {
  readonly name: string;
  /** Null: it is its own kind, such as PREFIX. */
  readonly word: string | null;
  /** Null: it is there or not, such as `longer`. */
  readonly kind: string | null;
  readonly required: boolean;
  readonly help: string;
}

/** One command of a path. */
export interface ApiCommand {
  readonly command: Command;
  readonly parameters: readonly Parameter[];
}

export interface ApiPath {
  /** Without a slash at either end, such as `show/bgp/summary`. */
  readonly path: string;
  readonly method: 'GET' | 'POST';
  /** Of the same words and with other arguments, such as `show trace` and `show trace TRACE-ID`. */
  readonly commands: readonly ApiCommand[];
}

/** Words that carry packets: the parameter FILE is the body. */
export const BODY = 'FILE';

type Token = { readonly word: string } | { readonly parameter: Parameter };

const isKind = (word: string) => /^[A-Z]/.test(word);
/** `-n` and `--need` without their hyphens. */
const nameOf = (word: string) => word.replace(/^-+/, '').toLowerCase();

/** The parts of a syntax line: what must stand there, and the groups that may be left out. */
function tokensOf({ syntax, help, words = {} }: Command): Token[] {
  const parts = syntax.match(/\[[^\]]*\]|\S+/g) ?? [];
  const tokens: Token[] = [];
  const parameter = (name: string, kind: string | null, required: boolean): Token => ({
    parameter: {
      ...{ name: nameOf(name), kind, required },
      word: isKind(name) ? null : name,
      help: words[name] ?? (kind === null ? help : ARGUMENTS[kind]!.help),
    },
  });
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    const next = parts[i + 1];
    if (part.startsWith('[')) {
      const [first = '', second] = part.slice(1, -1).split(/\s+/);
      for (const one of first.split('|')) tokens.push(parameter(one, second ?? (isKind(one) ? one : null), false));
    } else if (isKind(part)) tokens.push(parameter(part, part, true));
    else if (next !== undefined && isKind(next) && tokens.some(token => 'parameter' in token)) {
      // A word between two arguments names the second.
      tokens.push(parameter(part, next, true));
      i++;
    } else tokens.push({ word: part });
  }
  return tokens;
}

function apiCommand(command: Command): { readonly path: string; readonly one: ApiCommand } {
  const tokens = tokensOf(command);
  const path = tokens.flatMap(token => ('word' in token ? [nameOf(token.word)] : [])).join('/');
  return { path, one: { command, parameters: tokens.flatMap(token => ('parameter' in token ? token.parameter : [])) } };
}

/** Every path, in the order of their names. Throws a RangeError where the commands of a path do not agree on a method. */
export function apiPaths(commands: readonly Command[] = COMMANDS): ApiPath[] {
  const found = new Map<string, ApiCommand[]>();
  for (const command of commands) {
    const { path, one } = apiCommand(command);
    found.set(path, [...(found.get(path) ?? []), one]);
  }
  return [...found]
    .map(([path, all]): ApiPath => {
      const methods = new Set(all.map(({ command }) => (looksOnly(command) ? 'GET' : 'POST')));
      if (methods.size > 1) throw new RangeError(`commands of the path ${path} look and do`);
      const [method] = methods;
      return { path, method: method!, commands: all };
    })
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** What is wrong with parameters, and the names of those that could stand there. */
export interface ParameterError {
  readonly error: string;
  readonly expected: readonly string[];
}

/** The command of a path that takes these parameters, with its arguments; or what is wrong with them. */
export function chooseCommand(
  { commands }: ApiPath,
  given: Readonly<Record<string, string>>,
): Resolved<Command> | ParameterError {
  const asked = ({ parameters }: ApiCommand) => parameters.filter(({ kind }) => kind !== BODY);
  const expected = [...new Set(commands.flatMap(one => asked(one).map(({ name }) => name)))].toSorted();
  const unknown = Object.keys(given).find(name => !expected.includes(name));
  if (unknown !== undefined) {
    const could = expected.length === 0 ? 'there is none' : `known are ${expected.join(', ')}`;
    return { error: `unknown parameter ${JSON.stringify(unknown.slice(0, 60))}: ${could}`, expected };
  }
  const fits = commands.filter(one => {
    const names = new Set(asked(one).map(({ name }) => name));
    const missing = asked(one).some(({ name, required }) => required && given[name] === undefined);
    return !missing && Object.keys(given).every(name => names.has(name));
  });
  // Of two that fit that which needs the most of what was given.
  const [best] = fits.toSorted((a, b) => needed(b) - needed(a));
  if (best !== undefined) return resolved(best, given);
  const ways = commands.map(one =>
    asked(one)
      .flatMap(({ name, required }) => (required ? [name] : []))
      .join(' and '),
  );
  const why = `expected ${ways.filter(way => way !== '').join(', or ')}`;
  return { error: `parameters are missing or do not go together: ${why}`, expected };
}

const needed = ({ parameters }: ApiCommand): number => parameters.filter(({ required }) => required).length;

/** The arguments as the shell would have them: by kind, and optional words by themselves. */
function resolved({ command, parameters }: ApiCommand, given: Readonly<Record<string, string>>) {
  const args: Record<string, string> = {};
  const rest: string[] = [];
  for (const { name, word, kind } of parameters) {
    const value = kind === BODY ? '-' : given[name];
    if (value === undefined) continue;
    const why = kind === null ? noFlag(value) : ARGUMENTS[kind]!.refuse(value);
    if (why !== null) {
      const shown = JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
      return { error: `${name}: ${shown} is no ${why}`, expected: [kind ?? 'true'] };
    }
    if (kind === null && value === 'false') continue;
    if (word !== null) args[word] = word;
    if (kind !== null) args[kind] = value;
    if (kind !== null && ARGUMENTS[kind]!.repeats) rest.push(value);
  }
  return { entry: command, args, rest };
}

const noFlag = (value: string): string | null =>
  value === '' || value === 'true' || value === 'false' ? null : 'yes or no: expected nothing, true or false';
