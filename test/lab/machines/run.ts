/**
 * Rounds of faults: `make testbed-machines ROUNDS=100 SEED=1`. Two collectors, two machines with cases, NATS and PostgreSQL,
 * under load; in each round one part is killed or frozen, or a way between two is, while prefixes are hijacked and given
 * back. Each must be one case, told once when it began and once when it ended. `FAULT='NATS killed' LASTS=600000` takes one
 * fault alone, and so many milliseconds. The last line is one JSON object.
 */

import type { Case } from '../../../src/hijack/case.ts';
import { loopbackAddress, until } from '../../interop/bgp-peers.ts';
import type { Intertrackd } from '../../interop/intertrackd.ts';
import { feedStatements, machinesOf, prefixOf, type Shared, sharedServers } from '../../interop/machines.ts';
import { seeded } from '../internet/graph.ts';
import { type Feed, feedOf } from './feed.ts';
import { type Gate, gate } from './gate.ts';
import { casesTwice, mailsOf, mailsTwice, numberOption, type Told, textOption } from './told.ts';

const ROUNDS = numberOption('ROUNDS', 20);
const SEED = numberOption('SEED', 1);
const LASTS = numberOption('LASTS', 0);
const FAULT = textOption('FAULT');
/** Prefixes that are hijacked in a round, half of them before the fault and half during it. */
const EACH = 4;
/** How long a fault lasts, ms, at least and at most. */
const [LEAST, MOST] = [500, 9_000];
/** How long all may take to be told after a fault is healed, ms. */
const PATIENCE = 120_000;

interface Fault {
  readonly name: string;
  break(): Promise<void> | void;
  heal(): Promise<void> | void;
}

const killed = (name: string, of: Intertrackd): Fault => ({
  name: `${name} killed`,
  break: async () => void (await of.end('SIGKILL')),
  heal: () => of.start(),
});
const frozen = (name: string, of: { signal(signal: NodeJS.Signals): void }): Fault => ({
  name: `${name} frozen`,
  break: () => of.signal('SIGSTOP'),
  heal: () => of.signal('SIGCONT'),
});
const ways = (name: string, of: Gate): Fault[] => [
  { name: `${name} cut`, break: of.cut, heal: of.heal },
  { name: `${name} frozen`, break: of.freeze, heal: of.heal },
];

const shared: Shared | null = await sharedServers(Math.max(16, ROUNDS * EACH));
if (shared === null) throw new Error('nats-server or PostgreSQL is not installed');
const { nats, postgresql, smtp } = shared;
const gates = [await gate(nats), await gate(postgresql)] as const;
const feedsAt = [loopbackAddress(), loopbackAddress()];
const collectors = feedsAt.map(at => shared.machine('collector', feedStatements(at)));
const engines = [
  shared.machine('cases'),
  shared.machine('cases', () => '', { nats: gates[0].host, postgresql: gates[1].host }),
];
const machines = [...collectors, ...engines];
await Promise.all(machines.map(one => one.start()));
const feeds: Feed[] = collectors.map(({ address }, i) => feedOf(feedsAt[i]!, address, 64497));

const all: Fault[] = [
  ...collectors.flatMap((one, i) => [killed(`collector ${i + 1}`, one), frozen(`collector ${i + 1}`, one)]),
  ...engines.flatMap((one, i) => [killed(`engine ${i + 1}`, one), frozen(`engine ${i + 1}`, one)]),
  { name: 'NATS killed', break: nats.kill, heal: nats.start },
  frozen('NATS', nats),
  { name: 'PostgreSQL killed', break: postgresql.kill, heal: postgresql.start },
  frozen('PostgreSQL', postgresql),
  ...ways('way of engine 2 to NATS', gates[0]),
  ...ways('way of engine 2 to PostgreSQL', gates[1]),
];
const faults = all.filter(({ name }) => FAULT === undefined || name === FAULT);
if (faults.length === 0) throw new Error(`FAULT is one of ${all.map(({ name }) => name).join(', ')}`);

const allOf = (prefix: string, what: Told): number => mailsOf(smtp, prefix, what);

await until('all machines are there', async () => {
  const rows = await machinesOf(collectors[0]!);
  return rows.length === 4 && rows.every(({ missed }) => !missed) && rows.flatMap(one => one.partitions).length === 4;
});
console.log(smtp.received.length === 0 ? 'all four machines are there' : 'there was a mail before the first round');

