/** The main thread's side of the thread that reads an archive. */
import { Worker } from 'node:worker_threads';
import type { ArchiveAnswer, ArchiveQuestion } from './archive-reader.ts';
import type { FromReader, ToReader } from './archive-reader-worker.ts';

export interface ArchiveReader {
  /** Rejects, in words, when the question cannot be answered, or not within `PATIENCE`. */
  ask(directory: string, question: ArchiveQuestion): Promise<ArchiveAnswer>;
  close(): Promise<void>;
}

/** An archive without indexes is read whole, which takes its time. */
const PATIENCE = 60_000;
/** Questions that may wait for an answer. */
const MOST_ASKED = 16;

/** A reader whose thread is started by the first question, and again after it died. */
export function createArchiveReader(): ArchiveReader {
  const asked = new Map<number, { resolve(answer: ArchiveAnswer): void; reject(error: Error): void }>();
  let worker: Worker | null = null;
  let nextId = 1;

  function abandon(error: Error): void {
    for (const { reject } of asked.values()) reject(error);
    asked.clear();
    worker = null;
  }

  function started(): Worker {
    if (worker !== null) return worker;
    // Sources in development, compiled files when installed.
    const entry = import.meta.url.endsWith('.ts') ? './archive-reader-worker.ts' : './archive-reader-worker.js';
    const mine = new Worker(new URL(entry, import.meta.url));
    mine.on('message', (message: FromReader) => {
      const one = asked.get(message.id);
      asked.delete(message.id);
      if ('error' in message) one?.reject(new Error(message.error));
      else one?.resolve(message.answer);
    });
    mine.on('error', error => worker === mine && abandon(error as Error));
    mine.on('exit', () => worker === mine && abandon(new Error('the thread that reads the archive has ended')));
    worker = mine;
    return mine;
  }

  return {
    async ask(directory, question) {
      if (asked.size >= MOST_ASKED)
        throw new Error(`${MOST_ASKED} questions to the archive wait for an answer already`);
      const id = nextId++;
      const { promise, resolve, reject } = Promise.withResolvers<ArchiveAnswer>();
      asked.set(id, { resolve, reject });
      started().postMessage({ id, directory, question } satisfies ToReader);
      const timer = setTimeout(() => {
        asked.delete(id);
        reject(new Error(`the archive did not answer within ${PATIENCE / 1000} s`));
      }, PATIENCE);
      return promise.finally(() => clearTimeout(timer));
    },
    async close() {
      const mine = worker;
      abandon(new Error('the daemon ends'));
      await mine?.terminate();
    },
  };
}
