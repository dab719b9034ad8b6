import { AFI_IPV4 } from '../net/address.ts';
import type { AttributeSet } from './attribute-set.ts';
import { type DecodedAttributes, decodeAttributes, missingMandatory } from './attributes.ts';
import type { UpdateContext } from './context.ts';
import {
  type Action,
  type AttributeError,
  type Remark,
  type SessionError,
  sessionErrorAt,
  stronger,
} from './errors.ts';
import { type Family, includesFamily, isHeld, UNICAST } from './family.ts';
import { uselessNextHop } from './next-hop.ts';
import { formatNlri, isPrefix, type Nlri, type PrefixNlri } from './nlri.ts';
import { remarksOn } from './remarks.ts';
import { MP_REACH, MP_UNREACH, type RouteField, readFields } from './route-fields.ts';

const IPV4_UNICAST: Family = { afi: AFI_IPV4, safi: UNICAST };

/** Where the three parts of an UPDATE body stand (RFC 4271 section 4.3); offsets of the buffer, ends exclusive. */
export interface UpdateLayout {
  withdrawnStart: number;
  withdrawnEnd: number;
  attributesStart: number;
  attributesEnd: number;
  nlriStart: number;
  nlriEnd: number;
}

/** A layout to be filled by `locateUpdate`, again and again. */
export function emptyLayout(): UpdateLayout {
  return { withdrawnStart: 0, withdrawnEnd: 0, attributesStart: 0, attributesEnd: 0, nlriStart: 0, nlriEnd: 0 };
}

/**
 * Splits an UPDATE body (what follows the 19-octet header) into withdrawn routes, path attributes and NLRI, and writes the places
 * into `layout`, so that the hot path allocates nothing. Returns the 3/1 of RFC 4271 section 6.3 (kept by RFC 7606 section 3 b)
 * when the two length fields do not fit the message.
 */
export function locateUpdate(
  buffer: Uint8Array,
  start: number,
  end: number,
  layout: UpdateLayout,
): SessionError | null {
  if (end - start < 4) return sessionErrorAt(start, 3, 1, `UPDATE body of ${end - start} octets, at least 4`);
  const withdrawnEnd = start + 2 + ((buffer[start]! << 8) | buffer[start + 1]!);
  if (withdrawnEnd + 2 > end) return sessionErrorAt(start, 3, 1, 'Withdrawn Routes Length exceeds the message');
  const attributesEnd = withdrawnEnd + 2 + ((buffer[withdrawnEnd]! << 8) | buffer[withdrawnEnd + 1]!);
  if (attributesEnd > end) return sessionErrorAt(withdrawnEnd, 3, 1, 'Total Path Attribute Length exceeds the message');
  layout.withdrawnStart = start + 2;
  layout.withdrawnEnd = withdrawnEnd;
  layout.attributesStart = withdrawnEnd + 2;
  layout.attributesEnd = attributesEnd;
  layout.nlriStart = attributesEnd;
  layout.nlriEnd = end;
  return null;
}

/** An UPDATE read whole: the cold path, for inspection, archives and tests. */
export interface DecodedUpdate {
  readonly action: Action;
  readonly errors: readonly AttributeError[];
  readonly notification: SessionError | null;
  /** IPv4 and IPv6 unicast routes to be stored; empty when the action is `ignore-route` or `treat-as-withdraw`. */
  readonly announced: readonly PrefixNlri[];
  /** Those to be removed, with such an action those of the announcement too. Empty when the session is reset. */
  readonly withdrawn: readonly PrefixNlri[];
  /** The same for every other family that was negotiated. */
  readonly otherAnnounced: readonly Nlri[];
  readonly otherWithdrawn: readonly Nlri[];
  /** Families whose every route goes and whose later routes are ignored, for the rest of the session (RFC 4760 section 7). */
  readonly disabled: readonly Family[];
  readonly attributes: AttributeSet;
  readonly remarks: readonly Remark[];
  /** The family whose End-of-RIB this is (RFC 4724 section 2). */
  readonly endOfRib: Family | null;
}

/**
 * Reads an UPDATE body and decides by RFC 4271 section 6.3 and RFC 7606 what is to be done with its routes. Routes of families
 * that were not negotiated are reported and left alone (RFC 4760 section 7).
 */
