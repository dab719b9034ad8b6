/**
 * Run in a mount namespace of its own: writes until the small file system is full, then makes room and goes on. Prints
 * one JSON object: what was stored, the error's words, what was readable when full, whether writing worked afterwards.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../src/store/store.ts';
import { caseWithNotice } from './batches.ts';

const directory = process.argv[2]!;
const ballast = join(directory, 'ballast');
const store = await openStore(join(directory, 'state'), { onProblem: text => process.stderr.write(`${text}\n`) });
writeFileSync(ballast, Buffer.alloc(512 * 1024));
let stored = 0;
let error = '';
while (error === '') {
  await store.write(caseWithNotice(`case-${stored}`, 'x'.repeat(20_000))).then(
    () => stored++,
    rejected => {
      error = rejected.message;
    },
  );
}
const readable = (await store.read('case.all', {})).length;
rmSync(ballast);
await store.write(caseWithNotice('afterwards'));
const check = await store.check();
await store.close();
process.stdout.write(JSON.stringify({ stored, error, readable, check }));
