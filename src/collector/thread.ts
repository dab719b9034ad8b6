/** The main thread's side of a collector thread. */
import { type MessagePort, Worker } from 'node:worker_threads';
import type { AnswerEnd, FromCollector, Order, OrderRow, RibQuery, ToCollector } from './messages.ts';

export interface CollectorEvents {
  /** Everything but answers, in the order the collector said it. */
  message(message: Exclude<FromCollector, { type: 'answer' | 'rows' }>): void;
  /** The thread has died; its sessions are gone. Not called after `stop`. */
  died(error: Error): void;
}

/** Asks for rows about the routes, for whoever wants no more of the collector. */
export type AskRib = (query: RibQuery) => Promise<Pick<AnswerEnd, 'rows'>>;

export interface CollectorThread {
  send(
    message: Exclude<ToCollector, { type: 'query' | 'order' | 'went' | 'cancel' | 'stop' }>,
    transfer?: readonly MessagePort[],
  ): void;
  /** Rejects when the question is wrong, the thread is gone, or nothing was heard of the answer in `QUERY_TIMEOUT`. */
  query(query: RibQuery): Promise<AnswerEnd>;
  /**
   * The same with the rows in batches, as they are found: the collector waits while `take` is at work. An abort, or a `take`
   * that rejects, ends the answer. The end has the rows that are left.
   */
  stream(query: RibQuery, take: Take, signal?: AbortSignal): Promise<AnswerEnd>;
  /** Has an order carried out. Rejects, in words, when it cannot be. */
  order(order: Order, by: string): Promise<OrderRow>;
  /** Ends the sessions with Cease, then the thread. */
  stop(): Promise<void>;
}

/** Takes in a batch of rows. */
export type Take = (rows: readonly unknown[]) => Promise<void>;

const QUERY_TIMEOUT = 10_000;

/** MiB for objects that live shortly: routes live in typed arrays, and what is made for an answer is soon gone. */
const YOUNG = 4;

/** A question under way. */
interface Asked {
  rows(rows: readonly unknown[]): void;
  end(end: AnswerEnd & { readonly error?: string }): void;
  fail(error: Error): void;
}

/** Starts a collector thread. It does nothing before it is sent `configure`. */
export function startCollector(events: CollectorEvents): CollectorThread {
  // Sources in development, compiled files when installed.
  const worker = new Worker(new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG },
  });
  const waiting = new Map<number, Asked>();
  let nextId = 1;
  let stopping = false;
  let gone = false;
  let onStopped = () => {};

  worker.on('message', (message: FromCollector) => {
    if (message.type !== 'answer' && message.type !== 'rows') {
      events.message(message);
      if (message.type === 'stopped') onStopped();
      return;
    }
    const { id } = message;
    if (message.type === 'rows') waiting.get(id)?.rows(message.rows);
    else waiting.get(id)?.end(message);
  });
  let failure: Error | null = null;
  worker.on('error', error => {
    failure = error;
  });
  worker.on('exit', code => {
    const error = failure ?? new Error(`the collector thread ended with status ${code}`);
    for (const asked of waiting.values()) asked.fail(error);
    gone = true;
    onStopped();
    if (!stopping) events.died(error);
  });

  const post = (message: ToCollector, transfer: readonly MessagePort[] = []) => worker.postMessage(message, transfer);

  /** Asks, and passes on what comes, each batch when the one before it is taken in. */
  function ask(what: (id: number) => ToCollector, take: Take, signal?: AbortSignal): Promise<AnswerEnd> {
    if (gone) return Promise.reject(new Error('the collector thread is gone'));
    const id = nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<AnswerEnd>();
    let timer: NodeJS.Timeout | undefined;
    let taken: Promise<void> = Promise.resolve();
    let ahead = 0;
    const listen = () => {
      clearTimeout(timer);
      const late = new Error(`the collector did not answer within ${QUERY_TIMEOUT / 1000} s`);
      timer = setTimeout(() => abandon(late), QUERY_TIMEOUT);
    };
    const leave = () => {
      clearTimeout(timer);
      waiting.delete(id);
      signal?.removeEventListener('abort', aborted);
    };
    const fail = (error: Error) => {
      leave();
      reject(error);
    };
    const abandon = (error: Error) => {
      if (!gone) post({ type: 'cancel', id });
      fail(error);
    };
    const aborted = () => abandon(new Error('cancelled'));
    signal?.addEventListener('abort', aborted);
    waiting.set(id, {
      rows(rows) {
        clearTimeout(timer); // now the collector waits for us
        ahead++;
        taken = taken
          .then(() => take(rows))
          .then(() => {
            if (!waiting.has(id)) return;
            if (--ahead === 0) listen();
            post({ type: 'went', id });
          });
        taken.catch(abandon);
      },
      end(end) {
        leave();
        if (end.error !== undefined) reject(new Error(end.error));
        else taken.then(() => resolve(end), reject);
      },
      fail,
    });
    listen();
    post(what(id));
    return promise;
  }
  const question = (query: RibQuery) => (id: number) => ({ type: 'query', id, query }) as const;

  return {
    send: post,
    async query(query) {
      const before: unknown[] = [];
      const end = await ask(question(query), async rows => void before.push(...rows));
      return before.length === 0 ? end : { ...end, rows: [...before, ...end.rows] };
    },
    stream: (query, take, signal) => ask(question(query), take, signal),
    async order(order, by) {
      const { rows } = await ask(
        id => ({ type: 'order', id, order, by }),
        async () => {},
      );
      return rows[0] as OrderRow;
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
