/** Members of as-sets and route-sets, as `!i` and `!a` tell them. */
import { formatOperator, formatRange } from '../prefix-range.ts';
import type { RouteMember } from '../route-set.ts';
import { EXPANSION_LIMITS, expandAsSet, expandRouteSet, type Pause } from '../set-expansion.ts';
import { asSetMembers, routeSetMembers } from '../set-members.ts';
import type { Books } from './lookup.ts';

/** How it shares the thread, and when nobody waits for it any more. */
export interface Pace {
  readonly pause: Pause;
  readonly signal: AbortSignal;
}

/**
 * ASes of an as-set and of all sets in it, in ascending order; null when there is no such set, in words why not all of them
 * can be told.
 */
export async function originsOf(books: Books, set: string, pace: Pace): Promise<readonly number[] | string | null> {
  const expansion = await expandAsSet(books, set, EXPANSION_LIMITS, pace.signal, pace.pause);
  if (expansion === null) return null;
  return expansion.stopped === '' ? expansion.members : `${set} has ${expansion.stopped}`;
}

/**
 * Members of a set in the order of their text: those of the set alone, or the ASes or prefixes it comes to. Empty when there
 * is no such set; in words why not all of them can be told.
 */
export async function membersOf(
  books: Books,
  set: string,
  recursive: boolean,
  pace: Pace,
): Promise<readonly string[] | string> {
  if (!recursive) {
    const ases = asSetMembers(books, set)?.members.map(member => ('as' in member ? `AS${member.as}` : member.set));
    const found = ases ?? routeSetMembers(books, set)?.members.map(memberText) ?? [];
    return [...new Set(found)].sort();
  }
  const origins = await originsOf(books, set, pace);
  if (origins !== null) return typeof origins === 'string' ? origins : origins.map(as => `AS${as}`);
  const expansion = await expandRouteSet(books, set, EXPANSION_LIMITS, pace.signal, pace.pause);
  if (expansion === null) return [];
  return expansion.stopped === '' ? expansion.members.map(formatRange) : `${set} has ${expansion.stopped}`;
}

function memberText(member: RouteMember): string {
  if ('range' in member) return formatRange(member.range);
  const name = 'as' in member ? `AS${member.as}` : 'asSet' in member ? member.asSet : member.routeSet;
  return `${name}${formatOperator(member.operator)}`;
}
