/**
 * The octets of a packet that no router changes, as the input of the `itk1` digest. All numbers are in network byte order.
 *
 *     octets  field
 *     4       "itk1"
 *     1       profile: 1 is strict; 3 and 5 share this layout (packet/profiles.ts)
 *     1       form of what follows: 4 IPv4, 6 IPv6, 44 IPv6 with a Fragment header
 *     1       upper-layer protocol; of IPv6 the one behind the extension headers that are passed over
 *     4 / 16  source address
 *     4 / 16  destination address; where an IPv6 Routing header has segments left, the last segment
 *             form 4:                             form 44:                  form 6:
 *     2       identification              4       identification            nothing
 *     1       MF, 0 or 1                  2       fragment offset, 8 octets each
 *     2       fragment offset, likewise   1       M, 0 or 1
 *     2       form 4: total length less the octets of the options; forms 6 and 44: upper-layer octets of this packet
 *     1       count: upper-layer octets that follow, the smaller of 40 and what the packet has
 *     count   the first upper-layer octets
 *
 * Left out because a router may change it: version and header length, options, DSCP and ECN, DF, TTL, checksum; traffic
 * class, flow label, payload length, hop limit, Hop-by-Hop and Destination options, Routing and Authentication headers. An
 * atomic fragment (RFC 6946) counts as whole. Padding of the link is never read: lengths are those of the IP header.
 */
import type { Layers, Refusal } from './layers.ts';
import { u16 } from './octets.ts';

/** Upper-layer octets that go into a digest. */
export const UPPER_OCTETS = 40;
/** The longest input: form 44 with 40 upper-layer octets. */
export const LONGEST_INPUT = 89;

const PROFILE_STRICT = 1;
const FRAGMENTED = 44;

/** Copies `count` octets; returns the offset behind them. */
export function copy(bytes: Uint8Array, from: number, count: number, to: Uint8Array, at: number): number {
  for (let i = 0; i < count; i++) to[at + i] = bytes[from + i]!;
  return at + count;
}

/** Writes what every keyed input begins with, "itk1" and the profile's number; returns the offset behind it. */
export function writeHead(profile: number, input: Uint8Array, at: number): number {
  input[at] = 0x69;
  input[at + 1] = 0x74;
  input[at + 2] = 0x6b;
  input[at + 3] = 0x31;
  input[at + 4] = profile;
  return at + 5;
}

/**
 * Writes the input of layer `i` of a frame at `input[at]`, where LONGEST_INPUT octets must be free. Returns its length, or
 * 0 when the layer bears no digest: `refusalOf` tells why.
 */
export function writeInput(bytes: Uint8Array, layers: Layers, i: number, input: Uint8Array, at: number): number {
  return refusalOf(layers, i) === null ? writeInvariant(PROFILE_STRICT, UPPER_OCTETS, bytes, layers, i, input, at) : 0;
}

/** Writes the layout above with another profile's number and `most` upper-layer octets at most, which must be there. */
export function writeInvariant(
  profile: number,
  most: number,
  bytes: Uint8Array,
  layers: Layers,
  i: number,
  input: Uint8Array,
  at: number,
): number {
  const start = layers.start[i]!;
  const destination = layers.destination[i]!;
  const fragment = layers.fragment[i]!;
  const length = layers.length[i]!;
  const four = layers.family[i] === 4;

  let to = writeHead(profile, input, at);
  input[to++] = four ? 4 : fragment < 0 ? 6 : FRAGMENTED;
  input[to++] = layers.protocol[i]!;
  if (four) {
    to = copy(bytes, start + 12, 4, input, to);
    to = copy(bytes, destination, 4, input, to);
    to = copy(bytes, start + 4, 2, input, to);
    const place = u16(bytes, start + 6);
    input[to++] = (place >> 13) & 1;
    input[to++] = (place >> 8) & 0x1f;
    input[to++] = place & 0xff;
  } else {
    to = copy(bytes, start + 8, 16, input, to);
    to = copy(bytes, destination, 16, input, to);
    if (fragment >= 0) {
      to = copy(bytes, fragment + 4, 4, input, to);
      const place = u16(bytes, fragment + 2);
      input[to++] = place >> 11;
      input[to++] = (place >> 3) & 0xff;
      input[to++] = place & 1;
    }
  }
  const stated = four ? length + 20 : length;
  input[to++] = stated >> 8;
  input[to++] = stated & 0xff;
  const count = Math.min(most, length);
  input[to++] = count;
  return copy(bytes, layers.upper[i]!, count, input, to) - at;
}

/**
 * Why layer `i` bears no digest; null when it does. A digest over fewer octets than the packet has would be a wrong "no"
 * everywhere else, so there is none when fewer than 40 upper-layer octets, or all there are, were captured.
 */
export function refusalOf(layers: Layers, i: number): Refusal | null {
  return refusalWithin(layers, i, UPPER_OCTETS);
}

/** Likewise, where `most` upper-layer octets are needed, or all there are. */
export function refusalWithin(layers: Layers, i: number, most: number): Refusal | null {
  const fault = layers.fault[i]!;
  if (fault !== null) return fault;
  const there = layers.end[i]! - layers.upper[i]!;
  if (there >= Math.min(most, layers.length[i]!)) return null;
  return layers.cut ? 'snaplen' : 'truncated';
}
