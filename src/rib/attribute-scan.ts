/**
 * The one pass that a new set of path attributes gets on the hot path: is every attribute of an ordinary kind and
 * well-formed, and if so, which AS originated the route? It says "sure" or nothing. Whatever it is not sure of goes to
 * the attribute registry (bgp/attributes.ts), which alone decides about RFC 7606; so this file may be ignorant, but it
 * must never be sure of a set that the registry would not accept, nor see another origin. A property test holds it to that.
 */

/** Where the multiprotocol attributes lie: offsets in the buffer, -1 when the attribute is absent. */
export interface AttributeScan {
  /** MP_REACH_NLRI (14): the whole attribute from its flags, and its value. */
  reachStart: number;
  reachValue: number;
  reachEnd: number;
  /** MP_UNREACH_NLRI (15). */
  unreachStart: number;
  unreachValue: number;
  unreachEnd: number;
}

export function newAttributeScan(): AttributeScan {
  return { reachStart: -1, reachValue: -1, reachEnd: -1, unreachStart: -1, unreachValue: -1, unreachEnd: -1 };
}

/**
 * Finds the multiprotocol attributes among path attributes (RFC 4271 section 4.3 framing). Returns false when an
 * attribute overruns the field, or one of the two stands twice or has other flags than optional, non-transitive: the set is malformed and must be looked at by the registry.
 */
export function findMultiprotocol(bytes: Uint8Array, start: number, end: number, found: AttributeScan): boolean {
  found.reachStart = -1;
  found.unreachStart = -1;
  let at = start;
  while (at < end) {
    if (end - at < 3) return false;
    const code = bytes[at + 1]!;
    let value = at + 3;
    let length = bytes[at + 2]!;
    if (bytes[at]! & 0x10) {
      if (end - at < 4) return false;
      length = (length << 8) | bytes[at + 3]!;
      value = at + 4;
    }
    if (length > end - value) return false;
    if (code === 14) {
      if (found.reachStart >= 0 || (bytes[at]! & 0xc0) !== 0x80) return false;
      found.reachStart = at;
      found.reachValue = value;
      found.reachEnd = value + length;
    } else if (code === 15) {
      if (found.unreachStart >= 0 || (bytes[at]! & 0xc0) !== 0x80) return false;
      found.unreachStart = at;
      found.unreachValue = value;
      found.unreachEnd = value + length;
    }
    at = value + length;
  }
  return true;
}

/** The fixed part of MP_REACH_NLRI (RFC 4760 section 3), or null when it does not fit. */
export function reachOf(
  bytes: Uint8Array,
  { reachValue: at, reachEnd: end }: AttributeScan,
): { readonly afi: number; readonly safi: number; readonly hop: number; readonly nlri: number } | null {
  if (end - at < 5) return null;
  const hopLength = bytes[at + 3]!;
  if (5 + hopLength > end - at) return null;
  const hop = at + 4;
  return { afi: (bytes[at]! << 8) | bytes[at + 1]!, safi: bytes[at + 2]!, hop, nlri: hop + hopLength + 1 };
}

/** Copies `bytes[start..end)` to `at` of `out`; returns the place behind them. For so few octets a loop is fastest. */
export function copyOctets(bytes: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  for (let from = start; from < end; from++) out[at++] = bytes[from]!;
  return at;
}

/**
 * Copies attributes without the multiprotocol ones, of which findMultiprotocol has found one at least, to the beginning of
 * `out`, in their order; returns how many octets they are.
 */
export function copyOthers(
  bytes: Uint8Array,
  start: number,
  end: number,
  found: AttributeScan,
  out: Uint8Array,
): number {
  const { reachStart, reachEnd, unreachStart, unreachEnd } = found;
  if (unreachStart < 0) return copyOctets(bytes, reachEnd, end, out, copyOctets(bytes, start, reachStart, out, 0));
  if (reachStart < 0) return copyOctets(bytes, unreachEnd, end, out, copyOctets(bytes, start, unreachStart, out, 0));
  const reachFirst = reachStart < unreachStart;
  const first = copyOctets(bytes, start, reachFirst ? reachStart : unreachStart, out, 0);
  const between = reachFirst
    ? copyOctets(bytes, reachEnd, unreachStart, out, first)
    : copyOctets(bytes, unreachEnd, reachStart, out, first);
  return copyOctets(bytes, reachFirst ? unreachEnd : reachEnd, end, out, between);
}

