/**
 * A fleet: `make testbed-fleet COLLECTORS=25 PEERS=60`. Real nats-server, PostgreSQL and machines with cases; so many collectors
 * with so many peers each, played in this process over the real bus. New cases at a rate, one hijack that all peers see within
 * five seconds, a look at all machines, a machine that is killed and what the others make of it, all collectors begun anew.
 * CASES: new cases, each seen by SEEN peers, RATE a second; HELD: routes that each collector holds meanwhile. Prints a line for
 * each phase, and at the end one JSON object.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { STREAM } from '../../../src/bus/subjects.ts';
import { busTo, natsServer } from '../../bus/nats.ts';
import { loopbackAddress, until } from '../../interop/bgp-peers.ts';
import { intertrackd } from '../../interop/intertrackd.ts';
import { machinesOf, prefixOf, rpslOf } from '../../interop/machines.ts';
import { cluster } from '../../store/postgresql/cluster.ts';
import { watchCommits } from '../../store/postgresql/commits.ts';
import { numberOption } from '../options.ts';
import { type PlayedCollector, playCollector } from './collector.ts';
import { memoryOf, pidOf, processorOf } from './costs.ts';

const COLLECTORS = numberOption('COLLECTORS', 25);
const PEERS = numberOption('PEERS', 60);
const CASES = numberOption('CASES', 1_000);
const SEEN = numberOption('SEEN', 12);
const RATE = numberOption('RATE', 20);
const HELD = numberOption('HELD', 1_000);
const PARTITIONS = numberOption('PARTITIONS', 4);
const MACHINES = numberOption('MACHINES', 2);
const ALL_SEE = 5_000;
/** How long a phase may wait for what it has begun. */
const PATIENCE = 240_000;
const ALL = COLLECTORS * PEERS;

/** Prefixes: of the new cases, of what is held all the time, of those that are tried in between. */
const STANDING = Math.ceil(HELD / Math.min(PEERS, 20));
const count = CASES + STANDING + 64;
const nats = (await natsServer())!;
const postgresql = (await cluster())!;
const engines = Array.from({ length: MACHINES }, () => {
  const engine = intertrackd(loopbackAddress());
  engine.write('jpirr.db', rpslOf(count));
  engine.configure(`role cases;
bus nats "${nats.url}" { partitions ${PARTITIONS}; }
store postgresql "${postgresql.url()}";
irr JPIRR { dump "${engine.at('jpirr.db')}"; authoritative; }
watch ours { maintainer MAINT-OWNER; hold up 1s; hold down 1s; }`);
  return engine;
});
for (const one of engines) await one.start();
await until(
  'all partitions are taken',
  async () => {
    const rows = await machinesOf(engines[0]!);
    return rows.length === MACHINES && rows.flatMap(({ partitions }) => partitions).length === PARTITIONS;
  },
  60_000,
);

const SERVERS = ['cases', 'nats', 'postgresql'] as const;
const pids = {
  cases: engines.map(one => pidOf(one.at('conf'))),
  nats: [pidOf(nats.directory)],
  postgresql: [pidOf(`postgres -D ${postgresql.directory}`)],
};
/** By process, those that were killed among them, as far as they were seen. */
const spentBy = {
  cases: new Map<number, number>(),
  nats: new Map<number, number>(),
  postgresql: new Map<number, number>(),
};
const spent = () =>
  SERVERS.map(name => {
    for (const pid of pids[name]) spentBy[name].set(pid, Math.max(spentBy[name].get(pid) ?? 0, processorOf(pid)));
    return [...spentBy[name].values()].reduce((sum, seconds) => sum + seconds, 0);
  });
const most = { cases: 0, nats: 0, postgresql: 0, messages: 0, octets: 0 };
const bus = busTo(nats, '198-19-0-1');
const manager = await jetstreamManager(await bus.ready);
const streamOf = async () => (await manager.streams.info(STREAM)).state;
let over = false;
const looking = (async () => {
  while (!over) {
    spent();
    for (const name of SERVERS) for (const pid of pids[name]) most[name] = Math.max(most[name], memoryOf(pid));
    const { messages, bytes } = await streamOf();
    most.messages = Math.max(most.messages, messages);
    most.octets = Math.max(most.octets, bytes);
    await sleep(500);
  }
})();

// What is committed of a case is told by the database: the first word about each prefix.
const commits = await watchCommits(postgresql.url());
const written = commits.at;
/** Octets written ahead since the beginning, those of cases and evidence of these prefixes as they are kept, and of all. */
const writtenAhead = async () =>
  (
    (await postgresql.query(`SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 AS octets`))[0] as {
      octets: number;
    }
  ).octets;
