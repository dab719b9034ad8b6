/**
 * What cases cost where machines share them, beside the daemon alone: `node test/bench/machines.ts [CASES [ROUNDS [SECONDS
 * [IDLE]]]]`, by default 10,000 cases, 3 rounds, 20 seconds and 4 seconds idle; without cases there is no storm. Three ways,
 * interleaved: a daemon alone with SQLite; one with all duties over NATS and PostgreSQL; a collector and two machines with cases.
 * Each is warmed up by a wave of cases and left idle for a moment, whose processor time is told and taken off from nothing.
 * Then two loads:
 *
 * - a storm: a peer announces hijacked prefixes, 5,000 at once, and takes them back once all are written down as ongoing, until
 *   so many cases are written down as over;
 * - a network: 10,000 UPDATEs a second for so many seconds, of which 1 in 1,000 is a hijack that is taken back five seconds later;
 *   and the same once more, for code that is run ten times a second takes a minute until it is compiled.
 *
 * What has come of it is read from the logs that the daemons write anyway, and then from the databases: nothing is asked of
 * them. Databases are on disk. Nobody is told. PROFILE=DIRECTORY has each daemon leave its CPU profile there; WAYS=alone,... runs
 * some ways only. OFFENDERS=each has each case of the storm come from an offender of its own.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeWithdraw } from '../../src/bgp/announce.ts';
import { until } from '../interop/bgp-peers.ts';
import type { Intertrackd } from '../interop/intertrackd.ts';
import { OFFENDER, prefixOf } from '../interop/machines.ts';
import { prefixes as prefixesOf, type Speaker } from '../interop/speaker.ts';
import { processorOf } from '../lab/fleet/costs.ts';
import { at, networkLots, trafficAt, WAIT, WAYS, type Way, writtenAs } from './ways.ts';

const [cases = 10_000, rounds = 3, seconds = 20, idleSeconds = 4] = process.argv.slice(2).map(Number);
/** Cases of a wave: below what one book holds open. */
const WAVE = Math.min(5_000, cases || 1_000);
const RATE = 10_000;
const ONE_IN = 1_000;
const TAKEN_BACK = 5_000;

const hijacks = (RATE / ONE_IN) * seconds;
/** The prefixes of the warm-up, of the storm and of the network, one after the other: each is hijacked once. */
const most = WAVE + cases + 2 * hijacks;
if (most > 65_536) throw new Error('there are not so many prefixes in 10.0.0.0/8');
const prefixes = Array.from({ length: most }, (_, i) => prefixOf(i));

const ways = WAYS.filter(way => process.env.WAYS?.split(',').includes(way) ?? true);

/** Processor seconds by process: `all duties`, `collector`, `engine 1`, `nats`, `postgresql`. */
type Spent = Readonly<Record<string, number>>;
interface Outcome {
  readonly way: Way;
  /** For one second. */
  readonly idle: Spent;
  readonly storm: Spent;
  readonly network: Spent;
  /** The network once more, and what went over the servers meanwhile (null: there are none). */
  readonly again: Spent;
  readonly traffic: Spent | null;
  /** Seconds that the waves of the storm took. */
  readonly lasted: number;
}

/** Counts a state's lines in logs that grow, reading each line once. */
function counter(daemons: readonly Intertrackd[], state: string): () => number {
  const read = daemons.map(() => 0);
  let count = 0;
  return () => {
    for (const [i, daemon] of daemons.entries()) {
      const text = daemon.log();
      const end = text.lastIndexOf('\n') + 1;
      count += text.slice(read[i], end).split(` ${state}: 10.`).length - 1;
      read[i] = end;
    }
    return count;
  };
}

const less = (after: Spent, before: Spent, by = 1): Spent =>
  Object.fromEntries(Object.entries(after).map(([name, value]) => [name, (value - before[name]!) / by]));

