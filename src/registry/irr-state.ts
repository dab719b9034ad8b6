/**
 * The state of a route against the route objects of the IRR (research: hijack 3.3, 3.4), the slow road with its reasons.
 *
 * The most specific prefix that is the route's or covers it and has objects that count decides. Of one prefix only those
 * of the highest rank count: what the configuration declares, then authoritative sources, then all others. Several are
 * a registered MOAS, and one match is enough; their order says which of them are named first. An object does not speak
 * for what its `holes:` name (RFC 2622 section 8). The default route is nobody's: it has no state but `unknown`.
 */
import { covers, formatPrefix, type Prefix } from '../net/prefix.ts';
import type { RouteObject } from './objects.ts';
import { formatOrigin, type RouteOrigin } from './origin.ts';
import type { IrrState } from './verdict.ts';

/** What is asked of an object here. */
export type Registered = Pick<RouteObject, 'prefix' | 'origin' | 'holes'>;

export interface IrrJudgement<O extends Registered = Registered> {
  readonly state: IrrState;
  /** The prefix whose objects decided; null when the state is `unknown`. */
  readonly decidedBy: Prefix | null;
  /** Its objects: those that have the origin first, then in the order in which they came. */
  readonly deciding: readonly O[];
  /** Objects that would cover the route but for a hole. */
  readonly holed: readonly O[];
  /** Objects that do not count since one of higher rank has the same prefix. */
  readonly outranked: readonly O[];
  /** The state with its ground, a sentence without its full stop. */
  readonly why: string;
}

/** Lengths beyond which most networks take no route, by address family. */
const LONGEST_TAKEN = { 1: 24, 2: 48 } as const;

/**
 * Judges a route by `objects`. Those that do not touch it are passed over. `rankOf` tells the rank of one, a higher one
 * being the better.
 */
export function irrState<O extends Registered>(
  prefix: Prefix,
  origin: RouteOrigin,
  objects: Iterable<O>,
  rankOf: (object: O) => number = () => 0,
): IrrJudgement<O> {
  const touching = [...objects].filter(object => covers(object.prefix, prefix));
  const best = new Map<number, number>();
  for (const object of touching) {
    const { length } = object.prefix;
    best.set(length, Math.max(best.get(length) ?? 0, rankOf(object)));
  }
  const outranked = touching.filter(object => rankOf(object) < best.get(object.prefix.length)!);
  const holed = touching.filter(object => !outranked.includes(object) && inHole(prefix, object));
  const aside = { holed, outranked };
  const unknown = (why: string): IrrJudgement<O> => ({
    state: 'unknown',
    decidedBy: null,
    deciding: [],
    ...aside,
    why,
  });
  if (prefix.length === 0) return unknown("the default route is nobody's");
  const speaking = touching.filter(object => !outranked.includes(object) && !holed.includes(object));
  const longest = Math.max(...speaking.map(object => object.prefix.length));
  const atLongest = speaking.filter(object => object.prefix.length === longest);
  const [first] = atLongest;
  if (first === undefined)
    return unknown(`no object for the prefix nor for one that covers it${holed.length > 0 ? ', holes left out' : ''}`);

  const members = typeof origin === 'number' ? [origin] : origin;
  const has = (object: O) => members.includes(object.origin);
  const registered = members.filter(as => atLongest.some(object => object.origin === as));
  const match = members.length > 0 && registered.length === members.length;
  const deciding = [...atLongest.filter(has), ...atLongest.filter(object => !has(object))];
  const exact = longest === prefix.length;
  const state: IrrState = match ? (exact ? 'match' : 'match-covering') : exact ? 'mismatch' : 'mismatch-covering';
  const place = exact ? 'for the prefix' : `for ${formatPrefix(first.prefix)}, which covers it,`;
  const why = match
    ? `an object ${place} has ${formatOrigin(origin)}${exact ? '' : moreSpecific(prefix)}`
    : `objects ${place} have ${[...new Set(atLongest.map(object => `AS${object.origin}`))].join(', ')}, not ${formatOrigin(origin)}`;
  return { state, decidedBy: first.prefix, deciding, ...aside, why };
}

/** Own de-aggregation is the counter-measure against a hijack, and no alarm; one that is too long does not help. */
function moreSpecific({ afi, length }: Prefix): string {
  const limit = LONGEST_TAKEN[afi];
  return `: an own more specific${length > limit ? `, longer than the /${limit} that most networks take` : ''}`;
}

/** True when a hole of the object covers the prefix. */
function inHole(prefix: Prefix, { holes }: Registered): boolean {
  return holes.some(hole => covers(hole, prefix));
}
