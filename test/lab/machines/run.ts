/**
 * Rounds of faults: `make testbed-machines ROUNDS=100 SEED=1`. Two collectors, two machines with cases, NATS and PostgreSQL,
 * under a steady stream of UPDATEs (`LOAD=1000` a second and collector, over a table of `ROUTES=50000`); in each round a part
 * is killed or frozen, or a way between two is, or refuses, or has no room, or its clock is set, while prefixes are hijacked and
 * given back. Each must be one case, told once when it began and once when it ended. `NATS=3` has a cluster of three servers, and
 * kills and freezes those; `POSTGRESQL=2` a primary and its standby, which take turns. Clocks are set where Debian's libfaketime is installed.
 * `FAULT='NATS killed' LASTS=600000` takes one fault alone (or several, with `; ` between), and so many milliseconds. The last
 * line is one JSON object.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Case } from '../../../src/hijack/case.ts';
import { loopbackAddress, until } from '../../interop/bgp-peers.ts';
import { about, feedStatements, machinesOf, prefixOf, sharedServers } from '../../interop/machines.ts';
import { seeded } from '../internet/graph.ts';
import { numberOption, textOption } from '../options.ts';
import { machineClock } from './clock.ts';
import { type SmallDisk, smallDisk } from './disk.ts';
import { type Engine, type Fault, faultsOf, type Machine } from './faults.ts';
import { type Feed, feedOf } from './feed.ts';
import { type Gate, gate } from './gate.ts';
import { mailDoor, type Taken } from './mail-door.ts';
import { pairOf } from './pair.ts';
import { countOf, printTable, type Row } from './table.ts';

const ROUNDS = numberOption('ROUNDS', 20);
const SEED = numberOption('SEED', 1);
const LASTS = numberOption('LASTS', 0);
const LOAD = numberOption('LOAD', 1_000);
const ROUTES = numberOption('ROUTES', 50_000);
const FAULT = textOption('FAULT');
/**
 * Prefixes of a round: four are hijacked for all of it, two of them before the fault and two during it; one begins and ends
 * during it; one comes and goes and comes.
 */
const EACH = 6;
/** How long a fault lasts, ms, at least and at most. */
const [LEAST, MOST] = [500, 9_000];
/**
 * Each partition tells five begins a minute one by one, and further ones in one summary: with so many partitions, and rounds
 * that begin so far apart at least, ms, that is rare. Whoever is told of in a summary is told all the same.
 */
const PARTITIONS = 32;
const APART = 10_000;
/** How long all may take to be told after a fault is healed, ms. */
const PATIENCE = 120_000;

const pause = (milliseconds: number) => new Promise(resolve => setTimeout(resolve, milliseconds));

