/** The origin of a route, for all who judge it (research: hijack 3.1). */
import { AS_SET, AS_TRANS, type AsPath, isConfederation, mergePaths } from '../bgp/as-path.ts';

/**
 * An AS; or the members of the AS_SET that the path ends in: then the origin is NONE (RFC 6811 section 2), which no VRP
 * matches, and the IRR's objects match it only when they do so for every member.
 */
export type RouteOrigin = number | readonly number[];

/**
 * `local`: nothing but confederation segments, the route is of the local AS. `as-set`: to be treated as withdrawn
 * nowadays (RFC 9774). `unreadable`: AS_TRANS is left, the AS number of four octets is lost, nobody is to be accused.
 */
export type OriginRemark = 'local' | 'as-set' | 'unreadable';

export interface OriginReading {
  readonly origin: RouteOrigin;
  readonly remark: OriginRemark | null;
}

/**
 * Origin of the route with this AS_PATH: the rightmost AS of its last segment. `path4` is the AS4_PATH that came with it
 * from a speaker of two-octet AS numbers (RFC 6793 section 4.2.3), or null. Confederation segments do not count (RFC 5065).
 */
export function readOrigin(path: AsPath, path4: AsPath | null, localAs: number): OriginReading {
  const whole = path4 === null ? path : mergePaths(path, path4);
  const last = whole.findLast(segment => !isConfederation(segment));
  const rightmost = last?.asns.at(-1);
  if (last === undefined || rightmost === undefined) return { origin: localAs, remark: 'local' };
  if (last.type === AS_SET) return { origin: [...new Set(last.asns)].sort((a, b) => a - b), remark: 'as-set' };
  return { origin: rightmost, remark: rightmost === AS_TRANS ? 'unreadable' : null };
}

/** The same of a path as rows show it: neighbour first, a set as an array, confederation segments left out. */
export function readRowOrigin(path: readonly (number | readonly number[])[], localAs: number): OriginReading {
  const last = path.at(-1);
  const segment = typeof last === 'number' ? { type: 2, asns: [last] } : { type: AS_SET, asns: last ?? [] };
  return readOrigin(last === undefined ? [] : [segment], null, localAs);
}

/** `AS64496`, or `{64496,64497}` for the members of a set. */
export function formatOrigin(origin: RouteOrigin): string {
  return typeof origin === 'number' ? `AS${origin}` : `{${origin.join(',')}}`;
}
