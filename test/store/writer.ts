/** Run as a process of its own, to be killed: writes cases with their notices for ever, prints each id once it is stored. */
import { openStore } from '../../src/store/store.ts';
import { caseWithNotice } from './batches.ts';

const store = await openStore(process.argv[2]!, { onProblem: text => process.stderr.write(`${text}\n`) });
for (let i = Number(process.argv[3]); ; i++) {
  await store.write(caseWithNotice(`case-${i}`, `{"number":${i}}`));
  process.stdout.write(`case-${i}\n`);
}
