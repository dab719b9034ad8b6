import type { Afi } from '../net/address.ts';
import { type Prefix, prefixOf } from '../net/prefix.ts';

/** Where prefixes (length octet, then as few octets as hold it: RFC 4271 section 4.3) stand in a buffer. */
export interface PrefixSpan {
  readonly afi: Afi;
  readonly start: number;
  readonly end: number;
}

/** Where a field of prefixes is damaged. */
export interface PrefixFault {
  readonly offset: number;
  readonly what: string;
}

/**
 * Walks a field of prefixes without building any. Null when every length is at most 32 (IPv4) or 128 (IPv6) and the last
 * prefix ends where the field ends; else the place of the length octet that is wrong (RFC 7606 section 5.3).
 */
export function checkPrefixes(buffer: Uint8Array, { afi, start, end }: PrefixSpan): PrefixFault | null {
  const most = afi === 1 ? 32 : 128;
  let at = start;
  while (at < end) {
    const length = buffer[at]!;
    if (length > most) return { offset: at, what: `prefix length ${length}, at most ${most}` };
    const next = at + 1 + ((length + 7) >> 3);
    if (next > end) return { offset: at, what: `prefix of ${length} bits overruns its field` };
    at = next;
  }
  return null;
}

/** The prefixes of a field that `checkPrefixes` found sound. Bits behind the length are cleared, as the RFC has them ignored. */
export function decodePrefixes(buffer: Uint8Array, { afi, start, end }: PrefixSpan): Prefix[] {
  const prefixes: Prefix[] = [];
  for (let at = start; at < end; ) {
    const length = buffer[at]!;
    const octets = (length + 7) >> 3;
    const bytes = new Uint8Array(afi === 1 ? 4 : 16);
    bytes.set(buffer.subarray(at + 1, at + 1 + octets));
    prefixes.push(prefixOf({ afi, bytes }, length));
    at += 1 + octets;
  }
  return prefixes;
}
