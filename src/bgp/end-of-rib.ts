/** The End-of-RIB marker (RFC 4724 section 2). It stands apart from what writes routes (announce.ts), for it has none. */
import { AFI_IPV4, type Afi } from '../net/address.ts';
import { UNICAST } from './family.ts';
import { encodeMessage, UPDATE } from './message.ts';

/** An UPDATE with nothing in it; for IPv6 with an empty MP_UNREACH_NLRI (optional, type 15, AFI 2, SAFI 1). */
export function encodeEndOfRib(afi: Afi): Uint8Array {
  const attributes = afi === AFI_IPV4 ? [] : [0x80, 15, 3, 0, 2, UNICAST];
  return encodeMessage(UPDATE, Uint8Array.from([0, 0, 0, attributes.length, ...attributes]));
}
