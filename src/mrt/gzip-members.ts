/**
 * gzip files of any number of members (RFC 1952). Node's own stream gives nothing of what it unpacked last when it then meets
 * an error, octets behind the last member for one: here the members are told apart by hand, and all that can be unpacked is given.
 */
import { crc32, createInflateRaw } from 'node:zlib';
import { type Octets, octetsOf } from './chunks.ts';

/** Octets that are unpacked at a time: of so much as comes of them nothing is given when they are damaged. */
const PIECE = 1 << 13;
/** Octets of a chunk that is given, at most. */
const CHUNK = 1 << 18;
/** Longest name or comment of a member. */
const LONGEST_NAME = 1 << 16;

/** Magic number, and the only method of compression that there is. */
const BEGIN = [0x1f, 0x8b, 8];
/** Bits of the flags of a member (section 2.3.1). */
const HEADER_CHECK = 2;
const EXTRA = 4;
const NAME = 8;
const COMMENT = 16;
const RESERVED = 0xe0;

/** The unpacked octets of all members. Throws when one is damaged or cut off, and when something else stands behind them. */
export async function* ungzip(chunks: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const octets = octetsOf(chunks);
  do {
    await skipHeader(octets);
    yield* member(octets);
  } while (await skipPadding(octets));
}

/** Moves behind the header of a member (section 2.3). */
async function skipHeader(octets: Octets): Promise<void> {
  const magic = await octets.peek(BEGIN.length);
  if (magic.some((octet, i) => octet !== BEGIN[i])) throw new Error('what follows is no gzip member');
  const flags = (await octets.take(10))[3]!;
  if ((flags & RESERVED) !== 0) throw new Error('unknown flags of a gzip member');
  if (flags & EXTRA) await octets.take((await octets.take(2)).readUInt16LE());
  for (const text of [NAME, COMMENT]) {
    if ((flags & text) === 0) continue;
    const length = (await octets.peek(LONGEST_NAME)).indexOf(0);
    if (length < 0) throw new Error('the name of a gzip member has no end');
    await octets.take(length + 1);
  }
  if (flags & HEADER_CHECK) await octets.take(2);
}

/** Moves over zeros, which tapes had behind a file. False at the end of the file. */
async function skipPadding(octets: Octets): Promise<boolean> {
  for (;;) {
    const rest = await octets.peek(PIECE);
    if (rest.length === 0) return false;
    const zeros = rest.findIndex(octet => octet !== 0);
    await octets.take(zeros < 0 ? rest.length : zeros);
    if (zeros >= 0) return true;
  }
}

/** What a member holds, and its check sum behind it. */
async function* member(octets: Octets): AsyncGenerator<Uint8Array> {
  const unpack = createInflateRaw({ chunkSize: CHUNK });
  let out: Buffer[] = [];
  let settle = (_end: boolean, _error?: Error) => {};
  unpack.on('data', (chunk: Buffer) => out.push(chunk));
  unpack.on('end', () => settle(true));
  unpack.on('error', (error: Error) => settle(true, error));
  /** Unpacks a piece, or the rest where there is none. True when it was the last one: what it leaves is not the member's. */
  const give = (piece: Buffer) =>
    new Promise<boolean>((resolve, reject) => {
      settle = (end, error) => (error === undefined ? resolve(end) : reject(error));
      if (piece.length === 0) unpack.end();
      else unpack.write(piece, error => error ?? settle(false));
    });
  let sum = 0;
  let length = 0;
  try {
    for (let ended = false; !ended; ) {
      const piece = await octets.peek(PIECE);
      const before = unpack.bytesWritten;
      const failure: Error | null = await give(piece).then(
        end => {
          ended = end;
          return null;
        },
        (error: Error) => error,
      );
      await octets.take(Math.min(piece.length, unpack.bytesWritten - before));
      const chunks = out;
      out = [];
      for (const chunk of chunks) {
        sum = crc32(chunk, sum);
        length += chunk.length;
        yield chunk;
      }
      if (failure !== null) throw failure;
    }
  } finally {
    unpack.destroy();
  }
  const trailer = await octets.take(8);
  if (trailer.readUInt32LE() !== sum) throw new Error('incorrect data check');
  if (trailer.readUInt32LE(4) !== length % 2 ** 32) throw new Error('incorrect length check');
}