/** Where PROFILE says so, a daemon leaves its profile there. */
const environment = (way: Way): Readonly<Record<string, string>> =>
  process.env.PROFILE
    ? { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${process.env.PROFILE}/${way.replace(' ', '-')}` }
    : {};

const run = (way: Way): Promise<Outcome> =>
  at(way, { prefixes: most, hold: 'hold up 1s; hold down 1s;', environment }, async place => {
    const { daemons, feed, pids } = place;
    const spent = () => Object.fromEntries([...pids].map(([name, pid]) => [name, processorOf(pid)]));
    const logged = { ongoing: counter(daemons, 'ongoing'), resolved: counter(daemons, 'resolved') };
    /** Until so many cases have come to a state since the start, and that is on disk. */
    const reached = async (state: 'ongoing' | 'resolved', count: number, onDisk = count) => {
      await until(`${count} cases are ${state}`, () => logged[state]() >= count, WAIT);
      await until(`${count} cases are written`, async () => (await writtenAs(place, state)) >= onDisk, WAIT);
    };
    let done = 0;
    const wave = async (count: number) => {
      const mine = prefixes.slice(done, done + count);
      if (process.env.OFFENDERS === 'each')
        for (const [i, prefix] of mine.entries()) feed.announce([prefix], 64497, 64511, 100_000 + done + i);
      else for (let i = 0; i < count; i += 500) feed.announce(mine.slice(i, i + 500), 64497, 64511, OFFENDER);
      await reached('ongoing', done + count, count);
      for (let i = 0; i < count; i += 500) feed.withdraw(...mine.slice(i, i + 500));
      done += count;
      await reached('resolved', done);
    };
    await wave(WAVE);

    await sleep(1_000);
    let before = spent();
    await sleep(idleSeconds * 1_000);
    const idle = less(spent(), before, idleSeconds);

    before = spent();
    const began = performance.now();
    for (let left = cases; left > 0; left -= WAVE) await wave(Math.min(WAVE, left));
    const lasted = (performance.now() - began) / 1000;
    const storm = less(spent(), before);

    const played = async () => {
      await sleep(1_000);
      const from = spent();
      await network(feed, prefixes.slice(done, done + hijacks));
      done += hijacks;
      await reached('resolved', done);
      return less(spent(), from);
    };
    const first = await played();
    const passed = await trafficAt(place);
    const again = await played();
    const now = await trafficAt(place);
    return { way, idle, storm, network: first, again, traffic: now && passed && less(now, passed), lasted };
  });

/** UPDATEs of one prefix each, those of a hundredth of a second at once; that some are hijacks the others don't change. */
async function network(feed: Speaker, hijacked: readonly string[]): Promise<void> {
  const lot = RATE / 100;
  const lots = networkLots(lot);
  const back: { readonly due: number; readonly prefix: string }[] = [];
  const began = performance.now();
  for (let sent = 0; sent < 100 * seconds || back.length > 0; sent++) {
    await sleep(Math.max(0, began + sent * 10 - performance.now()));
    const now = performance.now();
    while (back.length > 0 && back[0]!.due <= now) feed.send(...encodeWithdraw(prefixesOf([back.shift()!.prefix])));
    if (sent >= 100 * seconds) continue;
    feed.socket.write(lots[sent % lots.length]!);
    const prefix = sent % (ONE_IN / lot) === 0 ? hijacked[sent / (ONE_IN / lot)] : undefined;
    if (prefix === undefined) continue;
    feed.announce([prefix], 64497, 64511, OFFENDER);
    back.push({ due: now + TAKEN_BACK, prefix });
  }
}

const isServer = (name: string) => name === 'nats' || name === 'postgresql';
const daemonsOf = (spent: Spent) =>
  Object.entries(spent).reduce((sum, [name, value]) => sum + (isServer(name) ? 0 : value), 0);
const allOf = (spent: Spent) => Object.values(spent).reduce((sum, value) => sum + value, 0);
const wordsOf = (spent: Spent) =>
  Object.entries(spent)
    .map(([name, value]) => `${name} ${Number(value.toFixed(3))}`)
    .join(', ');
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

const outcomes: Outcome[] = [];
for (let round = 0; round < rounds; round++)
  for (const way of ways) {
    const one = await run(way);
    outcomes.push(one);
    console.log(`${way}: idle ${wordsOf(one.idle)}`);
    console.log(`  storm ${wordsOf(one.storm)}; ${one.lasted.toFixed(1)} s`);
    console.log(`  network ${wordsOf(one.network)}`);
    console.log(`  again ${wordsOf(one.again)}${one.traffic === null ? '' : `; ${wordsOf(one.traffic)}`}`);
  }

/** A table of a load: what is done for a second of the processor, and beside it the share of what the daemon alone does. */
function table(title: string, load: 'storm' | 'network' | 'again', count: number): void {
  console.log(`\n${title}: CPU s of daemons, of servers; for a CPU second, daemons, with servers`);
  const rates = (way: Way) => {
    const mine = outcomes.filter(one => one.way === way).map(one => one[load]);
    const [daemons, all] = [median(mine.map(daemonsOf)), median(mine.map(allOf))];
    return { daemons, servers: all - daemons, rate: count / daemons, whole: count / all };
  };
  const base = ways.includes('alone') ? rates('alone').rate : Number.NaN;
  for (const way of ways) {
    const { daemons, servers, rate, whole } = rates(way);
    const share = (value: number) => `${value.toFixed(0)} (${(value / base).toFixed(2)})`;
    console.log(`${way.padEnd(15)} ${daemons.toFixed(2)}, ${servers.toFixed(2)}; ${share(rate)}, ${share(whole)}`);
  }
}
console.log(`\nmedians of ${rounds} interleaved rounds; idle, CPU ms a second: daemons, with servers`);
for (const way of ways) {
  const mine = outcomes.filter(one => one.way === way).map(one => one.idle);
  const of = (sum: (spent: Spent) => number) => (median(mine.map(sum)) * 1000).toFixed(0);
  console.log(`${way.padEnd(15)} ${of(daemonsOf)}, ${of(allOf)}`);
}
if (cases > 0) table(`storm, ${cases} cases opened and ended`, 'storm', cases);
table(`network, ${RATE * seconds} UPDATEs, ${hijacks} hijacks`, 'network', RATE * seconds);
table('the same once more', 'again', RATE * seconds);
process.exit(0);
