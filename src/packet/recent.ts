/**
 * What is remembered of the latest packets beside their digests, so that of a packet of the last seconds one can tell more
 * than its vantage: six words of 4 octets, which packet/kernel/frames.ts writes for plain frames and this for the others.
 *
 *     0  source link address, octets 0 to 3, the first one lowest
 *     1  octets 4 and 5, then 2 * interface, and 1 more when the capture's own machine has sent the frame
 *     2  fraction of the second, as it stands in the capture
 *     3  TTL or hop limit of the outermost IP header in the lowest octet; VLAN in the upper half, 0 for none
 *     4  second since the epoch
 *     5  (address of the vantage's slice, in an entry)
 */
import type { PcapRecord } from './capture.ts';
import type { Layers } from './layers.ts';

/** Of one packet of the last seconds. */
export interface RecentPacket {
  /** Source link address as `00:00:5e:00:53:01`; null where there is none. */
  readonly mac: string | null;
  readonly vlan: number | null;
  /** TTL or hop limit of the outermost IP header. */
  readonly ttl: number;
  /** Second since the epoch. */
  readonly second: number;
}

const words = new Uint32Array(6);

/** The words of a frame whose layers are found. They are overwritten by the next call. */
export function recentWords(record: PcapRecord, layers: Layers, tag: number): Uint32Array {
  const { bytes, seconds, nanoseconds } = record;
  const mac = layers.sourceMac;
  const octet = (i: number) => (mac < 0 ? 0 : bytes[mac + i]!);
  const ip = layers.count === 0 ? -1 : layers.start[0]!;
  const ttl = ip < 0 ? 0 : bytes[ip + (bytes[ip]! >> 4 === 4 ? 8 : 7)]!;
  const vlan = layers.vlan > 0 ? layers.vlan : Math.max(0, tag) & 0xfff;
  words[0] = octet(0) | (octet(1) << 8) | (octet(2) << 16) | (octet(3) << 24);
  words[1] = octet(4) | (octet(5) << 8) | ((record.interface & 0x7fff) << 17) | (record.outgoing ? 0x10000 : 0);
  words[2] = nanoseconds;
  words[3] = ttl | (vlan << 16);
  words[4] = seconds;
  return words;
}

/** What the words say. */
export function readRecent(from: ArrayLike<number>): RecentPacket {
  const [first, second] = [from[0]!, from[1]!];
  const octets = [first, first >>> 8, first >>> 16, first >>> 24, second, second >>> 8].map(octet => octet & 255);
  const vlan = from[3]! >>> 16;
  return {
    mac: octets.every(octet => octet === 0) ? null : octets.map(octet => octet.toString(16).padStart(2, '0')).join(':'),
    vlan: vlan === 0 ? null : vlan,
    ttl: from[3]! & 255,
    second: from[4]!,
  };
}
