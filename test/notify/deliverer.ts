/**
 * Run as a process of its own, to be killed: opens the state directory, writes one case with its notices if there is none,
 * and delivers what is pending to the relay at the port given.
 */
import { outboxRecords } from '../../src/notify/notices.ts';
import { createOutbox } from '../../src/notify/outbox.ts';
import { openStore } from '../../src/store/store.ts';
import { caseRecord } from '../store/batches.ts';
import { begun, block, settings } from './cases.ts';

const notify = [{ ...block, port: Number(process.argv[3]) }];
const store = await openStore(process.argv[2]!, { onProblem: text => process.stderr.write(`${text}\n`) });
const box = createOutbox({ store, notify, log: () => {}, hostname: settings.hostname, parallel: 1 });
if ((await store.read('case.all', {})).length === 0) {
  const { records } = outboxRecords({ case: begun, event: 'begin' }, settings, Date.now());
  await store.write([
    { op: 'case.put', record: caseRecord(begun.id) },
    ...records.map(record => ({ op: 'outbox.add', record }) as const),
  ]);
}
await box.start();