const next = seeded(SEED);
const rows: { fault: string; lasted: number; told: number; doubled: number; lost: number }[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const fault = faults[Math.floor(next() * faults.length)]!;
  const lasting = LASTS > 0 ? LASTS : LEAST + Math.floor(next() * (MOST - LEAST));
  const mine = Array.from({ length: EACH }, (_, i) => prefixOf(round * EACH + i));
  const [before, during] = [mine.slice(0, EACH / 2), mine.slice(EACH / 2)];
  for (const feed of feeds) feed.announce(...before);
  await new Promise(resolve => setTimeout(resolve, Math.floor(next() * 1_500)));
  await fault.break();
  for (const feed of feeds) feed.announce(...during);
  await new Promise(resolve => setTimeout(resolve, lasting));
  await fault.heal();
  const healed = performance.now();
  const end = healed + PATIENCE;
  const isTold = (what: Told) => mine.every(prefix => allOf(prefix, what) >= 1);
  while (!isTold('begin') && performance.now() < end) await new Promise(resolve => setTimeout(resolve, 50));
  const told = Math.round(performance.now() - healed);
  // A collector that was away tells what it has seen a moment later: only then is it the same for all that it ends.
  await until(
    'both collectors hold it',
    async () => {
      const open = (await engines[0]!.ask('show', 'case')) as readonly Case[];
      const holds = (prefix: string) =>
        open.find(one => one.prefix === prefix)?.witnesses.filter(({ state }) => state === 'holds').length ?? 0;
      return mine.every(prefix => holds(prefix) === feeds.length);
    },
    PATIENCE,
  );
  for (const feed of feeds) feed.withdraw(...mine);
  while (!isTold('end') && performance.now() < end) await new Promise(resolve => setTimeout(resolve, 50));
  const count = (of: (n: number) => number) =>
    mine.reduce((sum, prefix) => sum + of(allOf(prefix, 'begin')) + of(allOf(prefix, 'end')), 0);
  const row = {
    ...{ fault: fault.name, lasted: lasting, told },
    doubled: count(n => Math.max(0, n - 1)),
    lost: count(n => (n === 0 ? 1 : 0)),
  };
  rows.push(row);
  if (row.doubled > 0)
    for (const { mail } of smtp.received)
      if (mine.some(prefix => mail.subject?.includes(`${prefix} `)))
        console.log(`    ${mail.messageId} ${mail.subject}`);
  console.log(
    `${String(round + 1).padStart(3)} ${fault.name.padEnd(38)} ${String(lasting).padStart(5)} ms, all told ${told} ms after, doubled ${row.doubled}, lost ${row.lost}`,
  );
}

await until('everything is read', async () => (await collectors[0]!.ask('show', 'outbox')).length === 0, 60_000);
const cases = (await collectors[0]!.ask('show', 'case', 'all')) as readonly Case[];
const twice = casesTwice(cases);
const kinds = Map.groupBy(rows, ({ fault }) => fault);
console.log('\nfault                                    rounds   told after, median / most ms   doubled   lost');
for (const [name, of] of [...kinds].sort()) {
  const times = of.map(({ told }) => told).sort((a, b) => a - b);
  const sum = (field: 'doubled' | 'lost') => of.reduce((total, one) => total + one[field], 0);
  console.log(
    `${name.padEnd(40)} ${String(of.length).padStart(6)} ${String(times[Math.floor(times.length / 2)]).padStart(16)} / ${String(times.at(-1)).padEnd(12)} ${String(sum('doubled')).padStart(7)} ${String(sum('lost')).padStart(6)}`,
  );
}
console.log(
  JSON.stringify({
    rounds: ROUNDS,
    seed: SEED,
    prefixes: ROUNDS * EACH,
    cases: cases.length,
    casesTwice: twice,
    casesOpen: cases.filter(({ state }) => state !== 'resolved').length,
    mails: smtp.received.length,
    mailsTwice: mailsTwice(smtp),
    doubled: rows.reduce((sum, { doubled }) => sum + doubled, 0),
    lost: rows.reduce((sum, { lost }) => sum + lost, 0),
    slowest: Math.max(...rows.map(({ told }) => told)),
  }),
);
for (const feed of feeds) feed.close();
for (const one of gates) await one.close();
await shared.close();
process.exit(0);
