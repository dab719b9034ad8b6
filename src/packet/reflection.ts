/**
 * Replies that somebody else's packet caused: of amplifiers, and ICMP. Their trace ends at the reflector; who forged the
 * packet that triggered them is found by a trace of that one.
 */

import { findLayers } from './find-layers.ts';
import { isLaterFragment } from './fragments.ts';
import { newLayers } from './layers.ts';
import { u16 } from './octets.ts';
import { readQuoted } from './quoted.ts';
import { isIcmpError } from './translated.ts';

export interface Reflection {
  /** `amplifier`: from the UDP port of a service that answers more than it is asked; `error` and `reply`: ICMP. */
  readonly kind: 'amplifier' | 'error' | 'reply';
  /** The service, or the protocol. */
  readonly service: string;
}

/** UDP services that are abused to amplify, by port (US-CERT alert TA14-017A, and those found since). */
const AMPLIFIERS: Readonly<Record<number, string>> = {
  ...{ 17: 'QOTD', 19: 'CharGEN', 53: 'DNS', 69: 'TFTP', 111: 'portmap', 123: 'NTP', 137: 'NetBIOS', 161: 'SNMP' },
  ...{ 389: 'CLDAP', 427: 'SLP', 520: 'RIP', 623: 'IPMI', 1434: 'SQL Server Browser', 1900: 'SSDP' },
  ...{ 3283: 'Apple Remote Desktop', 3389: 'RDP', 3478: 'STUN', 3702: 'WS-Discovery', 5093: 'Sentinel' },
  ...{ 5351: 'NAT-PMP', 5353: 'mDNS', 5683: 'CoAP', 11211: 'memcached', 27015: 'Steam', 37810: 'DVR discovery' },
};
const ICMP = 1;
const UDP = 17;
const ICMPV6 = 58;
const ECHO_REPLY = { [ICMP]: 0, [ICMPV6]: 129 } as const;

function innermost(frame: Uint8Array, linkType: number, wire: number) {
  const layers = newLayers();
  findLayers(frame, 0, frame.length, wire, linkType, layers);
  const i = layers.count - 1;
  if (i < 0 || layers.fault[i] !== null || isLaterFragment(frame, layers, i)) return null;
  return { layers, i, protocol: layers.protocol[i]!, upper: layers.upper[i]!, end: layers.end[i]! };
}

/** What kind of reply the innermost packet of a frame is; null when it is none. */
export function reflectionOf(frame: Uint8Array, linkType: number, wire: number): Reflection | null {
  const found = innermost(frame, linkType, wire);
  if (found === null) return null;
  const { protocol, upper, end } = found;
  if (protocol === UDP && end - upper >= 8) {
    const service = AMPLIFIERS[u16(frame, upper)];
    return service === undefined ? null : { kind: 'amplifier', service };
  }
  if ((protocol !== ICMP && protocol !== ICMPV6) || end - upper < 8) return null;
  const service = protocol === ICMP ? 'ICMP' : 'ICMPv6';
  if (isIcmpError(protocol, frame[upper]!)) return { kind: 'error', service };
  return frame[upper] === ECHO_REPLY[protocol] ? { kind: 'reply', service } : null;
}

/**
 * The packet that triggered a reply, as far as the reply has it: an IP packet, and its length when it was sent. Only ICMP
 * errors quote it, with so many octets as the router chose (RFC 1812 section 4.3.2.3, RFC 4443 section 2.4). Else why not.
 */
export function triggerOf(
  frame: Uint8Array,
  linkType: number,
  wire: number,
): { readonly frame: Uint8Array; readonly wire: number } | { readonly reason: string } {
  const found = innermost(frame, linkType, wire);
  const kind = reflectionOf(frame, linkType, wire)?.kind;
  if (found === null || kind === undefined) return { reason: 'it is no reply that another packet triggered' };
  const quoted = newLayers();
  if (kind !== 'error' || !readQuoted(frame, found.layers, found.i, quoted))
    return { reason: 'the packet that triggered it is not in it; the AS of the reflector can trace that' };
  const start = quoted.start[0]!;
  const six = quoted.family[0] === 6;
  if (found.end - start < (six ? 40 : 20)) return { reason: 'it quotes less than a header of what triggered it' };
  const length = six ? 40 + u16(frame, start + 4) : u16(frame, start + 2);
  // What a router puts behind the quote (RFC 4884) is none of it.
  return { frame: frame.slice(start, Math.min(found.end, start + length)), wire: Math.max(length, 1) };
}
