/**
 * Run as a process of its own, to be killed: opens the state directory, writes its cases with their notices if there are none,
 * and delivers what is pending through the `notify` blocks given as JSON. Ends when all is delivered.
 */
import type { NotifyConfig } from '../../src/config/tree.ts';
import { outboxRecords } from '../../src/notify/notices.ts';
import { createOutbox } from '../../src/notify/outbox.ts';
import { openStore } from '../../src/store/store.ts';
import { caseRecord } from '../store/batches.ts';
import { begun, settings } from './cases.ts';

const [, , directory, blocks, many = '1', parallel = '1'] = process.argv;
const notify = JSON.parse(blocks!) as NotifyConfig[];
const store = await openStore(directory!, { onProblem: text => process.stderr.write(`${text}\n`) });
const box = createOutbox({ store, notify, log: () => {}, hostname: settings.hostname, parallel: Number(parallel) });
for (let i = 1; i <= Number(many); i++) {
  const of = { ...begun, id: `2026-11-22-${String(i).padStart(2, '0')}` };
  if ((await store.read('case.all', {})).some(({ id }) => id === of.id)) continue;
  const { records } = outboxRecords({ case: of, event: 'begin' }, { ...settings, notify }, Date.now());
  await store.write([
    { op: 'case.put', record: caseRecord(of.id) },
    ...records.map(record => ({ op: 'outbox.add', record }) as const),
  ]);
}
await box.start();
while ((await store.read('outbox.pending', { limit: 1 })).length > 0) await new Promise(done => setTimeout(done, 10));
await box.close();
await store.close();
