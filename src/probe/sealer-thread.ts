/** The main thread's side of the thread that seals. */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { Question } from './question.ts';
import type { SealedStatus, SealerOptions } from './sealed-windows.ts';
import type { FromSealer, ToSealer } from './sealer-messages.ts';
import type { SealedAnswer, WindowLimits } from './window-messages.ts';

export interface SealerThread {
  /** A channel for the intake with this number: its end, for `portSink` in the intake's thread. */
  connect(intake: number): MessagePort;
  configure(limits: WindowLimits): void;
  /** Asks, once the parts have come that the intakes had handed over by their answers. Rejects when the thread has died. */
  ask(questions: readonly Question[], parts: readonly number[]): Promise<SealedAnswer>;
  status(): Promise<SealedStatus>;
  close(): Promise<void>;
}

/** Starts the thread; `died` is called when it ends by itself, which it does for no reason that is known. */
export function startSealer(options: SealerOptions, died: (error: Error) => void): SealerThread {
  // Sources in development, compiled files when installed.
  const entry = import.meta.url.endsWith('.ts') ? './sealer-worker.ts' : './sealer-worker.js';
  const worker = new Worker(new URL(entry, import.meta.url));
  const post = (message: ToSealer, transfer: MessagePort[] = []) => worker.postMessage(message, transfer);
  const asked = new Map<number, { resolve(message: FromSealer): void; reject(error: Error): void }>();
  let lastId = 0;
  let gone: Error | null = null;
  let closing = false;

  worker.on('message', (message: FromSealer) => {
    asked.get(message.id)?.resolve(message);
    asked.delete(message.id);
  });
  worker.on('error', error => {
    gone = error as Error;
  });
  worker.on('exit', code => {
    gone ??= new Error(`the thread that seals ended with status ${code}`);
    for (const { reject } of asked.values()) reject(gone);
    asked.clear();
    if (!closing) died(gone);
  });
  const request = (messageOf: (id: number) => ToSealer) =>
    new Promise<FromSealer>((resolve, reject) => {
      if (gone !== null) return reject(gone);
      const id = ++lastId;
      asked.set(id, { resolve, reject });
      post(messageOf(id));
    });

  post({ type: 'open', options });
  return {
    connect(intake) {
      const { port1, port2 } = new MessageChannel();
      post({ type: 'connect', intake, port: port1 }, [port1]);
      return port2;
    },
    configure: limits => post({ type: 'configure', limits }),
    async ask(questions, parts) {
      const message = await request(id => ({ type: 'ask', id, questions, parts }));
      if (message.type !== 'answer') throw new Error(`the sealer answered a question with ${message.type}`);
      return message.answer;
    },
    async status() {
      const message = await request(id => ({ type: 'status', id }));
      if (message.type !== 'status') throw new Error(`the sealer answered a status with ${message.type}`);
      return message.status;
    },
    async close() {
      closing = true;
      await worker.terminate();
    },
  };
}
