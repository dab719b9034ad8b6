/** The octets of a file through two buffers that are used in turn: no chunk is allocated, and only what overlaps is copied. */
import { closeSync, readSync } from 'node:fs';
import { LONGEST_FRAME } from '../../packet/capture.ts';
import type { ChunkSource } from './read-records.ts';

/** Octets read at once. */
const CHUNK = 1 << 20;
/** A frame may lie across two chunks, with a header. */
const ROOM = LONGEST_FRAME + 4096;

/**
 * Reads a regular file from where its descriptor stands, and closes it. Waiting for the disk holds up the thread: it is for
 * one that has nothing else to do. Throws what read(2) does.
 */
export function fileChunks(fd: number): ChunkSource {
  const buffers = [0, 1].map(() => new Uint8Array(ROOM + CHUNK));
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      for (let turn = 0; ; turn ^= 1) {
        const buffer = buffers[turn]!;
        const read = readSync(fd, buffer, ROOM, CHUNK, null);
        if (read === 0) return;
        yield buffer.subarray(ROOM, ROOM + read);
      }
    } finally {
      closeSync(fd);
    }
  }
  return { room: ROOM, [Symbol.asyncIterator]: chunks };
}
