/** Packets as they are on a border, in memory, for the benchmarks: the same for the same number. */
import { type FrameBlock, frameBlock } from '../../src/packet/frame-block.ts';

/** Numbers below 2^32 that look random (a xorshift generator of 32 bits). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** Octets of Ethernet frames without their check sequences: seven of 60, four of 590 and one of 1514, in disorder. */
export const IMIX = [60, 590, 60, 60, 590, 60, 1514, 60, 590, 60, 590, 60];
export const SMALL = [60];

const HEADER = 16;
const SECOND = 1_265_630_400;
/** Link address of the first neighbour; the others follow. */
const NEIGHBOR = 0x00005e005400;

/**
 * A pcap file of `count` frames of one second, of these lengths, cut to `snaplen` octets; one in four is IPv6, half of the rest
 * are TCP, addresses, ports and payload are random, as is which of the neighbours sent it.
 */
export function pcapOf(count: number, lengths: readonly number[], snaplen = 65535, neighbors = 8): Buffer {
  const next = numbers(2010);
  const sizes = Array.from({ length: count }, (_, i) => Math.min(snaplen, lengths[i % lengths.length]!));
  const file = Buffer.alloc(sizes.reduce((sum, size) => sum + HEADER + size, 24));
  file.writeUInt32LE(0xa1b23c4d, 0);
  file.writeUInt32LE(0x00040002, 4);
  file.writeUInt32LE(snaplen, 16);
  file.writeUInt32LE(1, 20);
  let at = 24;
  sizes.forEach((size, i) => {
    const wire = lengths[i % lengths.length]!;
    file.writeUInt32LE(SECOND, at);
    file.writeUInt32LE(Math.floor((i / count) * 1e9), at + 4);
    file.writeUInt32LE(size, at + 8);
    file.writeUInt32LE(wire, at + 12);
    at += HEADER;
    for (let word = 0; word + 4 <= Math.min(size, 128); word += 4) file.writeUInt32LE(next(), at + word);
    file.writeUIntBE(0x00005e005301, at, 6);
    file.writeUIntBE(NEIGHBOR + (next() % neighbors), at + 6, 6);
    const six = next() % 4 === 0;
    file.writeUInt16BE(six ? 0x86dd : 0x0800, at + 12);
    const protocol = next() % 2 === 0 ? 6 : 17;
    const ip = at + 14;
    if (six) {
      file[ip] = 0x60;
      file.writeUInt16BE(wire - 54, ip + 4);
      file[ip + 6] = protocol;
      file.writeUInt16BE(443, ip + 40);
      file.writeUInt16BE(next() % 1024, ip + 42);
    } else {
      file[ip] = 0x45;
      file.writeUInt16BE(wire - 14, ip + 2);
      file.writeUInt16BE(0x4000, ip + 6);
      file[ip + 9] = protocol;
      file.writeUInt16BE(443, ip + 20);
      file.writeUInt16BE(next() % 1024, ip + 22);
    }
    at += size;
  });
  return file;
}

/** Link addresses of the neighbours, as in a configuration. */
export function neighborMacs(neighbors: number): string[] {
  return Array.from({ length: neighbors }, (_, i) => (NEIGHBOR + i).toString(16).padStart(12, '0'));
}

/** The records of such a file as one block. */
export function blockOf(file: Buffer): FrameBlock {
  return frameBlock(new Uint8Array(file.buffer, file.byteOffset + 24, file.length - 24), 'pcap-le-ns', 1, 0);
}
