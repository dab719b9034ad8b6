import { AFI_IPV4, AFI_IPV6, type Afi } from '../net/address.ts';
import type { Prefix } from '../net/prefix.ts';
import type { AttributeSet } from './attribute-set.ts';
import type { AttributeContext } from './attribute-table.ts';
import { type DecodedAttributes, decodeAttributes, missingMandatory } from './attributes.ts';
import { type Family, formatFamily, UNICAST } from './capabilities.ts';
import { type Action, type AttributeError, type SessionError, sessionError, stronger } from './errors.ts';
import { checkPrefixes, decodePrefixes, type PrefixSpan } from './nlri.ts';

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
  if (end - start < 4) return sessionError(3, 1, `UPDATE body of ${end - start} octets, at least 4`);
  const withdrawnEnd = start + 2 + ((buffer[start]! << 8) | buffer[start + 1]!);
  if (withdrawnEnd + 2 > end) return sessionError(3, 1, 'Withdrawn Routes Length exceeds the message');
  const attributesEnd = withdrawnEnd + 2 + ((buffer[withdrawnEnd]! << 8) | buffer[withdrawnEnd + 1]!);
  if (attributesEnd > end) return sessionError(3, 1, 'Total Path Attribute Length exceeds the message');
  layout.withdrawnStart = start + 2;
  layout.withdrawnEnd = withdrawnEnd;
  layout.attributesStart = withdrawnEnd + 2;
  layout.attributesEnd = attributesEnd;
  layout.nlriStart = attributesEnd;
  layout.nlriEnd = end;
  return null;
}

/** What the reading of an UPDATE depends on. */
export interface UpdateContext extends AttributeContext {
  /** Families negotiated. */
  readonly ipv4: boolean;
  readonly ipv6: boolean;
}

/** An UPDATE read whole: the cold path, for inspection, archives and tests. */
export interface DecodedUpdate {
  readonly action: Action;
  readonly errors: readonly AttributeError[];
  readonly notification: SessionError | null;
  /** Routes to be stored; empty unless the action is `accept` or `attribute-discard`. */
  readonly announced: readonly Prefix[];
  /** Routes to be removed; with `treat-as-withdraw` those of the announcement too. Empty when the session is reset. */
  readonly withdrawn: readonly Prefix[];
  readonly attributes: AttributeSet;
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
    return reset(unlocated, [listError(start, unlocated)], set);
  }
  const { attributesStart, attributesEnd } = layout;
  const decoded = decodeAttributes(buffer, attributesStart, attributesEnd, context);
  const { set } = decoded;
  const errors = [...decoded.errors];
  if (decoded.notification !== null) return reset(decoded.notification, errors, set);

  const withdrawn: PrefixSpan[] = [];
  const announced: PrefixSpan[] = [];
  // Sorts a family's span into its list; the answer ends the session.
  const take = (into: PrefixSpan[], code: number, family: Family, from: number, to: number): SessionError | null => {
    const afi = unicastAfi(family, context);
    if (afi === null) {
      const what = `${formatFamily(family)} was not negotiated`;
      if (to > from) errors.push({ code, offset: from, clause: 'RFC 4760 7', what, action: 'attribute-discard' });
      return null;
    }
    const span = { afi, start: from, end: to };
    const bad = checkPrefixes(buffer, span);
    if (bad !== null) {
      const clause = code === 0 ? 'RFC 7606 5.3' : 'RFC 7606 7.11';
      errors.push({ code, offset: bad.offset, clause, what: bad.what, action: 'session-reset' });
      return sessionError(3, code === 0 ? 10 : 9, bad.what);
    }
    if (to > from) into.push(span);
    return null;
  };
  const { mpReach, mpUnreach } = set;
  const ipv4 = { afi: AFI_IPV4, safi: UNICAST };
  const bad =
    take(withdrawn, 0, ipv4, layout.withdrawnStart, layout.withdrawnEnd) ??
    take(announced, 0, ipv4, layout.nlriStart, layout.nlriEnd) ??
    (mpReach && take(announced, 14, mpReach, mpReach.start, mpReach.end)) ??
    (mpUnreach && take(withdrawn, 15, mpUnreach, mpUnreach.start, mpUnreach.end));
  if (bad) return reset(bad, errors, set);

  const reachable = announced.length > 0;
  if (reachable) errors.push(...missingMandatory(set, layout.nlriEnd > layout.nlriStart, attributesStart));
  const action = errors.reduce<Action>((strongest, error) => stronger(strongest, error.action), 'accept');
  if (action === 'treat-as-withdraw' && !reachable) {
    const what = 'malformed attributes and no reachable NLRI: what they spoke of is unknown';
    errors.push({ code: 0, offset: attributesStart, clause: 'RFC 7606 5.2', what, action: 'session-reset' });
    return reset(sessionError(3, 1, what), errors, set);
  }
  const prefixes = (spans: readonly PrefixSpan[]) => spans.flatMap(span => decodePrefixes(buffer, span));
  const hit = action === 'treat-as-withdraw';
  return {
    action,
    errors,
    notification: null,
    announced: hit ? [] : prefixes(announced),
    withdrawn: prefixes(hit ? [...withdrawn, ...announced] : withdrawn),
    attributes: set,
    endOfRib: endOfRib(layout, decoded),
  };
}

/**
 * The family whose End-of-RIB a located and decoded UPDATE is, or null: an UPDATE with nothing in it for IPv4 unicast, else
 * one with an empty MP_UNREACH_NLRI and nothing besides (RFC 4724 section 2).
 */
export function endOfRib(layout: UpdateLayout, { set, errors }: DecodedAttributes): Family | null {
  const routes = layout.withdrawnEnd > layout.withdrawnStart || layout.nlriEnd > layout.nlriStart;
  if (routes || errors.length > 0) return null;
  if (layout.attributesEnd === layout.attributesStart) return { afi: AFI_IPV4, safi: UNICAST };
  const { mpUnreach } = set;
  if (set.present.size !== 1 || mpUnreach === null || mpUnreach.end > mpUnreach.start) return null;
  return { afi: mpUnreach.afi, safi: mpUnreach.safi };
}

/** The AFI of a unicast family that was negotiated; null for every other. */
function unicastAfi({ afi, safi }: Family, context: UpdateContext): Afi | null {
  if (safi !== UNICAST) return null;
  if (afi === AFI_IPV4) return context.ipv4 ? AFI_IPV4 : null;
  return afi === AFI_IPV6 && context.ipv6 ? AFI_IPV6 : null;
}

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
    attributes,
    endOfRib: null,
  };
}
