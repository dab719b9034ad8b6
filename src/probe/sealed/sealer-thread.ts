/** The main thread's side of the thread that seals. */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { Span } from '../covered-time.ts';
import type { EpochRecord } from '../proof/epoch-records.ts';
import type { KeyCheck, Question } from '../question.ts';
import type { SealedAnswer, WindowLimits } from '../window-messages.ts';
import type { CommittedWindow, ProvenQuestion } from './prove-sealed.ts';
import type { FromSealer, SealerStatus, SealerThreadOptions, ToSealer } from './sealer-messages.ts';

export interface SealerThread {
  /** A channel for the intake with this number: its end, for `portSink` in the intake's thread. */
  connect(intake: number): MessagePort;
  configure(limits: WindowLimits): void;
  /** Says that packets may go by unseen in these seconds, now or soon. */
  missed(hole: Span): void;
  /** Asks, once the parts have come that the intakes had handed over by their answers. Rejects when the thread has died. */
  ask(questions: readonly Question[], keys: readonly KeyCheck[], parts: readonly number[]): Promise<SealedAnswer>;
  /** Proofs for those of the questions whose digests sealed windows hold. */
  prove(questions: readonly Question[]): Promise<readonly ProvenQuestion[]>;
  status(): Promise<SealerStatus>;
  /** What is known of each hour, and the hash of the latest commitment. */
  epochs(): Promise<{ readonly epochs: readonly EpochRecord[]; readonly head: string }>;
  /** Seals and writes what has come, within `patience` milliseconds, and ends the thread. */
  close(patience?: number): Promise<void>;
}

export interface SealerEvents {
  /** It ended by itself, which it does for no reason that is known. */
  died(error: Error): void;
  /** The storage key of an hour was destroyed: nobody needs the key of its digests any more. */
  destroyed?(epoch: number): void;
  /** A window was sealed. */
  committed?(window: CommittedWindow): void;
  /** A line for a person. */
  note(line: string): void;
}

type Kind = FromSealer['type'];

/** Starts the thread. */
export function startSealer(
  options: SealerThreadOptions,
  { died, note, destroyed, committed }: SealerEvents,
): SealerThread {
  // Sources in development, compiled files when installed.
  const entry = import.meta.url.endsWith('.ts') ? './sealer-worker.ts' : './sealer-worker.js';
  const worker = new Worker(new URL(entry, import.meta.url), { name: 'sealer' });
  const post = (message: ToSealer, transfer: MessagePort[] = []) => worker.postMessage(message, transfer);
  const asked = new Map<number, { resolve(message: FromSealer): void; reject(error: Error): void }>();
  let lastId = 0;
  let gone: Error | null = null;
  let closing = false;

  worker.on('message', (message: FromSealer) => {
    if (message.type === 'note') note(message.line);
    else if (message.type === 'destroyed') destroyed?.(message.epoch);
    else if (message.type === 'committed') committed?.(message.window);
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
  const request = async <K extends Kind>(kind: K, messageOf: (id: number) => ToSealer) => {
    const message = await new Promise<FromSealer>((resolve, reject) => {
      if (gone !== null) return reject(gone);
      const id = ++lastId;
      asked.set(id, { resolve, reject });
      post(messageOf(id));
    });
    if (message.type !== kind) throw new Error(`the sealer answered with ${message.type} instead of ${kind}`);
    return message as Extract<FromSealer, { type: K }>;
  };

  post({ type: 'open', options });
  return {
    connect(intake) {
      const { port1, port2 } = new MessageChannel();
      post({ type: 'connect', intake, port: port1 }, [port1]);
      return port2;
    },
    configure: limits => post({ type: 'configure', limits }),
    missed: hole => post({ type: 'missed', hole }),
    ask: async (questions, keys, parts) =>
      (await request('answer', id => ({ type: 'ask', id, questions, keys, parts }))).answer,
    prove: async questions => (await request('proofs', id => ({ type: 'prove', id, questions }))).proofs,
    status: async () => (await request('status', id => ({ type: 'status', id }))).status,
    epochs: () => request('epochs', id => ({ type: 'epochs', id })),
    async close(patience = 0) {
      closing = true;
      const closed = request('closed', id => ({ type: 'close', id })).catch(() => {});
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>(resolve => {
        timer = setTimeout(resolve, patience);
      });
      if (patience > 0) await Promise.race([closed, late]);
      clearTimeout(timer);
      await worker.terminate();
    },
  };
}