const prefixes = Math.max(16, ROUNDS * EACH);
const shared = await sharedServers(prefixes, {
  irr: 'refresh 1s;',
  mail: 'retry 1s;',
  // As few connections and files of its log as the machines need, so that both are soon used up.
  postgresql: 'track_commit_timestamp = on\nmax_connections = 60\nmin_wal_size = 32MB\nmax_wal_size = 64MB',
  servers: numberOption('NATS', 1),
  partitions: PARTITIONS,
});
if (shared === null) throw new Error('nats-server or PostgreSQL is not installed');
const { nats, postgresql } = shared;
const pair = numberOption('POSTGRESQL', 1) > 1 ? await pairOf(postgresql) : null;
const taken: Taken[] = [];
const closers: (() => Promise<void> | void)[] = [];
const opened = async (of: Promise<Gate>): Promise<Gate> => {
  const made = await of;
  closers.push(made.close);
  return made;
};
async function machine(
  role: string,
  more: (address: string) => string,
  smtp?: number,
): Promise<Machine & { at: string }> {
  const toNats = await opened(gate(nats));
  const toEach = await Promise.all((pair?.places ?? [postgresql]).map(place => opened(gate(place))));
  const [toPostgresql] = toEach;
  const hosts = toEach.map(({ host }) => host).join(',');
  const by = { nats: toNats.host, postgresql: hosts, ...(smtp !== undefined && { smtp }) };
  const daemon = shared!.machine(role, more, by);
  const clock = machineClock(daemon.at('clock'));
  /** Beside much other work it may take longer until it answers. */
  const start = () =>
    daemon.start(clock?.environment).catch(async (error: Error) => {
      if (/ ended with /.test(error.message)) throw error;
      await until('a machine answers', () => daemon.status().then(Boolean, () => false), PATIENCE);
    });
  return { daemon: { ...daemon, start }, at: daemon.address, nats: toNats, postgresql: toPostgresql!, clock };
}
async function engine(): Promise<Engine> {
  const mail = await mailDoor(one => taken.push(one));
  closers.push(mail.close);
  return { ...(await machine('cases', () => '', mail.port)), mail };
}
/** What each machine has said since it was started last; kept where the laboratory itself gives up. */
const keepLogs = (): void => {
  const directory = mkdtempSync(join(tmpdir(), 'intertrack-rounds-'));
  for (const [name, of] of Object.entries({ collector: collectors, engine: engines }))
    for (const [i, { daemon }] of of.entries()) writeFileSync(join(directory, `${name}-${i + 1}.log`), daemon.log());
  console.log(`logs of the machines: ${directory}`);
};
process.on('uncaughtExceptionMonitor', keepLogs);
const feedsAt = [loopbackAddress(), loopbackAddress()] as const;
const collectors = [
  await machine('collector', feedStatements(feedsAt[0])),
  await machine('collector', feedStatements(feedsAt[1])),
] as const;
const engines = [await engine(), await engine()] as const;
const [first] = collectors;
/** A disk of its own that can be full. */
function diskAt(directory: string, megabytes = 32): SmallDisk | null {
  const disk = smallDisk(directory, megabytes);
  if (disk !== null) closers.push(disk.close);
  return disk;
}
async function diskOfNats(): Promise<SmallDisk | null> {
  await nats.kill();
  const file = join(nats.directory, 'nats.conf');
  // What it may keep is asked of the disk else, and is less than the stream may hold.
  writeFileSync(file, readFileSync(file, 'utf8').replace('jetstream {', 'jetstream { max_file_store: 4G,'));
  const disk = diskAt(join(nats.directory, 'store'));
  await nats.start();
  return disk;
}
async function diskOfPostgresql(): Promise<SmallDisk | null> {
  const { directory } = postgresql;
  await postgresql.kill();
  const aside = `${directory}.aside`;
  execFileSync('cp', ['-a', directory, aside]);
  const disk = diskAt(directory, 256);
  if (disk !== null) execFileSync('cp', ['-a', `${aside}/.`, directory]);
  await postgresql.start();
  return disk;
}
const disks = {
  postgresql: shared.natsCluster === null && pair === null ? await diskOfPostgresql() : null,
  nats: shared.natsCluster === null ? await diskOfNats() : null,
  engine: diskAt(engines[0].daemon.at('state')),
};
await Promise.all([...collectors, ...engines].map(({ daemon }) => daemon.start()));
const feeds: Feed[] = collectors.map(({ at }, i) =>
  feedOf({ from: feedsAt[i]!, to: at, as: 64497, routes: ROUTES, load: LOAD }),
);

const next = seeded(SEED);
const all = faultsOf({ shared, pair, prefixes, collectors, engines, next, disks });
const faults = all.filter(({ name }) => FAULT === undefined || FAULT.split('; ').includes(name));
if (faults.length === 0) throw new Error(`FAULT is one of ${all.map(({ name }) => name).join('; ')}`);
/** Kinds still to come before any comes again. */
let bag: Fault[] = [];
function draw(): Fault {
  if (bag.length === 0) bag = [...faults];
  return bag.splice(Math.floor(next() * bag.length), 1)[0]!;
}

/** All machines are there, and each partition is with one. */
async function isWhole(): Promise<boolean> {
  const rows = await machinesOf(first.daemon);
  const partitions = rows.flatMap(one => (one.missed || one.unheard ? [] : one.partitions));
  return rows.length === 4 && rows.every(({ missed }) => !missed) && new Set(partitions).size === PARTITIONS;
}
await until('all machines are there', isWhole, 60_000);
await until('the tables are there', async () => {
  const each = await Promise.all(collectors.map(({ daemon }) => daemon.neighbor('feed')));
  return each.every(({ prefixes4 }) => prefixes4 >= ROUTES / 2);
});
console.log(taken.length === 0 ? 'all four machines are there' : 'there was a mail before the first round');

