/**
 * Whois queries answered from the sources that are mirrored, as IRRd answers them (its documentation, "Whois queries"). What
 * is long is looked for in slices, and an answer knows where its objects are, not their text: nobody holds 20 MB of it.
 */
import type { Afi } from '../../net/address.ts';
import { parseAsNumber } from '../route-object.ts';
import type { SourceBook } from '../source-book.ts';
import {
  type Books,
  byKey,
  byWord,
  classOf,
  type Found,
  maintainedBy,
  memberOf,
  othersNaming,
  routesByPrefix,
  routesOfOrigin,
} from './lookup.ts';
import { MAX_ANSWER_OBJECTS, type ObjectRef, objectList } from './object-list.ts';
import { prefixList } from './prefix-list.ts';
import type { IrrdQuery, Query, RipeQuery, RipeSearch } from './query.ts';
import { membersOf, originsOf, type Pace } from './sets.ts';
import { serialLines, sourceLines, statusJson } from './status.ts';
import type { Turns } from './turns.ts';

/** A source as it is mirrored now. */
export interface WhoisSource {
  /** Upper case. */
  readonly name: string;
  readonly book: SourceBook;
  /** The serial of the mirror, and when it changed last, ms since the epoch. */
  readonly state: () => { readonly serial: number | null; readonly updated: number | null };
}

/** What a client is told, whatever the manner. */
export type Answer =
  /** Nothing at all is sent. */
  | { readonly kind: 'silent' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'error'; readonly why: string; readonly large?: true }
  | {
      readonly kind: 'text';
      readonly octets: number;
      /** Null: the rest cannot be told any more (object-list.ts). */
      readonly pieces: () => Iterable<Buffer | null>;
    };

export interface Question {
  readonly query: Query;
  /** All sources, in their order. */
  readonly sources: readonly WhoisSource[];
  /** Those the client has chosen; null: all. */
  readonly chosen: readonly string[] | null;
  /** Octets of an answer. */
  readonly most: number;
  readonly turns: Turns;
  /** The client is gone: nothing more has to be looked for. */
  readonly signal: AbortSignal;
  readonly version: string;
}

/** Answers a query whose settings are in force already (session.ts). */
export async function answerQuery(question: Question): Promise<Answer> {
  const rest = question.turns.pause();
  if (rest !== null) await rest;
  const { query } = question;
  return query.kind === 'ripe' ? ripeAnswer(question, query) : irrdAnswer(question, query);
}

const NOT_FOUND: Answer = { kind: 'not-found' };
const EMPTY: Answer = { kind: 'empty' };

function text(all: string): Answer {
  const bytes = Buffer.from(all);
  return bytes.length === 0 ? NOT_FOUND : { kind: 'text', octets: bytes.length, pieces: () => [bytes] };
}

const tooLarge = (what: string): Answer => ({
  kind: 'error',
  why: `The answer would have more than ${what}`,
  large: true,
});

/** The chosen sources in the order in which they were chosen. */
function selected({ sources, chosen }: Question): readonly WhoisSource[] {
  return chosen === null ? sources : chosen.flatMap(name => sources.find(one => one.name === name) ?? []);
}

const booksOf = (question: Question): Books => selected(question).map(({ book }) => book);

const paceOf = ({ turns, signal }: Question): Pace => ({ pause: turns.pause, signal });

async function irrdAnswer(question: Question, query: IrrdQuery): Promise<Answer> {
  const books = booksOf(question);
  switch (query.kind) {
    case 'keep-open':
    case 'quit':
      return { kind: 'silent' };
    case 'identify':
    case 'timeout':
    case 'sources':
      return EMPTY;
    case 'list-sources':
      return books.length === 0 ? EMPTY : text(`${books.map(({ source }) => source).join(',')}\n`);
    case 'version':
      return text(`InterTrack -- version ${question.version}\n`);
    case 'no-filter':
      return text('Nothing is filtered: what ROAs contradict is told as well.\n');
    case 'origin':
      return prefixesOf(question, [query.asn], query.afi);
    case 'set-routes': {
      const origins = await originsOf(books, query.set, paceOf(question));
      if (typeof origins === 'string') return { kind: 'error', why: origins };
      return origins === null ? NOT_FOUND : prefixesOf(question, origins, query.afi);
    }
    case 'members': {
      const members = await membersOf(books, query.set, query.recursive, paceOf(question));
      if (typeof members === 'string') return { kind: 'error', why: members };
      return members.length === 0 ? NOT_FOUND : text(`${members.join(' ')}\n`);
    }
    case 'routes': {
      const found = routesByPrefix(books, query.prefix, query.scope);
      return query.originsOnly ? origins(found) : objects(question, found);
    }
    case 'key':
      return objects(question, firstOf(byKey(books, query.class, query.key)));
    case 'maintained':
      return objects(question, maintainedBy(books, query.maintainer));
    case 'serials':
    case 'status': {
      const { known, unknown } = named(question.sources, query.sources);
      return text(query.kind === 'serials' ? serialLines(known, unknown) : statusJson(known, unknown));
    }
  }
}

