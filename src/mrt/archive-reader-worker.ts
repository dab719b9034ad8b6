/** Entry of the thread that reads an archive: unpacking and replaying are nobody else's business. */
import { parentPort } from 'node:worker_threads';
import { type ArchiveAnswer, type ArchiveQuestion, askArchive } from './archive-reader.ts';

/** A question to the thread, and its answer. */
export interface ToReader {
  readonly id: number;
  readonly directory: string;
  readonly question: ArchiveQuestion;
}
export type FromReader =
  | { readonly id: number; readonly answer: ArchiveAnswer }
  | { readonly id: number; readonly error: string };

if (parentPort === null) throw new Error('mrt/archive-reader-worker is the entry of a worker thread');
const port = parentPort;

// One after the other: they want the same disk.
let turn: Promise<void> = Promise.resolve();
port.on('message', ({ id, directory, question }: ToReader) => {
  turn = turn
    .then(() => askArchive(directory, question))
    .then(
      answer => port.postMessage({ id, answer } satisfies FromReader),
      (error: Error) => port.postMessage({ id, error: error.message } satisfies FromReader),
    );
});
