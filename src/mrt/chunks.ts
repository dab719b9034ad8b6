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
