/** Holds answers against the schemas that are shipped of them (control/answer-schema.ts). */
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

let ajv: Ajv2020 | null = null;
const checks = new Map<string, ValidateFunction>();

function checkOf(command: string): ValidateFunction {
  const known = checks.get(command);
  if (known !== undefined) return known;
  const all = answerSchemas();
  if (ajv === null) {
    const { $id, $defs }: AnswerSchemas = all;
    ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
    ajv.addSchema({ $id, $defs: closed($defs as Record<string, Schema>) });
  }
  if (all.$defs[command] === undefined) throw new Error(`${command}: there is no schema of its rows`);
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
    throw new Error(
      `${command}: ${fault!.instancePath || 'the row'} ${fault!.message} ${what}: ${JSON.stringify(row).slice(0, 1000)}`,
    );
  }
}
