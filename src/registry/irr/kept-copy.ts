/**
 * The copy of a dump that was fetched, kept for the next start: `SOURCE.db.gz`, a gzip file of two parts. The first is a line
 * that says what the rest is, a remark to any reader of RPSL; the second is the dump as it came. One file, so that the two
 * can never be of different copies; it is whole on the disk before it takes the place of the last one.
 */
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createGunzip, createGzip, type Gzip, gzipSync } from 'node:zlib';
import { whyOf } from './dump-reader.ts';

/** What a copy is of. */
export interface CopyMark {
  readonly place: string;
  readonly serial: number | null;
  readonly written: number;
  /** Tag of its state at the place (dump-place.ts). */
  readonly tag: string | null;
  /** Of this copy and no other: a journal says by it which copy it goes on from. */
  readonly id: string;
}

/** A copy on its way to the disk. Once something fails, the rest is thrown away, and `commit` tells why. */
export interface CopyWriter {
  write(chunk: Buffer): Promise<void>;
  /** Puts it in the place of the last one; null, or in words why it could not be. */
  commit(mark: CopyMark): Promise<string | null>;
  /** It is not wanted. */
  abandon(): Promise<void>;
}

const LEAD = '% intertrack ';
/** Octets of the first line. */
const HEAD = 4096;

/**
 * The first part, of always the same length: it is written again at the end, when it is known what came. Not compressed:
 * only so is the length sure.
 */
const headOf = (mark: CopyMark | null): Buffer =>
  gzipSync(`${`${LEAD}${JSON.stringify(mark)}`.padEnd(HEAD - 1)}\n`, { level: 0 });

/** Begins a copy. `packed`: what will be written is gzip already. */
export async function writeCopy(file: string, packed: boolean): Promise<CopyWriter> {
  const draft = `${file}.new`;
  let why: string | null = null;
  let handle: FileHandle | null = null;
  const packer: Gzip | null = packed ? null : createGzip({ level: 1 });
  const attempt = async (work: () => Promise<unknown>): Promise<void> => {
    if (why !== null) return;
    await work().catch(error => {
      why = whyOf(error);
    });
  };
  const put = async (octets: Uint8Array): Promise<void> => {
    for (let at = 0; at < octets.length; ) at += (await handle!.write(octets, at)).bytesWritten;
  };
  const drained = (async () => {
    if (packer !== null) for await (const octets of packer) await attempt(() => put(octets as Buffer));
  })();
  await attempt(async () => {
    await mkdir(dirname(file), { recursive: true, mode: 0o750 });
    handle = await open(draft, 'w', 0o640);
    await put(headOf(null));
  });
  const close = async (): Promise<void> => {
    packer?.end();
    await drained;
  };
  return {
    async write(chunk) {
      if (packer === null) await attempt(() => put(chunk));
      else await new Promise<void>(resolve => packer.write(chunk, () => resolve()));
    },
    async commit(mark) {
      await close();
      await attempt(async () => {
        const head = headOf(mark);
        if (head.length !== headOf(null).length) throw new Error('there is too much to say of it');
        await handle!.write(head, 0, head.length, 0);
      });
      await attempt(() => handle!.sync());
      await handle?.close().catch(() => {});
      await attempt(async () => {
        await rename(draft, file);
        await syncDirectory(dirname(file));
      });
      if (why !== null) await rm(draft, { force: true }).catch(() => {});
      return why;
    },
    async abandon() {
      await close();
      await handle?.close().catch(() => {});
      await rm(draft, { force: true }).catch(() => {});
    },
  };
}

/** A rename is on the disk when its directory is. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  await handle.sync().finally(() => handle.close());
}

/** The copy that is kept of a place, its octets unpacked; null when there is none, or in words why it cannot be read. */
export async function readCopy(
  file: string,
  place: string,
): Promise<{ readonly mark: CopyMark; readonly octets: AsyncIterable<Buffer> } | null | string> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'r');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? null : whyOf(error);
  }
  const packed = handle.createReadStream();
  const unpacked = createGunzip();
  packed.on('error', error => unpacked.destroy(error));
  packed.pipe(unpacked);
  const octets = unpacked.iterator({ destroyOnReturn: true });
  let head = Buffer.alloc(0);
  try {
    while (!head.includes(0x0a) && head.length < HEAD) {
      const next = await octets.next();
      if (next.done === true) break;
      head = Buffer.concat([head, next.value as Buffer]);
    }
  } catch (error) {
    packed.destroy();
    return whyOf(error);
  }
  const mark = decodeMark(head.toString('utf8', 0, Math.max(0, head.indexOf(0x0a))));
  if (mark?.place !== place) {
    packed.destroy();
    return mark === null ? 'it is no copy that was kept here' : null;
  }
  return { mark, octets: rest(head, octets) };
}

async function* rest(head: Buffer, octets: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  yield head;
  yield* octets;
}

function decodeMark(line: string): CopyMark | null {
  if (!line.startsWith(LEAD)) return null;
  try {
    const mark = JSON.parse(line.slice(LEAD.length)) as Partial<Record<keyof CopyMark, unknown>>;
    const { place, serial, written, tag, id } = mark;
    const text = (value: unknown) => value === null || typeof value === 'string';
    if (typeof place !== 'string' || typeof written !== 'number' || typeof id !== 'string' || !text(tag)) return null;
    return serial === null || Number.isSafeInteger(serial) ? (mark as CopyMark) : null;
  } catch {
    return null;
  }
}
