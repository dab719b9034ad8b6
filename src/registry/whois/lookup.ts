/**
 * Objects of several sources by what is asked of them. A look-up tells their places one after the other; a null is a good
 * place to pause when nothing was found for a while. What it tells can be gone when it is read: the registry lives on.
 */
import type { Afi } from '../../net/address.ts';
import { covers, type Prefix, parsePrefix, wordsOf } from '../../net/prefix.ts';
import { OTHER_CLASSES } from '../other-objects.ts';
import { parseAsNumber } from '../route-object.ts';
import { listOf } from '../rpsl.ts';
import type { SourceBook } from '../source-book.ts';
import type { ObjectRef } from './object-list.ts';
import type { Scope } from './query.ts';

export type Books = readonly SourceBook[];
export type Found = Iterable<ObjectRef | null>;

/** Rows looked at without a pause. */
const STRIDE = 512;

/** Route objects of an origin, of one family or (null) both. */
export function* routesOfOrigin(books: Books, asn: number, afi: Afi | null): Generator<ObjectRef | null> {
  for (const book of books)
    for (const row of book.routes.rowsOfOrigin(asn)) {
      if (!book.routes.live(row)) continue;
      const found = book.routes.row(row);
      if (found.origin === asn && (afi === null || found.afi === afi)) yield { book, row };
    }
}

/** Route objects by prefix. `less` is one level: of the longest prefix that covers it and is not it, whatever its source. */
export function* routesByPrefix(books: Books, prefix: Prefix, scope: Scope): Generator<ObjectRef | null> {
  if (scope === 'exact') for (const book of books) for (const row of book.routes.rowsOf(prefix)) yield { book, row };
  else if (scope === 'all-less')
    for (const book of books) for (const row of book.routes.rowsCovering(prefix)) yield { book, row };
  else if (scope === 'more') yield* moreSpecific(books, prefix);
  else {
    const covering = books.map(book => ({ book, rows: book.routes.rowsCovering(prefix) }));
    let longest = -1;
    for (const { book, rows } of covering) {
      const first = rows.map(row => book.routes.row(row).length).find(length => length < prefix.length);
      longest = Math.max(longest, first ?? -1);
    }
    for (const { book, rows } of covering)
      for (const row of rows) if (book.routes.row(row).length === longest) yield { book, row };
  }
}

function* moreSpecific(books: Books, prefix: Prefix): Generator<ObjectRef | null> {
  const [first] = wordsOf(prefix);
  // The first word sets nearly all others aside.
  const mask = prefix.length >= 32 ? -1 : prefix.length === 0 ? 0 : -1 << (32 - prefix.length);
  const holds = (words: readonly number[], length: number): boolean => {
    const bytes = new Uint8Array(prefix.bytes.length);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i * 4 < bytes.length; i++) view.setInt32(i * 4, words[i]!);
    return covers(prefix, { afi: prefix.afi, bytes, length });
  };
  for (const { book, row } of everyRow(books)) {
    if (row < 0) yield null;
    else {
      const { afi, w0, w1, w2, w3, length } = book.routes.row(row);
      if (afi !== prefix.afi || length <= prefix.length || (w0 & mask) !== first) continue;
      if (holds([w0, w1, w2, w3], length)) yield { book, row };
    }
  }
}

/** All rows; now and then one that is -1. */
function* everyRow(books: Books): Generator<{ readonly book: SourceBook; readonly row: number }> {
  for (const book of books)
    for (let row = 0; row < book.routes.rows; row++) {
      if (row % STRIDE === 0) yield { book, row: -1 };
      if (row < book.routes.rows && book.routes.live(row)) yield { book, row };
    }
}

/** Objects of any class that this maintainer holds. */
export function* maintainedBy(books: Books, maintainer: string): Generator<ObjectRef | null> {
  const name = maintainer.toUpperCase();
  for (const book of books) for (const other of book.others.byMaintainer(name)) yield { book, ...other };
  for (const { book, row } of everyRow(books)) {
    const { routes } = book;
    if (row < 0) yield null;
    else if (routes.maintainerSets[routes.row(row).maintainers]?.includes(name)) yield { book, row };
  }
}

/** Objects of any class that say they are members of this set (RFC 2622 section 5). */
export function* memberOf(books: Books, set: string): Generator<ObjectRef | null> {
  const name = set.toUpperCase();
  for (const book of books) {
    for (const other of book.others.byMemberOf(name)) yield { book, ...other };
    for (const row of book.routes.rowsOfMembers(name)) yield { book, row };
  }
}

/** aut-nums, sets, maintainers and routers that have this value in an attribute that is not indexed. */
export function* othersNaming(books: Books, attribute: string, value: string): Generator<ObjectRef | null> {
  const name = value.toUpperCase();
  for (const book of books)
    for (const objectClass of OTHER_CLASSES)
      for (const key of book.others.keys(objectClass)) {
        yield null;
        const object = book.others.get(objectClass, key);
        const named = object?.attributes.some(
          one => one.name === attribute && listOf(one.value).some(word => word.toUpperCase() === name),
        );
        if (named) yield { book, class: objectClass, key };
      }
}

/** `192.0.2.0/24AS64496`, also with blanks or a dash between (IRRd), as the key of a route object; null when it is none. */
export function parseRouteKey(text: string): { readonly prefix: Prefix; readonly origin: number } | null {
  const match = /^([0-9a-f.:]+\/\d{1,3})[\s-]*(AS[\d.]+)$/i.exec(text.trim());
  const prefix = parsePrefix(match?.[1] ?? '');
  const origin = parseAsNumber(match?.[2] ?? '');
  return prefix === null || origin < 0 ? null : { prefix, origin };
}

/** Objects of a class by their key, one of each source. */
export function* byKey(books: Books, objectClass: string, key: string): Generator<ObjectRef | null> {
  if (objectClass === 'route' || objectClass === 'route6') {
    const wanted = parseRouteKey(key);
    if (wanted?.prefix.afi !== (objectClass === 'route' ? 1 : 2)) return;
    for (const book of books)
      for (const row of book.routes.rowsOf(wanted.prefix))
        if (book.routes.row(row).origin === wanted.origin) yield { book, row };
  } else
    for (const book of books)
      if (book.others.get(objectClass, key) !== null) yield { book, class: objectClass, key: key.toUpperCase() };
}

/** What a word alone finds: the route objects that cover a prefix or address, else objects of any class with this key. */
export function* byWord(books: Books, word: string): Generator<ObjectRef | null> {
  const prefix = parsePrefix(word);
  if (prefix !== null) yield* routesByPrefix(books, prefix, 'all-less');
  else for (const objectClass of ['route', 'route6', ...OTHER_CLASSES]) yield* byKey(books, objectClass, word);
}

/** The class of a found object. */
export const classOf = (ref: ObjectRef): string =>
  'class' in ref ? ref.class : ref.book.routes.row(ref.row).afi === 1 ? 'route' : 'route6';
