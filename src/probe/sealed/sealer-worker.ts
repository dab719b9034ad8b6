/** Entry of the thread that seals: making filters takes its time, which must be neither the capture's nor the answers'. */
import { type MessagePort, parentPort } from 'node:worker_threads';
import { emptyKeeper, type WindowKeeper } from '../disk/window-keeper.ts';
import { vantageNumbers } from '../neighbors/vantage-numbers.ts';
import { type KeptOnDisk, openKept } from './read-back.ts';
import { openSealedWindows, type SealedWindows } from './sealed-windows.ts';
import type { FromSealer, SealerThreadOptions, ToSealer } from './sealer-messages.ts';
import type { FromIntake, ToIntake } from './window-port.ts';

if (parentPort === null) throw new Error('probe/sealer-worker is the entry of a worker thread');
const main = parentPort;
const say = (message: FromSealer) => main.postMessage(message);
const note = (line: string) => say({ type: 'note', id: 0, line });

/** Milliseconds between looks at whether the disk still refuses. */
const LOOK_INTERVAL = 1000;

interface Opened {
  readonly windows: SealedWindows;
  readonly keeper: WindowKeeper;
}

const intakes = new Map<number, MessagePort>();
/** Parts that have come from each intake. */
const parts: number[] = [];
/** Intakes that have handed everything over. */
const ended = new Set<number>();
/** The order to close, until they all have: what they handed over may still be on its way when it comes. */
let closing: Extract<ToSealer, { type: 'close' }> | null = null;
/** Questions that wait for parts under way. */
let early: Extract<ToSealer, { type: 'ask' }>[] = [];
/** What is read back, and how much of it is left. */
let reading: Generator<undefined, void> | null = null;
let unread = 0;
let stepping = false;

async function open(options: SealerThreadOptions): Promise<Opened> {
  let kept: KeptOnDisk | null = null;
  if (options.directory !== null)
    try {
      kept = await openKept(options.directory, Date.now, note);
    } catch (error) {
      note(`${options.directory}: ${(error as Error).message}; windows are kept in memory only`);
    }
  const keeper = kept?.keeper ?? emptyKeeper();
  const windows = openSealedWindows(options, {
    vantages: vantageNumbers(options.numbers).list,
    keeper,
    destroyed: epoch => say({ type: 'destroyed', id: 0, epoch }),
    committed: window => say({ type: 'committed', id: 0, window }),
    ...(kept && { fileOf: kept.fileOf, lastParts: kept.lastParts }),
  });
  if (kept !== null) {
    reading = kept.restore(windows);
    unread = kept.files;
  }
  watchDisk(keeper);
  say({ type: 'opened', id: 0 });
  return { windows, keeper };
}

/** Says when the disk begins to refuse, and when it takes everything again. */
function watchDisk(keeper: WindowKeeper): void {
  let said = '';
  setInterval(() => {
    if (keeper.trouble === said) return;
    said = keeper.trouble;
    note(said === '' ? 'the disk takes windows again' : `the disk refuses: ${said}; windows are kept in memory`);
  }, LOOK_INTERVAL).unref();
}

function answer({ windows }: Opened): void {
  const all = early;
  early = [];
  for (const asked of all)
    if (asked.parts.some((count, intake) => count > (parts[intake] ?? 0))) early.push(asked);
    else say({ type: 'answer', id: asked.id, answer: windows.ask(asked.questions, asked.keys) });
}

/** One piece of work. False when there is none. */
function work({ windows }: Opened): boolean {
  // What is new first: it takes memory.
  if (windows.step()) return true;
  if (reading === null) return false;
  unread--;
  if (reading.next().done) {
    reading = null;
    unread = 0;
  }
  return true;
}

/** One piece of work in each turn of the loop: whatever has come in between is looked at first. */
function step(opened: Opened): void {
  stepping = work(opened);
  for (const [intake, port] of intakes) {
    const octets = opened.windows.taken(intake);
    if (octets > 0) port.postMessage({ type: 'took', octets } satisfies ToIntake);
  }
  if (stepping) setImmediate(step, opened);
}

function keepStepping(opened: Opened): void {
  if (!stepping) setImmediate(step, opened);
  stepping = true;
}

/** Seals and writes what there is, when it is all. */
function close({ windows, keeper }: Opened): void {
  if (closing === null || ended.size < intakes.size) return;
  const { id } = closing;
  closing = null;
  while (windows.step());
  keeper.settled().then(() => say({ type: 'closed', id }));
}

function fromIntake(opened: Opened, intake: number, message: FromIntake): void {
  const { windows } = opened;
  if (message.type === 'part') {
    parts[intake] = (parts[intake] ?? 0) + 1;
    windows.part(message.part);
    answer(opened);
  } else if (message.type === 'progress') windows.progress(message.progress);
  else if (message.type === 'hole') windows.hole(message.hole);
  else {
    ended.add(intake);
    close(opened);
  }
  keepStepping(opened);
}

function fromMain(opened: Opened, message: Exclude<ToSealer, { type: 'open' }>): void {
  const { windows, keeper } = opened;
  switch (message.type) {
    case 'connect':
      intakes.set(message.intake, message.port);
      message.port.on('message', (from: FromIntake) => fromIntake(opened, message.intake, from));
      return;
    case 'configure':
      windows.configure(message.limits);
      return;
    case 'missed':
      windows.hole(message.hole);
      return;
    case 'ask':
      early.push(message);
      answer(opened);
      return;
    case 'prove':
      say({ type: 'proofs', id: message.id, proofs: windows.prove(message.questions) });
      return;
    case 'status':
      say({ type: 'status', id: message.id, status: { ...windows.status(), unread } });
      return;
    case 'epochs':
      say({ type: 'epochs', id: message.id, epochs: keeper.epochs(), head: keeper.head });
      return;
    case 'close':
      closing = message;
      close(opened);
  }
}

let opening: Promise<Opened> | null = null;
main.on('message', (message: ToSealer) => {
  if (message.type === 'open')
    opening = open(message.options).then(opened => {
      keepStepping(opened);
      return opened;
    });
  else if (opening === null) throw new Error(`the sealer was told to ${message.type} before it was opened`);
  else opening.then(opened => fromMain(opened, message));
});
