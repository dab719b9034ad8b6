/** A directory into which an IDS puts captures. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** How often the directory is looked at; ms. A file is whole when it did not change from one look to the next but one. */
const INTERVAL = 1_000;
const STILL = 2;
/** Files that are looked at; of a directory with more the rest is passed over, and said to be. */
const MOST_FILES = 16_384;
const PASSED_OVER = /^\.|\.(tmp|part)$/;

export interface Spool {
  /** Why it cannot be read now, in words; '' when it can. */
  problem(): string;
  close(): Promise<void>;
}

export interface SpoolOptions {
  /** Gets each file that came and is whole, one after the other. */
  take(file: string): Promise<void>;
  /** ms between two looks. */
  readonly interval?: number;
}

interface Seen {
  readonly mark: string;
  /** Looks at which the file was the same; -1 when it is done with. */
  still: number;
}

/** Watches a directory. What is there at the first look is passed over; a file that is written anew is a new one. */
export function openSpool(directory: string, { take, interval = INTERVAL }: SpoolOptions): Spool {
  let seen: Map<string, Seen> | null = null;
  let problem = '';
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  async function look(): Promise<void> {
    const names = (await readdir(directory)).filter(name => !PASSED_OVER.test(name)).sort();
    problem = names.length > MOST_FILES ? `it has more than ${MOST_FILES} files: the rest is passed over` : '';
    const before = seen;
    const now = new Map<string, Seen>();
    const whole: string[] = [];
    for (const name of names.slice(0, MOST_FILES)) {
      if (closed) return;
      const file = join(directory, name);
      const found = await stat(file, { bigint: true }).catch(() => null);
      if (found === null || !found.isFile()) continue;
      const mark = `${found.dev} ${found.ino} ${found.size} ${found.mtimeNs}`;
      const known = before?.get(name);
      const still = before === null ? -1 : known?.mark !== mark ? 0 : known.still < 0 ? -1 : known.still + 1;
      if (still >= STILL) whole.push(file);
      now.set(name, { mark, still: still >= STILL ? -1 : still });
    }
    seen = now;
    for (const file of whole) if (!closed) await take(file);
  }

  let looking: Promise<void> = Promise.resolve();
  const next = () => {
    looking = look()
      .catch((e: Error) => {
        // What comes into a directory that was not there is new.
        seen ??= new Map();
        problem = e.message;
      })
      .then(() => {
        if (!closed) timer = setTimeout(next, interval);
      });
  };
  next();
  return {
    problem: () => problem,
    async close() {
      closed = true;
      clearTimeout(timer);
      await looking;
    },
  };
}
