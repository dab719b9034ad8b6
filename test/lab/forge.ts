/** UDP packets with any source address, octet by octet. */
import { randomBytes, randomInt } from 'node:crypto';
import { parseAddress } from '../../src/net/address.ts';

export interface Forged {
  readonly source: string;
  readonly destination: string;
  /** Octets of payload, which are random. */
  readonly payload: number;
}

const UDP = 17;
const TTL = 64;
/** More fragments (RFC 791 section 3.1). */
const MF = 0x2000;

/** A UDP packet of either family, as IP octets. */
export function forgeUdp({ source, destination, payload }: Forged): Buffer {
  const [from, to] = [parseAddress(source)!.bytes, parseAddress(destination)!.bytes];
  const udp = Buffer.alloc(8 + payload);
  udp.writeUInt16BE(randomInt(1024, 65536), 0);
  udp.writeUInt16BE(53, 2);
  udp.writeUInt16BE(udp.length, 4);
  udp.set(randomBytes(payload), 8);
  const pseudo = Buffer.concat([from, to, Buffer.of(0, 0, udp.length >> 8, udp.length & 255, 0, 0, 0, UDP)]);
  udp.writeUInt16BE(checksum(Buffer.concat([pseudo, udp])) || 0xffff, 6);
  return from.length === 4 ? ipv4(from, to, randomInt(1, 65536), 0, udp) : ipv6(from, to, udp);
}

/** RFC 791 section 3.1. `place`: the flags and the fragment offset. The kernel writes the checksum. */
function ipv4(from: Uint8Array, to: Uint8Array, id: number, place: number, upper: Uint8Array): Buffer {
  const header = Buffer.alloc(12);
  header[0] = 0x45;
  header.writeUInt16BE(20 + upper.length, 2);
  header.writeUInt16BE(id, 4);
  header.writeUInt16BE(place, 6);
  header[8] = TTL;
  header[9] = UDP;
  return Buffer.concat([header, from, to, upper]);
}

/** RFC 8200 section 3. */
function ipv6(from: Uint8Array, to: Uint8Array, upper: Uint8Array): Buffer {
  const header = Buffer.alloc(8);
  header[0] = 0x60;
  header.writeUInt16BE(upper.length, 4);
  header[6] = UDP;
  header[7] = TTL;
  return Buffer.concat([header, from, to, upper]);
}

/** An IPv4 packet in fragments of `size` upper-layer octets, a multiple of 8 (RFC 791 section 3.2). */
export function fragments(packet: Buffer, size: number): Buffer[] {
  const upper = packet.subarray(20);
  const pieces: Buffer[] = [];
  for (let at = 0; at < upper.length; at += size) {
    const place = at / 8 + (at + size < upper.length ? MF : 0);
    const [from, to] = [packet.subarray(12, 16), packet.subarray(16, 20)];
    pieces.push(ipv4(from, to, packet.readUInt16BE(4), place, upper.subarray(at, at + size)));
  }
  return pieces;
}

/** RFC 1071. */
function checksum(octets: Buffer): number {
  let sum = 0;
  for (let i = 0; i < octets.length; i += 2) sum += i + 1 < octets.length ? octets.readUInt16BE(i) : octets[i]! << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
