/** The main thread's side of a collector thread. */
import { type MessagePort, Worker } from 'node:worker_threads';
import type { FromCollector, RibQuery, ToCollector } from './messages.ts';

export interface CollectorEvents {
  /** Everything but answers, in the order the collector said it. */
  message(message: Exclude<FromCollector, { type: 'answer' }>): void;
  /** The thread has died; its sessions are gone. Not called after `stop`. */
  died(error: Error): void;
}

export interface CollectorThread {
  send(message: Exclude<ToCollector, { type: 'query' | 'stop' }>, transfer?: readonly MessagePort[]): void;
  /** Rejects when the question is wrong, the thread is gone, or no answer came in `QUERY_TIMEOUT`. */
  query(query: RibQuery): Promise<{ readonly rows: readonly unknown[]; readonly more: boolean }>;
  /** Ends the sessions with Cease, then the thread. */
  stop(): Promise<void>;
}

const QUERY_TIMEOUT = 10_000;

/** Starts a collector thread. It does nothing before it is sent `configure`. */
export function startCollector(events: CollectorEvents): CollectorThread {
  // Sources in development, compiled files when installed.
  const worker = new Worker(new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url));
  const waiting = new Map<
    number,
    {
      resolve(answer: { rows: readonly unknown[]; more: boolean }): void;
      reject(e: Error): void;
      timer: NodeJS.Timeout;
    }
  >();
  let nextId = 1;
  let stopping = false;
  let gone = false;
  let onStopped = () => {};

  worker.on('message', (message: FromCollector) => {
    if (message.type !== 'answer') {
      events.message(message);
      if (message.type === 'stopped') onStopped();
      return;
    }
    const asked = waiting.get(message.id);
    if (!asked) return;
    waiting.delete(message.id);
    clearTimeout(asked.timer);
    if (message.error !== undefined) asked.reject(new Error(message.error));
    else asked.resolve(message);
  });
  let failure: Error | null = null;
  worker.on('error', error => {
    failure = error;
  });
  worker.on('exit', code => {
    const error = failure ?? new Error(`the collector thread ended with status ${code}`);
    for (const asked of waiting.values()) {
      clearTimeout(asked.timer);
      asked.reject(error);
    }
    waiting.clear();
    gone = true;
    onStopped();
    if (!stopping) events.died(error);
  });

  const post = (message: ToCollector, transfer: readonly MessagePort[] = []) => worker.postMessage(message, transfer);
  return {
    send: post,
    query(query) {
      if (gone) return Promise.reject(new Error('the collector thread is gone'));
      const id = nextId++;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(id);
          reject(new Error(`the collector did not answer within ${QUERY_TIMEOUT / 1000} s`));
        }, QUERY_TIMEOUT);
        waiting.set(id, { resolve, reject, timer });
        post({ type: 'query', id, query });
      });
    },
    async stop() {
      stopping = true;
      if (gone) return;
      const stopped = new Promise<void>(resolve => {
        onStopped = resolve;
      });
      post({ type: 'stop' });
      await stopped;
      await worker.terminate();
    },
  };
}
