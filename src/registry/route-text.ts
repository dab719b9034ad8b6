/** A route as people name it: prefix, AS, and a path as text. */
import { AS_SEQUENCE, flattenPath, formatPath, parsePath } from '../bgp/as-path.ts';
import { OPPOSITE, type Role } from '../bgp/role.ts';
import type { Prefix } from '../net/prefix.ts';
import { directionFor } from './aspa-path.ts';
import { readOrigin } from './origin.ts';
import type { CheckedRoute } from './route-check.ts';

/**
 * The route with this origin, or with the path that ends in it, from a neighbour of this role; or what is wrong with it.
 * Of a path that ends in an AS_SET the AS is one member.
 */
export function routeOf(prefix: Prefix, as: number, text: string | null, from: Role): CheckedRoute | string {
  const direction = directionFor(OPPOSITE[from]);
  const plain = { prefix, origin: as, path: null, direction, neighbor: null };
  if (text === null) return { ...plain, remark: readOrigin([{ type: AS_SEQUENCE, asns: [as] }], null, as).remark };
  const path = parsePath(text);
  if (typeof path === 'string') return `path: ${path}`;
  const { origin, remark } = readOrigin(path, null, as);
  const ends = typeof origin === 'number' ? origin === as : origin.includes(as);
  if (!ends) return `path ${formatPath(path)} does not end in AS${as}`;
  return { ...plain, origin, remark, path: flattenPath(path) };
}
