/** IPv4 (RFC 791) and IPv6 (RFC 8200) headers, as far as a digest needs them. */
import { type Layers, missing } from './layers.ts';
import { u16 } from './octets.ts';

/**
 * Reads the IPv4 header at `start[i]` into row `i`; sets `fault` when that cannot be done. Returns whether the header of
 * what lies inside follows: not in a later fragment.
 */
export function readIpv4(bytes: Uint8Array, layers: Layers, i: number): boolean {
  const at = layers.start[i]!;
  const captured = layers.limit - at;
  layers.end[i] = layers.limit;
  layers.fragment[i] = -1;
  if (captured < 20) {
    layers.fault[i] = missing(layers);
    return false;
  }
  const header = (bytes[at]! & 15) * 4;
  const total = u16(bytes, at + 2);
  // A total length of 0 is what a host records of its own packets before the card cuts them up: not what it sends.
  if (header < 20 || total < header) {
    layers.fault[i] = 'length';
    return false;
  }
  if (captured < header) {
    layers.fault[i] = missing(layers);
    return false;
  }
  layers.protocol[i] = bytes[at + 9]!;
  layers.upper[i] = at + header;
  layers.length[i] = total - header;
  layers.destination[i] = at + 16;
  layers.end[i] = Math.min(layers.limit, at + total);
  return (u16(bytes, at + 6) & 0x1fff) === 0;
}

// IPv6 extension headers (RFC 8200 section 4, RFC 4302).
const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const DESTINATION_OPTIONS = 60;

/** Reads the IPv6 header at `start[i]` and its extension headers into row `i`, as `readIpv4` does. */
export function readIpv6(bytes: Uint8Array, layers: Layers, i: number): boolean {
  const at = layers.start[i]!;
  layers.end[i] = layers.limit;
  layers.fragment[i] = -1;
  if (layers.limit - at < 40) {
    layers.fault[i] = missing(layers);
    return false;
  }
  const payload = u16(bytes, at + 4);
  // What the header says, and what was captured of it: a chain beyond the first contradicts itself, one beyond the second
  // is cut.
  const claimed = at + 40 + payload;
  const end = Math.min(layers.limit, claimed);
  layers.end[i] = end;
  layers.destination[i] = at + 24;
  let next = bytes[at + 6]!;
  let header = at + 40;
  let first = true;
  if (payload === 0 && next === HOP_BY_HOP) {
    layers.fault[i] = 'length'; // a jumbogram (RFC 2675): no border carries one
    return false;
  }
  while (first && isExtension(next)) {
    const room = end - header;
    const octets = room < 8 ? 8 : extensionLength(bytes, header, next);
    if (octets > claimed - header) {
      layers.fault[i] = 'extension';
      return false;
    }
    if (octets > room) {
      layers.fault[i] = missing(layers);
      return false;
    }
    if (next === ROUTING && !readRouting(bytes, layers, i, header, octets)) {
      layers.fault[i] = 'extension';
      return false;
    }
    if (next === FRAGMENT) {
      const place = u16(bytes, header + 2);
      // Offset 0 and no more fragments: an atomic fragment (RFC 6946), which is a whole packet.
      if ((place & 0xfff9) !== 0) layers.fragment[i] = header;
      first = place >> 3 === 0;
    }
    next = bytes[header]!;
    header += octets;
  }
  layers.protocol[i] = next;
  layers.upper[i] = header;
  layers.length[i] = claimed - header;
  return first;
}

function isExtension(next: number): boolean {
  return (
    next === HOP_BY_HOP ||
    next === ROUTING ||
    next === FRAGMENT ||
    next === AUTHENTICATION ||
    next === DESTINATION_OPTIONS
  );
}

/** Octets of an extension header: in units of 8 behind the first 8, but of 4 behind the first 8 for AH. */
function extensionLength(bytes: Uint8Array, header: number, type: number): number {
  if (type === FRAGMENT) return 8;
  return type === AUTHENTICATION ? (bytes[header + 1]! + 2) * 4 : (bytes[header + 1]! + 1) * 8;
}

/**
 * While segments are left, the destination address is only the next waypoint; every tap agrees on the last one. Types 0
 * (RFC 2460) and 2 (RFC 6275) list addresses in the order of travel, type 4 (SRv6, RFC 8754) lists the last one first. Other types, whose
 * lists are compressed or unknown, leave the destination as it stands. False when the list does not fit.
 */
function readRouting(bytes: Uint8Array, layers: Layers, i: number, header: number, octets: number): boolean {
  const type = bytes[header + 2]!;
  const left = bytes[header + 3]!;
  if (left === 0 || (type !== 0 && type !== 2 && type !== 4)) return true;
  const addresses = (octets - 8) >> 4;
  // A type 4 header has room for TLVs behind its list: Last Entry tells the list's end.
  const last = type === 4 ? bytes[header + 4]! : addresses - 1;
  if (addresses === 0 || last >= addresses || left > last + 1 + (type === 4 ? 1 : 0)) return false;
  layers.destination[i] = header + 8 + (type === 4 ? 0 : last * 16);
  return true;
}
