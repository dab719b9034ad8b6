/**
 * MP_REACH_NLRI and MP_UNREACH_NLRI as they stand in dumps. In a RIB entry MP_REACH_NLRI is cut to its next hop, for the
 * rest is told by the record (RFC 6396 section 4.3.4); many writers left it whole, so both are read.
 */

/** A family's part of an UPDATE or RIB entry. Overwritten by the next; offsets are those of the buffer. */
export interface DumpedReach {
  /** 0 when there is none, or none that can be read. */
  afi: number;
  safi: number;
  /** The next hop, a link-local address behind it included. */
  hop: number;
  hopOctets: number;
  nlriStart: number;
  nlriEnd: number;
}

/** To be filled by `readReach` and `readUnreach`. */
export const emptyReach = (): DumpedReach => ({ afi: 0, safi: 0, hop: 0, hopOctets: 0, nlriStart: 0, nlriEnd: 0 });

/** Reads the value of MP_REACH_NLRI at `start` to `end`, whole or abbreviated; -1 as start stands for its absence. */
export function readReach(bytes: Uint8Array, start: number, end: number, reach: DumpedReach): void {
  reach.afi = 0;
  reach.nlriStart = reach.nlriEnd = end;
  if (start < 0 || start >= end) return;
  const first = bytes[start]!;
  if (first !== 0) {
    // No family has a number of 256 or more among those of RIB records: the octet is the length of the next hop.
    if (start + 1 + first > end) return;
    reach.afi = first === 4 ? 1 : 2;
    reach.safi = 1;
    reach.hop = start + 1;
    reach.hopOctets = first;
    return;
  }
  if (end - start < 5) return;
  const octets = bytes[start + 3]!;
  let at = start + 4 + octets;
  if (at >= end) return;
  // The octet was once a count of SNPAs (RFC 2858); dumps of that time may have them.
  let snpas = bytes[at++]!;
  for (; snpas > 0 && at < end; snpas--) at += 1 + bytes[at]!;
  if (at > end) return;
  reach.afi = bytes[start + 1]!;
  reach.safi = bytes[start + 2]!;
  reach.hop = start + 4;
  reach.hopOctets = octets;
  reach.nlriStart = at;
}

/** Reads the value of MP_REACH_NLRI as it stands in messages: the octet behind the next hop means nothing (RFC 4760 section 3). */
export function readMessageReach(bytes: Uint8Array, start: number, end: number, reach: DumpedReach): void {
  reach.afi = 0;
  reach.nlriStart = reach.nlriEnd = end;
  if (start < 0 || end - start < 5 || bytes[start] !== 0) return;
  const octets = bytes[start + 3]!;
  if (start + 5 + octets > end) return;
  reach.afi = bytes[start + 1]!;
  reach.safi = bytes[start + 2]!;
  reach.hop = start + 4;
  reach.hopOctets = octets;
  reach.nlriStart = start + 5 + octets;
}

/** Reads the value of MP_UNREACH_NLRI. */
export function readUnreach(bytes: Uint8Array, start: number, end: number, reach: DumpedReach): void {
  reach.afi = 0;
  reach.nlriStart = reach.nlriEnd = end;
  if (start < 0 || end - start < 3 || bytes[start] !== 0) return;
  reach.afi = bytes[start + 1]!;
  reach.safi = bytes[start + 2]!;
  reach.hopOctets = 0;
  reach.nlriStart = start + 3;
}

/** True when the next hop is one that IPv4 or IPv6 may have: RFC 4760, RFC 2545 section 3, RFC 8950 section 3. */
export function hasNextHop({ afi, hopOctets }: DumpedReach): boolean {
  return hopOctets === 16 || hopOctets === 32 || (hopOctets === 4 && afi === 1);
}
