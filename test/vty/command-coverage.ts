/**
 * Where each command is told of: `make documented` prints how many of the command set, and of those that need no daemon, are
 * in the manual, in OpenAPI, offered by completion, shown to a person, and have a schema of their answer.
 */
import { answerSchemas, type Schema } from '../../src/control/answer-schema.ts';
import { ARGUMENTS } from '../../src/control/argument.ts';
import { COMMANDS, type Command, commandName, complete } from '../../src/control/commands.ts';
import { expandSyntax } from '../../src/control/grammar.ts';
import { OFFLINE } from '../../src/vty/offline.ts';
import { RENDERED } from '../../src/vty/render/answer.ts';
import { completionLines } from '../../src/vty/shell-completion.ts';
import { apiPaths } from '../../src/web/api-paths.ts';
import { openApi } from '../../src/web/openapi.ts';
import { SAMPLES } from '../control/samples.ts';
import { scriptedDaemon } from '../control/scripted.ts';
import { documentedForms, documentedOffline, forms, plainSyntax } from './manual-commands.ts';

/** One place: how many could be there, and which are not. */
export interface Coverage {
  readonly where: string;
  readonly all: number;
  readonly missing: readonly string[];
}

const syntaxOf = ({ syntax }: Command): string => syntax;

/** Of every place, the command set first. */
export async function commandCoverage(): Promise<Coverage[]> {
  const paged = new Set(documentedForms());
  const described = openApi('', apiPaths()) as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly description?: string }>>>>;
  };
  const operations = Object.values(described.paths).flatMap(path => Object.values(path));
  const inApi = new Set(operations.flatMap(({ description = '' }) => description.split('\n')));
  const { $defs } = answerSchemas();
  const of = (where: string, missing: readonly Command[]): Coverage => ({
    ...{ where, all: COMMANDS.length, missing: missing.map(syntaxOf) },
  });
  const unoffered: Command[] = [];
  for (const command of COMMANDS) if (!(await isOffered(command))) unoffered.push(command);
  const offlinePaged = new Set(documentedOffline());
  const offlineUnoffered: string[] = [];
  for (const { words, syntax } of OFFLINE) {
    const lines = await completionLines(null, words);
    if (!lines.some(line => line.startsWith(`${words.at(-1)}\t`))) offlineUnoffered.push(syntax);
  }
  const offline = (where: string, missing: readonly string[]) => ({ where, all: OFFLINE.length, missing });
  return [
    of(
      'itctl(8), each form',
      COMMANDS.filter(({ syntax }) => !forms(syntax).every(form => paged.has(form))),
    ),
    of(
      'OpenAPI',
      COMMANDS.filter(({ syntax }) => !inApi.has(syntax)),
    ),
    of('completion, each word', unoffered),
    of(
      'schemas of answers',
      COMMANDS.filter(command => $defs[commandName(command)] === undefined),
    ),
    of(
      'renderings for a person',
      COMMANDS.filter(command => !RENDERED.includes(commandName(command))),
    ),
    offline(
      'without a daemon: itctl(8)',
      OFFLINE.filter(({ syntax }) => !offlinePaged.has(plainSyntax(syntax))).map(({ syntax }) => syntax),
    ),
    offline('without a daemon: completion', offlineUnoffered),
    fields($defs),
  ];
}

/** Completion offers every word of it where it may stand, and its end. */
async function isOffered({ syntax }: Command): Promise<boolean> {
  const daemon = scriptedDaemon();
  const all = expandSyntax(syntax);
  const least = Math.min(...all.map(({ length }) => length));
  for (const form of all.filter(({ length }) => length <= least + 2)) {
    const typed = form.map(word => (ARGUMENTS[word] === undefined ? word : SAMPLES[word]!));
    for (const [at, word] of [...form, ''].entries()) {
      const found = await complete(daemon, [...typed.slice(0, at), '']);
      if ('error' in found || !found.some(one => one.word === word)) return false;
    }
  }
  return true;
}

/** Fields of answers that say what they mean. */
function fields($defs: Readonly<Record<string, Schema>>): Coverage {
  const missing: string[] = [];
  let all = 0;
  const look = (schema: unknown, at: string): void => {
    if (typeof schema !== 'object' || schema === null) return;
    for (const [key, part] of Object.entries(schema)) {
      if (key !== 'properties') {
        look(part, at);
        continue;
      }
      for (const [name, field] of Object.entries(part as Record<string, Schema>)) {
        all++;
        // A type by itself says what it is.
        const told = field.description ?? $defs[String(field.$ref).replace('#/$defs/', '')]?.description;
        if (told === undefined) missing.push(`${at}.${name}`);
        look(field, `${at}.${name}`);
      }
    }
  };
  for (const [name, schema] of Object.entries($defs)) look(schema, name);
  return { where: 'fields with a description', all, missing };
}

/** As lines for a person. */
export const coverageLines = (all: readonly Coverage[]): string[] =>
  all.map(one => `${one.where.padEnd(30)} ${`${one.all - one.missing.length}`.padStart(5)} of ${one.all}`);

if (import.meta.main) console.log(coverageLines(await commandCoverage()).join('\n'));
