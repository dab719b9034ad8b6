/** What the sources hold under a name: an AS, a set, a maintainer, a router; as rows for people and for JSON. */
import { type ExpiryRule, expiryState, type Forecast, forecast } from './expiry.ts';
import { OTHER_CLASSES } from './other-objects.ts';
import { type PlainObject, plainObject } from './plain-object.ts';
import { parseAsNumber } from './route-object.ts';
import { type RpslObject, type RpslProblem, readRpslObject } from './rpsl.ts';
import { type Expansion, expandAsSet, expandRouteSet } from './set-expansion.ts';
import { slicer } from './slice.ts';
import type { SourceBook } from './source-book.ts';
import { classOf, maintainedBy } from './whois/lookup.ts';

/** Route objects of an AS that are shown; all are counted. */
export const MAX_ROUTES_SHOWN = 256;

/** When an object is due to be removed by its registry, and how near that is. */
export interface Due extends Forecast {
  /** How near its removal is. */
  readonly state: ReturnType<typeof expiryState>;
}

/** What a set comes to, without its members. */
export interface ExpansionSize extends Omit<Expansion<never>, 'members'> {
  /** ASes of an as-set, prefix ranges of a route-set. */
  readonly members: number;
}

/** One object. */
export interface RegisteredObject {
  readonly source: string;
  /** Class of the object. */
  readonly class: string;
  /** Primary key of the object. */
  readonly key: string;
  readonly created: number | null;
  readonly changed: number | null;
  readonly lastModified: number | null;
  /** Null without `expiry`, or when the object has no date. */
  readonly due: Due | null;
  /** Values that could not be read, or why the object could not; lines count from its first. */
  readonly problems: readonly RpslProblem[];
  readonly text: string;
  /** Of a set; null for others, and for a set that one of an earlier source hides. */
  readonly expansion: ExpansionSize | null;
  /** Of a maintainer, by class: the objects that it maintains. Null for others. */
  readonly maintains: Readonly<Record<string, number>> | null;
}

/** What is to be told of an object when it is known how its source removes objects. */
export function dueOf(
  object: Pick<PlainObject, 'created' | 'changed' | 'lastModified'>,
  rule: ExpiryRule | undefined,
  now: number,
): Due | null {
  const due = rule === undefined ? null : forecast(object, rule);
  return due && { ...due, state: expiryState(due, now) };
}

/**
 * The objects of this name in all sources, in their order, those of an AS with its route objects. `omitted`: route objects
 * that are not among them. Works in slices; `signal` ends it.
 */
export async function registeredUnder(
  books: readonly SourceBook[],
  name: string,
  rules: ReadonlyMap<string, ExpiryRule>,
  now: number,
  signal?: AbortSignal,
): Promise<{ readonly objects: readonly RegisteredObject[]; readonly omitted: number }> {
  const objects: RegisteredObject[] = [];
  const expanded = new Set<string>();
  for (const book of books)
    for (const objectClass of OTHER_CLASSES) {
      const rpsl = book.others.get(objectClass, name);
      if (rpsl === null) continue;
      // The set of the first source is the one that counts.
      const isFirst = !expanded.has(objectClass);
      expanded.add(objectClass);
      objects.push({
        ...registeredObject(book.source, rpsl, rules, now),
        expansion: isFirst ? await expansionOf(books, objectClass, name, signal) : null,
        maintains: objectClass === 'mntner' ? await maintainedIn(book, name, signal) : null,
      });
    }
  const asn = parseAsNumber(name);
  const routes = asn < 0 ? [] : books.flatMap(book => book.routes.rowsOfOrigin(asn).map(row => ({ book, row })));
  for (const { book, row } of routes.slice(0, MAX_ROUTES_SHOWN)) {
    const rpsl = readRpslObject(book.routes.bytes(row));
    if (rpsl !== null)
      objects.push({ ...registeredObject(book.source, rpsl, rules, now), expansion: null, maintains: null });
  }
  return { objects, omitted: Math.max(0, routes.length - MAX_ROUTES_SHOWN) };
}

/** What is to be told of one object of a source by itself. */
export function registeredObject(
  source: string,
  rpsl: RpslObject,
  rules: ReadonlyMap<string, ExpiryRule>,
  now: number,
): RegisteredObject {
  const reading = plainObject(rpsl);
  const rest = { text: rpsl.text, expansion: null, maintains: null };
  if (!reading.ok) {
    const key = rpsl.attributes[0]?.value ?? '';
    const dates = { created: null, changed: null, lastModified: null };
    return { source, class: rpsl.class, key, ...dates, due: null, problems: [reading.problem], ...rest };
  }
  const { object, problems } = reading;
  const { class: objectClass, key, created, changed, lastModified } = object;
  const due = dueOf(object, rules.get(source), now);
  return { source, class: objectClass, key, created, changed, lastModified, due, problems, ...rest };
}

async function expansionOf(
  books: readonly SourceBook[],
  objectClass: string,
  name: string,
  signal: AbortSignal | undefined,
): Promise<ExpansionSize | null> {
  const expand = objectClass === 'as-set' ? expandAsSet : objectClass === 'route-set' ? expandRouteSet : null;
  const expansion = await expand?.(books, name, undefined, signal);
  return expansion ? { ...expansion, members: expansion.members.length } : null;
}

async function maintainedIn(book: SourceBook, name: string, signal: AbortSignal | undefined) {
  const pause = slicer();
  const counts: Record<string, number> = {};
  for (const found of maintainedBy([book], name)) {
    await pause();
    if (signal?.aborted) break;
    if (found === null) continue;
    const objectClass = classOf(found);
    counts[objectClass] = (counts[objectClass] ?? 0) + 1;
  }
  return counts;
}
