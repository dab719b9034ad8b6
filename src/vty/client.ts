import { connect, type Socket } from 'node:net';
import { readLines } from '../control/lines.ts';
import {
  type Completion,
  type ControlReply,
  type ControlRequest,
  decodeReply,
  encodeRequest,
} from '../control/protocol.ts';

/** Longest line the daemon may send, octets: no table row comes near it; a trace of a thousand ASes does. */
const MAX_REPLY_OCTETS = 16 * 1024 * 1024;

/** The last reply of a request. */
export type ControlEnd = Extract<ControlReply, { readonly end: true }>;

/** A whole answer. */
export interface Answer {
  readonly rows: readonly unknown[];
  readonly end: ControlEnd;
}

export interface AskOptions {
  readonly data?: Readonly<Record<string, unknown>>;
  /** To be refused when it does more than look. */
  readonly looking?: true;
  /** Aborted: the daemon is told to stop; the answer then ends with `cancelled`. */
  readonly signal?: AbortSignal;
  /** Gets the states of a row that is still to come. */
  readonly onPartial?: (row: unknown) => void;
  /**
   * The answer is of any length: what is returned takes its rows, one after the other, and the answer then has none. Nothing
   * more is read from the daemon while a row is taken.
   */
  readonly onBegin?: (command: string, live: boolean) => (row: unknown) => Promise<void> | void;
}

/** A connection to the daemon. Requests may overlap. */
export interface ControlClient {
  /** Rejects only when the connection is lost before the end came. */
  ask(words: readonly string[], options?: AskOptions): Promise<Answer>;
  /** What may stand at the place of the last word, or what is wrong with a word before it. */
  complete(words: readonly string[]): Promise<readonly Completion[] | string>;
  close(): void;
  /** Resolves when the connection is gone, whoever ended it. */
  readonly closed: Promise<void>;
}

interface Pending {
  readonly rows: unknown[];
  readonly onPartial: ((row: unknown) => void) | undefined;
  readonly onBegin: AskOptions['onBegin'];
  take: (row: unknown) => Promise<void> | void;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** The daemon cannot be reached, or is gone, or says what is no reply. */
const noDaemon = (message: string): Error => Object.assign(new Error(message), { noDaemon: true });

/** Whether an error of a client is of the connection, and of no command. */
export const isNoDaemon = (error: unknown): boolean => error instanceof Error && 'noDaemon' in error;

/** Connects to the control socket. Rejects with a message that names the socket and the reason. */
export async function connectControl(path: string): Promise<ControlClient> {
  const socket = await new Promise<Socket>((resolve, reject) => {
    const attempt = connect(path);
    attempt.once('connect', () => resolve(attempt));
    attempt.once('error', (error: NodeJS.ErrnoException) =>
      reject(noDaemon(`cannot reach intertrackd at ${path}: ${REASONS[error.code ?? ''] ?? error.message}`)),
    );
  });
  const pending = new Map<number, Pending>();
  let lastId = 0;
  let lost = 'the connection to intertrackd is lost';
  socket.on('error', () => {});
  const closed = new Promise<void>(resolve => {
    socket.on('close', () => {
      for (const request of pending.values()) request.reject(noDaemon(lost));
      pending.clear();
      resolve();
    });
  });

  const receive = async (): Promise<void> => {
    for await (const line of readLines(socket, MAX_REPLY_OCTETS)) {
      if ('text' in line && line.text === '') continue;
      const reply = 'text' in line ? decodeReply(line.text) : null;
      if (reply === null) throw new Error('intertrackd sent what is no reply');
      if (reply.id === 0 && 'error' in reply) throw new Error(`intertrackd: ${reply.error}`);
      const request = pending.get(reply.id);
      if (request === undefined) continue;
      if ('end' in reply) {
        pending.delete(reply.id);
        request.resolve({ rows: request.rows, end: reply });
      } else if ('begin' in reply) request.take = request.onBegin?.(reply.command, reply.live === true) ?? request.take;
      else if (reply.partial) request.onPartial?.(reply.row);
      else await request.take(reply.row);
    }
  };
  receive()
    .catch(error => {
      if ((error as NodeJS.ErrnoException).code === undefined)
        lost = error instanceof Error ? error.message : String(error);
    })
    .finally(() => socket.destroy());

  const request = (make: (id: number) => ControlRequest, options: AskOptions = {}): Promise<Answer> =>
    new Promise((resolve, reject) => {
      if (socket.destroyed || !socket.writable) {
        reject(noDaemon(lost));
        return;
      }
      const id = ++lastId;
      const rows: unknown[] = [];
      const { onPartial, onBegin } = options;
      pending.set(id, {
        ...{ rows, onPartial, onBegin, take: row => void rows.push(row) },
        resolve: answer => {
          done();
          resolve(answer);
        },
        reject,
      });
      socket.write(encodeRequest(make(id)));
      options.signal?.addEventListener('abort', cancel, { once: true });
      function cancel(): void {
        if (pending.has(id) && socket.writable) socket.write(encodeRequest({ id: ++lastId, cancel: id }));
      }
      // One signal may go with many requests, one after the other.
      function done(): void {
        options.signal?.removeEventListener('abort', cancel);
      }
    });

  return {
    ask: (words, options = {}) =>
      request(
        id => ({
          ...{ id, words },
          ...(options.data === undefined ? {} : { data: options.data }),
          ...(options.looking && { looking: options.looking }),
        }),
        options,
      ),
    complete: async words => {
      const { rows, end } = await request(id => ({ id, complete: words }));
      return 'error' in end ? end.error : (rows as readonly Completion[]);
    },
    close: () => socket.destroy(),
    closed,
  };
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket; is it running?',
  ECONNREFUSED: 'nobody listens there; is it running?',
  EACCES: 'permission denied; are you in the group of the socket?',
  ENOTSOCK: 'that is no socket',
};
