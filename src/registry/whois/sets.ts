/** Members of as-sets and route-sets, as `!i` and `!a` tell them. */
import { readAsSet } from '../as-set.ts';
import { readRouteSet } from '../route-set.ts';
import { namesIn } from '../rpsl.ts';
import type { Books } from './lookup.ts';
import type { Turns } from './turns.ts';

/** Sets that one question may go through. */
const MAX_SETS = 20_000;

/** ASes of an as-set and of all sets in it; null when there is no such set. A set is that of the first source that has it. */
export async function originsOf(books: Books, set: string, turns: Turns): Promise<readonly number[] | null> {
  const seen = new Set([set]);
  const origins = new Set<number>();
  let found = false;
  for (const name of seen) {
    const rest = turns.pause();
    if (rest !== null) await rest;
    const members = asMembers(books, name);
    if (members === null) continue;
    found = true;
    for (const member of members)
      if ('as' in member) origins.add(member.as);
      else if (seen.size < MAX_SETS) seen.add(member.set);
  }
  return found ? [...origins] : null;
}

function asMembers(books: Books, set: string) {
  for (const { others } of books) {
    const object = others.get('as-set', set);
    if (object === null) continue;
    const reading = readAsSet(object);
    if (!reading.ok) continue;
    const { members, mbrsByRef } = reading.object;
    return mbrsByRef.length === 0 ? members : [...members, ...byReference(books, set, mbrsByRef)];
  }
  return null;
}

/** RFC 2622 section 5.1: aut-nums that name the set, of maintainers that the set names. */
function byReference(books: Books, set: string, maintainers: readonly string[]): { readonly as: number }[] {
  const members: { readonly as: number }[] = [];
  for (const { others } of books)
    for (const { class: objectClass, key } of others.byMemberOf(set)) {
      if (objectClass !== 'aut-num') continue;
      const held = namesIn(others.get(objectClass, key)!, 'mnt-by');
      if (maintainers.includes('ANY') || held.some(name => maintainers.includes(name)))
        members.push({ as: Number(key.slice(2)) });
    }
  return members;
}

/** Members of a set in the order of their text: of the set alone, or of all sets in it. In words what is wrong with it. */
export async function membersOf(
  books: Books,
  set: string,
  recursive: boolean,
  turns: Turns,
): Promise<readonly string[] | string> {
  const direct = asMembers(books, set);
  if (direct !== null) {
    const members = recursive
      ? ((await originsOf(books, set, turns)) ?? []).map(as => `AS${as}`)
      : direct.map(member => ('as' in member ? `AS${member.as}` : member.set));
    return [...new Set(members)].sort();
  }
  for (const { others } of books) {
    const object = others.get('route-set', set);
    if (object === null) continue;
    const reading = readRouteSet(object);
    if (reading.ok) return [...namesIn(object, 'members'), ...namesIn(object, 'mp-members')].sort();
  }
  return [];
}
