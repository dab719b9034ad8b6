/** The members of a set as the mirrored sources have them, one level deep: those it lists and those that join it. */
import { type AsMember, readAsSet } from './as-set.ts';
import { rangeOf } from './prefix-range.ts';
import { parseAsNumber } from './route-object.ts';
import { type RouteMember, readRouteSet } from './route-set.ts';
import { namesIn, type RpslObject } from './rpsl.ts';
import type { SetKind } from './set-name.ts';
import type { SourceBook } from './source-book.ts';

/** Objects that say they are members of one set, which are read one by one; what is beyond counts as not readable. */
export const MAX_JOINING = 10_000;

export interface SetMembers<Member> {
  /** Source that the set was taken from. */
  readonly source: string;
  readonly members: readonly Member[];
  /** Members that could not be read. */
  readonly refused: number;
}

/** A set as the first of the sources has it; those further down may have another of its name, which does not count. */
export function findSet(
  books: readonly SourceBook[],
  kind: SetKind,
  name: string,
): { readonly book: SourceBook; readonly rpsl: RpslObject } | null {
  for (const book of books) {
    const rpsl = book.others.get(kind, name);
    if (rpsl !== null) return { book, rpsl };
  }
  return null;
}

/** Members of an as-set; null when no source has it, or it cannot be read. */
export function asSetMembers(books: readonly SourceBook[], name: string): SetMembers<AsMember> | null {
  const found = findSet(books, 'as-set', name);
  const reading = found && readAsSet(found.rpsl);
  if (found === null || !reading?.ok) return null;
  const { mbrsByRef, members } = reading.object;
  const joined: AsMember[] = [];
  const joining = mbrsByRef.length > 0 ? [...found.book.others.byMemberOf(name)] : [];
  for (const { class: objectClass, key } of joining.slice(0, MAX_JOINING))
    if (objectClass === 'aut-num') {
      const rpsl = found.book.others.get('aut-num', key);
      if (rpsl !== null && mayJoin(mbrsByRef, namesIn(rpsl, 'mnt-by'))) joined.push({ as: parseAsNumber(key) });
    }
  const refused = reading.problems.length + Math.max(0, joining.length - MAX_JOINING);
  return { source: found.book.source, members: members.concat(joined), refused };
}

/** Members of a route-set; null when no source has it, or it cannot be read. */
export function routeSetMembers(books: readonly SourceBook[], name: string): SetMembers<RouteMember> | null {
  const found = findSet(books, 'route-set', name);
  const reading = found && readRouteSet(found.rpsl);
  if (found === null || !reading?.ok) return null;
  const { mbrsByRef, members } = reading.object;
  const joined: RouteMember[] = [];
  const { routes } = found.book;
  const joining = mbrsByRef.length > 0 ? routes.rowsOfMembers(name.toUpperCase()) : [];
  for (const row of joining.slice(0, MAX_JOINING)) {
    const { mntBy, prefix } = routes.object(row);
    if (mayJoin(mbrsByRef, mntBy)) joined.push({ range: rangeOf(prefix) });
  }
  const refused = reading.problems.length + Math.max(0, joining.length - MAX_JOINING);
  return { source: found.book.source, members: members.concat(joined), refused };
}

/**
 * RFC 2622 section 5.1: an object that names the set in `member-of` is a member when one of its maintainers is in the set's
 * `mbrs-by-ref`, or that is ANY. It has to be of the same source: in another one anybody may bear the maintainer's name.
 */
function mayJoin(mbrsByRef: readonly string[], mntBy: readonly string[]): boolean {
  return mbrsByRef.includes('ANY') || mntBy.some(name => mbrsByRef.includes(name.toUpperCase()));
}