const keptOf = async (prefixes: readonly string[]) => {
  const [row] = await postgresql.query(
    `SELECT coalesce(sum(pg_column_size(one.body)), 0)::float8 AS cases, coalesce(sum((SELECT sum(pg_column_size(body))
       FROM evidence WHERE case_id = one.id)), 0)::float8 AS evidence,
       coalesce(sum((SELECT count(*) FROM evidence WHERE case_id = one.id)), 0)::int AS links
     FROM cases AS one WHERE prefix = ANY($1)`,
    [prefixes],
  );
  return row as { readonly cases: number; readonly evidence: number; readonly links: number };
};
const databaseSize = async () =>
  ((await postgresql.query('SELECT pg_database_size(current_database())::float8 AS octets'))[0] as { octets: number })
    .octets;
const witnessesOf = async (prefix: string, state: string) => {
  const [row] = await postgresql.query(
    `SELECT coalesce(sum((SELECT count(*) FROM json_array_elements(CAST(body AS json) -> 'witnesses') AS one
      WHERE one ->> 'state' = $2)), 0)::int AS count FROM cases WHERE prefix = $1`,
    [prefix, state],
  );
  return (row as { readonly count: number }).count;
};
const drained = () => until('all is taken in', async () => (await streamOf()).messages === 0, PATIENCE);
const quantile = (values: readonly number[], at: number) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * at))] ?? Number.NaN;

async function phase(name: string, work: () => Promise<Record<string, unknown>>): Promise<void> {
  const before = spent();
  const ahead = await writtenAhead();
  const began = performance.now();
  // What is not done in time is a finding too.
  const found = await work().catch((error: Error) => ({ failed: error.message }));
  const seconds = (performance.now() - began) / 1_000;
  const [cases, ofNats, database] = spent().map((now, i) => Number((now - before[i]!).toFixed(2)));
  const row = {
    phase: name,
    ...found,
    writtenAheadMB: Number(((await writtenAhead()) - ahead).toFixed(0)) / 1e6,
    seconds: Number(seconds.toFixed(1)),
    cpu: { cases, nats: ofNats, postgresql: database },
  };
  console.log(JSON.stringify(row));
}

const collectors: PlayedCollector[] = [];
const collectorOf = (peer: number) => collectors[peer % COLLECTORS]!;
const hold = (peer: number, prefix: string) => collectorOf(peer).hold(Math.floor(peer / COLLECTORS), prefix);
const letGo = (peer: number, prefix: string) => collectorOf(peer).letGo(Math.floor(peer / COLLECTORS), prefix);

await phase('collectors come', async () => {
  for (let i = 0; i < COLLECTORS; i++) collectors.push(await playCollector(nats, i, PEERS, PARTITIONS));
  await drained();
  return { collectors: COLLECTORS, peers: ALL };
});

await phase('what is held all the time', async () => {
  const told: Promise<void>[] = [];
  for (const one of collectors) {
    for (let i = 0; i < HELD; i++)
      told.push(one.hold(i % Math.min(PEERS, 20), prefixOf(CASES + Math.floor(i / Math.min(PEERS, 20)))));
    await sleep(1); // so that others are heard meanwhile
  }
  await Promise.all(told);
  await drained();
  return { routes: HELD * COLLECTORS, cases: STANDING };
});

await phase('new cases', async () => {
  const from = new Map<string, number>();
  const told: Promise<void>[] = [];
  const began = performance.now();
  for (let i = 0; i < CASES; i++) {
    const wait = began + (i / RATE) * 1_000 - performance.now();
    if (wait > 0) await sleep(wait);
    from.set(prefixOf(i), performance.now());
    for (let seen = 0; seen < Math.min(SEEN, ALL); seen++) told.push(hold((i * SEEN + seen) % ALL, prefixOf(i)));
  }
  await Promise.all(told);
  await drained();
  await until('all cases are written', () => [...from.keys()].every(prefix => written.has(prefix)), PATIENCE);
  const took = [...from].map(([prefix, time]) => written.get(prefix)! - time);
  return {
    cases: CASES,
    rate: RATE,
    seenBy: SEEN,
    p50: Math.round(quantile(took, 0.5)),
    p99: Math.round(quantile(took, 0.99)),
  };
});
await phase('their ends', async () => {
  const told: Promise<void>[] = [];
  for (let i = 0; i < CASES; i++)
    for (let seen = 0; seen < Math.min(SEEN, ALL); seen++) told.push(letGo((i * SEEN + seen) % ALL, prefixOf(i)));
  await Promise.all(told);
  await drained();
  await sleep(3_000);
  const kept = await keptOf(Array.from({ length: CASES }, (_, i) => prefixOf(i)));
  return { octetsOfACase: Math.round(kept.cases / CASES), ofItsEvidence: Math.round(kept.evidence / CASES) };
});

