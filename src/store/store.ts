import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Store, StoreReads, StoreWrite } from './records.ts';
import type { StoreAnswer, StoreRequest } from './worker.ts';

/** Requests that may wait for the disk, and the characters of their bodies, before new ones are refused. */
const MOST_REQUESTS = 10_000;
const MOST_CHARACTERS = 64 * 1024 * 1024;

/** Heap of the store's thread, MiB: bounds what one read may fetch. */
const THREAD_MEMORY = 512;

export interface StoreOptions {
  /** Told what no promise can tell: the death of the thread, the first refusal of a full queue. One line of text. */
  readonly onProblem: (text: string) => void;
  /** Heap of the store's thread, MiB. Default 512. */
  readonly memory?: number;
}

export interface OpenStore extends Store {
  /** `PRAGMA integrity_check` and the foreign keys: `ok`, or what is wrong, one fault a line. */
  check(): Promise<string>;
}

interface Pending {
  readonly done: (rows: readonly unknown[]) => void;
  readonly failed: (error: Error) => void;
  readonly size: number;
}

/**
 * Opens (and at first makes, mode 0700) the state directory, takes it for this process, brings the database to the
 * newest schema and starts its thread. Rejects with one line that names the file and says what to do: directory in use
 * by another daemon, written by a newer program, damaged, not writable.
 */
export async function openStore(directory: string, options: StoreOptions): Promise<OpenStore> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), {
    workerData: { directory: resolve(directory) },
    resourceLimits: { maxOldGenerationSizeMb: options.memory ?? THREAD_MEMORY },
  });
  const waiting: Pending[] = [];
  let characters = 0;
  let closing = false;
  let full = false;
  let dead: string | null = null;

  const exited = new Promise<void>(done => {
    const die = (why: string) => {
      dead ??= why;
      if (!closing) options.onProblem(dead);
      for (const pending of waiting.splice(0)) pending.failed(new Error(dead));
      characters = 0;
      done();
    };
    worker.on('error', error => die(`${directory}: the store's thread died: ${error.message}`));
    worker.on('messageerror', error =>
      die(`${directory}: the store's thread sent what cannot be read: ${error.message}`),
    );
    worker.on('exit', code => (dead === null ? die(`${directory}: the store's thread ended (exit ${code})`) : done()));
  });

  worker.on('message', (answer: StoreAnswer) => {
    // The thread answers in the order it was asked.
    const pending = waiting.shift();
    if (pending === undefined) return;
    characters -= pending.size;
    if (answer.ok) pending.done(answer.rows);
    else pending.failed(new Error(answer.error));
    if (waiting.length === 0) full = false;
  });

  const expectAnswer = (size: number) =>
    new Promise<readonly unknown[]>((done, failed) => {
      waiting.push({ done, failed, size });
      characters += size;
    });

  const ask = async (request: StoreRequest, size = 0): Promise<readonly unknown[]> => {
    if (dead !== null) throw new Error(dead);
    if (closing) throw new Error(`${directory}: the store is closed`);
    if (waiting.length >= MOST_REQUESTS || characters + size > MOST_CHARACTERS) {
      const text = `${directory}: the disk is too slow: ${waiting.length} requests of ${characters} characters wait; this one is refused`;
      if (!full) options.onProblem(text);
      full = true;
      throw new Error(text);
    }
    worker.postMessage(request);
    return expectAnswer(size);
  };

  // The first answer tells whether the database is open.
  closing = true;
  try {
    await expectAnswer(0);
  } catch (error) {
    await worker.terminate();
    throw error;
  }
  closing = false;

  return {
    async write(batch) {
      await ask(
        { ask: 'write', batch },
        batch.reduce((sum, write) => sum + sizeOf(write), 0),
      );
    },
    async read<K extends keyof StoreReads>(what: K, args: StoreReads[K]['args']) {
      return (await ask({ ask: 'read', what, args })) as StoreReads[K]['row'][];
    },
    async check() {
      const rows = (await ask({ ask: 'check' })) as readonly Readonly<Record<string, unknown>>[];
      return rows
        .map(row =>
          row.integrity_check === undefined
            ? `row ${row.rowid} of ${row.table} refers to nothing`
            : String(row.integrity_check),
        )
        .join('\n');
    },
    async close() {
      if (!closing && dead === null) {
        const closed = ask({ ask: 'close' });
        closing = true;
        await closed;
      }
      await exited;
    },
  };
}

function sizeOf(write: StoreWrite): number {
  if (write.op === 'outbox.update') return write.lastError.length;
  if ('body' in write) return write.body.length;
  if (!('record' in write)) return 'key' in write ? write.key.length : 64;
  if ('head' in write.record || 'received' in write.record) return 256;
  if ('body' in write.record) return write.record.body.length;
  return 'file' in write.record ? write.record.file.length : 64;
}
