import { AS_CONFED_SET, AS_SET } from './as-path.ts';
import type { AttributeSet } from './attribute-set.ts';
import type { Remark } from './errors.ts';
import { isNoHost } from './next-hop.ts';
import { decodeNlri, type Nlri, type NlriField } from './nlri.ts';
import { leakSign, type Relation } from './role.ts';

const AS_PATH = 2;
const MP_REACH = 14;
const ONLY_TO_CUSTOMER = 35;

/** What an operator should know of routes that are accepted. */
export function remarksOn(set: AttributeSet, role: Relation | undefined): Remark[] {
  const remarks: Remark[] = [];
  const remark = (code: number, clause: string, what: string) =>
    remarks.push({ code, offset: set.present.get(code)?.offset ?? 0, clause, what });
  if (set.path.some(({ type }) => type === AS_SET || type === AS_CONFED_SET))
    remark(AS_PATH, 'RFC 9774 3', 'AS_PATH holds a set of ASes');
  const { mpReach } = set;
  if (mpReach !== null && isNoHost(mpReach.nextHop))
    remark(MP_REACH, 'RFC 4760 3', `next hop ${mpReach.nextHop} is no address of a router`);
  const leak = role === undefined ? null : leakSign(set, role);
  if (leak !== null) remark(ONLY_TO_CUSTOMER, 'RFC 9234 5', leak);
  return remarks;
}

/**
 * True when routes that were read without path identifiers look as if they had some: the small numbers that are usual
 * there begin with octets of zero, each of which reads as a default route.
 */
export function looksLikePathIds(buffer: Uint8Array, field: NlriField, routes: readonly Nlri[]): boolean {
  const defaults = routes.filter(route => 'length' in route && route.length === 0);
  return defaults.length > 1 && !('what' in decodeNlri(buffer, { ...field, pathIds: true }));
}
