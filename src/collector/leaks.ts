/** Route leaks among the held routes, by their Only to Customer attribute (RFC 9234 section 5). */
import { leakSign, type Relation } from '../bgp/role.ts';
import type { PeerTable, Rib } from '../rib/adj-rib-in.ts';

const ONLY_TO_CUSTOMER = 35;

/** The AS in the Only to Customer attribute of a set that was found acceptable; null without one. */
export function onlyToCustomer(octets: Uint8Array): number | null {
  for (let at = 0; at + 4 <= octets.length; ) {
    const long = (octets[at]! & 0x10) !== 0;
    const value = at + (long ? 4 : 3);
    const length = long ? (octets[at + 2]! << 8) | octets[at + 3]! : octets[at + 2]!;
    if (octets[at + 1] === ONLY_TO_CUSTOMER && length === 4 && value + 4 <= octets.length)
      return new DataView(octets.buffer, octets.byteOffset + value, 4).getUint32(0);
    at = value + length;
  }
  return null;
}

/** How many routes of a peer are leaks. A walk through its table; each attribute set is looked at once. */
export function countLeaks({ attributes }: Rib, { ipv4, ipv6 }: PeerTable, relation: Relation): number {
  /** By attribute id: 0 not looked at, 1 sound, 2 a leak. */
  const known = new Uint8Array(attributes.bound);
  let leaks = 0;
  for (const column of [ipv4, ipv6])
    for (const id of column) {
      if (id === 0) continue;
      if (known[id] === 0) {
        const otc = onlyToCustomer(attributes.read(id).attributes);
        known[id] = leakSign({ otc }, relation) === null ? 1 : 2;
      }
      if (known[id] === 2) leaks++;
    }
  return leaks;
}
