/**
 * One file that is being written: packed on the way, into what the disk takes when it takes it. A full disk, a missing
 * folder, a lost permission are tried again until they are over; meanwhile the packed octets wait in memory.
 */
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Transform } from 'node:stream';
import { constants, crc32, createGzip, createZstdCompress } from 'node:zlib';
import type { Compression } from './archive-name.ts';

/** What was given to a file to be written, for the comparison when it is read again. */
export interface FileContents {
  readonly records: number;
  readonly octets: number;
  /** CRC-32 of the octets before they were packed. */
  readonly crc: number;
}

export interface ArchiveFile {
  /** Where it is written. */
  readonly path: string;
  /** Takes whole records. The octets are the file's from now on. */
  write(octets: Uint8Array, records: number): void;
  /** Brings what was written so far to the disk, in a form that can be unpacked: who dies now loses no more. */
  sync(): Promise<void>;
  /** Octets that wait: to be packed, or for the disk. */
  readonly waiting: () => number;
  readonly contents: () => FileContents;
  /** Packs the rest, waits until the disk has taken all, and brings it to the platter. Nothing is written after it. */
  finish(): Promise<void>;
}

/** Why the disk does not take anything; told at each attempt. */
export type OnTrouble = (path: string, error: Error) => void;

function packerOf(compress: Compression): Transform | null {
  if (compress === 'gzip') return createGzip();
  return compress === 'zstd' ? createZstdCompress() : null;
}

/** Records are gathered to so many octets before they are packed: a call of the packer costs more than a small record. */
const BLOCK = 1 << 16;

/** A new file; one that exists is overwritten. `retry`: milliseconds between attempts. Never throws. */
export function createArchiveFile(
  path: string,
  compress: Compression,
  retry: number,
  onTrouble: OnTrouble,
): ArchiveFile {
  const packer = packerOf(compress);
  const queue: Uint8Array[] = [];
  let queued = 0;
  let block = new Uint8Array(BLOCK);
  let filled = 0;
  let handle: FileHandle | null = null;
  let position = 0;
  let pumping: Promise<void> | null = null;
  let finished = false;
  let records = 0;
  let octets = 0;
  let crc = 0;

  /** Does it again and again until it succeeds. */
  async function insist<T>(attempt: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        onTrouble(path, error as Error);
        await new Promise(resolve => setTimeout(resolve, retry));
      }
    }
  }

  async function opened(): Promise<FileHandle> {
    if (handle === null) {
      await mkdir(dirname(path), { recursive: true });
      handle = await open(path, 'w');
    }
    return handle;
  }

  async function pump(): Promise<void> {
    for (let chunk = queue[0]; chunk !== undefined; chunk = queue[0]) {
      // At its place, so that an attempt of which half succeeded is not written twice.
      const left = chunk;
      const { bytesWritten } = await insist(async () => (await opened()).write(left, 0, left.length, position));
      position += bytesWritten;
      queued -= bytesWritten;
      if (bytesWritten === left.length) queue.shift();
      else queue[0] = left.subarray(bytesWritten);
    }
    pumping = null;
  }

  function enqueue(chunk: Uint8Array): void {
    queue.push(chunk);
    queued += chunk.length;
    pumping ??= pump();
  }
  packer?.on('data', enqueue);

  const pass = (chunk: Uint8Array) => {
    if (packer === null) enqueue(chunk);
    else packer.write(chunk);
  };
  function passBlock(): void {
    if (filled > 0) pass(block.subarray(0, filled));
    block = new Uint8Array(BLOCK);
    filled = 0;
  }

  return {
    path,
    write(given, count) {
      records += count;
      octets += given.length;
      crc = crc32(given, crc);
      if (filled + given.length > BLOCK) passBlock();
      if (given.length > BLOCK / 4) {
        passBlock();
        pass(given);
        return;
      }
      block.set(given, filled);
      filled += given.length;
    },
    async sync() {
      passBlock();
      if (packer !== null) {
        const kind = compress === 'gzip' ? constants.Z_SYNC_FLUSH : constants.ZSTD_e_flush;
        const flushing = packer as Transform & { flush(kind: number, done: () => void): void };
        await new Promise<void>(resolve => flushing.flush(kind, resolve));
      }
      while (pumping !== null) await pumping;
      if (!finished) await insist(async () => (await opened()).datasync());
    },
    waiting: () => filled + queued + (packer?.writableLength ?? 0),
    contents: () => ({ records, octets, crc }),
    async finish() {
      finished = true;
      passBlock();
      if (packer !== null) {
        const packed = new Promise(resolve => packer.once('end', resolve));
        packer.end();
        await packed;
      }
      while (pumping !== null) await pumping;
      await insist(async () => (await opened()).sync());
      await handle?.close();
    },
  };
}
