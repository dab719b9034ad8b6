/**
 * How the files of an archive are packed: in blocks that can be unpacked on their own, so that a record is read without what
 * stands before it. A block of gzip is a member with its length in an extra field, as BGZF has it (SAM specification
 * section 4.1); a block of zstd is a frame with its content size (RFC 8878 section 3.1.1). Any reader of gzip or zstd takes
 * them for what they are: files of many members.
 */
import type { FileHandle } from 'node:fs/promises';
import { constants, crc32, deflateRawSync, inflateRawSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Compression } from './archive-name.ts';
import { frameBlock, frameHead } from './zstd-frames.ts';

/** Most octets of a block before it is packed: packed at its worst it still fits the 16 bits of its length. */
export const BLOCK = 0xff00;

/** A block in its file. */
export interface Block {
  /** Where it stands, and how long it is as it is packed. */
  readonly offset: number;
  readonly length: number;
  /** The same of what is in it, unpacked. */
  readonly start: number;
  readonly octets: number;
}

/** Header up to BSIZE: deflate, FEXTRA, no time, unknown system, one subfield `BC` of 2 octets. */
const MEMBER = [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 6, 0, 0x42, 0x43, 2, 0];
const MEMBER_HEAD = MEMBER.length + 2;
/** CRC-32 and ISIZE. */
const MEMBER_TAIL = 8;
/** The fastest levels: the archive shares two cores with the sessions. */
const DEFLATE = { level: constants.Z_BEST_SPEED, memLevel: constants.Z_MAX_MEMLEVEL };
const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/**
 * Packs at most `BLOCK` octets, at once: for a block of this size that takes half the time that handing it to another thread
 * does, and the archive has a thread of its own.
 */
export function packBlock(octets: Uint8Array, compress: Compression): Uint8Array {
  if (compress === 'none') return octets;
  if (compress === 'zstd') return zstdCompressSync(octets, { ...ZSTD, pledgedSrcSize: octets.length });
  const packed = deflateRawSync(octets, DEFLATE);
  const member = Buffer.alloc(MEMBER_HEAD + packed.length + MEMBER_TAIL);
  member.set(MEMBER);
  member.writeUInt16LE(member.length - 1, MEMBER.length);
  member.set(packed, MEMBER_HEAD);
  member.writeUInt32LE(crc32(octets), MEMBER_HEAD + packed.length);
  member.writeUInt32LE(octets.length, MEMBER_HEAD + packed.length + 4);
  return member;
}

/** Unpacks a block that `findBlocks` found. Throws when it is damaged. */
export function unpackBlock(packed: Uint8Array, compress: Compression): Uint8Array {
  if (compress === 'none') return packed;
  if (compress === 'zstd') return zstdDecompressSync(packed);
  const octets = inflateRawSync(packed.subarray(MEMBER_HEAD, packed.length - MEMBER_TAIL));
  const tail = Buffer.from(packed.buffer, packed.byteOffset + packed.length - MEMBER_TAIL, MEMBER_TAIL);
  if (crc32(octets) !== tail.readUInt32LE()) throw new Error('the check sum of a block is wrong');
  return octets;
}

/** Octets that are read to find a block's length. */
const LOOK = 64;

/**
 * The blocks of a file of `size` octets, in order; null when it is not made of such blocks: by another program, or torn. A
 * file that is not packed is cut anywhere.
 */
export async function findBlocks(file: FileHandle, size: number, compress: Compression): Promise<Block[] | null> {
  const look = Buffer.alloc(LOOK);
  const blocks: Block[] = [];
  let start = 0;
  for (let offset = 0; offset < size; ) {
    const { bytesRead } = await file.read(look, 0, LOOK, offset);
    const head = look.subarray(0, bytesRead);
    const found =
      compress === 'none'
        ? { length: Math.min(BLOCK, size - offset), octets: Math.min(BLOCK, size - offset) }
        : compress === 'gzip'
          ? await memberAt(file, head, offset)
          : await frameAt(file, head, offset);
    if (found === null || offset + found.length > size) return null;
    blocks.push({ offset, start, ...found });
    offset += found.length;
    start += found.octets;
  }
  return blocks;
}

type Found = Pick<Block, 'length' | 'octets'> | null;

async function memberAt(file: FileHandle, head: Buffer, offset: number): Promise<Found> {
  if (head.length < MEMBER_HEAD || MEMBER.some((octet, i) => head[i] !== octet)) return null;
  const length = head.readUInt16LE(MEMBER.length) + 1;
  if (length < MEMBER_HEAD + MEMBER_TAIL) return null;
  const { bytesRead, buffer } = await file.read(Buffer.alloc(4), 0, 4, offset + length - 4);
  return bytesRead < 4 ? null : { length, octets: buffer.readUInt32LE() };
}

async function frameAt(file: FileHandle, bytes: Buffer, offset: number): Promise<Found> {
  const head = frameHead(bytes);
  if (head === null || head.content === null) return null;
  const three = Buffer.alloc(3);
  for (let at = head.length; ; ) {
    const { bytesRead } = await file.read(three, 0, 3, offset + at);
    if (bytesRead < 3) return null;
    const block = frameBlock(three);
    at += block.length;
    if (block.last) return { length: at + head.checksum, octets: head.content };
  }
}
