/** Entry of the archive's thread: packing and waiting for the disk are not the collectors' business. */
import { type MessagePort, parentPort } from 'node:worker_threads';
import { type Archive, openArchive } from './archive.ts';
import type { FromArchive, FromSource, ToArchive, ToSource } from './archive-messages.ts';
import { type RibParts, ribParts } from './rib-parts.ts';

if (parentPort === null) throw new Error('mrt/archive-worker is the entry of a worker thread');
const port = parentPort;
const say = (message: FromArchive) => port.postMessage(message);

const wallClock = {
  now: () => Date.now(),
  after(delay: number, call: () => void) {
    const timer = setTimeout(call, delay);
    return () => clearTimeout(timer);
  },
};

let opened: Promise<Archive> | null = null;
const tables = new Map<number, RibParts>();
/** The table of a time. A collector's port may be quicker than the main thread's, so either begins it. */
function tableOf(time: number): RibParts {
  let table = tables.get(time);
  if (table === undefined) {
    table = ribParts();
    tables.set(time, table);
  }
  return table;
}

/** Octets that may wait for the disk before sources are told to wait too: with what they may have under way, less than the archive loses records at. */
const MOST_WAITING = 32 << 20;
/** Batches that are with the archive and not yet said to be taken. */
let owed: { readonly source: MessagePort; readonly octets: number }[] = [];
let settling: NodeJS.Timeout | null = null;

/** Says that batches were taken once the disk keeps up. A disk that refuses is not waited for: the archive bounds what it keeps. */
function settle(archive: Archive): void {
  settling = null;
  const { waiting, trouble } = archive.status();
  if (waiting > MOST_WAITING && trouble === '') {
    settling = setTimeout(settle, 5, archive);
    return;
  }
  for (const { source, octets } of owed) source.postMessage({ type: 'took', of: 'records', octets } satisfies ToSource);
  owed = [];
}

async function fromSource(source: MessagePort, message: FromSource): Promise<void> {
  if (message.type === 'records') {
    const { length } = message.octets;
    const archive = await opened;
    if (archive === null) return;
    archive.records(message.octets);
    owed.push({ source, octets: length });
    if (settling === null) settle(archive);
  } else if (message.type === 'rib-end') tableOf(message.time).end();
  else {
    const took = (octets: number) => source.postMessage({ type: 'took', of: 'rib', octets } satisfies ToSource);
    tableOf(message.time).add(message.octets, took);
  }
}

const sources = new Set<MessagePort>();
/** How long a source may take to say its last before the archive closes, milliseconds. */
const PARTING = 2000;

/** Resolves when every source has closed its port: what it sent before has come then. */
async function sourcesEnded(): Promise<void> {
  const until = Date.now() + PARTING;
  while (sources.size > 0 && Date.now() < until) await new Promise(resolve => setTimeout(resolve, 5));
}

async function fromMain(message: ToArchive): Promise<void> {
  if (message.type === 'open') {
    opened = openArchive(message.options, wallClock, {
      closed: file => say({ type: 'closed-file', file }),
      alarm: text => say({ type: 'alarm', text }),
      note: text => say({ type: 'note', text }),
      ribDue: time => say({ type: 'rib-due', time }),
    });
    await opened.then(
      () => say({ type: 'opened' }),
      (error: Error) => say({ type: 'failed', error: error.message }),
    );
    return;
  }
  if (message.type === 'connect') {
    sources.add(message.port);
    message.port.on('message', (batch: FromSource) => void fromSource(message.port, batch));
    message.port.on('close', () => sources.delete(message.port));
    return;
  }
  if (message.type === 'rib-begin') {
    const { time, table, parts } = message;
    const chunks = tableOf(time);
    chunks.expect(parts);
    await (await opened)?.rib(time, table, chunks);
    tables.delete(time);
    return;
  }
  const archive = await opened;
  if (message.type === 'close') {
    await sourcesEnded();
    for (const table of tables.values()) table.abandon();
    await archive?.close();
    say({ type: 'closed' });
    port.close();
    return;
  }
  if (message.type === 'sync') await archive?.sync();
  if (archive !== null) say({ type: 'answer', id: message.id, status: archive.status() });
}

port.on(
  'message',
  (message: ToArchive) => void fromMain(message).catch((error: Error) => say({ type: 'alarm', text: error.message })),
);