/** Well-known mandatory attributes for NLRI in the classic field, and for MP_REACH_NLRI alone: bits by code. */
const MANDATORY = (1 << 1) | (1 << 2) | (1 << 3);
const MANDATORY_MP = (1 << 1) | (1 << 2);

/**
 * Looks at the attributes of a set, without the multiprotocol ones, that came from an AS4 session. Returns the AS that
 * originated the route when everything is ordinary and well-formed, or -1 when the registry must look.
 */
export function scanOrigin(bytes: Uint8Array, start: number, end: number, ebgp: boolean, mp: boolean): number {
  let seen = 0;
  let seenHigh = 0;
  let origin = -1;
  let at = start;
  while (at < end) {
    if (end - at < 3) return -1;
    const flags = bytes[at]! & 0xe0;
    const code = bytes[at + 1]!;
    let length = bytes[at + 2]!;
    let value = at + 3;
    if (bytes[at]! & 0x10) {
      if (end - at < 4) return -1;
      length = (length << 8) | bytes[at + 3]!;
      value = at + 4;
    }
    if (length > end - value) return -1;
    const bit = 1 << (code & 31);
    if (code < 32) {
      if (seen & bit) return -1;
      seen |= bit;
    } else {
      if (seenHigh & bit) return -1;
      seenHigh |= bit;
    }
    at = value + length;
    switch (code) {
      case 1: // ORIGIN
        if (flags !== 0x40 || length !== 1 || bytes[value]! > 2) return -1;
        break;
      case 2: // AS_PATH
        if (flags !== 0x40) return -1;
        origin = sequenceOrigin(bytes, value, at);
        if (origin < 0) return -1;
        break;
      case 3: // NEXT_HOP
        if (flags !== 0x40 || length !== 4 || bytes[value] === 0 || bytes[value]! > 223) return -1;
        break;
      case 4: // MULTI_EXIT_DISC
        if (flags !== 0x80 || length !== 4) return -1;
        break;
      case 5: // LOCAL_PREF
        if (ebgp || flags !== 0x40 || length !== 4) return -1;
        break;
      case 6: // ATOMIC_AGGREGATE
        if (flags !== 0x40 || length !== 0) return -1;
        break;
      case 7: // AGGREGATOR, four-octet
        if ((flags & 0xc0) !== 0xc0 || length !== 8) return -1;
        if (!(bytes[value]! | bytes[value + 1]! | bytes[value + 2]! | bytes[value + 3]!)) return -1;
        break;
      case 8: // COMMUNITIES
        if ((flags & 0xc0) !== 0xc0 || length === 0 || length & 3) return -1;
        break;
      case 16: // EXTENDED COMMUNITIES
        if ((flags & 0xc0) !== 0xc0 || length === 0 || length & 7) return -1;
        break;
      case 32: // LARGE_COMMUNITY
        if ((flags & 0xc0) !== 0xc0 || length === 0 || length % 12 !== 0) return -1;
        break;
      case 35: // OTC
        if ((flags & 0xc0) !== 0xc0 || length !== 4) return -1;
        break;
      default:
        return -1;
    }
  }
  const mandatory = mp ? MANDATORY_MP : MANDATORY;
  return (seen & mandatory) === mandatory ? origin : -1;
}

/** Last AS of a path of AS_SEQUENCEs with four-octet numbers, none of them 0 (RFC 7607); -1 for any other path. */
function sequenceOrigin(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  let last = -1;
  while (at < end) {
    if (end - at < 2 || bytes[at] !== 2) return -1;
    const count = bytes[at + 1]!;
    at += 2;
    if (count === 0 || count * 4 > end - at) return -1;
    for (const behind = at + count * 4; at < behind; at += 4) {
      last = ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
      if (last === 0) return -1;
    }
  }
  return last;
}