export function decodeUpdate(buffer: Uint8Array, start: number, end: number, context: UpdateContext): DecodedUpdate {
  const layout = emptyLayout();
  const unlocated = locateUpdate(buffer, start, end, layout);
  if (unlocated !== null) {
    const { set } = decodeAttributes(buffer, start, start, context);
    return reset(unlocated, [listError(unlocated.offset ?? start, unlocated)], set);
  }
  const { attributesStart, attributesEnd } = layout;
  const decoded = decodeAttributes(buffer, attributesStart, attributesEnd, context);
  const { set } = decoded;
  const errors = [...decoded.errors];
  if (decoded.notification !== null) return reset(decoded.notification, errors, set);

  const read = readFields(buffer, routeFields(layout, set, context), set, context);
  errors.push(...read.errors);
  if (read.notification !== null) return reset(read.notification, errors, set);
  const { announced, withdrawn, remarks } = read;
  const useless: AttributeError[] = [];
  if (announced.length > 0) {
    const nlriField = layout.nlriEnd > layout.nlriStart && context.ipv4;
    // What is malformed, or lost behind the end of a broken list, is not missing as well.
    const broken = decoded.errors.some(({ code, action }) => code === 0 && action === 'treat-as-withdraw');
    const known = (code: number) => broken || decoded.errors.some(error => error.code === code);
    errors.push(...missingMandatory(set, nlriField, attributesStart).filter(({ code }) => !known(code)));
    if (nlriField) useless.push(...uselessNextHop(set, context.ownAddresses));
    errors.push(...useless);
    remarks.push(...remarksOn(set, context.role));
  }

  const disabled = errors.flatMap(({ family }) => (family === undefined ? [] : [family]));
  const hit = (action: Action) => errors.some(error => error.action === action);
  if (hit('treat-as-withdraw') && announced.length === 0 && !read.leftAlone && disabled.length === 0) {
    const what = 'malformed attributes and no reachable NLRI: what they spoke of is unknown';
    errors.push({ code: 0, offset: attributesStart, clause: 'RFC 7606 5.2', what, action: 'session-reset' });
    return reset(sessionErrorAt(attributesStart, 3, 1, what), errors, set);
  }
  const drop = hit('treat-as-withdraw') || useless.length > 0;
  const kept = drop ? [] : announced.filter(route => !includesFamily(disabled, route));
  const gone = goneFor(kept, drop ? [...withdrawn, ...announced] : withdrawn);
  return {
    action: errors.reduce<Action>((strongest, error) => stronger(strongest, error.action), 'accept'),
    errors,
    notification: null,
    announced: kept.filter(isUnicast),
    withdrawn: gone.filter(isUnicast),
    otherAnnounced: kept.filter(route => !isUnicast(route)),
    otherWithdrawn: gone.filter(route => !isUnicast(route)),
    disabled,
    attributes: set,
    remarks,
    endOfRib: endOfRib(layout, decoded),
  };
}

/** The fields of routes in the order in which they are carried out: what is withdrawn first. */
function routeFields(layout: UpdateLayout, set: AttributeSet, { addPath }: UpdateContext): RouteField[] {
  const field = (code: number, family: Family, start: number, end: number, withdrawn: boolean): RouteField => {
    const { afi, safi } = family;
    return { code, afi, safi, start, end, withdrawn, pathIds: includesFamily(addPath, family) };
  };
  const { mpReach, mpUnreach } = set;
  const fields = [field(0, IPV4_UNICAST, layout.withdrawnStart, layout.withdrawnEnd, true)];
  if (mpUnreach) fields.push(field(MP_UNREACH, mpUnreach, mpUnreach.start, mpUnreach.end, true));
  fields.push(field(0, IPV4_UNICAST, layout.nlriStart, layout.nlriEnd, false));
  if (mpReach) fields.push(field(MP_REACH, mpReach, mpReach.start, mpReach.end, false));
  return fields;
}

/**
 * The family whose End-of-RIB a located and decoded UPDATE is, or null: an UPDATE with nothing in it for IPv4 unicast, else
 * one with an empty MP_UNREACH_NLRI and nothing besides (RFC 4724 section 2).
 */
export function endOfRib(layout: UpdateLayout, { set, errors }: DecodedAttributes): Family | null {
  const routes = layout.withdrawnEnd > layout.withdrawnStart || layout.nlriEnd > layout.nlriStart;
  if (routes || errors.length > 0) return null;
  if (layout.attributesEnd === layout.attributesStart) return IPV4_UNICAST;
  const { mpUnreach } = set;
  if (set.present.size !== 1 || mpUnreach === null || mpUnreach.end > mpUnreach.start) return null;
  return { afi: mpUnreach.afi, safi: mpUnreach.safi };
}

/** Each of the routes once, but those that are announced in the same message: these are not withdrawn (RFC 4271 section 4.3). */
function goneFor(kept: readonly Nlri[], withdrawn: readonly Nlri[]): readonly Nlri[] {
  if (withdrawn.length === 0 || (kept.length === 0 && withdrawn.length === 1)) return withdrawn;
  const keyOf = (route: Nlri) => formatNlri(isPrefix(route) ? { ...route, labels: [] } : route);
  const known = new Set(kept.map(keyOf));
  return withdrawn.filter(route => known.size < known.add(keyOf(route)).size);
}

const isUnicast = (route: Nlri): route is PrefixNlri => isHeld(route);

function listError(offset: number, error: SessionError): AttributeError {
  return { code: 0, offset, clause: 'RFC 7606 3 b', what: error.what ?? '', action: 'session-reset' };
}

function reset(notification: SessionError, errors: readonly AttributeError[], attributes: AttributeSet): DecodedUpdate {
  return {
    action: 'session-reset',
    errors,
    notification,
    announced: [],
    withdrawn: [],
    otherAnnounced: [],
    otherWithdrawn: [],
    disabled: [],
    attributes,
    remarks: [],
    endOfRib: null,
  };
}
