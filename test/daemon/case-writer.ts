/**
 * Run as a process of its own, to be killed: opens cases in a state directory, acknowledges, dismisses, reopens, remarks on and
 * ends them without a pause, and prints a line for each thing that it was told is done: `WHAT CASE-ID WORDS`.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig } from '../../src/config/index.ts';
import { openCases } from '../../src/daemon/cases.ts';
import type { Log } from '../../src/daemon/log.ts';
import type { Judged } from '../../src/hijack/judged.ts';
import { createOutbox } from '../../src/notify/outbox.ts';
import { openRegistry } from '../../src/registry/registry.ts';
import { openStore } from '../../src/store/store.ts';

const directory = process.argv[2]!;
const dump = join(directory, 'irr.db');
writeFileSync(dump, 'route: 192.0.2.0/24\norigin: AS64496\nmnt-by: MAINT-A\nsource: TEST\n');
const loaded = parseConfig(
  `router id 192.0.2.1; local as 64496; irr TEST { dump "${dump}"; }
   watch ours { maintainer MAINT-A in TEST; hold down 0s; group noc; }
   group noc { mail "noc@example.net"; } notify mail { from "k@example.net"; smtp "127.0.0.1" port 9; to group; }`,
  'conf',
);
if (!loaded.ok) throw new Error(loaded.errors.map(({ message }) => message).join('\n'));
const { config } = loaded;
const log: Log = Object.assign(() => {}, { configure() {}, problems: () => [], close: async () => {} });
const store = await openStore(join(directory, 'state'), { onProblem: text => process.stderr.write(`${text}\n`) });
const registry = await openRegistry({ onRefresh() {}, onTrouble() {}, onAlarm() {}, onWhole() {} }, { directory });
await registry.reload(config.irr, config.watches);
const outbox = createOutbox({ store, notify: config.notify, log, grace: 0 });
const cases = await openCases(store, outbox, registry, () => config, log);
const done = (what: string, id: string, words: string) => process.stdout.write(`${what} ${id} ${words}\n`);

const change = (what: 'held' | 'gone', peer: string): Judged => ({
  peer,
  peerAs: 64500,
  peerAddress: '203.0.113.1',
  prefix: '192.0.2.0/24',
  origin: 64666,
  kind: 'origin',
  offender: 64666,
  ground: '',
  what,
  why: what === 'held' ? 'update' : 'withdraw',
  time: Date.now(),
  path: what === 'held' ? [64500, 64666] : [],
  state: 'mismatch',
  decidedBy: '192.0.2.0/24',
});

for (const peer of ['a', 'b']) cases.endOfRib(peer, Date.now());
for (let i = 0; ; i++) {
  await cases.judged([change('held', 'a')]);
  const id = cases.open()[0]!.id;
  const order = async (what: 'ack' | 'dismiss' | 'note' | 'reopen', reason: string) => {
    await cases.mark(id, { what, by: 'uid 0, pid 1', reason, until: null });
    done(what, id, reason);
  };
  await order('ack', `known ${i}`);
  await cases.judged([change('held', 'b')]);
  await order('dismiss', `wanted ${i}`);
  await order('reopen', `not wanted ${i}`);
  await order('note', `remark ${i}`);
  await cases.judged([change('gone', 'a'), change('gone', 'b')]);
  const over = cases.openCount() === 0;
  if (over) done('end', id, '-');
}