const rows: Row[] = [];
const began = performance.now();
for (let round = 0; round < ROUNDS; round++) {
  const fault = draw();
  const apart = pause(APART);
  const lasting = LASTS > 0 ? LASTS : Math.max(fault.least ?? 0, LEAST + Math.floor(next() * (MOST - LEAST)));
  const mine = Array.from({ length: EACH }, (_, i) => prefixOf(round * EACH + i));
  const [brief, flapping] = [mine[4]!, mine[5]!];
  const steady = mine.slice(0, 4);
  const announce = (...of: string[]) => feeds.forEach(one => void one.announce(...of));
  const withdraw = (...of: string[]) => feeds.forEach(one => void one.withdraw(...of));
  const count = (prefix: string, event: string) => countOf(taken, prefix, event);
  announce(...steady.slice(0, 2));
  await pause(Math.floor(next() * 1_500));
  if (fault.registers) await until('it is told', () => count(steady[0]!, 'begin') > 0, PATIENCE);
  announce(flapping);
  const broke = performance.now();
  await fault.break(round * EACH);
  announce(...steady.slice(2), brief);
  const comes = 100 + next() * 800;
  const flaps = (async () => {
    for (const does of [withdraw, announce]) {
      await pause(comes);
      does(flapping);
    }
  })();
  const ends = pause(lasting * (0.2 + 0.6 * next())).then(() => withdraw(brief));
  await Promise.all([pause(Math.max(0, lasting - (performance.now() - broke))), ends]);
  await fault.heal();
  const healed = performance.now();
  const end = healed + PATIENCE;
  const whole = until('it is whole', () => isWhole().catch(() => false), PATIENCE).then(
    () => performance.now() - healed,
    () => PATIENCE,
  );
  await flaps;
  const isTold = (of: readonly string[], what: 'begin' | 'end') => of.every(prefix => count(prefix, what) >= 1);
  while (!isTold([...steady, flapping], 'begin') && performance.now() < end) await pause(50);
  const told = performance.now() - healed;
  // A collector that was away tells what it has seen a moment later: only then is it the same for all that it ends.
  const stays = [...steady.slice(fault.registers ? 1 : 0), flapping];
  await until(
    'both collectors hold it',
    async () => {
      const open = (await engines[0].daemon.ask('show', 'case')) as readonly Case[];
      const holds = (prefix: string) =>
        open.find(one => one.prefix === prefix)?.witnesses.filter(({ state }) => state === 'holds').length ?? 0;
      return stays.every(prefix => holds(prefix) === feeds.length);
    },
    PATIENCE,
  ).catch(error => {
    console.log(`    ${error.message}`);
    keepLogs();
  });
  if (fault.registers)
    await until('the registry has ended it', () => count(steady[0]!, 'end') > 0, PATIENCE).catch(error =>
      console.log(`    ${error.message}`),
    );
  withdraw(...mine);
  const until2 = performance.now() + PATIENCE;
  while (!isTold([...steady, flapping], 'end') && performance.now() < until2) await pause(50);
  const row: Row = {
    ...{
      fault: fault.name,
      doubtful: fault.doubtful === true,
      late: fault.late === true,
      blind: fault.blind === true,
      lasted: lasting,
      mine,
    },
    ...{ told: Math.round(told), whole: Math.round(await whole) },
  };
  rows.push(row);
  await apart;
  const twice = mine.flatMap(prefix => about(taken, prefix));
  const doubled = twice.length - new Set(twice.map(({ mail }) => mail.messageId)).size;
  console.log(
    `${String(round + 1).padStart(3)} ${fault.name.padEnd(52)} ${String(lasting).padStart(5)} ms, whole after ${row.whole}, all told after ${row.told} ms, doubled ${doubled}`,
  );
}
const lasted = (performance.now() - began) / 1_000;
const poured = feeds.reduce((sum, one) => sum + one.sent(), 0);

await until('nothing waits', async () => (await first.daemon.ask('show', 'outbox')).length === 0, 60_000);
await until('all is over', async () => (await first.daemon.ask('show', 'case')).length === 0, 60_000).catch(() => {});
const cases = (await first.daemon.ask('show', 'case', 'all')) as readonly Case[];
/** When each notice that is sent was recorded as sent, by the database. */
const recorded = (await (pair?.primary() ?? postgresql).query(
  `SELECT id, extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000 AS at FROM outbox WHERE state = 'sent'`,
)) as unknown as readonly { id: string; at: string }[];
printTable(
  { rows, cases, taken, recorded: new Map(recorded.map(({ id, at }) => [id, Number(at)])) },
  {
    rounds: ROUNDS,
    seed: SEED,
    updates: Math.round(poured / lasted),
  },
);
for (const feed of feeds) feed.close();
for (const close of closers) await close();
await pair?.close();
await shared.close();
process.exit(0);
