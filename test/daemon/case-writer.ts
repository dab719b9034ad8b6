/**
 * Run as a process of its own, to be killed: opens cases in a state directory, acknowledges, dismisses, reopens, remarks on and
 * ends them without a pause, and prints a line for each thing that it was told is done: `WHAT CASE-ID WORDS`.
 */
import { join } from 'node:path';
import { openCases } from '../../src/daemon/cases.ts';
import { createOutbox } from '../../src/notify/outbox.ts';
import { openStore } from '../../src/store/store.ts';
import { gone, held } from '../hijack/book.ts';
import { noLog, oneWatch } from './one-watch.ts';

const directory = process.argv[2]!;
const store = await openStore(join(directory, 'state'), { onProblem: text => process.stderr.write(`${text}\n`) });
const { config, registry } = await oneWatch(directory);
const outbox = createOutbox({ store, notify: config.notify, log: noLog, grace: 0 });
const cases = await openCases(store, outbox, registry, () => config, noLog);
const done = (what: string, id: string, words: string) => process.stdout.write(`${what} ${id} ${words}\n`);

const path = [64500, 64666];
for (const peer of ['a', 'b']) cases.endOfRib(peer, Date.now());
for (let i = 0; ; i++) {
  await cases.judged([held('a', Date.now(), { path })]);
  const id = cases.open()[0]!.id;
  const order = async (what: 'ack' | 'dismiss' | 'note' | 'reopen', reason: string) => {
    await cases.mark(id, { what, by: 'uid 0, pid 1', reason, until: null });
    done(what, id, reason);
  };
  await order('ack', `known ${i}`);
  await cases.judged([held('b', Date.now(), { path })]);
  await order('dismiss', `wanted ${i}`);
  await order('reopen', `not wanted ${i}`);
  await order('note', `remark ${i}`);
  await cases.judged([gone('a', Date.now()), gone('b', Date.now())]);
  const over = cases.openCount() === 0;
  if (over) done('end', id, '-');
}
