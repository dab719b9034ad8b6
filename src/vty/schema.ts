/** `itctl schema`: what a command answers with under `-j`, as a JSON Schema. */
import type { Writable } from 'node:stream';
import { answerSchema, answerSchemas } from '../control/answer-schema.ts';
import { COMMANDS, type Command, commandName, resolveCommand } from '../control/commands.ts';
import { EXIT } from './run.ts';

/** Prints the schema of the command that the words mean, or without words all of them; a text says why there is none. */
export function printSchema(words: readonly string[], out: Writable): number | string {
  if (words.length === 0) {
    out.write(`${JSON.stringify(answerSchemas(), null, 2)}\n`);
    return EXIT.ok;
  }
  const command = commandOf(words);
  if (typeof command === 'string') return command;
  out.write(`${JSON.stringify(answerSchema(command), null, 2)}\n`);
  return EXIT.ok;
}

/** By its name or syntax, by words as they would be typed, or by its beginning where no other one has it. */
function commandOf(words: readonly string[]): Command | string {
  const text = words.join(' ');
  const named = COMMANDS.find(command => [commandName(command), command.syntax].includes(text));
  if (named !== undefined) return named;
  const resolved = resolveCommand(words);
  if (!('error' in resolved)) return resolved.entry;
  const begun = COMMANDS.filter(command => command.syntax.startsWith(`${text} `));
  if (begun.length === 1) return begun[0]!;
  if (begun.length === 0) return resolved.error;
  return `several commands begin with "${text}": ${begun.map(commandName).join(', ')}`;
}

/** Words that may stand next in the name of a command, for the last of these; arguments stand there as in the syntax. */
export function nextWords(words: readonly string[]): string[] {
  const before = words.slice(0, -1);
  const names = COMMANDS.map(command => commandName(command).split(' '));
  const next = names.flatMap(name => (before.every((word, i) => name[i] === word) ? (name[before.length] ?? []) : []));
  return [...new Set(next)].filter(word => word.startsWith(words.at(-1) ?? '')).toSorted();
}
