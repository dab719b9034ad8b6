/**
 * The JSON Schemas of answers (intertrack-api(7), SCHEMAS). They are made of the types of the rows when the program is built
 * (contrib/schema/answers.ts), and read where somebody asks for them.
 */
import { readFileSync } from 'node:fs';
import type { Command } from './commands.ts';
import { commandName } from './commands.ts';

/** A JSON Schema, draft 2020-12. */
export type Schema = Readonly<Record<string, unknown>>;

/** All of them: below `$defs`, those of rows by the names of their commands, and those of types by the names of these. */
export interface AnswerSchemas {
  readonly $schema: string;
  readonly $id: string;
  readonly title: string;
  readonly $defs: Readonly<Record<string, Schema>>;
}

/** Where a schema refers to another one, in front of the name. */
export const DEFS = '#/$defs/';

const FILE = new URL('../../build/answers.schema.json', import.meta.url);
let schemas: AnswerSchemas | null = null;

/** What was made when the program was built. Throws an Error, in words, when it was not. */
export function answerSchemas(): AnswerSchemas {
  try {
    schemas ??= JSON.parse(readFileSync(FILE, 'utf8')) as AnswerSchemas;
  } catch (error) {
    throw new Error(`the schemas of answers are not there: ${(error as Error).message}`);
  }
  return schemas;
}

/** The names of all definitions that a schema needs, itself and by others. */
export function definitionsOf(schema: Schema, { $defs }: AnswerSchemas): string[] {
  const found = new Set<string>();
  const look = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return;
    for (const [key, value] of Object.entries(part)) {
      if (key !== '$ref' || typeof value !== 'string') look(value);
      else if (!found.has(value)) {
        found.add(value);
        look($defs[value.slice(DEFS.length)]);
      }
    }
  };
  look(schema);
  return [...found].map(ref => ref.slice(DEFS.length)).toSorted();
}

/** The schema of what `itctl -j` prints for a command, complete by itself: an object or an array, of a live one a line. */
export function answerSchema(command: Command, all: AnswerSchemas = answerSchemas()): Schema {
  const name = commandName(command);
  const row = all.$defs[name]!;
  // An answer of one object that has nothing to tell is `null`.
  const whole = command.live ? row : command.one ? { anyOf: [row, { type: 'null' }] } : { type: 'array', items: row };
  return {
    $schema: all.$schema,
    $id: `${all.$id}:${name.replaceAll(' ', '-')}`,
    title: command.syntax,
    description: command.help,
    ...whole,
    $defs: Object.fromEntries(definitionsOf(row, all).map(one => [one, all.$defs[one]!])),
  };
}

/** The names of the fields of all commands and types, and the words that fields may have, a line for each; `?`: it may be missing. */
export function schemaFields({ $defs }: AnswerSchemas): string[] {
  return Object.entries($defs)
    .map(([name, schema]) => `${name}: ${fieldsOf(schema)}`.trimEnd())
    .toSorted();
}

function fieldsOf({ $ref, items, anyOf, properties, additionalProperties, ...schema }: Schema): string {
  if (typeof $ref === 'string') return $ref.slice(DEFS.length);
  if (Array.isArray(anyOf)) return anyOf.map(fieldsOf).filter(Boolean).join(' | ');
  if (items !== undefined) return fieldsOf(items as Schema);
  if (typeof additionalProperties === 'object') return fieldsOf(additionalProperties as Schema);
  const words = (schema.enum ?? (schema.const === undefined ? [] : [schema.const])) as readonly unknown[];
  if (properties === undefined) return words.map(word => JSON.stringify(word)).join(' ');
  const required = new Set(schema.required as readonly string[] | undefined);
  const one = ([name, field]: [string, Schema]) => {
    const inner = fieldsOf(field);
    return `${name}${required.has(name) ? '' : '?'}${inner === '' ? '' : `(${inner})`}`;
  };
  return Object.entries(properties as Record<string, Schema>)
    .map(one)
    .toSorted()
    .join(' ');
}
