/** Holds answers against the schemas that are shipped of them (control/answer-schema.ts). */
import { readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { type AnswerSchemas, answerSchemas, DEFS, type Schema } from '../../src/control/answer-schema.ts';

/** A schema that lets nothing pass which it does not name: what it does name may stand there for all others. */
export function closed<T>(schema: T): T {
  if (Array.isArray(schema)) return schema.map(closed) as T;
  if (typeof schema !== 'object' || schema === null) return schema;
  const all = Object.fromEntries(Object.entries(schema).map(([name, part]) => [name, closed(part)]));
  const open = all.properties === undefined || all.additionalProperties !== undefined;
  return (open ? all : { ...all, additionalProperties: false }) as T;
}

const ROOT = new URL('../../', import.meta.url);

/**
 * What is to be done before a fault counts, in words: the schemas are made of the sources, and say nothing of those that have
 * changed since. Empty where they are younger than each of `sources`, files or directories.
 */
export function outOfDate(
  schemas = fileURLToPath(new URL('build/answers.schema.json', ROOT)),
  sources: readonly string[] = ['src', 'contrib/schema/answers.ts'].map(one => fileURLToPath(new URL(one, ROOT))),
): string {
  const made = statSync(schemas, { throwIfNoEntry: false });
  if (made === undefined) return 'build/answers.schema.json is not there: run make';
  const files = sources.flatMap(source =>
    statSync(source).isDirectory()
      ? readdirSync(source, { recursive: true, withFileTypes: true })
          .filter(one => one.isFile())
          .map(one => `${one.parentPath}/${one.name}`)
      : [source],
  );
  return files.some(file => statSync(file).mtimeMs > made.mtimeMs)
    ? 'build/answers.schema.json is older than the sources: run make'
    : '';
}

/** An error about the schemas; where they are not of these sources it says so first. */
function faulty(words: string): Error {
  const first = outOfDate();
  return new Error(first === '' ? words : `${first}\n${words}`);
}

let ajv: Ajv2020 | null = null;
const checks = new Map<string, ValidateFunction>();

function checkOf(command: string): ValidateFunction {
  const known = checks.get(command);
  if (known !== undefined) return known;
  let all: AnswerSchemas;
  try {
    all = answerSchemas();
  } catch (error) {
    throw faulty((error as Error).message);
  }
  if (ajv === null) {
    const { $id, $defs }: AnswerSchemas = all;
    ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
    ajv.addSchema({ $id, $defs: closed($defs as Record<string, Schema>) });
  }
  if (all.$defs[command] === undefined) throw faulty(`${command}: there is no schema of its rows`);
  const check = ajv.compile({ $ref: `${all.$id}${DEFS}${encodeURIComponent(command)}` });
  checks.set(command, check);
  return check;
}

/** Throws an Error when one of these rows of the command is not what the schema says, as it would be printed. */
export function heldToSchema(command: string, rows: readonly unknown[]): void {
  const check = checkOf(command);
  for (const row of rows) {
    const printed: unknown = JSON.parse(JSON.stringify(row));
    if (check(printed)) continue;
    const [fault] = check.errors!;
    const what = JSON.stringify(fault!.params);
    throw faulty(
      `${command}: ${fault!.instancePath || 'the row'} ${fault!.message} ${what}: ${JSON.stringify(row).slice(0, 1000)}`,
    );
  }
}
