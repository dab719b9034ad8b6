import type { Scalar } from './argument.ts';
import { specOf } from './schema.ts';
import type { Place } from './source.ts';
import type { BlockName, Spec } from './statement-spec.ts';

export type Value = Scalar | readonly Scalar[];

/** A statement with its meaning: which one it is, what its arguments say, what stands in its block. */
export interface Entry {
  readonly spec: Spec;
  /** By field (usage.ts); a field that is not stated is not there. */
  readonly values: Readonly<Record<string, Value>>;
  /** What is secret of it stands in a file or in the environment. */
  readonly elsewhere?: true;
  readonly block: readonly Entry[];
  /** False when some of its words could not be read. */
  readonly whole: boolean;
  /** Where it was read; null for one that was made to be printed. */
  readonly place: Place | null;
}

/** Makes an entry to be printed; fields that are undefined are left out. */
export function entry(
  block: BlockName,
  head: string,
  values: Readonly<Record<string, Value | undefined>> = {},
  inner: readonly Entry[] = [],
): Entry {
  const stated = Object.entries(values).filter((pair): pair is [string, Value] => pair[1] !== undefined);
  return { spec: specOf(block, head), values: Object.fromEntries(stated), block: inner, whole: true, place: null };
}

/** The head of an entry, such as `hold time`. */
export const headOf = (one: Entry): string => one.spec.head.join(' ');

/** The entries of a block with this head. */
export const all = (block: readonly Entry[], head: string): Entry[] => block.filter(one => headOf(one) === head);

/** The entry of a block with this head, if it is stated. */
export const first = (block: readonly Entry[], head: string): Entry | undefined =>
  block.find(one => headOf(one) === head);

/** What an entry says in a field, or the default. */
const saidOf = (one: Entry, field: string): Value | undefined => one.values[field] ?? one.spec.defaults?.[field];

/** A field's text; undefined when it is neither stated nor has a default. */
export function text(one: Entry, field: string): string | undefined {
  const value = saidOf(one, field);
  return typeof value === 'string' ? value : undefined;
}

/** A field's number; undefined when it is neither stated nor has a default. */
export function number(one: Entry, field: string): number | undefined {
  const value = saidOf(one, field);
  return typeof value === 'number' ? value : undefined;
}

/** The items of a field that is a list. */
export function list(one: Entry, field: string): readonly Scalar[] {
  const value = saidOf(one, field);
  return typeof value === 'object' ? value : [];
}

/** True when a statement such as `passive;` is there and does not say `no`. */
export function flag(block: readonly Entry[], head: string): boolean {
  const one = first(block, head);
  return one !== undefined && one.values.switch !== 'no';
}

/** True when a switch that is on by itself is turned off. */
export function denied(block: readonly Entry[], head: string): boolean {
  return first(block, head)?.values.switch === 'no';
}

/** The entry of a block with this head, or one that says nothing, so that the defaults of the schema hold. */
export function stated(block: readonly Entry[], name: BlockName, head: string): Entry {
  return first(block, head) ?? entry(name, head);
}

/** True when every user of the machine can read what is secret of an entry. */
export const everyoneCanRead = (one: Entry): boolean => !one.elsewhere && placed(one).source.readableByAll;

/** The place of an entry that was read. */
export const placed = ({ place }: Entry): Place => place!;

/** The names that are defined; null when one of the definitions has a name that could not be read: any may be it. */
export function namesOf(definitions: readonly Entry[], field: string): ReadonlySet<string> | null {
  const names = definitions.map(one => text(one, field));
  return names.includes(undefined) ? null : new Set(names.filter(name => name !== undefined));
}

/** True when a name is stated and certainly not defined. */
export const lacks = (names: ReadonlySet<string> | null, name: string | undefined): boolean =>
  name !== undefined && names !== null && !names.has(name);

/** A value that the schema requires or gives a default: not being there is a fault of the schema, not of the text. */
export function must<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('a required value is not in the configuration that was checked');
  return value;
}

/** The text of a field of a statement that must be in a block, or have a default. */
export const textIn = (block: readonly Entry[], name: BlockName, head: string, field: string): string =>
  must(text(stated(block, name, head), field));

/** The same of a number. */
export const numberIn = (block: readonly Entry[], name: BlockName, head: string, field: string): number =>
  must(number(stated(block, name, head), field));

/** A property that is left out of the object when there is no value for it. */
export const optional = <K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } =>
  (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
