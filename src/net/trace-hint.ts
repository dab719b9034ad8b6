/**
 * The large community (RFC 8092) by which an AS says on its own prefixes that it takes part in traces, and where its manager
 * listens (intertrack-protocol(7), DISCOVERY HINTS): `AS:MARKER:WHERE`, where WHERE is 65536 times the place of the address
 * in the prefix, plus the port. A hint says nothing that is believed.
 */
import { type Address, formatAddress } from './address.ts';
import { covers, type Prefix } from './prefix.ts';
import { SPECIAL_PREFIXES } from './special-prefixes.ts';

/** Local data 1: the letters `itk`, and 2 for the version of the protocol. */
export const TRACE_MARKER = 0x69746b02;

export interface TraceHint {
  readonly as: number;
  readonly address: string;
  readonly port: number;
}

/**
 * What a large community on a route of this prefix and origin hints at; null when it is no hint, or of another AS than the
 * origin, or of an address that is not in the prefix or nobody can be reached at.
 */
export function readTraceHint(
  [global, local, where]: readonly [number, number, number],
  origin: number,
  prefix: Prefix,
  marker: number = TRACE_MARKER,
): TraceHint | null {
  const port = where & 0xffff;
  const place = Math.floor(where / 0x10000);
  if (local !== marker || global !== origin || origin === 0 || port === 0) return null;
  const bits = (prefix.afi === 1 ? 32 : 128) - prefix.length;
  if (place >= 2 ** Math.min(bits, 32)) return null;
  const bytes = Uint8Array.from(prefix.bytes);
  for (let at = bytes.length - 1, rest = place; rest > 0; at--) {
    rest += bytes[at]!;
    bytes[at] = rest & 0xff;
    rest >>>= 8;
  }
  const address: Address = { afi: prefix.afi, bytes };
  const host: Prefix = { ...address, length: bytes.length * 8 };
  if (SPECIAL_PREFIXES.some(special => covers(special.prefix, host))) return null;
  return { as: origin, address: formatAddress(address), port };
}