function named(sources: readonly WhoisSource[], names: readonly string[] | null) {
  if (names === null) return { known: sources, unknown: [] };
  const known = names.flatMap(name => sources.find(one => one.name === name) ?? []);
  return { known, unknown: names.filter(name => !sources.some(one => one.name === name)) };
}

async function ripeAnswer(question: Question, { classes, keysOnly, search }: RipeQuery): Promise<Answer> {
  if (search === null) return NOT_FOUND;
  if (search.kind === 'about')
    return text(search.what === 'sources' ? sourceLines(question.sources) : `% InterTrack ${question.version}\n`);
  const found = searched(booksOf(question), search);
  if (typeof found === 'string') return { kind: 'error', why: found };
  return objects(question, classes.length === 0 ? found : ofClasses(found, classes), keysOnly);
}

/** Attributes that `-i` looks through: the first three are indexed or in columns, the others are read. */
const INVERSE = ['origin', 'mnt-by', 'member-of', 'mbrs-by-ref', 'members', 'mp-members', 'admin-c', 'tech-c'];

function searched(books: Books, search: Exclude<RipeSearch, { kind: 'about' }>): Found | string {
  if (search.kind === 'routes') return routesByPrefix(books, search.prefix, search.scope);
  if (search.kind === 'text') return byWord(books, search.text);
  const strange = search.attributes.find(attribute => !INVERSE.includes(attribute));
  if (strange !== undefined)
    return `Inverse attribute search not supported for ${strange}, only supported for attributes: ${INVERSE.join(', ')}`;
  return (function* () {
    for (const attribute of search.attributes) yield* inverse(books, attribute, search.value);
  })();
}

function inverse(books: Books, attribute: string, value: string): Found {
  if (attribute === 'mnt-by') return maintainedBy(books, value);
  if (attribute === 'member-of') return memberOf(books, value);
  if (attribute !== 'origin') return othersNaming(books, attribute, value);
  const asn = parseAsNumber(value);
  return asn < 0 ? [] : routesOfOrigin(books, asn, null);
}

function* ofClasses(found: Found, classes: readonly string[]): Generator<ObjectRef | null> {
  for (const ref of found) if (ref === null || classes.includes(classOf(ref))) yield ref;
}

function* firstOf(found: Found): Generator<ObjectRef | null> {
  for (const ref of found)
    if (ref !== null) {
      yield ref;
      return;
    }
}

async function objects({ turns, most, signal }: Question, found: Found, keysOnly = false): Promise<Answer> {
  const list = objectList(keysOnly);
  for (const ref of found) {
    if (ref !== null) list.add(ref);
    if (list.octets > most) return tooLarge(`${most} octets`);
    if (list.count > MAX_ANSWER_OBJECTS) return tooLarge(`${MAX_ANSWER_OBJECTS} objects`);
    const rest = turns.pause();
    if (rest !== null) await rest;
    if (signal.aborted) return { kind: 'silent' };
  }
  return list.count === 0 ? NOT_FOUND : { kind: 'text', octets: list.octets, pieces: list.pieces };
}

/** The distinct origins of what was found; a prefix has a few at most. */
function origins(found: Found): Answer {
  const all = new Set<string>();
  for (const ref of found) if (ref !== null && 'row' in ref) all.add(`AS${ref.book.routes.row(ref.row).origin}`);
  return all.size === 0 ? NOT_FOUND : text(`${[...all].join(' ')}\n`);
}

/** Prefixes read without a look at the clock. */
const STRIDE = 256;

async function prefixesOf(question: Question, asns: readonly number[], afi: Afi | null): Promise<Answer> {
  const { turns, most, signal } = question;
  const books = booksOf(question);
  const list = prefixList();
  let seen = 0;
  for (const asn of asns)
    for (const ref of routesOfOrigin(books, asn, afi)) {
      if (ref !== null && 'row' in ref) list.add(ref.book.routes.row(ref.row));
      if (++seen % STRIDE !== 0) continue;
      if (list.octets > most) break;
      const rest = turns.pause();
      if (rest !== null) await rest;
      if (signal.aborted) return { kind: 'silent' };
    }
  if (list.octets > most) return tooLarge(`${most} octets`);
  return list.count === 0 ? NOT_FOUND : { kind: 'text', octets: list.octets, pieces: list.pieces };
}
