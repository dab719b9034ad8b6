/**
 * What a frame says of who has which address: ARP (RFC 826, RFC 5227) and the link-layer options of Neighbor Discovery
 * (RFC 4861 section 4). Only what the sender says of itself is read, and only where the frame comes from that address.
 */
import { formatAddress } from '../net/address.ts';
import type { Layers } from './layers.ts';
import { isGroupMac, macAt } from './mac.ts';
import { u16 } from './octets.ts';

export interface NeighborClaim {
  /** The link address as a number (packet/mac.ts). */
  readonly mac: number;
  /** Canonical text. */
  readonly address: string;
}

const ETHERTYPE_ARP = 0x0806;
const VLAN_TAGS: readonly number[] = [0x8100, 0x88a8, 0x9100];
const MOST_TAGS = 4;
const ICMPV6 = 58;

/**
 * What a frame claims, as `findLayers` found it in `bytes` up to `end`; null when it is no such message, or not a right
 * one; `forged` when its sender is not who it says. Reads nothing beyond `end`.
 */
export function readNeighborClaim(bytes: Uint8Array, layers: Layers, end: number): NeighborClaim | 'forged' | null {
  const ethernet = layers.destinationMac;
  if (ethernet < 0) return null;
  const claim = layers.count === 0 ? readArp(bytes, ethernet, end) : readDiscovery(bytes, layers);
  if (claim === null || isGroupMac(claim.mac) || claim.mac === 0) return null;
  return claim.mac === macAt(bytes, layers.sourceMac) ? claim : 'forged';
}

/** True when a frame may claim something: a few comparisons, for every frame. */
export function mayClaim(bytes: Uint8Array, layers: Layers): boolean {
  if (layers.count === 0) return layers.stop === 'not-ip' && layers.destinationMac >= 0;
  if (layers.protocol[0] !== ICMPV6 || layers.family[0] !== 6) return false;
  const type = bytes[layers.upper[0]!];
  return type !== undefined && type >= 133 && type <= 136;
}

/** RFC 826: of Ethernet and IPv4; request and reply alike tell the sender's two addresses. */
function readArp(bytes: Uint8Array, ethernet: number, end: number): NeighborClaim | null {
  let at = ethernet + 12;
  for (let tags = 0; tags < MOST_TAGS && at + 2 <= end && VLAN_TAGS.includes(u16(bytes, at)); tags++) at += 4;
  if (at + 30 > end || u16(bytes, at) !== ETHERTYPE_ARP) return null;
  const operation = u16(bytes, at + 8);
  const right = u16(bytes, at + 2) === 1 && u16(bytes, at + 4) === 0x0800 && u16(bytes, at + 6) === 0x0604;
  if (!right || (operation !== 1 && operation !== 2)) return null;
  const sender = bytes.subarray(at + 16, at + 20);
  // RFC 5227 section 2.1.1: who asks whether an address is free says 0.0.0.0.
  const first = sender[0]!;
  if (first === 0 || first === 127 || first >= 224) return null;
  return { mac: macAt(bytes, at + 10), address: formatAddress({ afi: 1, bytes: sender }) };
}

/** By ICMPv6 type: where its options begin, which of them is meant, and where the address is that it tells of. */
const DISCOVERY: Readonly<
  Record<number, { readonly options: number; readonly type: number; readonly target: boolean }>
> = {
  133: { options: 8, type: 1, target: false }, // Router Solicitation, 4.1
  134: { options: 16, type: 1, target: false }, // Router Advertisement, 4.2
  135: { options: 24, type: 1, target: false }, // Neighbor Solicitation, 4.3
  136: { options: 24, type: 2, target: true }, // Neighbor Advertisement, 4.4
};

function readDiscovery(bytes: Uint8Array, layers: Layers): NeighborClaim | null {
  const start = layers.start[0]!;
  const upper = layers.upper[0]!;
  const length = layers.length[0]!;
  if (layers.family[0] !== 6 || layers.protocol[0] !== ICMPV6 || layers.fragment[0]! >= 0) return null;
  if (length < 8 || upper + length > layers.end[0]!) return null;
  const form = DISCOVERY[bytes[upper]!];
  // Section 7.1: a hop limit of 255 proves that no router has forwarded it.
  if (form === undefined || bytes[start + 7] !== 255 || bytes[upper + 1] !== 0 || length < form.options) return null;
  if (!isSummed(bytes, start, upper, length)) return null;
  const from = form.target ? upper + 8 : start + 8;
  const owner = bytes.subarray(from, from + 16);
  if (owner[0] === 0xff || owner.every(octet => octet === 0)) return null;
  const end = upper + length;
  for (let at = upper + form.options; at + 8 <= end; ) {
    const size = bytes[at + 1]! * 8;
    // Section 4.6: an option of length 0 spoils the message.
    if (size === 0 || at + size > end) return null;
    if (bytes[at] === form.type) return { mac: macAt(bytes, at + 2), address: formatAddress({ afi: 2, bytes: owner }) };
    at += size;
  }
  return null;
}

/** RFC 4443 section 2.3: the checksum over pseudo-header and message. */
function isSummed(bytes: Uint8Array, start: number, upper: number, length: number): boolean {
  let sum = length + ICMPV6;
  for (let at = start + 8; at < start + 40; at += 2) sum += u16(bytes, at);
  for (let at = 0; at + 2 <= length; at += 2) sum += u16(bytes, upper + at);
  if (length % 2 === 1) sum += bytes[upper + length - 1]! << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum === 0xffff;
}
