/**
 * What cases of few witnesses cost: `node test/bench/small-cases.ts [CASES [WITNESSES [ROUNDS]]]`, by default 1,000 cases of 12
 * witnesses, 3 rounds. The witnesses of a case come one by one and let go as they came, each with a message of its own; the
 * book with a real SQLite, then with a real PostgreSQL where there is one, without collector and bus. Prints for each the
 * processor time of this process, and what a case and its evidence take: octets of text, links of the chain, and how much the
 * database has grown.
 */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatErrors, loadConfig } from '../../src/config/index.ts';
import { openCases } from '../../src/daemon/cases.ts';
import { groundOfCases } from '../../src/daemon/grounds.ts';
import type { Judged } from '../../src/hijack/judged.ts';
import { createOutbox } from '../../src/notify/outbox.ts';
import { openRegistry } from '../../src/registry/registry.ts';
import { readPayloadsOnce } from '../../src/registry/rpki/payloads-once.ts';
import { openDatabase } from '../../src/store/postgresql/database.ts';
import { openScope } from '../../src/store/postgresql/scope.ts';
import type { Store } from '../../src/store/records.ts';
import { openStore } from '../../src/store/store.ts';
import { noLog } from '../daemon/one-watch.ts';
import { gone, held } from '../hijack/book.ts';
import { cluster } from '../store/postgresql/cluster.ts';

const [count = 1_000, witnesses = 12, rounds = 3] = process.argv.slice(2).map(Number);
const prefixOf = (i: number) => `10.${i >> 8}.${i & 255}.0/24`;

const judged = (prefix: string, i: number, what: 'held' | 'gone'): Judged => {
  const peer = `rrc${i % 25}-${i}@198.51.100.${i % 25}`;
  const of = { peerAs: 1_000 + (i >> 1), peerAddress: `203.0.113.${i & 255}`, prefix, decidedBy: prefix };
  const path = [of.peerAs, 3_356 + (i % 40), 1_299 + (i % 7), 64510, 64666];
  return what === 'held' ? held(peer, Date.now(), { ...of, path }) : gone(peer, Date.now(), of);
};

const directory = mkdtempSync(join(tmpdir(), 'intertrack-small-cases-'));
const objects = Array.from({ length: count }, (_, i) => `route: ${prefixOf(i)}\norigin: AS64496\nmnt-by: MAINT-A\n`);
writeFileSync(join(directory, 'irr.db'), objects.map(text => `${text}source: TEST\n`).join('\n'));
writeFileSync(
  join(directory, 'conf'),
  `router id 192.0.2.1; local as 64496; state "${directory}/state"; control socket "${directory}/ctl";
irr TEST { dump "${directory}/irr.db"; } watch ours { maintainer MAINT-A in TEST; hold down 0s; hold up 0s; }`,
);
const loaded = await loadConfig(join(directory, 'conf'));
if (!loaded.ok) throw new Error(formatErrors(loaded.errors));
const { config } = loaded;
const registry = await openRegistry({ onRefresh() {}, onTrouble() {}, onAlarm() {}, onWhole() {} }, { directory });
await registry.reload(config.irr, config.watches);
const payloads = await readPayloadsOnce([]);
const ground = groundOfCases({ config: () => config, registry, rpki: { view: () => payloads }, clock: Date.now });

async function run(name: string, kept: Store, size: () => Promise<number>): Promise<void> {
  const written = { cases: 0, evidence: 0, links: 0 };
  const store: Store = {
    ...kept,
    write(batch) {
      for (const write of batch)
        if (write.op === 'case.put') written.cases += write.record.body.length;
        else if (write.op === 'evidence.add') {
          written.links++;
          written.evidence += write.record.body.length;
        }
      return kept.write(batch);
    },
  };
  const outbox = createOutbox({ store, notify: config.notify, log: noLog, grace: 0 });
  const reach = { cutOff: async () => [], close() {} };
  const cases = await openCases(store, outbox, registry, () => config, noLog, ground, { reach });
  const before = await size();
  const cpu = process.cpuUsage();
  for (const what of ['held', 'gone'] as const)
    for (let i = 0; i < witnesses; i++) {
      const told: Promise<void>[] = [];
      for (let one = 0; one < count; one++) told.push(cases.judged([judged(prefixOf(one), i, what)]));
      await Promise.all(told);
    }
  const { user, system } = process.cpuUsage(cpu);
  await cases.close();
  await outbox.close();
  const grown = (await size()) - before;
  await kept.close();
  const kb = (octets: number) => `${(octets / count / 1_000).toFixed(2)} kB`;
  console.log(
    `${name}: CPU ${((user + system) / count / 1_000).toFixed(2)} ms a case; written ${kb(written.cases)} of it, ${kb(written.evidence)} of evidence in ${(written.links / count).toFixed(1)} links; the database grew by ${kb(grown)}`,
  );
}

const server = await cluster();
for (let round = 0; round < rounds; round++) {
  const state = join(directory, `state${round}`);
  const file = join(state, 'intertrack.db');
  const database = await openStore(state, { onProblem: console.log });
  await run('SQLite', database, async () => statSync(file).size);
  if (server === null) continue;
  const name = `round${round}`;
  await server.query(`CREATE DATABASE ${name}`);
  const shared = await openDatabase({
    ...{ url: server.url(name), passwordFile: null, authorities: null, holder: 'bench', onProblem: console.log },
  });
  const lease = (await shared.take('cases/0', 3_600_000))!;
  const size = async () => {
    await server.query('VACUUM', [], name);
    const tables = `pg_total_relation_size('cases') AS cases, pg_total_relation_size('evidence') AS evidence`;
    const [row] = (await server.query(`SELECT ${tables}`, [], name)) as { cases: string; evidence: string }[];
    return Number(row!.evidence);
  };
  await run('PostgreSQL (evidence alone)', openScope(shared, 'cases/0', lease), size);
  await shared.close();
}
registry.close();
await server?.close();
rmSync(directory, { recursive: true, force: true });
process.exit(0);
