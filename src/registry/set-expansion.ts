/**
 * What a set comes to when the sets in it are followed to their ends: the ASes of an as-set, the prefixes of a route-set.
 * Sets name each other in circles, lie in several sources, name what is nowhere, and are written by strangers: a set is
 * entered once for each thing to be made of it, the first source that has it counts, what is missing is told, and depth,
 * sets and members are bounded.
 */
import { applyChange, chain, changeOf, type PrefixRange, type RangeChange, rangeOf } from './prefix-range.ts';
import { rangeSet } from './range-set.ts';
import type { RouteMember } from './route-set.ts';
import { asSetMembers, routeSetMembers, type SetMembers } from './set-members.ts';
import { slicer } from './slice.ts';
import type { SourceBook } from './source-book.ts';

/** How far an expansion goes. */
export interface ExpansionLimits {
  /** Sets in a row, each a member of the one before. */
  readonly depth: number;
  readonly sets: number;
  /** ASes, or prefix ranges. */
  readonly members: number;
}

export const EXPANSION_LIMITS: ExpansionLimits = { depth: 64, sets: 50_000, members: 1_000_000 };

/** Names of missing sets that are told; all are counted. */
const MOST_TOLD = 100;

export interface Expansion<Member> {
  readonly members: readonly Member[];
  /** Sets that were entered, itself included. */
  readonly sets: number;
  /** Sets that are members and are in none of the sources, the first of them, and how many there are. */
  readonly missing: readonly string[];
  /** How many such sets there are. */
  readonly missingCount: number;
  /** Members that could not be read. */
  readonly refused: number;
  /** Why the expansion is not whole, in words; '' when it is. */
  readonly stopped: string;
}

/** As of slice.ts: whoever does much else shares one with it. */
export type Pause = () => Promise<void> | null;

/** ASes of an as-set in ascending order; null when none of the sources has it. Works in slices of a few milliseconds. */
export async function expandAsSet(
  books: readonly SourceBook[],
  name: string,
  limits: ExpansionLimits = EXPANSION_LIMITS,
  signal?: AbortSignal,
  pause?: Pause,
): Promise<Expansion<number> | null> {
  if (asSetMembers(books, name) === null) return null;
  const walk = startWalk(limits, signal, pause);
  const ases = new Set<number>();
  await walk.asSet(books, name, 0, as => walk.count(ases.add(as).size));
  return walk.result([...ases].sort((a, b) => a - b));
}

/**
 * Prefixes of a route-set, as ranges of lengths; null when none of the sources has it. The routes of an AS that is a member are
 * those of all sources.
 */
export async function expandRouteSet(
  books: readonly SourceBook[],
  name: string,
  limits: ExpansionLimits = EXPANSION_LIMITS,
  signal?: AbortSignal,
  pause?: Pause,
): Promise<Expansion<PrefixRange> | null> {
  if (routeSetMembers(books, name) === null) return null;
  const walk = startWalk(limits, signal, pause);
  const ranges = rangeSet();
  const take = (range: PrefixRange, change: RangeChange): boolean => {
    const made = applyChange(range, change);
    return made === null || walk.count(ranges.add(made));
  };
  const routesOf = (as: number, change: RangeChange): boolean =>
    books.every(({ routes }) => routes.rowsOfOrigin(as).every(row => take(rangeOf(routes.prefix(row)), change)));

  const queue: { readonly set: string; readonly change: RangeChange; readonly depth: number }[] = [];
  const offer = (set: string, change: RangeChange, depth: number): void => {
    if (walk.enter(set, depth, JSON.stringify(change))) queue.push({ set, change, depth });
  };
  offer(name.toUpperCase(), changeOf(null), 0);
  // A set is entered once for each change to be made to it, and read once.
  const read = new Map<string, SetMembers<RouteMember> | null>();
  for (const { set, change, depth } of queue) {
    await walk.pause();
    if (walk.over()) break;
    const found = read.get(set) ?? routeSetMembers(books, set);
    read.set(set, found);
    if (!walk.found(set, found)) continue;
    for (const member of found.members) {
      if (walk.over()) break;
      if ('range' in member) {
        take(member.range, change);
        continue;
      }
      const both = chain(changeOf(member.operator), change);
      if (both === null) continue;
      if ('as' in member) routesOf(member.as, both);
      else if ('routeSet' in member) offer(member.routeSet, both, depth + 1);
      else await walk.asSet(books, member.asSet, depth + 1, as => routesOf(as, both), JSON.stringify(both));
    }
  }
  return walk.result(ranges.ranges());
}

/** The state of one expansion. */
function startWalk(limits: ExpansionLimits, signal: AbortSignal | undefined, pause: Pause = slicer()) {
  const entered = new Set<string>();
  const sets = new Set<string>();
  const missing = new Set<string>();
  let refused = 0;
  let stopped = '';

  const over = (): boolean => stopped !== '';

  async function pauseOrStop(): Promise<void> {
    await pause();
    if (signal?.aborted) stopped ||= 'the asker has gone';
  }

  /** True when a set is to be looked into: for this purpose it was not before, and no limit is in the way. */
  function enter(set: string, depth: number, purpose: string): boolean {
    const key = `${set} ${purpose}`;
    if (over() || entered.has(key)) return false;
    if (depth >= limits.depth) stopped = `more than ${limits.depth} sets in a row`;
    else if (entered.size >= limits.sets) stopped = `more than ${limits.sets} sets`;
    else entered.add(key);
    return !over();
  }

  function found<Found extends { readonly refused: number }>(set: string, members: Found | null): members is Found {
    if (members === null) missing.add(set);
    else {
      sets.add(set);
      refused += members.refused;
    }
    return members !== null;
  }

  /** False when there are more members than may be. */
  function count(members: number): boolean {
    if (members > limits.members) stopped ||= `more than ${limits.members} members`;
    return !over();
  }

  /** Hands every AS of an as-set to `each` until that says false. */
  async function asSet(
    books: readonly SourceBook[],
    name: string,
    from: number,
    each: (as: number) => boolean,
    purpose = '',
  ): Promise<void> {
    const queue: { readonly set: string; readonly depth: number }[] = [];
    const offer = (set: string, depth: number): void => {
      if (enter(set, depth, purpose)) queue.push({ set, depth });
    };
    offer(name.toUpperCase(), from);
    for (const { set, depth } of queue) {
      await pauseOrStop();
      if (over()) return;
      const members = asSetMembers(books, set);
      if (!found(set, members)) continue;
      for (const member of members.members) {
        if ('set' in member) offer(member.set, depth + 1);
        else if (!each(member.as)) return;
      }
    }
  }

  return {
    pause: pauseOrStop,
    enter,
    found,
    count,
    over,
    asSet,
    result: <Member>(members: readonly Member[]): Expansion<Member> => ({
      members,
      sets: sets.size,
      missing: [...missing].slice(0, MOST_TOLD),
      missingCount: missing.size,
      refused,
      stopped,
    }),
  };
}
