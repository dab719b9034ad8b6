/** What the mirrored sources know of ASes beyond their route objects: for hints. */
import { namesIn } from './rpsl.ts';
import { asSetMembers } from './set-members.ts';
import type { SourceBook } from './source-book.ts';

/** As-sets of one maintainer that are looked into. */
const MOST_SETS = 100;

/** Maintainers of the AS's aut-num in any source, upper case. */
export function maintainersOf(books: readonly SourceBook[], as: number): readonly string[] {
  const found = new Set<string>();
  for (const { others } of books) {
    const rpsl = others.get('aut-num', `AS${as}`);
    for (const name of rpsl === null ? [] : namesIn(rpsl, 'mnt-by')) found.add(name);
  }
  return [...found];
}

/**
 * True when an as-set of the AS names the member: a set of one of its maintainers, or one whose name begins with the AS,
 * which nobody else may make (RFC 2622 section 5).
 */
export function hasCustomer(books: readonly SourceBook[], as: number, member: number): boolean {
  const names = new Set<string>();
  for (const maintainer of maintainersOf(books, as))
    for (const { others } of books)
      for (const { class: objectClass, key } of others.byMaintainer(maintainer))
        if (objectClass === 'as-set' && names.size < MOST_SETS) names.add(key);
  for (const { others } of books)
    for (const key of others.keys('as-set')) if (key.startsWith(`AS${as}:`) && names.size < MOST_SETS) names.add(key);
  return [...names].some(
    name => asSetMembers(books, name)?.members.some(one => 'as' in one && one.as === member) ?? false,
  );
}
