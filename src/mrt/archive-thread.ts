/** The main thread's side of the archive's thread. */
import { type MessagePort, Worker } from 'node:worker_threads';
import type { ArchiveEvents, ArchiveOptions, ArchiveStatus } from './archive.ts';
import type { FromArchive, ToArchive } from './archive-messages.ts';
import type { PeerIndex } from './peer-index.ts';

export interface ArchiveThread {
  /** The archive's end of a channel; the other is a collector's, which sends `FromSource` and hears `ToSource`. */
  connect(port: MessagePort): void;
  /** A table of `parts` collectors, of a time that `ribDue` told: each sends its records and a `rib-end` to its port. */
  rib(time: number, table: PeerIndex, parts: number): void;
  /** Makes all that came in so far readable. */
  sync(): Promise<ArchiveStatus>;
  status(): Promise<ArchiveStatus>;
  /** Waits for what sources sent before they closed their ports, closes the files, waits for the disk, ends the thread. */
  close(): Promise<void>;
}

/** Who hears of the archive, and of its thread's death. */
export interface ArchiveThreadEvents extends ArchiveEvents {
  died(error: Error): void;
}

/** Starts the thread. Resolves when the archive is open; rejects when it cannot be. */
export async function startArchive(options: ArchiveOptions, events: ArchiveThreadEvents): Promise<ArchiveThread> {
  // Sources in development, compiled files when installed.
  const entry = import.meta.url.endsWith('.ts') ? './archive-worker.ts' : './archive-worker.js';
  const worker = new Worker(new URL(entry, import.meta.url));
  const post = (message: ToArchive, transfer: MessagePort[] = []) => worker.postMessage(message, transfer);
  const asked = new Map<number, { resolve(status: ArchiveStatus): void; reject(error: Error): void }>();
  const opening = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  let nextId = 1;
  let closing = false;
  let failure: Error | null = null;

  worker.on('message', (message: FromArchive) => {
    if (message.type === 'opened') opening.resolve();
    else if (message.type === 'failed') opening.reject(new Error(message.error));
    else if (message.type === 'closed-file') events.closed(message.file);
    else if (message.type === 'alarm') events.alarm(message.text);
    else if (message.type === 'note') events.note(message.text);
    else if (message.type === 'rib-due') events.ribDue(message.time);
    else if (message.type === 'answer') {
      asked.get(message.id)?.resolve(message.status);
      asked.delete(message.id);
    } else closed.resolve();
  });
  worker.on('error', error => {
    failure = error as Error;
  });
  worker.on('exit', code => {
    const error = failure ?? new Error(`the archive's thread ended with status ${code}`);
    for (const { reject } of asked.values()) reject(error);
    asked.clear();
    opening.reject(error);
    closed.resolve();
    if (!closing) events.died(error);
  });
  const ask = (type: 'sync' | 'status') =>
    new Promise<ArchiveStatus>((resolve, reject) => {
      const id = nextId++;
      asked.set(id, { resolve, reject });
      post({ type, id });
    });

  post({ type: 'open', options });
  try {
    await opening.promise;
  } catch (error) {
    closing = true;
    await worker.terminate();
    throw error;
  }
  return {
    connect: port => post({ type: 'connect', port }, [port]),
    rib: (time, table, parts) => post({ type: 'rib-begin', time, table, parts }),
    sync: () => ask('sync'),
    status: () => ask('status'),
    async close() {
      closing = true;
      post({ type: 'close' });
      await closed.promise;
      await worker.terminate();
    },
  };
}
