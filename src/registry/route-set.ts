import { asMember } from './as-set.ts';
import { type PrefixRange, parsePrefixRange, type RangeOperator, splitOperator } from './prefix-range.ts';
import { keyIn, type Reading, type Registration, registrationOf } from './registration.ts';
import { listOf, namesIn, quote, type RpslObject, type RpslProblem } from './rpsl.ts';
import { setName } from './set-name.ts';

/** A member of a route-set: prefixes, or a set or AS whose routes are members, with a range operator on them. */
export type RouteMember =
  | { readonly range: PrefixRange }
  | { readonly routeSet: string; readonly operator: RangeOperator | null }
  | { readonly asSet: string; readonly operator: RangeOperator | null }
  | { readonly as: number; readonly operator: RangeOperator | null };

/** A route-set (RFC 2622 section 5.2, RFC 4012 section 4). */
export interface RouteSet extends Registration {
  readonly name: string;
  /** Those of `members` and `mp-members`. */
  readonly members: readonly RouteMember[];
  /** Maintainers whose routes may join by `member-of`, upper case; `ANY` for all. */
  readonly mbrsByRef: readonly string[];
}

/** Reads a route-set. Members that are none are left out and told in `problems`. */
export function readRouteSet(rpsl: RpslObject): Reading<RouteSet> {
  const key = keyIn(rpsl, 'route-set');
  if ('why' in key) return { ok: false, problem: key };
  const name = setName(key.value, 'route-set');
  if (name === null)
    return { ok: false, problem: { line: key.line, why: `route-set: ${quote(key.value)} is no route-set name` } };
  const problems: RpslProblem[] = [];
  const members: RouteMember[] = [];
  for (const { name: attribute, value, line } of rpsl.attributes)
    if (attribute === 'members' || attribute === 'mp-members')
      for (const word of listOf(value)) {
        const member = routeMember(word);
        if (typeof member === 'string') problems.push({ line, why: `${attribute}: ${member}: left out` });
        // RFC 4012 section 4: IPv6 stands in mp-members. Registries hold it in members as well, and it is as plain there.
        else members.push(member);
      }
  const mbrsByRef = namesIn(rpsl, 'mbrs-by-ref');
  return { ok: true, object: { ...registrationOf(rpsl, problems), name, members, mbrsByRef }, problems };
}

function routeMember(word: string): RouteMember | string {
  if (word.includes('/')) {
    const range = parsePrefixRange(word);
    return typeof range === 'string' ? range : { range };
  }
  const split = splitOperator(word);
  if (typeof split === 'string') return split;
  const { head, operator } = split;
  const routeSet = setName(head, 'route-set');
  if (routeSet !== null) return { routeSet, operator };
  const member = asMember(head);
  if (member === null) return `${quote(word)} is neither prefix, route-set, as-set nor AS`;
  return 'as' in member ? { as: member.as, operator } : { asSet: member.set, operator };
}
