import type { Readable } from 'node:stream';

/** Chunks that wait to be read before the source is told to wait. */
const WAITING = 4;

/**
 * The chunks of a stream, in order, and only then its error: unlike the stream's own iterator, which throws away what it
 * holds when an error comes. Of a torn file all that could be unpacked is wanted.
 */
export async function* chunksOf(stream: Readable): AsyncGenerator<Uint8Array> {
  const held: Uint8Array[] = [];
  let ended = false;
  let error: Error | null = null;
  let wake = () => {};
  stream.on('data', (chunk: Buffer) => {
    held.push(chunk);
    if (held.length >= WAITING) stream.pause();
    wake();
  });
  stream.on('error', found => {
    error = found;
    ended = true;
    wake();
  });
  stream.on('close', () => {
    ended = true;
    wake();
  });
  stream.on('end', () => {
    ended = true;
    wake();
  });
  try {
    for (;;) {
      const chunk = held.shift();
      if (chunk !== undefined) {
        yield chunk;
        if (held.length === 0) stream.resume();
      } else if (ended) break;
      else
        await new Promise<void>(resolve => {
          wake = resolve;
        });
    }
  } finally {
    stream.destroy();
  }
  if (error !== null) throw error;
}

/** The octets of a source, so many at a time. */
export interface Octets {
  /** As many as are asked for, or fewer at the end; they stay. */
  peek(count: number): Promise<Buffer>;
  /** The next that many. Rejects when there are not so many. */
  take(count: number): Promise<Buffer>;
}

export function octetsOf(chunks: AsyncIterator<Uint8Array>): Octets {
  let held: Buffer = Buffer.alloc(0);
  const octets: Octets = {
    async peek(count) {
      while (held.length < count) {
        const next = await chunks.next();
        if (next.done) break;
        held = held.length === 0 ? Buffer.from(next.value) : Buffer.concat([held, next.value]);
      }
      return held.subarray(0, count);
    },
    async take(count) {
      const taken = await octets.peek(count);
      if (taken.length < count) throw new Error('unexpected end of file');
      held = held.subarray(count);
      return taken;
    },
  };
  return octets;
}
