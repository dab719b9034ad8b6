/** By what a translator tells flows apart: protocol, addresses and ports of a packet. */
import { isLaterFragment } from './fragments.ts';
import type { Layers } from './layers.ts';
import { u16 } from './octets.ts';

export interface PacketTuple {
  readonly protocol: number;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** Of ICMP queries the identifier, which stands for both; 0 of protocols without ports. */
  readonly sourcePort: number;
  readonly destinationPort: number;
}

const ICMP = 1;
const ICMPV6 = 58;
/** TCP, UDP, DCCP, SCTP, UDP-Lite: ports are the first octets behind the IP header. */
const WITH_PORTS = [6, 17, 33, 132, 136];
/** Echo and timestamp of RFC 792, echo of RFC 4443. */
const QUERIES: Readonly<Record<number, readonly number[]>> = { [ICMP]: [0, 8, 13, 14], [ICMPV6]: [128, 129] };

/** The tuple of layer `i` of a frame; null when it has none: a later fragment, an ICMP error, octets missing. */
export function tupleOf(bytes: Uint8Array, layers: Layers, i: number): PacketTuple | null {
  if (layers.fault[i] !== null || isLaterFragment(bytes, layers, i)) return null;
  const six = layers.family[i] === 6;
  const octets = six ? 16 : 4;
  const from = layers.start[i]! + (six ? 8 : 12);
  const to = layers.destination[i]!;
  const protocol = layers.protocol[i]!;
  const upper = layers.upper[i]!;
  let [sourcePort, destinationPort] = [0, 0];
  const queries = QUERIES[protocol];
  if (queries !== undefined) {
    if (layers.end[i]! - upper < 8 || !queries.includes(bytes[upper]!)) return null;
    sourcePort = u16(bytes, upper + 4);
    destinationPort = sourcePort;
  } else if (WITH_PORTS.includes(protocol)) {
    if (layers.end[i]! - upper < 4) return null;
    sourcePort = u16(bytes, upper);
    destinationPort = u16(bytes, upper + 2);
  }
  return {
    ...{ protocol, sourcePort, destinationPort },
    source: Uint8Array.from(bytes.subarray(from, from + octets)),
    destination: Uint8Array.from(bytes.subarray(to, to + octets)),
  };
}
