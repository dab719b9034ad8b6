/** Follows a file that somebody else writes and rotates, as tail -F does. */
import { type FileHandle, open, stat } from 'node:fs/promises';

/** How often the file is looked at; ms. */
const INTERVAL = 250;
const CHUNK = 1 << 16;
/** Octets of one look; what is more waits for the next turn of the event loop. */
const TURN = 1 << 20;

export interface Following {
  /** Why it cannot be read now, in words; '' when it can. */
  problem(): string;
  close(): Promise<void>;
}

export interface FollowOptions {
  /** Gets what was written, in order. The octets are good for the call only. */
  take(chunk: Uint8Array): void;
  /** The file is another one, or was cut short: a line that has begun will not end. */
  anew(): void;
  /** ms between two looks. */
  readonly interval?: number;
}

/**
 * Follows a file from its end on. Renamed, it is read to its end before the one that takes its place is read from the
 * beginning; cut short, it is read from the beginning. A file that is not there, or goes, is waited for.
 */
export function followFile(path: string, { take, anew, interval = INTERVAL }: FollowOptions): Following {
  let file: FileHandle | null = null;
  let identity = '';
  let offset = 0;
  let problem = '';
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  /** Only what was there at the start is begun at its end. */
  let first = true;
  const buffer = Buffer.alloc(CHUNK);

  /** Reads to the end; false when it stopped before. */
  async function drain(of: FileHandle): Promise<boolean> {
    for (let read = 0; read < TURN; ) {
      const { bytesRead } = await of.read(buffer, 0, CHUNK, offset);
      if (bytesRead === 0 || closed) return true;
      offset += bytesRead;
      read += bytesRead;
      take(buffer.subarray(0, bytesRead));
    }
    return false;
  }

  async function lookOnce(): Promise<boolean> {
    const there = await stat(path, { bigint: true }).catch((e: NodeJS.ErrnoException) => e);
    const gone = there instanceof Error;
    if (gone && there.code !== 'ENOENT') throw there;
    if (!gone && !there.isFile()) throw new Error('it is no file');
    const now = gone ? '' : `${there.dev} ${there.ino}`;
    if (file !== null && now === identity && !gone && there.size < BigInt(offset)) {
      offset = 0;
      anew();
    }
    if (file !== null && !(await drain(file))) return false;
    if (file !== null && now !== identity) {
      await file.close();
      file = null;
      anew();
    }
    if (file === null && !gone) {
      file = await open(path, 'r');
      const opened = await file.stat({ bigint: true });
      identity = `${opened.dev} ${opened.ino}`;
      offset = first ? Number(opened.size) : 0;
    }
    first = false;
    problem = gone ? 'the file is not there' : '';
    return file === null || (await drain(file));
  }

  let looking: Promise<void> = Promise.resolve();
  const look = async () => {
    const whole = await lookOnce().catch((e: Error) => {
      problem = e.message;
      return true;
    });
    if (!closed) timer = setTimeout(next, whole ? interval : 0);
  };
  const next = () => {
    looking = look();
  };
  next();
  return {
    problem: () => problem,
    async close() {
      closed = true;
      clearTimeout(timer);
      await looking;
      await file?.close();
    },
  };
}
