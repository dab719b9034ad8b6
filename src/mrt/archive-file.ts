/**
 * One file that is being written: packed on the way, into what the disk takes when it takes it. A full disk, a missing
 * folder, a lost permission are tried again until they are over; meanwhile the packed octets wait in memory.
 */
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { BLOCK, packBlock } from './archive-blocks.ts';
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

/** A new file; one that exists is overwritten. `retry`: milliseconds between attempts. Never throws. */
export function createArchiveFile(
  path: string,
  compress: Compression,
  retry: number,
  onTrouble: OnTrouble,
): ArchiveFile {
  /** Blocks that wait to be packed, and the rest of the one that the disk has not taken yet. */
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

  /** Packs the blocks and writes them, one after the other. */
  async function pump(): Promise<void> {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      let left = packBlock(next, compress);
      queued += left.length - next.length;
      while (left.length > 0) {
        // At its place, so that an attempt of which half succeeded is not written twice.
        const rest = left;
        const { bytesWritten } = await insist(async () => (await opened()).write(rest, 0, rest.length, position));
        position += bytesWritten;
        queued -= bytesWritten;
        left = rest.subarray(bytesWritten);
      }
    }
    pumping = null;
  }

  function pass(chunk: Uint8Array): void {
    queue.push(chunk);
    queued += chunk.length;
    pumping ??= pump();
  }

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
      for (let at = 0; at < given.length; ) {
        const taken = Math.min(BLOCK - filled, given.length - at);
        block.set(given.subarray(at, at + taken), filled);
        filled += taken;
        at += taken;
        if (filled === BLOCK) passBlock();
      }
    },
    async sync() {
      passBlock();
      while (pumping !== null) await pumping;
      if (!finished) await insist(async () => (await opened()).datasync());
    },
    waiting: () => filled + queued,
    contents: () => ({ records, octets, crc }),
    async finish() {
      finished = true;
      passBlock();
      while (pumping !== null) await pumping;
      await insist(async () => (await opened()).sync());
      await handle?.close();
    },
  };
}
