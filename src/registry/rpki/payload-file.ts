/** A JSON file of payloads, looked at now and then, and read in its own thread when it is another one than before. */
import { Worker } from 'node:worker_threads';
import { slicer } from '../slice.ts';
import { type FileMark, markOf, sameMark } from './file-mark.ts';
import type { FileAnswer } from './payload-file-worker.ts';
import { noPayloads, type Payloads } from './payloads.ts';
import { vrpLog } from './vrp-log.ts';

export interface PayloadFileListener {
  /** Another set is in use. */
  readonly onChange: () => void;
  /** Trouble, in words without the name of the file; empty when it is over. */
  readonly onTrouble: (why: string) => void;
}

export interface PayloadFileStatus {
  /** When the validator made it, or else when the file was written; ms since the epoch. */
  readonly generated: number | null;
  readonly updates: number;
  /** Entries of the file in use that were left out: over their time, or not readable; and the first of the latter. */
  readonly expired: number;
  readonly refused: number;
  readonly problems: readonly string[];
}

export interface PayloadFile {
  start(): void;
  stop(): void;
  readonly payloads: Payloads | null;
  status(): PayloadFileStatus;
}

/** VRPs that are put into the table in one go. */
const SLICE = 2048;
/** The thread's heap, MiB: JSON of the largest file that is read. */
const HEAP = 4096;

/** Looks at the file every `refresh` milliseconds; 0: only once at each start. */
export function payloadFile(file: string, refresh: number, listener: PayloadFileListener): PayloadFile {
  let run = 0;
  let timer: NodeJS.Timeout | null = null;
  let worker: Worker | null = null;
  let tried: FileMark | null = null;
  let payloads: Payloads | null = null;
  let status: PayloadFileStatus = { generated: null, updates: 0, expired: 0, refused: 0, problems: [] };

  async function look(mine: number): Promise<void> {
    const mark = await markOf(file);
    if (mine !== run) return;
    if (typeof mark === 'string') {
      tried = null;
      listener.onTrouble(mark);
      return;
    }
    if (sameMark(tried, mark)) return;
    tried = mark;
    const answer = await read();
    if (mine !== run) return;
    if (!answer.ok) {
      listener.onTrouble(answer.why);
      return;
    }
    // Written in place while it was read: what came of it is no state of it.
    if (!sameMark(mark, await markOf(file))) {
      tried = null;
      listener.onTrouble('it changed while it was read');
      return;
    }
    const taken = await assemble(answer);
    if (mine !== run) return;
    const { expired, refused, problems } = answer;
    const trouble = troubleOf(answer, taken);
    // A clock that is wrong, or a validator that has stopped, makes no route unknown.
    if (expired > 0 && taken.vrps.count + taken.aspas.size === 0) {
      tried = null;
      listener.onTrouble(trouble);
      return;
    }
    payloads = taken;
    status = { generated: answer.generated ?? mark.mtime, updates: status.updates + 1, expired, refused, problems };
    listener.onTrouble(trouble);
    listener.onChange();
  }

  function read(): Promise<FileAnswer> {
    return new Promise(resolve => {
      const { url } = import.meta;
      const thread = new Worker(
        new URL(url.endsWith('.ts') ? './payload-file-worker.ts' : './payload-file-worker.js', url),
        {
          workerData: { file },
          resourceLimits: { maxOldGenerationSizeMb: HEAP },
        },
      );
      worker = thread;
      thread.once('message', (answer: FileAnswer) => resolve(answer));
      thread.once('error', error => resolve({ ok: false, why: error.message }));
      thread.once('exit', () => {
        if (worker === thread) worker = null;
        resolve({ ok: false, why: 'the reading thread ended' });
      });
    });
  }

  async function poll(mine: number): Promise<void> {
    await look(mine);
    if (mine !== run || refresh <= 0) return;
    timer = setTimeout(() => void poll(mine), refresh);
    timer.unref();
  }

  return {
    start() {
      run++;
      void poll(run);
    },
    stop() {
      run++;
      if (timer !== null) clearTimeout(timer);
      timer = null;
      void worker?.terminate();
    },
    get payloads() {
      return payloads;
    },
    status: () => status,
  };
}

/** What an operator has to know of the entries that were left out; empty when it is nothing. */
function troubleOf(
  { expired, refused, problems }: FileAnswer & { readonly ok: true },
  { vrps, aspas }: Payloads,
): string {
  const unread = refused === 1 ? 'an entry cannot be read' : `${refused} entries cannot be read, the first`;
  const over = expired === 1 ? 'an entry is over its time' : `${expired} entries are over their time`;
  return [
    ...(expired > vrps.count + aspas.size ? [`${over}: is the clock right, and does the validator run?`] : []),
    ...(refused === 0 ? [] : [`${unread}: ${problems[0] ?? ''}`]),
  ].join('; ');
}

/** The payloads of an answer, made in slices. */
async function assemble(answer: FileAnswer & { readonly ok: true }): Promise<Payloads> {
  const log = vrpLog(answer.words);
  const payloads = noPayloads(new Map(answer.anchors), log.count);
  const pause = slicer();
  for (let i = 0; i < log.count; i += SLICE) {
    await pause();
    log.forEach(
      (_announce, ...vrp) => {
        payloads.vrps.add(...vrp);
      },
      i,
      i + SLICE,
    );
  }
  for (const [key, providers] of answer.aspas) payloads.aspas.set(key, providers);
  payloads.routerKeys = answer.routerKeys;
  payloads.marks = { vrps: log, ...answer.marks };
  return payloads;
}
