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

async function fromSource(source: MessagePort, message: FromSource): Promise<void> {
  if (message.type === 'records') (await opened)?.records(message.octets);
  else if (message.type === 'rib-end') tableOf(message.time).end();
  else {
    const took = (octets: number) => source.postMessage({ type: 'took', octets } satisfies ToSource);
    tableOf(message.time).add(message.octets, took);
  }
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
    message.port.on('message', (batch: FromSource) => void fromSource(message.port, batch));
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
