/** The packet that an ICMP error is about: the second question of an error is who sent what caused it. */
import { isLaterFragment } from './fragments.ts';
import { readIpv4, readIpv6 } from './ip-headers.ts';
import type { Layers } from './layers.ts';
import { isIcmpError } from './translated.ts';

/** Octets in front of the quoted packet, in ICMP (RFC 792) and ICMPv6 (RFC 4443). */
const ERROR_OCTETS = 8;

/**
 * Makes the packet that layer `i` quotes the only layer of `quoted`; false when layer `i` is no ICMP error, or quotes
 * no IP. A quote ends early by nature: only profile `quoted8` can be asked of it.
 */
export function readQuoted(bytes: Uint8Array, layers: Layers, i: number, quoted: Layers): boolean {
  quoted.count = 0;
  if (layers.fault[i] !== null || isLaterFragment(bytes, layers, i)) return false;
  const upper = layers.upper[i]!;
  const end = layers.end[i]!;
  const start = upper + ERROR_OCTETS;
  if (start >= end || !isIcmpError(layers.protocol[i]!, bytes[upper]!)) return false;
  const family = bytes[start]! >> 4;
  if (family !== 4 && family !== 6) return false;
  quoted.count = 1;
  quoted.family[0] = family;
  quoted.start[0] = start;
  quoted.fault[0] = null;
  quoted.limit = end;
  // What is missing of the quote was cut by the capture, or never sent.
  quoted.cut = layers.cut && end < upper + layers.length[i]!;
  if (family === 4) readIpv4(bytes, quoted, 0);
  else readIpv6(bytes, quoted, 0);
  return true;
}
