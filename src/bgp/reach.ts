import { AFI_IPV4, AFI_IPV6, formatAddress } from '../net/address.ts';
import type { Cursor } from '../net/cursor.ts';
import { type Family, formatFamily, UNICAST } from './capabilities.ts';

/** MP_REACH_NLRI (RFC 4760 section 3), its NLRI left in place: octets `start` to `end` of the buffer it was read from. */
export interface Reach extends Family {
  /** The (global) next hop as text; hex for families that we do not know. */
  readonly nextHop: string;
  /** The link-local next hop of RFC 2545 section 3, where there is one. */
  readonly linkLocal: string | null;
  readonly start: number;
  readonly end: number;
}

/** MP_UNREACH_NLRI (RFC 4760 section 4), its withdrawn routes left in place. */
export interface Unreach extends Family {
  readonly start: number;
  readonly end: number;
}

const isUnicast = (family: Family) => family.safi === UNICAST && (family.afi === AFI_IPV4 || family.afi === AFI_IPV6);

/** Text of a next hop; null when its length is not one that the family allows. */
function nextHopOf(family: Family, bytes: Uint8Array): Pick<Reach, 'nextHop' | 'linkLocal'> | null {
  if (!isUnicast(family)) return { nextHop: Buffer.from(bytes).toString('hex'), linkLocal: null };
  if (family.afi === AFI_IPV4)
    return bytes.length === 4 ? { nextHop: formatAddress({ afi: AFI_IPV4, bytes }), linkLocal: null } : null;
  // RFC 2545 section 3: 16 octets, or 32 with the link-local address behind the global one.
  if (bytes.length !== 16 && bytes.length !== 32) return null;
  const at = (offset: number) => formatAddress({ afi: AFI_IPV6, bytes: bytes.subarray(offset, offset + 16) });
  return { nextHop: at(0), linkLocal: bytes.length === 32 ? at(16) : null };
}

/**
 * Reads the value of MP_REACH_NLRI but for its NLRI. The answer is the attribute, or what is wrong in words, with the cursor at
 * the place. Each fault ends the session (RFC 7606 section 7.11).
 */
export function decodeReach(value: Cursor): Reach | string {
  if (value.left < 5) return `${value.left} octets, at least 5`;
  const family = { afi: value.u16(), safi: value.u8() };
  const at = value.offset;
  const length = value.u8();
  const bytes = value.view(length);
  value.skip(1); // Reserved: once the count of SNPAs, now ignored
  const hop = value.failed ? null : nextHopOf(family, bytes);
  if (hop === null) {
    value.offset = at;
    return `next hop of ${length} octets for ${formatFamily(family)}`;
  }
  return { ...family, ...hop, start: value.offset, end: value.end };
}

/** The same for MP_UNREACH_NLRI: RFC 7606 section 7.12. */
export function decodeUnreach(value: Cursor): Unreach | string {
  if (value.left < 3) return `${value.left} octets, at least 3`;
  return { afi: value.u16(), safi: value.u8(), start: value.offset, end: value.end };
}
