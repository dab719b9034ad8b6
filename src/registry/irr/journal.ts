/**
 * What NRTM brought since a copy: `SOURCE.nrtm`, the transactions one after the other as NRTM version 3 writes them, behind a
 * remark that names the copy. So a restart has at once what the last run had, not what the dump had a week ago. A
 * transaction counts when its `%END` is on the disk; what is behind the last one is cut off.
 */
import { appendFile, mkdir, open, rename, rm, stat, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { whyOf } from './dump-reader.ts';
import { type Operation, operationOf } from './feed.ts';
import { type NrtmEvent, nrtmReader } from './nrtm3.ts';

/** Octets of a journal; beyond it a new copy is better. */
export const MAX_JOURNAL = 64 * 2 ** 20;

export interface Journal {
  /** Begins anew behind the copy of this id. In words why not, else null. */
  begin(id: string): Promise<string | null>;
  /**
   * Hands the transactions that were kept behind the copy of this id to `take`, in order, and cuts off what is not whole.
   * Resolves to their number, or in words to why it cannot be gone on with.
   */
  replay(id: string, take: (operations: readonly Operation[], serial: number) => void): Promise<number | string>;
  /** Keeps a transaction: on the disk when it resolves. In words why not, else null; then nothing is kept until `begin`. */
  append(source: string, operations: readonly Operation[], first: number, last: number): Promise<string | null>;
  /** Keeps nothing until `begin`: what it would go on from is not on the disk. */
  suspend(): void;
  /** True when it is longer than is good. */
  readonly full: boolean;
}

/** Octets written at a time. */
const PIECE = 256 * 1024;

const headOf = (id: string): string => `% intertrack copy ${id}\n`;

/** `readOnly`: what is not whole is left where it is. */
export function openJournal(file: string, readOnly = false): Journal {
  let octets = 0;
  /** Nothing may be appended: a transaction is missing, or it is not known what is there. */
  let closed = true;
  const attempt = async (work: () => Promise<void>): Promise<string | null> => {
    try {
      await work();
      return null;
    } catch (error) {
      closed = true;
      return whyOf(error);
    }
  };

  return {
    begin: id =>
      attempt(async () => {
        closed = true;
        await mkdir(dirname(file), { recursive: true, mode: 0o750 });
        await rm(`${file}.new`, { force: true });
        await append(`${file}.new`, headOf(id));
        await rename(`${file}.new`, file);
        octets = headOf(id).length;
        closed = false;
      }),
    async replay(id, take) {
      closed = true;
      let count = 0;
      let whole = headOf(id).length;
      let taken: Operation[] = [];
      let last = 0;
      const hear = (event: NrtmEvent) => {
        if (event.kind === 'start') {
          taken = [];
          last = event.last;
        } else if (event.kind === 'operation') taken.push(operationOf(event.op, event.serial, event.object));
        else if (event.kind === 'end') {
          take(taken, last);
          count++;
          whole = event.octets;
        }
      };
      const why = await attempt(async () => {
        const handle = await open(file, 'r');
        try {
          const head = Buffer.alloc(headOf(id).length);
          await handle.read(head, 0, head.length, 0);
          if (head.toString() !== headOf(id)) throw new Error('it is of another copy');
          const reader = nrtmReader(hear);
          for await (const chunk of handle.createReadStream({ start: 0, autoClose: false }))
            reader.push(chunk as Buffer);
        } finally {
          await handle.close();
        }
        if (!readOnly && (await stat(file)).size > whole) await truncate(file, whole);
        octets = whole;
        closed = readOnly;
      });
      return why ?? count;
    },
    async append(source, operations, first, last) {
      if (closed) return 'an earlier change could not be kept';
      return attempt(async () => {
        const handle = await open(file, 'a', 0o640);
        try {
          for (const piece of piecesOf(source, operations, first, last)) {
            await handle.appendFile(piece);
            octets += piece.length;
          }
          await handle.sync();
        } finally {
          await handle.close();
        }
      });
    },
    suspend() {
      closed = true;
    },
    get full() {
      return octets > MAX_JOURNAL;
    },
  };
}

/** A transaction, piece by piece: it may have hundreds of megabytes, and other work has its turn in between. */
function* piecesOf(source: string, operations: readonly Operation[], first: number, last: number): Generator<Buffer> {
  let parts: Uint8Array[] = [];
  let size = 0;
  const put = (bytes: Uint8Array) => {
    parts.push(bytes);
    size += bytes.length;
  };
  put(Buffer.from(`%START Version: 3 ${source} ${first}-${last}\n\n`));
  for (const { op, serial, bytes } of operations) {
    put(Buffer.from(`${op.toUpperCase()} ${serial}\n\n`));
    put(withoutEnd(bytes));
    put(Buffer.from('\n\n'));
    if (size < PIECE) continue;
    yield Buffer.concat(parts);
    parts = [];
    size = 0;
  }
  put(Buffer.from(`%END ${source}\n\n`));
  yield Buffer.concat(parts);
}

/** The octets without the blanks and ends of lines behind them. */
function withoutEnd(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1]! <= 0x20) end--;
  return bytes.subarray(0, end);
}

/** `flush`: the octets are on the disk when it resolves. */
const append = (file: string, octets: string | Buffer): Promise<void> =>
  appendFile(file, octets, { flush: true, mode: 0o640 });
