/** MRT files as they lie about: plain, gzip, bzip2, zstd; told apart by their first octets, not by their names. */
import { spawn } from 'node:child_process';
import { createReadStream, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { chunksOf } from './chunks.ts';
import { ungzip } from './gzip-members.ts';
import { type MrtGap, type MrtReader, type MrtRecord, mrtReader } from './records.ts';
import { unzstd } from './zstd-frames.ts';

/** How many octets are asked of a file at a time. */
const CHUNK = 1 << 18;

const MAGICS = [
  { magic: [0x1f, 0x8b], packing: 'gzip' },
  { magic: [0x42, 0x5a, 0x68], packing: 'bzip2' },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], packing: 'zstd' },
] as const;

export type Packing = (typeof MAGICS)[number]['packing'] | 'none';

/** How a file that begins with these octets is packed. */
export function packingOf(head: Uint8Array): Packing {
  return MAGICS.find(({ magic }) => magic.every((octet, i) => head[i] === octet))?.packing ?? 'none';
}

/** bzip2(1) as a stream: neither Node nor any library we have reads the format. */
function bunzip2(input: Readable): Readable {
  const child = spawn('bzip2', ['-dc'], { stdio: ['pipe', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (text: Buffer) => {
    if (complaint.length < 1000) complaint += text;
  });
  child.stdin.on('error', () => {}); // bzip2 has seen enough, or died: its exit tells
  child.on('error', (error: NodeJS.ErrnoException) => {
    const reason = error.code === 'ENOENT' ? 'bzip2(1) is not installed, and this file needs it' : error.message;
    child.stdout.destroy(new Error(reason));
  });
  input.on('error', error => child.stdout.destroy(error));
  input.pipe(child.stdin);
  const { stdout } = child;
  // The end of the output is held back until the exit status has told whether it is the end of the file.
  const exited = new Promise<void>((resolve, reject) => {
    child.on('close', code => {
      const line =
        complaint
          .trim()
          .split('\n')[0]
          ?.replace(/^bzip2: /, '') || `bzip2 ended with status ${code}`;
      if (code === 0) resolve();
      else reject(new Error(line));
    });
  });
  exited.catch(() => {});
  stdout.on('close', () => child.kill());
  return Object.assign(stdout, { exited });
}

/** How much of a file was read, packed as it is; its size is null where it has none, as a pipe. */
export interface FileRead {
  readonly read: number;
  readonly size: number | null;
}

/** Null of what is no file, or cannot be looked at: why is told when it is read. */
function sizeOf(file: string): number | null {
  try {
    const stat = statSync(file);
    return stat.isFile() ? stat.size : null;
  } catch {
    return null;
  }
}

/**
 * Chunks of the unpacked octets of a file; `-` is `stdin`. Throws when the file cannot be read or unpacked any further. Who
 * wants no more of it (`return`) has it closed. `opened` is given what tells how far it is read.
 */
export async function* openMrt(
  file: string,
  stdin: Readable | null = null,
  opened: (far: () => FileRead) => void = () => {},
): AsyncGenerator<Uint8Array> {
  const named = file === '-' && stdin !== null ? null : createReadStream(file, { highWaterMark: CHUNK });
  const size = named === null ? null : sizeOf(file);
  opened(() => ({ read: named?.bytesRead ?? 0, size }));
  const input = named ?? stdin!;
  try {
    yield* unpacked(input);
  } finally {
    input.destroy(); // a pipe does not end what it comes from
  }
}

async function* unpacked(input: Readable): AsyncGenerator<Uint8Array> {
  const head = await headOf(input);
  const packing = packingOf(head);
  if (packing === 'none') {
    yield* chunksOf(input);
    return;
  }
  if (packing === 'bzip2') {
    const output = bunzip2(input) as Readable & { exited: Promise<void> };
    yield* chunksOf(output);
    await output.exited;
    return;
  }
  if (packing === 'zstd') {
    yield* unzstd(chunksOf(input));
    return;
  }
  yield* ungzip(chunksOf(input));
}

/** The first octets of a stream, which are put back. */
async function headOf(input: Readable): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const settle = () => {
    const head: Buffer | null = input.read();
    if (head === null && !input.readableEnded) return; // nothing yet
    input.off('readable', settle).off('end', settle).off('error', reject);
    if (head !== null) input.unshift(head);
    resolve(head ?? new Uint8Array(0));
  };
  input.on('readable', settle).on('end', settle).on('error', reject);
  return promise;
}

/** What `readMrt` tells of a file. */
export interface MrtEvents {
  record(record: MrtRecord): void;
  gap(gap: MrtGap): void;
  /** Called after each chunk: what it waits for, the reading waits for. */
  drained?(): Promise<void> | undefined;
}

/**
 * Reads all records of the chunks. When the source fails, what came before is read to its end, and then the error is
 * thrown.
 */
export async function readMrt(chunks: AsyncIterable<Uint8Array>, events: MrtEvents): Promise<void> {
  const reader = mrtReader();
  let failed: unknown = null;
  try {
    for await (const chunk of chunks) {
      reader.feed(chunk);
      take(reader, events);
      const wait = events.drained?.();
      if (wait !== undefined) await wait;
    }
  } catch (error) {
    failed = error ?? new Error('unreadable');
  }
  reader.finish();
  take(reader, events);
  await events.drained?.();
  if (failed !== null) throw failed;
}

function take(reader: MrtReader, events: MrtEvents): void {
  for (let step = reader.next(); step !== 'more' && step !== 'end'; step = reader.next()) {
    if (step === 'record') events.record(reader.record);
    else events.gap(step);
  }
}
