/**
 * Remote mirrors: a switch sends what it sees at its ports to the probe, each frame in a packet of its own. What counts at
 * the tap is the frame inside; the packet around it is no traffic of the tap. One level is taken off, and the number by
 * which the switch tells its mirrors apart stands for the interface.
 */
import { LINKTYPE_ETHERNET, LINKTYPE_RAW } from '../../packet/link-headers.ts';
import { u16 } from '../../packet/octets.ts';

export const MIRRORS = ['erspan', 'gre', 'vxlan', 'tzsp'] as const;
/** How the mirror packs its frames. */
export type Mirror = (typeof MIRRORS)[number];

/** Where the frame inside is. The object is filled again and again. */
export interface Unpacked {
  /** First octet of the frame; it ends where the captured octets end, or before by what pads the packet. */
  offset: number;
  /** Octets that it had on the wire, as far as the packet around it tells; more than are there when it was cut. */
  wire: number;
  linkType: number;
  /** ERSPAN: session; GRE: key; VXLAN: network identifier; 0 where there is none. */
  session: number;
}

export function newUnpacked(): Unpacked {
  return { offset: 0, wire: 0, linkType: LINKTYPE_ETHERNET, session: 0 };
}

/** Name of an interface that is a session of a mirror, as vantage rules say it: `erspan17`. */
export function sessionName(mirror: Mirror, session: number): string {
  return `${mirror}${session}`;
}

const GRE = 47;
const UDP = 17;
const VXLAN_PORT = 4789;
const TZSP_PORT = 37008;
const ERSPAN_2 = 0x88be;
const ERSPAN_3 = 0x22eb;
const BRIDGED = 0x6558;

/**
 * Looks into the captured octets `bytes[start]` to `bytes[end - 1]` of a frame of `wire` octets, which begins with an
 * Ethernet header, or with an IP header by its link type. True, and `into` filled, when it is a packet of such a mirror with
 * a frame inside; later fragments of one are not. Never throws.
 */
export function unpackMirror(
  bytes: Uint8Array,
  start: number,
  end: number,
  wire: number,
  linkType: number,
  mirror: Mirror,
  into: Unpacked,
): boolean {
  let at = linkType === LINKTYPE_ETHERNET ? ipBehindEthernet(bytes, start, end) : start;
  if (at < 0 || end - at < 20) return false;
  let protocol: number;
  let fragment = false;
  if (bytes[at]! >> 4 === 4) {
    // A later fragment has no header of the mirror; the first one ends before the frame inside does.
    if ((u16(bytes, at + 6) & 0x1fff) !== 0) return false;
    fragment = (u16(bytes, at + 6) & 0x2000) !== 0;
    protocol = bytes[at + 9]!;
    at += (bytes[at]! & 15) * 4;
  } else if (bytes[at]! >> 4 === 6 && end - at >= 40) {
    protocol = bytes[at + 6]!;
    at += 40;
  } else return false;
  const found =
    mirror === 'erspan' || mirror === 'gre'
      ? protocol === GRE && behindGre(bytes, at, end, mirror, into)
      : protocol === UDP && behindUdp(bytes, at, end, mirror, into);
  if (!found || into.offset >= end) return false;
  into.wire = wire - (into.offset - start) + (fragment ? 1 : 0);
  return true;
}

function ipBehindEthernet(bytes: Uint8Array, start: number, end: number): number {
  let at = start + 12;
  // Two tags at most: the way from a mirror to its probe is a network's own.
  for (let tags = 0; tags <= 2; tags++) {
    if (end - at < 2) return -1;
    const type = u16(bytes, at);
    if (type === 0x0800 || type === 0x86dd) return at + 2;
    if (type !== 0x8100 && type !== 0x88a8) return -1;
    at += 4;
  }
  return -1;
}

/** RFC 2784 and RFC 2890; ERSPAN by draft-foschiano-erspan section 4. */
function behindGre(bytes: Uint8Array, at: number, end: number, mirror: Mirror, into: Unpacked): boolean {
  if (end - at < 4) return false;
  const flags = u16(bytes, at);
  const type = u16(bytes, at + 2);
  if ((flags & 0x4007) !== 0) return false;
  const key = at + 4 + (flags & 0x8000 ? 4 : 0);
  const sequence = (flags & 0x1000) !== 0;
  const inside = key + (flags & 0x2000 ? 4 : 0) + (sequence ? 4 : 0);
  if (inside >= end) return false;
  into.linkType = LINKTYPE_ETHERNET;
  into.session = 0;
  into.offset = inside;
  if (mirror === 'gre') {
    if (type !== BRIDGED && type !== 0x0800 && type !== 0x86dd) return false;
    if (type !== BRIDGED) into.linkType = LINKTYPE_RAW;
    if ((flags & 0x2000) !== 0) into.session = u16(bytes, key) * 65536 + u16(bytes, key + 2);
    return true;
  }
  // Type I has neither a sequence number nor a header; type II has one of 8 octets, with the session in 10 bits.
  if (type === ERSPAN_2 && !sequence) return true;
  const header = type === ERSPAN_2 ? 8 : 12;
  if ((type !== ERSPAN_2 && type !== ERSPAN_3) || end - inside < header) return false;
  into.session = u16(bytes, inside + 2) & 0x3ff;
  into.offset = inside + header;
  if (type === ERSPAN_3) {
    // Frame type 2 is an IP packet; the last bit announces a subheader of the platform.
    const last = u16(bytes, inside + 10);
    if (((last >> 10) & 0x1f) === 2) into.linkType = LINKTYPE_RAW;
    if ((last & 1) !== 0) into.offset += 8;
  }
  return true;
}

/** RFC 7348 section 5; TZSP as in the dissector of Wireshark. */
function behindUdp(bytes: Uint8Array, at: number, end: number, mirror: Mirror, into: Unpacked): boolean {
  const header = at + 8;
  if (end - header < 5) return false;
  const port = u16(bytes, at + 2);
  into.linkType = LINKTYPE_ETHERNET;
  into.session = 0;
  if (mirror === 'vxlan') {
    if (port !== VXLAN_PORT || end - header < 8 || (bytes[header]! & 0x08) === 0) return false;
    into.session = u16(bytes, header + 4) * 256 + bytes[header + 6]!;
    into.offset = header + 8;
    return true;
  }
  // Version 1, type 0 (received) or 1 (for transmission), protocol 1 (Ethernet), then tags up to the one that ends them.
  if (port !== TZSP_PORT || bytes[header] !== 1 || bytes[header + 1]! > 1 || u16(bytes, header + 2) !== 1) return false;
  let tag = header + 4;
  while (tag < end && bytes[tag] !== 1) tag += bytes[tag] === 0 ? 1 : 2 + (tag + 1 < end ? bytes[tag + 1]! : 0);
  into.offset = tag + 1;
  return true;
}
