/** Entry of a collector thread: the port carries the messages of messages.ts. */
import { parentPort } from 'node:worker_threads';
import { createCollector } from './collector.ts';
import type { FromCollector, ToCollector } from './messages.ts';

if (parentPort === null) throw new Error('collector/worker is the entry of a worker thread');
const port = parentPort;
const receive = createCollector((message: FromCollector) => {
  port.postMessage(message);
  if (message.type === 'stopped') port.close();
});
port.on('message', (message: ToCollector) => receive(message));
