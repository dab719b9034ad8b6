/** Finds in a capture the packets that a lab has sent. */
import { readFileSync } from 'node:fs';
import { pcapReader } from '../../src/packet/pcap.ts';

/** A packet as it arrived. */
export interface Arrived {
  /** Position in the file, from 1. */
  readonly number: number;
  /** TTL of IPv4, hop limit of IPv6. */
  readonly ttl: number;
}

const ETHERNET_HEADER = 14;

/** Where a packet, known by what stands behind its addresses' start, is in a capture of Ethernet frames; null when it is not. */
export function findPacket(file: string, packet: Buffer): Arrived | null {
  // What follows the TTL and the checksum: addresses and upper layer, for a fragment the place too.
  const four = packet[0]! >> 4 === 4;
  const reader = pcapReader();
  reader.feed(readFileSync(file));
  while (reader.next() === 'record') {
    const { bytes, offset, captured, number } = reader.record;
    const ip = Buffer.from(bytes.buffer, bytes.byteOffset + offset + ETHERNET_HEADER, captured - ETHERNET_HEADER);
    const same = (from: number, to: number) =>
      ip.subarray(from, to).equals(packet.subarray(from, Math.min(to, ip.length)));
    if (four ? same(0, 8) && same(12, packet.length) : same(0, 7) && same(8, packet.length))
      return { number, ttl: ip[four ? 8 : 7]! };
  }
  return null;
}
