import { AFI_IPV4 } from '../net/address.ts';
import { isMulticast } from '../net/prefix.ts';
import type { AttributeSet } from './attribute-set.ts';
import type { UpdateContext } from './context.ts';
import { type AttributeError, type Remark, type SessionError, sessionErrorAt } from './errors.ts';
import { type Family, formatFamily, includesFamily, isHeld } from './family.ts';
import { nextHopFault } from './next-hop.ts';
import {
  decodeNlri,
  formatRoute,
  isPrefix,
  type Nlri,
  type NlriFault,
  type NlriField,
  type PrefixNlri,
} from './nlri.ts';
import { looksLikePathIds } from './remarks.ts';

export const MP_REACH = 14;
export const MP_UNREACH = 15;

/** A field of routes, and what it belongs to: attribute 14 or 15, or 0 for a field of the message. */
export interface RouteField extends NlriField {
  readonly code: number;
}

/** What stood in the fields of routes. */
export interface ReadFields {
  readonly announced: Nlri[];
  readonly withdrawn: Nlri[];
  readonly errors: AttributeError[];
  readonly remarks: Remark[];
  /** Routes were announced that are ignored, those of a family that was not negotiated say: the attributes spoke of them. */
  leftAlone: boolean;
  notification: SessionError | null;
}

/** Reads the fields of an UPDATE, each by its family, up to one that ends the session. */
export function readFields(
  buffer: Uint8Array,
  fields: readonly RouteField[],
  set: AttributeSet,
  context: UpdateContext,
): ReadFields {
  const read: ReadFields = {
    announced: [],
    withdrawn: [],
    errors: [],
    remarks: [],
    leftAlone: false,
    notification: null,
  };
  for (const field of fields) {
    const { code, start: offset } = field;
    if (!isNegotiated(field, context)) {
      if (field.start === field.end) continue;
      const what = `${formatFamily(field)} was not negotiated`;
      read.errors.push({ code, offset, clause: 'RFC 4760 7', what, action: 'attribute-discard' });
      read.leftAlone ||= !field.withdrawn;
      continue;
    }
    const routes = readRoutes(buffer, field, set, context);
    if ('what' in routes) {
      read.errors.push(fieldError(field, routes));
      if (!isHeld(field)) continue;
      read.notification = sessionErrorAt(routes.offset, 3, code === 0 ? 10 : 9, routes.what);
      break;
    }
    if (!field.pathIds && looksLikePathIds(buffer, field, routes))
      read.remarks.push({
        code,
        offset,
        clause: 'RFC 7911 3',
        what: 'default routes, or path identifiers not agreed on',
      });
    if (field.withdrawn) for (const route of routes) read.withdrawn.push(route);
    else takeAnnounced(field, routes, read);
  }
  return read;
}

/** Announced routes but those to multicast groups, which have no business among unicast routes (RFC 4271 section 6.3). */
function takeAnnounced(field: RouteField, routes: readonly Nlri[], read: ReadFields): void {
  const held = isHeld(field);
  const groups: Nlri[] = [];
  let offset = field.start;
  for (const route of routes) {
    const group = held && isPrefix(route) && isMulticast(route);
    (group ? groups : read.announced).push(route);
    if (!group && groups.length === 0 && isPrefix(route)) offset += octetsOf(route);
  }
  if (groups.length === 0) return;
  const more = groups.length > 1 ? ` and ${groups.length - 1} more` : '';
  const what = `multicast prefix among unicast routes: ${formatRoute(groups[0]!)}${more}`;
  read.errors.push({ code: field.code, offset, clause: 'RFC 4271 6.3', what, action: 'ignore-route' });
  read.leftAlone = true;
}

/** Octets that a route to a unicast prefix takes. */
const octetsOf = ({ length, pathId }: PrefixNlri) => (pathId === null ? 1 : 5) + ((length + 7) >> 3);

/** A damaged field: what is held resets the session, what is shown disables its family (see attributes.ts). */
function fieldError({ code, afi, safi }: RouteField, { offset, what }: NlriFault): AttributeError {
  const clause = code === 0 ? 'RFC 7606 5.3' : code === MP_REACH ? 'RFC 7606 7.11' : 'RFC 7606 7.12';
  const family = { afi, safi };
  if (isHeld(family)) return { code, offset, clause, what, action: 'session-reset' };
  return { code, offset, clause, what, action: 'afi-safi-disable', family };
}

/** The routes of a field of a negotiated family, behind a next hop of the right length; or what is wrong. */
function readRoutes(
  buffer: Uint8Array,
  field: RouteField,
  { mpReach }: AttributeSet,
  { extendedNextHop }: UpdateContext,
): Nlri[] | NlriFault {
  if (field.code === MP_REACH && mpReach !== null) {
    const what = nextHopFault(field, mpReach.hopLength, includesFamily(extendedNextHop, field));
    if (what !== null) return { offset: mpReach.hopAt, what };
  }
  const routes = decodeNlri(buffer, field);
  if (!('what' in routes)) return routes;
  const other = { ...field, pathIds: !field.pathIds };
  if ('what' in decodeNlri(buffer, other)) return routes;
  return {
    ...routes,
    what: `${routes.what}; it reads ${field.pathIds ? 'without' : 'with'} path identifiers (RFC 7911)`,
  };
}

/** True when the peer may send routes of the family. */
function isNegotiated(family: Family, context: UpdateContext): boolean {
  if (!isHeld(family)) return includesFamily(context.others, family);
  return family.afi === AFI_IPV4 ? context.ipv4 : context.ipv6;
}
