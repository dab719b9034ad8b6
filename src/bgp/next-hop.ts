import { AFI_IPV4, AFI_IPV6, formatAddress } from '../net/address.ts';
import type { AttributeSet } from './attribute-set.ts';
import type { AttributeError } from './errors.ts';
import { type Family, formatFamily, knownFamily } from './family.ts';

/** The next hop of MP_REACH_NLRI. */
export interface NextHop {
  /** The (global) next hop as text, without the distinguisher of a VPN; hex where it is no address. */
  readonly nextHop: string;
  /** The link-local next hop of RFC 2545 section 3, where there is one. */
  readonly linkLocal: string | null;
}

/** A route distinguisher, of zeros, stands before each next hop of a VPN (RFC 4364 section 4.3.2, RFC 4659 section 3.2.1). */
const RD_OCTETS = 8;

/** Text of a next hop of whatever length; a field that holds no address is shown in hex. */
export function readNextHop(family: Family, bytes: Uint8Array): NextHop {
  const rd = knownFamily(family)?.form === 'vpn' ? RD_OCTETS : 0;
  const ipv6 = (at: number) => formatAddress({ afi: AFI_IPV6, bytes: bytes.subarray(at, at + 16) });
  if (bytes.length === rd + 4)
    return { nextHop: formatAddress({ afi: AFI_IPV4, bytes: bytes.subarray(rd) }), linkLocal: null };
  if (bytes.length === rd + 16) return { nextHop: ipv6(rd), linkLocal: null };
  if (bytes.length === 2 * (rd + 16)) return { nextHop: ipv6(rd), linkLocal: ipv6(rd + 16 + rd) };
  return { nextHop: Buffer.from(bytes).toString('hex'), linkLocal: null };
}

/**
 * What is wrong with the length of a next hop, or null. IPv4 families have one of 4 octets, and of 16 or 32 where
 * `extended` (RFC 8950 section 3); IPv6 families 16, or 32 with a link-local address (RFC 2545 section 3); a VPN has a
 * distinguisher before each. Flow specifications need none (RFC 8955 section 4), and what is not read is not judged.
 */
export function nextHopFault(family: Family, length: number, extended: boolean): string | null {
  const form = knownFamily(family)?.form;
  if (form === undefined || form === 'flow' || form === 'flow-vpn') return null;
  const rd = form === 'vpn' ? RD_OCTETS : 0;
  const ipv6 = [rd + 16, 2 * (rd + 16)];
  const allowed = family.afi === AFI_IPV6 ? ipv6 : extended ? [rd + 4, ...ipv6] : [rd + 4];
  return allowed.includes(length) ? null : `next hop of ${length} octets for ${formatFamily(family)}`;
}

const NEXT_HOP = 3;
const EXTENDED_LENGTH = 0x10;

/** True for the text of an address that no router has: 0.0.0.0, `::`, or a multicast one. */
export function isNoHost(address: string): boolean {
  if (address.includes(':')) return address === '::' || /^ff[0-9a-f]{2}:/.test(address);
  if (!address.includes('.')) return false;
  const first = Number.parseInt(address, 10);
  return address === '0.0.0.0' || (first >= 224 && first < 240);
}

/**
 * The NEXT_HOP of routes in the NLRI field that is well-formed and of no use (RFC 4271 section 6.3): an address that no router
 * has, or our own. Beside routes of MP_REACH_NLRI alone it is not looked at (RFC 4760 section 3).
 */
export function uselessNextHop(set: AttributeSet, ownAddresses: readonly string[] = []): AttributeError[] {
  const { nextHop, present } = set;
  if (nextHop === null) return [];
  const own = ownAddresses.includes(nextHop);
  if (!isNoHost(nextHop) && !own) return [];
  const what = `NEXT_HOP: ${nextHop} is ${own ? 'our own address' : 'no address of a router'}`;
  const { offset: at, flags } = present.get(NEXT_HOP) ?? { offset: 0, flags: 0 };
  const offset = at + (flags & EXTENDED_LENGTH ? 4 : 3);
  return [{ code: NEXT_HOP, offset, clause: 'RFC 4271 6.3', what, action: 'ignore-route' }];
}