const everywhere = prefixOf(CASES + STANDING);
for (const what of ['all peers see it', 'all peers let it go'] as const) {
  await phase(what, async () => {
    const began = performance.now();
    const told: Promise<void>[] = [];
    for (let i = 0; i < ALL; ) {
      const due = Math.min(ALL, Math.ceil(((performance.now() - began) / ALL_SEE) * ALL));
      for (; i < due; i++) told.push(what === 'all peers see it' ? hold(i, everywhere) : letGo(i, everywhere));
      await sleep(2);
    }
    await Promise.all(told);
    const published = performance.now();
    const state = what === 'all peers see it' ? 'holds' : 'gone';
    await until('it is all written', async () => (await witnessesOf(everywhere, state)) === ALL, PATIENCE);
    const kept = await keptOf([everywhere]);
    return {
      ...{
        witnesses: ALL,
        publishedAfter: Math.round(published - began),
        writtenAfter: Math.round(performance.now() - began),
      },
      ...{ octetsOfTheCase: kept.cases, ofItsEvidence: kept.evidence, links: kept.links },
    };
  });
}

await phase('show bgp summary all', async () => {
  const began = performance.now();
  const answers = (await engines[0]!.ask('show', 'bgp', 'summary', 'all')) as readonly { readonly silent?: string }[];
  const silent = answers.filter(row => row.silent !== undefined);
  return { rows: answers.length, silent: silent.length, milliseconds: Math.round(performance.now() - began) };
});

/** How long until all collectors have told anew and it is taken in, and until new hijacks, one of each partition or so, are cases. */
async function recover(from: number, disturb: () => Promise<void>): Promise<Record<string, unknown>> {
  const began = performance.now();
  const tries = Array.from({ length: 4 * PARTITIONS }, (_, i) => prefixOf(CASES + STANDING + 1 + from + i));
  const retold = collectors.map(one => one.retold());
  await disturb();
  for (const [i, prefix] of tries.entries()) void hold(i, prefix);
  await until('new cases are written', () => tries.every(prefix => written.has(prefix)), PATIENCE);
  const opened = Math.max(...tries.map(prefix => written.get(prefix)! - began));
  await until('all have told anew', () => collectors.every((one, i) => one.retold() > retold[i]!), PATIENCE);
  await sleep(200);
  await drained();
  const whole = performance.now() - began;
  for (const [i, prefix] of tries.entries()) void letGo(i, prefix);
  return {
    routes: collectors.reduce((sum, one) => sum + one.held(), 0),
    newCases: Math.round(opened),
    allToldAnew: Math.round(whole),
  };
}
if (MACHINES > 1)
  await phase('a machine with cases is killed', () => recover(0, async () => void (await engines[1]!.end('SIGKILL'))));
else
  await phase('the machine with cases is killed and begun anew', () =>
    recover(0, async () => {
      await engines[0]!.end('SIGKILL');
      await engines[0]!.start();
      pids.cases = [pidOf(engines[0]!.at('conf'))];
    }),
  );
await phase('all collectors begin anew', async () => {
  const began = performance.now();
  await Promise.all(collectors.map(one => one.restart()));
  await drained();
  return { allTold: Math.round(performance.now() - began) };
});
const silent = engines[0]!
  .log()
  .split('\n')
  .filter(line => /error|refused/.test(line));
over = true;
await looking;
const mb = (octets: number) => Math.round(octets / 1e6);
console.log(
  JSON.stringify({
    ...{ collectors: COLLECTORS, peers: ALL, machines: MACHINES, partitions: PARTITIONS, errors: silent.length },
    most: {
      ...{ casesMB: mb(most.cases), natsMB: mb(most.nats), postgresqlMB: mb(most.postgresql) },
      ...{ streamMessages: most.messages, streamMB: Number((most.octets / 1e6).toFixed(1)) },
    },
    databaseMB: mb(await databaseSize()),
  }),
);
for (const line of silent.slice(0, 5)) console.log(line);
for (const one of collectors) await one.close();
await bus.close();
await commits.close();
for (const one of engines) await one.close();
await nats.close();
await postgresql.close();
process.exit(0);
