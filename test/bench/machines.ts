/**
 * What cases cost where machines share them, beside the daemon alone: `node test/bench/machines.ts [CASES [ROUNDS]]`, by
 * default 5,000 cases and 3 rounds, interleaved. A peer announces so many hijacked prefixes at once and takes them back; from
 * the first UPDATE until all cases are written down as open, and until all are over. Three ways: a daemon alone with SQLite;
 * one with all duties over NATS and PostgreSQL; a collector and two machines with cases. Databases are on disk. Nobody is told.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StatusReport } from '../../src/control/daemon.ts';
import { natsServer } from '../bus/nats.ts';
import { loopbackAddress, until } from '../interop/bgp-peers.ts';
import { type Intertrackd, intertrackd } from '../interop/intertrackd.ts';
import { feedStatements, MACHINES_PORT, machinesOf, OFFENDER, prefixOf } from '../interop/machines.ts';
import { startSpeaker } from '../interop/speaker.ts';
import { cluster } from '../store/postgresql/cluster.ts';

const [cases = 5_000, rounds = 3] = process.argv.slice(2).map(Number);
const prefixes = Array.from({ length: cases }, (_, i) => prefixOf(i));
const rpsl = prefixes
  .map(prefix => `route: ${prefix}\norigin: AS64500\nmnt-by: MAINT-OWNER\nsource: JPIRR\n`)
  .join('\n');
const WAIT = 300_000;

/** Processor seconds of a process and all below it, those that have ended among them (proc(5)). */
function processor(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ').map(Number);
  const own = (fields[11]! + fields[12]! + fields[13]! + fields[14]!) / 100;
  const children = readdirSync(`/proc/${pid}/task`).flatMap(task =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number),
  );
  return children.reduce((sum, child) => sum + processor(child), own);
}
const pidOf = (marker: string): number[] =>
  execFileSync('pgrep', ['-o', '-f', marker], { encoding: 'utf8' }).trim().split('\n').map(Number);

type Way = 'alone' | 'one machine' | 'three machines';
interface Outcome {
  readonly way: Way;
  readonly opened: number;
  readonly over: number;
  readonly daemons: number;
  readonly servers: number;
}

async function run(way: Way): Promise<Outcome> {
  const closers: (() => unknown)[] = [];
  const [nats, postgresql] = way === 'alone' ? [null, null] : [await natsServer(), await cluster()];
  closers.push(
    () => nats?.close(),
    () => postgresql?.close(),
  );
  const shared = nats && postgresql ? `bus nats "${nats.url}"; store postgresql "${postgresql.url()}";\n` : '';
  const feedAt = loopbackAddress();
  const daemons: Intertrackd[] = [];
  const start = async (role: string, collects: boolean): Promise<string> => {
    const address = loopbackAddress();
    const daemon = intertrackd(address);
    closers.push(() => daemon.close());
    daemons.push(daemon);
    daemon.write('jpirr.db', rpsl);
    daemon.configure(`${role}${shared}irr JPIRR { dump "${daemon.at('jpirr.db')}"; authoritative; }
watch ours { maintainer MAINT-OWNER; hold up 1s; hold down 1s; }
${collects ? feedStatements(feedAt)(address) : ''}`);
    await daemon.start();
    return address;
  };
  try {
    const to = await start(way === 'three machines' ? 'role collector;\n' : '', true);
    if (way === 'three machines') {
      await start('role cases;\n', false);
      await start('role cases;\n', false);
    }
    if (way !== 'alone')
      await until(
        'all partitions are taken',
        async () => (await machinesOf(daemons[0]!)).flatMap(one => one.partitions).length === 4,
        WAIT,
      );
    const open = async () => {
      const reports = await Promise.all(daemons.map(async one => (await one.ask('show', 'status'))[0] as StatusReport));
      return reports.reduce((sum, { openCases }) => sum + openCases, 0);
    };
    const pids = daemons.flatMap(one => pidOf(one.at('conf')));
    const served = [
      ...(nats ? pidOf(nats.directory) : []),
      ...(postgresql ? pidOf(`postgres -D ${postgresql.directory}`) : []),
    ];
    const spent = (of: readonly number[]) => of.reduce((sum, pid) => sum + processor(pid), 0);
    const feed = await startSpeaker({ from: feedAt, to, port: MACHINES_PORT, as: 64497 });
    closers.push(() => feed.close());
    feed.endOfRib();
    await sleep(2_000);
    const before = { daemons: spent(pids), servers: spent(served) };
    const began = performance.now();
    for (let i = 0; i < cases; i += 500) feed.announce(prefixes.slice(i, i + 500), 64497, 64511, OFFENDER);
    await until('all cases are open', async () => (await open()) === cases, WAIT);
    const opened = (performance.now() - began) / 1000;
    await sleep(2_000);
    const again = performance.now();
    for (let i = 0; i < cases; i += 500) feed.withdraw(...prefixes.slice(i, i + 500));
    await until('all cases are over', async () => (await open()) === 0, WAIT);
    const over = (performance.now() - again) / 1000;
    return { way, opened, over, daemons: spent(pids) - before.daemons, servers: spent(served) - before.servers };
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

const ways: readonly Way[] = ['alone', 'one machine', 'three machines'];
const outcomes: Outcome[] = [];
for (let round = 0; round < rounds; round++)
  for (const way of ways) {
    const one = await run(way);
    outcomes.push(one);
    console.log(
      `${way}: open after ${one.opened.toFixed(1)} s, over after ${one.over.toFixed(1)} s; CPU ${one.daemons.toFixed(1)} s of daemons, ${one.servers.toFixed(1)} s of servers`,
    );
  }
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
console.log(`\n${cases} cases, medians of ${rounds} interleaved rounds`);
for (const way of ways) {
  const mine = outcomes.filter(one => one.way === way);
  const of = (field: Exclude<keyof Outcome, 'way'>) => median(mine.map(one => one[field]));
  console.log(
    `${way.padEnd(15)} open ${of('opened').toFixed(1)} s, over ${of('over').toFixed(1)} s, CPU of daemons ${of('daemons').toFixed(1)} s, of servers ${of('servers').toFixed(1)} s; cases per CPU second ${(cases / (of('daemons') + of('servers'))).toFixed(0)}, of the daemons alone ${(cases / of('daemons')).toFixed(0)}`,
  );
}
process.exit(0);
