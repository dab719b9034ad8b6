/**
 * The JSON Schema (2020-12) of what every command answers with, made of the types of its rows by the compiler that checks
 * them, on the standard output: `node contrib/schema/answers.ts`. Below `$defs` stands by the name of each command the schema of
 * a row, or of its one object, and by the name of each type what it is. Docstrings are the descriptions. With `--fields`: the
 * names of all fields alone, a line for each command and type, as test/control/answer-fields.txt has them.
 */
import { basename, join } from 'node:path';
import { API, type Project, type Symbol as Sign, SymbolFlags, type Type, TypeFlags } from 'typescript/unstable/sync';
import { type AnswerSchemas, type Schema, schemaFields } from '../../src/control/answer-schema.ts';
import { usualField } from './usual-fields.ts';

const ROOT = join(import.meta.dirname, '../..');
const ROWS = join(ROOT, 'src/control/command-rows.ts');

/** A type with a name. */
interface Named {
  readonly sign: Sign;
  /** What stands where it is referred to, before all names are known. */
  readonly ref: string;
  schema: Schema;
}

/** Throws an Error that names the field where a row could not be written as JSON. */
function schemasOf({ checker, program }: Project): Record<string, Schema> {
  const named = new Map<number, Named>();

  /** A schema of a field, `at` being its way from a command. */
  function schemaOf(type: Type, at: string): Schema {
    const sign = nameOf(type);
    if (sign === null) return plain(type, at);
    const known = named.get(sign.id);
    if (known !== undefined) return { $ref: known.ref };
    const one: Named = { sign, ref: `#${sign.id}`, schema: {} };
    named.set(sign.id, one);
    one.schema = { ...described(sign), ...plain(type, at) };
    return { $ref: one.ref };
  }

  /** The name under which others may refer to it: of an interface, or of an alias; null: it stands where it is. */
  function nameOf(type: Type): Sign | null {
    const alias = type.getAliasSymbol();
    if (alias !== undefined) return type.getAliasTypeArguments().length === 0 ? alias : null;
    const sign = type.getSymbol();
    if (sign === undefined || (sign.flags & SymbolFlags.Interface) === 0 || checker.isArrayType(type)) return null;
    return type.isClassOrInterface() && type.getTypeParameters().length === 0 ? sign : null;
  }

  function plain(type: Type, at: string): Schema {
    if ((type.flags & TypeFlags.AnyOrUnknown) !== 0) return {};
    if ((type.flags & TypeFlags.StringLike) !== 0)
      return type.isStringLiteralType() ? { const: type.value } : { type: 'string' };
    if ((type.flags & TypeFlags.NumberLike) !== 0)
      return type.isNumberLiteralType() ? { const: type.value } : { type: 'number' };
    if ((type.flags & TypeFlags.BooleanLike) !== 0 && type.isBooleanLiteralType()) return { const: type.value };
    if ((type.flags & TypeFlags.Boolean) !== 0) return { type: 'boolean' };
    if ((type.flags & TypeFlags.Null) !== 0) return { type: 'null' };
    if ((type.flags & TypeFlags.NonPrimitive) !== 0) return { type: 'object' };
    if (type.isUnionType()) return union(type.getTypes(), at);
    if (checker.isArrayType(type))
      return { type: 'array', items: schemaOf(checker.getTypeArguments(type as never)[0]!, `${at}[]`) };
    if (type.isObjectType() || type.isIntersectionType()) return object(type, at);
    throw new Error(`${at}: ${checker.typeToString(type)} cannot be written as JSON`);
  }

  /** Words of which one stands there are an `enum`; what may also be missing is left to `required`. */
  function union(types: readonly Type[], at: string): Schema {
    const there = types.filter(one => (one.flags & TypeFlags.Undefined) === 0);
    const literals = there.flatMap(one => (one.isLiteralType() ? [one.value] : []));
    const others = there.filter(one => !one.isLiteralType());
    const both = literals.includes(true) && literals.includes(false);
    const words = both ? literals.filter(one => typeof one !== 'boolean') : literals;
    const ways: Schema[] = others.map(one => schemaOf(one, at));
    if (both) ways.unshift({ type: 'boolean' });
    if (words.length > 0) ways.unshift(words.length === 1 ? { const: words[0]! } : { enum: words.toSorted() });
    if (ways.length === 1) return ways[0]!;
    const kinds = ways.map(one => (Object.keys(one).length === 1 && typeof one.type === 'string' ? one.type : null));
    return kinds.includes(null) ? { anyOf: ways } : { type: kinds as string[] };
  }

  function object(type: Type, at: string): Schema {
    const properties: Record<string, Schema> = {};
    const required: string[] = [];
    for (const one of checker.getPropertiesOfType(type)) {
      const field = `${at}.${one.name}`;
      if ((one.flags & SymbolFlags.Method) !== 0) throw new Error(`${field}: a function cannot be written as JSON`);
      const schema = schemaOf(checker.getTypeOfSymbol(one)!, field);
      const usual = usualField(one.name, schema);
      properties[one.name] = { ...(usual !== undefined && { description: usual }), ...described(one), ...schema };
      if ((one.flags & SymbolFlags.Optional) === 0) required.push(one.name);
    }
    const [index] = checker.getIndexInfosOfType(type);
    return {
      type: 'object',
      ...(Object.keys(properties).length > 0 && { properties }),
      ...(required.length > 0 && { required }),
      ...(index !== undefined && { additionalProperties: schemaOf(index.valueType, `${at}.*`) }),
    };
  }

  function described(sign: Sign): Schema {
    const text = sign.getDocumentationComment(checker).replaceAll(/\s+/g, ' ').trim();
    return text === '' ? {} : { description: text };
  }

  const file = program.getSourceFile(ROWS)!;
  const rows = checker
    .getExportsOfModule(checker.getSymbolAtLocation(file)!)
    .find(({ name }) => name === 'CommandRows')!;
  const found: Record<string, Schema> = {};
  for (const one of checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(rows)))
    found[one.name] = schemaOf(checker.getTypeOfSymbol(one)!, one.name);

  // Types of different files may have one name: each is then told by its file, too.
  const count = new Map<string, number>();
  for (const { sign } of named.values()) count.set(sign.name, (count.get(sign.name) ?? 0) + 1);
  const nameBy = new Map<string, string>();
  for (const { sign, ref, schema } of named.values()) {
    const name = count.get(sign.name) === 1 ? sign.name : `${basename(sign.declarations[0]!.path, '.ts')}.${sign.name}`;
    nameBy.set(ref, `#/$defs/${name}`);
    found[name] = schema;
  }
  const resolve = (key: string, value: unknown) => (key === '$ref' ? nameBy.get(String(value)) : value);
  return JSON.parse(JSON.stringify(found), resolve) as Record<string, Schema>;
}

const api = new API({ cwd: ROOT });
try {
  const [project] = api.updateSnapshot({ openProjects: [join(ROOT, 'tsconfig.build.json')] }).getProjects();
  const schemas: AnswerSchemas = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:intertrack:schema:intertrack-answers-1',
    title:
      'What the commands of itctl(8) answer with: below $defs by the name of each, its object or a row of its list',
    $defs: schemasOf(project!),
  };
  const fields = process.argv.includes('--fields');
  console.log(fields ? schemaFields(schemas).join('\n') : JSON.stringify(schemas, null, 1));
} finally {
  api.close();
}
