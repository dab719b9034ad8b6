/** As much of JSON Schema (2020-12) as the schemas in contrib/schema use. A keyword that is not known here is an error. */

type Schema = Readonly<Record<string, unknown>>;

/** What is wrong with a value, each fault with its place; names that the schema does not have are faults too when `strict`. */
export function faultsOf(value: unknown, schema: Schema, strict: boolean): string[] {
  const root = schema;
  const check = (one: unknown, by: Schema, at: string): string[] =>
    Object.entries(by).flatMap(([keyword, want]) => {
      switch (keyword) {
        case '$schema':
        case '$id':
        case 'title':
        case '$defs':
          return [];
        case '$ref': {
          const name = /^#\/\$defs\/(\w+)$/.exec(String(want))?.[1] ?? '';
          return check(one, (root.$defs as Record<string, Schema>)[name]!, at);
        }
        case 'anyOf':
          return (want as Schema[]).some(schema => check(one, schema, at).length === 0) ? [] : [`${at}: none of anyOf`];
        case 'const':
          return one === want ? [] : [`${at}: is not ${String(want)}`];
        case 'enum':
          return (want as unknown[]).includes(one) ? [] : [`${at}: ${String(one)} is none of the enum`];
        case 'type':
          return [want].flat().some(type => isOf(one, String(type))) ? [] : [`${at}: is no ${String(want)}`];
        case 'minimum':
          return typeof one === 'number' && one < Number(want) ? [`${at}: is below ${want}`] : [];
        case 'maximum':
          return typeof one === 'number' && one > Number(want) ? [`${at}: is above ${want}`] : [];
        case 'pattern':
          return typeof one === 'string' && !new RegExp(String(want), 'u').test(one)
            ? [`${at}: ${one} does not match`]
            : [];
        case 'items':
          return Array.isArray(one) ? one.flatMap((item, i) => check(item, want as Schema, `${at}[${i}]`)) : [];
        case 'required':
          return isOf(one, 'object')
            ? (want as string[]).filter(name => !(name in (one as object))).map(name => `${at}: lacks ${name}`)
            : [];
        case 'properties': {
          if (!isOf(one, 'object')) return [];
          const known = want as Record<string, Schema>;
          return Object.entries(one as object).flatMap(([name, inner]) =>
            known[name] !== undefined
              ? check(inner, known[name], `${at}.${name}`)
              : strict
                ? [`${at}: has ${name}, which the schema has not`]
                : [],
          );
        }
        default:
          return [`schema: the keyword ${keyword} is not known`];
      }
    });
  return check(value, schema, '$');
}

function isOf(value: unknown, type: string): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
}
