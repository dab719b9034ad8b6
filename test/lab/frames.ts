/** Finds in a capture the packets that a lab has sent. */
import { existsSync, readFileSync } from 'node:fs';
import { pcapReader } from '../../src/packet/pcap.ts';

/** A packet as it arrived. */
export interface Arrived {
  /** Position in the file, from 1. */
  readonly number: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** TTL of IPv4, hop limit of IPv6. */
  readonly ttl: number;
}

const ETHERNET_HEADER = 14;

/** Where an IP packet is in a capture of Ethernet frames, whatever its TTL and checksum have become; null when it is not. */
export function findPacket(file: string, packet: Buffer): Arrived | null {
  if (!existsSync(file)) return null;
  const four = packet[0]! >> 4 === 4;
  const reader = pcapReader();
  reader.feed(readFileSync(file));
  while (reader.next() === 'record') {
    const { bytes, offset, captured, number, seconds, nanoseconds } = reader.record;
    const ip = Buffer.from(bytes.buffer, bytes.byteOffset + offset, captured).subarray(ETHERNET_HEADER);
    const end = Math.min(ip.length, packet.length);
    const same = (from: number, to: number) => ip.subarray(from, to).equals(packet.subarray(from, to));
    if (four ? same(0, 8) && same(12, end) : same(0, 7) && same(8, end))
      return { number, time: seconds * 1000 + nanoseconds / 1e6, ttl: ip[four ? 8 : 7]! };
  }
  return null;
}
