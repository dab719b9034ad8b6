/**
 * How long cases stand still when a machine with cases, or the database, is gone: `make testbed-failover COLLECTORS=25 TIMES=10`.
 * nats-server, PostgreSQL and two machines with cases are real, so many collectors are played over the real bus, each with
 * HELD routes that are told anew to whoever takes over. TIMES times one of the two is killed, stopped by SIGTERM, or frozen, and
 * STANDBY times (3) PostgreSQL's primary is killed and its standby promoted; from that moment on a hijack begins every 250 ms for
 * three seconds in each partition concerned. Prints when the last of them had a holder again, counted from the signal, and how long
 * a new case waited at most until it was committed. KINDS=killed,... takes some kinds only.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { partitionOf, STREAM } from '../../../src/bus/subjects.ts';
import { busTo, natsServer } from '../../bus/nats.ts';
import { loopbackAddress, until } from '../../interop/bgp-peers.ts';
import { intertrackd } from '../../interop/intertrackd.ts';
import { machinesOf, prefixOf, rpslOf } from '../../interop/machines.ts';
import { type Cluster, cluster } from '../../store/postgresql/cluster.ts';
import { numberOption, textOption } from '../options.ts';
import { type PlayedCollector, playCollector } from './collector.ts';

const COLLECTORS = numberOption('COLLECTORS', 25);
const PEERS = numberOption('PEERS', 60);
const HELD = numberOption('HELD', 1_000);
const TIMES = numberOption('TIMES', 10);
const STANDBY = numberOption('STANDBY', 3);
const PARTITIONS = numberOption('PARTITIONS', 4);
const PATIENCE = 120_000;
/** Routes of a prefix that is held all the time, at each collector. */
const SEEN = Math.min(PEERS, 20);
const STANDING = Math.ceil(HELD / SEEN);
/** Prefixes that are hijacked, each once. */
const SPARE = 4_000;
/** Hijacks in each partition, and ms between them. */
const EACH = 12;
const APART = 250;

const KINDS = ['killed', 'stopped', 'frozen', 'promoted'] as const;
type Kind = (typeof KINDS)[number];
const kinds = KINDS.filter(kind => textOption('KINDS')?.split(',').includes(kind) ?? true);
const WORDS: Readonly<Record<Kind, string>> = {
  killed: 'a machine with cases is killed',
  stopped: 'a machine with cases is stopped by SIGTERM',
  frozen: 'a machine with cases is frozen',
  promoted: 'the primary of PostgreSQL is killed, its standby promoted',
};

const nats = (await natsServer())!;
let primary: Cluster = (await cluster())!;
const engines = Array.from({ length: 2 }, () => {
  const engine = intertrackd(loopbackAddress());
  engine.write('jpirr.db', rpslOf(STANDING + SPARE));
  return engine;
});
function configure(...servers: readonly Cluster[]): void {
  const hosts = servers.map(({ host, port }) => `${host}:${port}`).join(',');
  for (const engine of engines)
    engine.configure(`role cases;
bus nats "${nats.url}" { partitions ${PARTITIONS}; }
store postgresql "postgres://intertrack@${hosts}/postgres";
irr JPIRR { dump "${engine.at('jpirr.db')}"; authoritative; }
watch ours { maintainer MAINT-OWNER; hold down 1s; }`);
}
/** Both are there, and each has its share. */
const shared = () =>
  until(
    'both have their share',
    async () => {
      const rows = (await machinesOf(engines[0]!)).filter(({ roles }) => roles.includes('cases'));
      return rows.length === 2 && rows.every(one => !one.missed && one.partitions.length === PARTITIONS / 2);
    },
    PATIENCE,
  );
configure(primary);
for (const engine of engines) await engine.start();
await shared();
const bus = busTo(nats, '198-19-0-1');
const manager = await jetstreamManager(await bus.ready);
/** Nothing is under way: all that was told is taken in, and no more comes for a moment. */
const quiet = async () => {
  let empty = 0;
  await until(
    'all is taken in',
    async () => {
      empty = (await manager.streams.info(STREAM)).state.messages === 0 ? empty + 1 : 0;
      return empty >= 20;
    },
    PATIENCE,
  );
};

const collectors: PlayedCollector[] = [];
for (let i = 0; i < COLLECTORS; i++) collectors.push(await playCollector(nats, i, PEERS, PARTITIONS));
for (const one of collectors)
  await Promise.all(Array.from({ length: HELD }, (_, i) => one.hold(i % SEEN, prefixOf(Math.floor(i / SEEN)))));

const writtenOf = async (prefixes: readonly string[]): Promise<Set<string>> =>
  new Set(
    (await primary.query('SELECT prefix FROM cases WHERE prefix = ANY($1)', [prefixes])).map(row => String(row.prefix)),
  );
/** Holders that each partition has had so far. */
const fences = async (): Promise<Map<number, number>> =>
  new Map(
    (await primary.query(`SELECT scope, fence FROM leases WHERE scope LIKE 'cases/%'`)).map(({ scope, fence }) => [
      Number(String(scope).slice('cases/'.length)),
      Number(fence),
    ]),
  );

