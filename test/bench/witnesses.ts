/**
 * A hijack that all peers see: `node test/bench/witnesses.ts [SECONDS] [WITNESSES...]`, by default 5 and 500, 1,500 and 15,000.
 * The witnesses of one case arrive one by one, spread over so many seconds, and let go as they came. The book with a real
 * database, without a collector. Prints for each number what arrival and end cost in processor time, what was written of the
 * case and its evidence, how many changes were told to those who watch, the heap that a witness takes, and how late the main
 * thread was at most.
 */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { formatErrors, loadConfig } from '../../src/config/index.ts';
import { openCases } from '../../src/daemon/cases.ts';
import { groundOfCases } from '../../src/daemon/grounds.ts';
import type { Judged } from '../../src/hijack/judged.ts';
import { createOutbox } from '../../src/notify/outbox.ts';
import { openRegistry } from '../../src/registry/registry.ts';
import { readPayloadsOnce } from '../../src/registry/rpki/payloads-once.ts';
import type { Store } from '../../src/store/records.ts';
import { openStore } from '../../src/store/store.ts';
import { noLog } from '../daemon/one-watch.ts';
import { gone, held } from '../hijack/book.ts';

const [seconds = 5, ...asked] = process.argv.slice(2).map(Number);
const sizes = asked.length > 0 ? asked : [500, 1_500, 15_000];
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const PREFIX = '192.0.2.0/24';

const judged = (i: number, what: 'held' | 'gone'): Judged => {
  const peer = `rrc${i % 25}-${i}@198.51.100.${i % 25}`;
  const of = { peerAs: 1_000 + (i >> 1), peerAddress: `203.0.${i >> 8}.${i & 255}`, prefix: PREFIX, decidedBy: PREFIX };
  const path = [of.peerAs, 3_356 + (i % 40), 1_299 + (i % 7), 64510, 64666];
  return what === 'held' ? held(peer, Date.now(), { ...of, path }) : gone(peer, Date.now(), of);
};

async function run(witnesses: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'intertrack-witnesses-'));
  writeFileSync(join(directory, 'irr.db'), `route: ${PREFIX}\norigin: AS64496\nmnt-by: MAINT-A\nsource: TEST\n`);
  writeFileSync(
    join(directory, 'conf'),
    `router id 192.0.2.1; local as 64496; state "${directory}/state"; control socket "${directory}/ctl";
irr TEST { dump "${directory}/irr.db"; } watch ours { maintainer MAINT-A in TEST; hold down 0s; hold up 1s; }`,
  );
  const loaded = await loadConfig(join(directory, 'conf'));
  if (!loaded.ok) throw new Error(formatErrors(loaded.errors));
  const { config } = loaded;
  const database = await openStore(config.state, { onProblem: console.log });
  let bodies = 0;
  let evidence = 0;
  let links = 0;
  const store: Store = {
    ...database,
    write(batch) {
      for (const write of batch)
        if (write.op === 'case.put') bodies += write.record.body.length;
        else if (write.op === 'evidence.add') {
          links++;
          evidence += write.record.body.length;
        }
      return database.write(batch);
    },
  };
  const registry = await openRegistry({ onRefresh() {}, onTrouble() {}, onAlarm() {}, onWhole() {} }, { directory });
  await registry.reload(config.irr, config.watches);
  const outbox = createOutbox({ store, notify: config.notify, log: noLog, grace: 0 });
  const payloads = await readPayloadsOnce([]);
  const rpki = { view: () => payloads };
  const ground = groundOfCases({ config: () => config, registry, rpki, clock: Date.now });
  const cases = await openCases(store, outbox, registry, () => config, noLog, ground, {
    reach: { cutOff: async () => [], close() {} },
  });
  let changes = 0;
  cases.watch(() => changes++);
  let late = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    late = Math.max(late, performance.now() - last - 20);
    last = performance.now();
  }, 20);
  collect();
  const before = process.memoryUsage().heapUsed;
  let heap = 0;
  const cost: string[] = [];
  for (const what of ['held', 'gone'] as const) {
    const cpu = process.cpuUsage();
    const began = performance.now();
    const written: Promise<void>[] = [];
    for (let i = 0; i < witnesses; ) {
      const due = Math.min(witnesses, Math.ceil(((performance.now() - began) / (seconds * 1000)) * witnesses));
      // Each as a message of its own.
      for (; i < due; i++) written.push(cases.judged([judged(i, what)]));
      await sleep(2);
    }
    await Promise.all(written);
    while (what === 'gone' && cases.openCount() > 0) await sleep(20);
    const used = process.cpuUsage(cpu);
    cost.push(
      `${((used.user + used.system) / 1e6).toFixed(2)} s`,
      `${((performance.now() - began) / 1000).toFixed(1)} s`,
    );
    if (what === 'held') {
      collect();
      heap = process.memoryUsage().heapUsed - before;
    }
  }
  clearInterval(timer);
  const mb = (octets: number) => `${(octets / 1e6).toFixed(1)} MB`;
  await cases.close();
  await outbox.close();
  await database.close();
  registry.close();
  console.log(
    `${witnesses} witnesses: come: CPU ${cost[0]}, done after ${cost[1]}; gone: CPU ${cost[2]}, ${cost[3]}; written: ${mb(bodies)} of the case, ${mb(evidence)} of evidence in ${links} links; ${changes} changes told; database ${mb(statSync(join(config.state, 'intertrack.db')).size)}; ${Math.round(heap / witnesses)} octets of heap a witness; late ${late.toFixed(0)} ms`,
  );
  rmSync(directory, { recursive: true, force: true });
}

for (const witnesses of sizes) await run(witnesses);
process.exit(0);
