/** Entry of the thread that seals: making filters takes its time, which must be neither the capture's nor the answers'. */
import { type MessagePort, parentPort } from 'node:worker_threads';
import { openSealedWindows, type SealedWindows } from './sealed-windows.ts';
import type { FromSealer, ToSealer } from './sealer-messages.ts';
import type { FromIntake, ToIntake } from './window-port.ts';

if (parentPort === null) throw new Error('probe/sealer-worker is the entry of a worker thread');
const main = parentPort;
const say = (message: FromSealer) => main.postMessage(message);

let windows: SealedWindows | null = null;
const intakes = new Map<number, MessagePort>();
/** Parts that have come from each intake. */
const parts: number[] = [];
/** Questions that wait for parts under way. */
let early: Extract<ToSealer, { type: 'ask' }>[] = [];
let stepping = false;

function answer(windows: SealedWindows): void {
  const all = early;
  early = [];
  for (const asked of all)
    if (asked.parts.some((count, intake) => count > (parts[intake] ?? 0))) early.push(asked);
    else say({ type: 'answer', id: asked.id, answer: windows.ask(asked.questions) });
}

/** One step in each turn of the loop: whatever has come in between is looked at first. */
function step(windows: SealedWindows): void {
  stepping = windows.step();
  for (const [intake, port] of intakes) {
    const octets = windows.taken(intake);
    if (octets > 0) port.postMessage({ type: 'took', octets } satisfies ToIntake);
  }
  if (stepping) setImmediate(step, windows);
}

function fromIntake(windows: SealedWindows, message: FromIntake): void {
  if (message.type === 'part') {
    const { intake } = message.part;
    parts[intake] = (parts[intake] ?? 0) + 1;
    windows.part(message.part);
    answer(windows);
  } else windows.progress(message.progress);
  if (!stepping) setImmediate(step, windows);
  stepping = true;
}

main.on('message', (message: ToSealer) => {
  if (message.type === 'open') {
    windows = openSealedWindows(message.options);
    return;
  }
  if (windows === null) throw new Error(`the sealer was told to ${message.type} before it was opened`);
  const opened = windows;
  switch (message.type) {
    case 'connect':
      intakes.set(message.intake, message.port);
      message.port.on('message', (from: FromIntake) => fromIntake(opened, from));
      return;
    case 'configure':
      opened.configure(message.limits);
      return;
    case 'ask':
      early.push(message);
      answer(opened);
      return;
    case 'status':
      say({ type: 'status', id: message.id, status: opened.status() });
  }
});
