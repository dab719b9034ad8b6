/**
 * zstd files of any number of frames (RFC 8878 section 3). Node's stream ends with the first frame, so that the frames are
 * told apart here by their own lengths: header, blocks that each say how long they are, check sum.
 */
import { Readable } from 'node:stream';
import { createZstdDecompress, zstdDecompressSync } from 'node:zlib';

import { chunksOf, octetsOf } from './chunks.ts';

const MAGIC = 0xfd2fb528;
/** Skippable frames: 16 magic numbers, then their length (section 3.1.2). */
const SKIPPABLE = 0x184d2a50;
/** Octets of the longest header, with the header of a block. */
const LONGEST_HEAD = 21;
/** A frame whose content is said to be this long is unpacked in one piece; octets. */
const SMALL = 1 << 20;

/** What a header says: its own length, the length of the check sum at the end, the size of the content (null: not said). */
interface FrameHead {
  readonly length: number;
  readonly checksum: number;
  readonly content: number | null;
}

/** Reads the header of a frame (section 3.1.1.1); null when none stands there. There must be 14 octets behind `at`, or all. */
export function frameHead(bytes: Buffer, at = 0): FrameHead | null {
  if (bytes.length - at < 6 || bytes.readUInt32LE(at) !== MAGIC) return null;
  const descriptor = bytes[at + 4]!;
  const single = (descriptor & 0x20) !== 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3]!;
  const size = [single ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  const sizeAt = at + 5 + (single ? 0 : 1) + dictionary;
  if (sizeAt + size > bytes.length) return null;
  const content =
    size === 0
      ? null
      : size === 1
        ? bytes[sizeAt]!
        : size === 2
          ? bytes.readUInt16LE(sizeAt) + 256
          : size === 4
            ? bytes.readUInt32LE(sizeAt)
            : Number(bytes.readBigUInt64LE(sizeAt));
  return { length: sizeAt + size - at, checksum: (descriptor & 4) !== 0 ? 4 : 0, content };
}

/** Octets of a block with its header, and whether it is the last of its frame (section 3.1.1.2). */
export function frameBlock(bytes: Buffer, at = 0): { readonly length: number; readonly last: boolean } {
  const word = bytes.readUIntLE(at, 3);
  // A block of one repeated octet has one octet whatever its size.
  return { length: 3 + (((word >> 1) & 3) === 1 ? 1 : word >>> 3), last: (word & 1) !== 0 };
}

/** The unpacked octets of all frames. Throws when one is damaged or cut off; what could be unpacked before it has been given. */
export async function* unzstd(chunks: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const octets = octetsOf(chunks);
  for (;;) {
    const bytes = await octets.peek(LONGEST_HEAD);
    if (bytes.length === 0) return;
    if (bytes.length >= 8 && (bytes.readUInt32LE() & ~15) >>> 0 === SKIPPABLE) {
      await octets.take(8 + bytes.readUInt32LE(4));
      continue;
    }
    const head = frameHead(bytes);
    if (head === null) throw new Error('no zstd frame begins here');

    /** The frame, block by block. */
    const parts = async function* ({ length, checksum }: FrameHead) {
      yield await octets.take(length);
      for (;;) {
        const three = await octets.peek(3);
        if (three.length < 3) throw new Error('unexpected end of file');
        const block = frameBlock(three);
        yield await octets.take(block.length + (block.last ? checksum : 0));
        if (block.last) return;
      }
    };
    if (head.content === null || head.content > SMALL) {
      yield* unpacked(parts(head));
      continue;
    }
    const whole: Buffer[] = [];
    try {
      for await (const part of parts(head)) whole.push(part);
    } catch (error) {
      yield* unpacked(whole); // its whole blocks, before it ends with an error of its own
      throw error;
    }
    yield zstdDecompressSync(Buffer.concat(whole), { maxOutputLength: SMALL });
  }
}

/** What of a frame can be unpacked, then its error. */
function unpacked(frame: Iterable<Buffer> | AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  const unpack = createZstdDecompress();
  const packed = Readable.from(frame, { objectMode: false });
  packed.on('error', (error: Error) => unpack.destroy(error));
  return chunksOf(packed.pipe(unpack));
}