const spare = Map.groupBy(
  Array.from({ length: SPARE }, (_, i) => prefixOf(STANDING + i)),
  prefix => partitionOf(prefix, PARTITIONS),
);
/** A prefix of a partition that was not hijacked yet. */
function fresh(partition: number): string {
  const prefix = spare.get(partition)?.pop();
  if (prefix === undefined) throw new Error('all prefixes were hijacked: fewer TIMES');
  return prefix;
}

interface Outcome {
  /** Until the last partition had a holder again, from the signal; and how long a new case waited at most, ms. */
  readonly taken: number;
  readonly waited: number;
}

/** Hijacks begin in these partitions at the moment of `disturb`. */
async function measure(partitions: readonly number[], disturb: () => Promise<void>, moves: boolean): Promise<Outcome> {
  const before = await fences();
  const began = performance.now();
  /** When each was told, and when it was seen to be committed. */
  const told = new Map<string, number>();
  const written = new Map<string, number>();
  const taken = new Map<number, number>();
  const disturbing = disturb();
  const telling = (async () => {
    for (let i = 0; i < EACH; i++) {
      for (const partition of partitions) {
        const prefix = fresh(partition);
        told.set(prefix, performance.now());
        void collectors[told.size % COLLECTORS]!.hold(0, prefix);
      }
      await sleep(APART);
    }
  })();
  await disturbing;
  await until(
    'new cases are written',
    async () => {
      const now = performance.now();
      const [has, holders] = [await writtenOf([...told.keys()]), await fences()];
      for (const prefix of has) if (!written.has(prefix)) written.set(prefix, now);
      for (const partition of partitions)
        if (!taken.has(partition) && holders.get(partition)! > before.get(partition)!)
          taken.set(partition, now - began);
      const all = told.size === EACH * partitions.length && written.size === told.size;
      return all && (!moves || taken.size === partitions.length);
    },
    PATIENCE,
  );
  await telling;
  for (const [i, prefix] of [...told.keys()].entries()) void collectors[(i + 1) % COLLECTORS]!.letGo(0, prefix);
  return {
    taken: moves ? Math.max(...taken.values()) : Number.NaN,
    waited: Math.max(...[...told].map(([prefix, time]) => written.get(prefix)! - time)),
  };
}

async function once(kind: Kind, time: number): Promise<Outcome> {
  await shared();
  await quiet();
  // When in the interval between two looks at the leases it happens is a matter of chance.
  await sleep(2_000 + Math.random() * 2_000);
  const [engine, other] = time % 2 === 0 ? [engines[0]!, engines[1]!] : [engines[1]!, engines[0]!];
  const partitions = (await machinesOf(other)).find(({ self, roles }) => !self && roles.includes('cases'))!.partitions;
  if (kind === 'frozen') {
    const outcome = await measure(partitions, async () => engine.signal('SIGSTOP'), true);
    engine.signal('SIGCONT');
    return outcome;
  }
  let ended: Promise<unknown> = Promise.resolve();
  const outcome = await measure(
    partitions,
    async () => {
      ended = engine.end(kind === 'killed' ? 'SIGKILL' : 'SIGTERM');
    },
    true,
  );
  await ended;
  await engine.start();
  return outcome;
}

async function promoted(): Promise<Outcome> {
  const standby = await primary.standby();
  await primary.query(`ALTER SYSTEM SET synchronous_standby_names = '*'`);
  await primary.query('SELECT pg_reload_conf()');
  configure(standby, primary);
  for (const engine of engines) await engine.end();
  for (const engine of engines) await engine.start();
  await shared();
  await quiet();
  await sleep(2_000 + Math.random() * 2_000);
  const former = primary;
  const outcome = await measure(
    Array.from({ length: PARTITIONS }, (_, i) => i),
    async () => {
      await former.kill();
      await standby.query(`ALTER SYSTEM SET synchronous_standby_names = ''`);
      await standby.query('SELECT pg_promote()');
      primary = standby;
    },
    false,
  );
  await former.close();
  return outcome;
}

const seconds = (milliseconds: number) => (Number.isNaN(milliseconds) ? '-' : (milliseconds / 1000).toFixed(1));
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
const words = (values: readonly number[]) => `${seconds(median(values))} / ${seconds(Math.max(...values))}`;

console.log(`${COLLECTORS} collectors with ${PEERS} peers and ${HELD} routes each, ${PARTITIONS} partitions`);
const lines: string[] = [];
for (const kind of kinds) {
  const outcomes: Outcome[] = [];
  for (let time = 0; time < (kind === 'promoted' ? STANDBY : TIMES); time++) {
    const outcome = await (kind === 'promoted' ? promoted() : once(kind, time));
    outcomes.push(outcome);
    console.log(
      `${kind}: has a holder after ${seconds(outcome.taken)} s, a new case waited ${seconds(outcome.waited)} s`,
    );
  }
  const [taken, waited] = [outcomes.map(one => one.taken), outcomes.map(one => one.waited)];
  lines.push(`| ${WORDS[kind]} | ${outcomes.length} | ${words(taken)} | ${words(waited)} |`);
}
console.log('\n| | times | all partitions have a holder, median / most s | a new case waits, s |\n|---|---|---|---|');
for (const line of lines) console.log(line);
for (const one of collectors) await one.close();
await bus.close();
for (const one of engines) await one.close();
await nats.close();
await primary.close();
process.exit(0);
