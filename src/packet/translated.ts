/**
 * Profiles of packets whose IP header is another one further on: `nat`, by address and protocol translators, and
 * `payload`, by proxies. All numbers are in network byte order.
 *
 *     nat                                                payload
 *     4      "itk1"                                      4      "itk1"
 *     1      profile: 2                                  1      profile: 4
 *     1      upper-layer protocol; of ICMPv6 1, ICMP     2      octets behind the transport header
 *     2      octets behind the transport header          1      count, as on the left
 *            TCP:                                        count  the first octets behind the transport header
 *     1      flags FIN, SYN, RST, ACK
 *     4 4    with SYN, or with a count below 40: sequence number, acknowledgement number
 *            ICMP, ICMPv6:
 *     1      type; of ICMPv6 echo that of ICMP
 *     2      octets 6 and 7: the sequence number
 *     1      count: octets that follow, the smaller of 40 and what there is behind the transport header
 *     count  the first octets behind the transport header
 *
 * Translators (RFC 3022, RFC 5508, RFC 6146, RFC 7915) write a new IP header, change addresses, ports, the ICMP
 * identifier and the checksums over them, and clamp the MSS option: none of that is here. They keep the sequence
 * numbers, by which segments are told apart that carry little else. Firewalls that make new sequence numbers keep at
 * least what carries 40 octets.
 */
import { isFragment } from './fragments.ts';
import { copy, UPPER_OCTETS, writeHead } from './invariant.ts';
import { type Layers, missing, type ProfileRefusal } from './layers.ts';

const NAT = 2;
const PAYLOAD = 4;

const ICMP = 1;
const TCP = 6;
const UDP = 17;
const ICMPV6 = 58;
const SCTP = 132;
const UDP_LITE = 136;

const SYN = 0x02;
/** FIN, SYN, RST, ACK: PSH and those of congestion are changed by some on the way. */
const FLAGS = 0x17;

/** Octets of the transport header; 0 of protocols without ports or identifier; -1 when it does not fit. */
function transportOctets(bytes: Uint8Array, layers: Layers, i: number): number {
  const upper = layers.upper[i]!;
  const length = layers.length[i]!;
  let octets = 0;
  switch (layers.protocol[i]) {
    case TCP:
      // The offset may lie behind what was captured; that is told apart by who asks.
      if (length < 20) return -1;
      octets = upper + 12 < layers.end[i]! ? (bytes[upper + 12]! >> 4) * 4 : 20;
      if (octets < 20) return -1;
      break;
    case UDP:
    case UDP_LITE:
    case ICMP:
    case ICMPV6:
      octets = 8;
      break;
    case SCTP:
      octets = 12;
      break;
  }
  return octets > length ? -1 : octets;
}

/** What both profiles refuse. `transport`: octets of the transport header. */
function refusal(bytes: Uint8Array, layers: Layers, i: number, transport: number): ProfileRefusal | null {
  const fault = layers.fault[i]!;
  if (fault !== null) return fault;
  if (isFragment(bytes, layers, i)) return 'fragment';
  if (transport < 0) return 'transport';
  const needed = Math.min(transport + UPPER_OCTETS, layers.length[i]!);
  return layers.end[i]! - layers.upper[i]! < needed ? missing(layers) : null;
}

/** The input of profile `nat` of layer `i` at `input[at]`; returns its length, or why there is none. */
export function natInput(
  bytes: Uint8Array,
  layers: Layers,
  i: number,
  input: Uint8Array,
  at: number,
): number | ProfileRefusal {
  const transport = layers.fault[i] === null ? transportOctets(bytes, layers, i) : 0;
  const refused = refusal(bytes, layers, i, transport);
  if (refused !== null) return refused;
  const upper = layers.upper[i]!;
  const protocol = layers.protocol[i]!;
  const icmp = protocol === ICMP || protocol === ICMPV6;
  if (icmp && isIcmpError(protocol, bytes[upper]!)) return 'icmp-error';
  const behind = layers.length[i]! - transport;
  if (behind === 0 && protocol !== TCP) return 'empty';

  let to = writeHead(NAT, input, at);
  input[to++] = icmp ? ICMP : protocol;
  input[to++] = behind >> 8;
  input[to++] = behind & 0xff;
  const count = Math.min(UPPER_OCTETS, behind);
  if (protocol === TCP) {
    const flags = bytes[upper + 13]! & FLAGS;
    input[to++] = flags;
    if ((flags & SYN) !== 0 || count < UPPER_OCTETS) to = copy(bytes, upper + 4, 8, input, to);
  } else if (icmp) {
    input[to++] = echoType(protocol, bytes[upper]!);
    to = copy(bytes, upper + 6, 2, input, to);
  }
  input[to++] = count;
  return copy(bytes, upper + transport, count, input, to) - at;
}

/** The input of profile `payload` of layer `i` at `input[at]`; returns its length, or why there is none. */
export function payloadInput(
  bytes: Uint8Array,
  layers: Layers,
  i: number,
  input: Uint8Array,
  at: number,
): number | ProfileRefusal {
  const transport = layers.fault[i] === null ? transportOctets(bytes, layers, i) : 0;
  const refused = refusal(bytes, layers, i, transport);
  if (refused !== null) return refused;
  const behind = layers.length[i]! - transport;
  if (behind === 0) return 'empty';
  let to = writeHead(PAYLOAD, input, at);
  input[to++] = behind >> 8;
  input[to++] = behind & 0xff;
  const count = Math.min(UPPER_OCTETS, behind);
  input[to++] = count;
  return copy(bytes, layers.upper[i]! + transport, count, input, to) - at;
}

/** RFC 792: types 3, 4, 5, 11 and 12 quote a packet; RFC 4443 section 2.1: all below 128 do. */
export function isIcmpError(protocol: number, type: number): boolean {
  if (protocol === ICMPV6) return type < 128;
  return protocol === ICMP && (type === 3 || type === 4 || type === 5 || type === 11 || type === 12);
}

/** RFC 7915 section 4.2: echo request and reply are 8 and 0 in ICMP, 128 and 129 in ICMPv6. */
function echoType(protocol: number, type: number): number {
  if (protocol !== ICMPV6 || type > 129) return type;
  return type === 128 ? 8 : 0;
}
