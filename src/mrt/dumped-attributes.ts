import { type DecodedAttributes, decodeAttributes } from '../bgp/attributes.ts';
import { MP_REACH_NLRI, MP_UNREACH_NLRI } from './attribute-places.ts';

const EXTENDED_LENGTH = 0x10;

/**
 * The attributes at `start` to `end` without MP_REACH_NLRI and MP_UNREACH_NLRI: what of them may be sent again, or judged,
 * apart from prefixes and next hop. What cannot be framed at the end of the list is kept as it is.
 */
export function withoutMultiprotocol(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const kept = new Uint8Array(end - start);
  let length = 0;
  for (let at = start; at < end; ) {
    const extended = (bytes[at]! & EXTENDED_LENGTH) !== 0;
    const value = at + (extended ? 4 : 3);
    const octets = value > end ? end : extended ? (bytes[at + 2]! << 8) | bytes[at + 3]! : bytes[at + 2]!;
    const next = Math.min(end, value + octets);
    const code = bytes[at + 1];
    if (value > end || (code !== MP_REACH_NLRI && code !== MP_UNREACH_NLRI)) {
      kept.set(bytes.subarray(at, next), length);
      length += next - at;
    }
    at = next;
  }
  return kept.subarray(0, length);
}

/**
 * Decodes the attributes of a dump by the rules for an internal peer, which keep the most: AS4_PATH merged in, and what is
 * wrong with them told by RFC 7606. MP_REACH_NLRI and MP_UNREACH_NLRI are left out (dumped-reach.ts reads them).
 */
export function decodeDumped(bytes: Uint8Array, start: number, end: number, as4: boolean): DecodedAttributes {
  const kept = withoutMultiprotocol(bytes, start, end);
  return decodeAttributes(kept, 0, kept.length, { as4, ebgp: false });
}
