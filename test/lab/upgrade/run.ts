/**
 * A rolling upgrade with two real versions of the program: `make testbed-upgrade FROM=REVISION ROUNDS=3 SEED=1`. Two
 * collectors and two machines with cases begin at the old version, with NATS and PostgreSQL between them, and prefixes are
 * hijacked and given back all the time. One machine after the other is ended, by SIGTERM or kill -9, and started at the version
 * of this tree, in an order that is drawn, the one of the manual or another; then one is taken back, with the copy of its state
 * where its own database serves the old program no more, and forward again. Each hijack must be one case, told once when it began
 * and once when it ended. The last line is one JSON object.
 */
import { cpSync, rmSync } from 'node:fs';
import { jetstreamManager } from '@nats-io/jetstream';
import { OLDEST } from '../../../src/bus/case-event.ts';
import { STREAM } from '../../../src/bus/subjects.ts';
import type { MachineRow } from '../../../src/control/machine-rows.ts';
import type { Case } from '../../../src/hijack/case.ts';
import { busTo } from '../../bus/nats.ts';
import { loopbackAddress, until } from '../../interop/bgp-peers.ts';
import { feedStatements, type Shared, type Machine as SharedMachine, sharedServers } from '../../interop/machines.ts';
import { seeded } from '../internet/graph.ts';
import { feedOf } from '../machines/feed.ts';
import { casesTwice, mailsTwice, mailsTwiceUnsaid, noticesOf } from '../machines/told.ts';
import { numberOption, textOption } from '../options.ts';
import { watchForms } from './forms.ts';
import { startHijacks } from './hijacks.ts';
import { type Program, programAt, thisProgram, thisRevision, usualRevision } from './program.ts';

const ROUNDS = numberOption('ROUNDS', 1);
const SEED = numberOption('SEED', 1);
const FROM = textOption('FROM') ?? usualRevision();
/** Prefixes that may be hijacked in a round. */
const PREFIXES = 400;
/** How long a machine is down, and how long things go on before the next step, ms at least and at most. */
const DOWN = [200, 5_000] as const;
const BETWEEN = [4_000, 9_000] as const;
/** How long a machine may take to be back, and all that is over to be told, ms. */
const PATIENCE = 120_000;

interface Machine {
  readonly name: string;
  readonly daemon: SharedMachine;
  program: Program;
  running: boolean;
}

interface Step {
  readonly what: string;
  /** Milliseconds until it was back among the others, be it as what it was. */
  readonly back: number;
  /** Versions that `show collector` names, at each machine that runs. */
  readonly versions: string;
  /** Machines of both versions run. */
  readonly mixed: boolean;
  /** Why it did not start, in its words; '': it did. */
  readonly refusal: string;
  /** It then started with the state directory of before the upgrade. */
  readonly restored: boolean;
}

const random = seeded(SEED);
const between = ([least, most]: readonly [number, number]) => least + Math.floor(random() * (most - least));
const drawn = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
const wait = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

/** What took so long to be told is shown, ms. */
const LONG = 20_000;

/** What of a log shows that something did not go its usual way. */
const ODD = /is left out|follows \d|follows nothing|cannot be read|is a version|mail (deferred|refused)/;

let old: Program;
try {
  old = programAt(FROM);
} catch (error) {
  console.error(`testbed-upgrade: ${(error as Error).message}`);
  process.exit(1);
}
const fresh = thisProgram();
const to = thisRevision();
console.log(`from ${FROM} (${old.version}) to ${to} (${fresh.version}), seed ${SEED}`);

async function round(number: number) {
  const shared: Shared | null = await sharedServers(PREFIXES);
  if (shared === null) throw new Error('nats-server or PostgreSQL is not installed');
  const feedsAt = [loopbackAddress(), loopbackAddress()];
  const machineOf = (name: string, daemon: Machine['daemon']): Machine => ({
    ...{ name, daemon, program: old, running: true },
  });
  const collectors = feedsAt.map((at, i) =>
    machineOf(`collector ${i + 1}`, shared.machine('collector', feedStatements(at))),
  );
  const engines = [1, 2].map(i => machineOf(`engine ${i}`, shared.machine('cases')));
  const machines = [...collectors, ...engines];
  const odd: string[] = [];
  const running = () => machines.filter(one => one.running);
  const seenBy = async ({ daemon }: Machine) => (await daemon.askOther('show', 'collector')) as readonly MachineRow[];
  /** All that run hear all that run, at the right version, and all partitions are had. */
  const together = async () => {
    const all = running();
    for (const one of all) {
      const rows = (await seenBy(one)).filter(({ missed }) => !missed);
      if (rows.length !== all.length) return false;
      if (rows.flatMap(({ partitions }) => partitions).length !== 4) return false;
      if (all.some(of => rows.find(row => row.machine === of.daemon.address)?.version !== of.program.version))
        return false;
    }
    return true;
  };
  await Promise.all(machines.map(({ daemon, program }) => daemon.start({}, program.bin)));
  await until('all machines are there', together, PATIENCE);
  const feeds = collectors.map(({ daemon }, i) => feedOf({ from: feedsAt[i]!, to: daemon.address, as: 64497 }));
  const bus = busTo(shared.nats, '127-9-9-9');
  const reads = (await seenBy(engines[0]!)).map(row => Math.max(...(row.reads ?? [OLDEST])));
  const isOld = (one: Machine) => one.running && one.program === old;
  const forms = await watchForms(bus, () => (engines.some(isOld) ? Math.min(...reads) : Number.POSITIVE_INFINITY));
  const hijacks = startHijacks({
    ...{ feeds, smtp: shared.smtp, random, most: PREFIXES },
    running: () => collectors.filter(one => one.running).length,
    open: async () => (await drawn(running()).daemon.askOther('show', 'case')) as readonly Case[],
  });

  const look = (one: Machine) => {
    for (const line of one.daemon.log().split('\n'))
      if (ODD.test(line)) odd.push(`${one.name} (${one.program.version}): ${line}`);
  };
  const versions = async () => {
    const named = await Promise.all(
      running().map(async one =>
        [...new Set((await seenBy(one)).filter(({ missed }) => !missed).map(({ version }) => version))]
          .sort()
          .join(' and '),
      ),
    );
    return [...new Set(named)].join(' | ');
  };

  /** Ends a machine and starts it as another program; what refuses is started as what it was. */
  async function replace(one: Machine, to: Program): Promise<Step> {
    const signal = drawn(['SIGTERM', 'SIGKILL'] as const);
    const was = one.program;
    const what = `${one.name} ${to === old ? 'back to old' : 'to new'} by ${signal === 'SIGTERM' ? 'SIGTERM' : 'kill -9'}`;
    one.running = false;
    await one.daemon.end(signal);
    look(one);
    const ended = performance.now();
    const [state, copy] = [one.daemon.at('state'), one.daemon.at('state.before')];
    if (was === old) {
      rmSync(copy, { recursive: true, force: true });
      cpSync(state, copy, { recursive: true });
    }
    await wait(between(DOWN));
    one.program = to;
    const refused = () =>
      one.daemon.start({}, to.bin).then(
        () => '',
        (error: Error) => error.message.trim().split('\n').at(-1)!,
      );
    const refusal = await refused();
    const restored = to === old && refusal.includes('restore the copy');
    if (restored) {
      rmSync(state, { recursive: true });
      cpSync(copy, state, { recursive: true });
    }
    if (refusal !== '' && !(restored && (await refused()) === '')) {
      one.program = was;
      await one.daemon.start({}, was.bin);
    }
    one.running = true;
    await until(`${one.name} is back`, together, PATIENCE);
    const back = Math.round(performance.now() - ended);
    const mixed = new Set(machines.map(({ program }) => program)).size > 1;
    return { what, back, versions: await versions(), mixed, refusal, restored };
  }

  const rest = <T>(list: readonly T[], but: T) => list.filter(one => one !== but);
  const orders = [
    () => [...shuffled(engines), ...shuffled(collectors)], // that of the manual
    () => [...shuffled(collectors), ...shuffled(engines)],
    () => shuffled(machines),
  ];
  function shuffled<T>(list: readonly T[]): T[] {
    if (list.length === 0) return [];
    const first = drawn(list);
    return [first, ...shuffled(rest(list, first))];
  }
  const plan: (readonly [Machine, Program])[] = orders[(number + SEED) % orders.length]!().map(one => [one, fresh]);
  const again = drawn(machines);
  plan.push([again, old], [again, fresh]);

  const rows: (Step & { begun: number; over: number; beginAfter: number; endAfter: number })[] = [];
  await wait(between(BETWEEN));
  for (const [one, to] of plan) {
    const from = performance.now();
    const before = forms.counts();
    const step = await replace(one, to);
    await wait(between(BETWEEN));
    const within = (time: number | null) => time !== null && time >= from;
    const told = hijacks.all.flatMap(({ announced, told: at }) => (within(at) ? [at! - announced] : []));
    const ends = hijacks.all.flatMap(({ withdrawn, endTold }) => (within(endTold) ? [endTold! - withdrawn!] : []));
    const slowest = (of: readonly number[]) => Math.round(Math.max(0, ...of));
    const row = { ...step, begun: told.length, over: ends.length, beginAfter: slowest(told), endAfter: slowest(ends) };
    rows.push(row);
    const published = forms.counts().map((count, i) => count - (before[i] ?? 0));
    const each = (count: number, after: number) => `${count}, ${after} ms`.padStart(15);
    console.log(
      `${String(number + 1).padStart(3)} ${row.what.padEnd(36)} ${`${row.back} ms`.padStart(10)}  ${each(row.begun, row.beginAfter)}  ${each(row.over, row.endAfter)}  ${published.slice(1).join(' / ').padStart(10)}   ${row.versions}`,
    );
    if (rows.length === 1 && number === 0)
      for (const line of (await one.daemon.itctl('show', 'collector')).stdout.split('\n'))
        console.log(`        ${line}`);
    if (row.refusal !== '') console.log(`        it said: ${row.refusal}`);
    if (row.restored) console.log('        and started with the copy of its state that was made before the upgrade');
  }
  await hijacks.finish(PATIENCE);
  const asked = collectors[0]!.daemon;
  await until('everything is sent', async () => (await asked.askOther('show', 'outbox')).length === 0, PATIENCE);
  const manager = await jetstreamManager(await bus.ready);
  let left = Number.NaN;
  await until(
    'the stream is read',
    async () => {
      left = (await manager.streams.info(STREAM)).state.messages;
      return left === 0;
    },
    30_000,
  ).catch(() => {});
  await bus.close();
  const cases = (await asked.askOther('show', 'case', 'all')) as readonly Case[];
  for (const one of machines) look(one);
  for (const line of odd) console.log(`    ${line}`);
  // What took long is shown with its reasons.
  for (const one of hijacks.all) {
    const [begin, end] = [(one.told ?? 0) - one.announced, (one.endTold ?? 0) - (one.withdrawn ?? 0)];
    if (Math.max(begin, end) < LONG) continue;
    console.log(`    ${one.prefix}: told after ${Math.round(begin)} ms, its end after ${Math.round(end)} ms`);
    for (const { time, what, state } of cases.find(({ prefix }) => prefix === one.prefix)?.timeline ?? [])
      console.log(`        ${new Date(time).toISOString()} ${state} ${what}`);
  }
  const count = (of: (prefix: string) => number, is: (n: number) => boolean) =>
    hijacks.all.filter(({ prefix }) => is(of(prefix))).length;
  const mails = (what: 'begin' | 'end') => (prefix: string) => noticesOf(shared.smtp, prefix, what);
  const found = {
    steps: rows.length,
    refused: rows.filter(({ refusal }) => refusal !== '').length,
    restored: rows.filter(({ restored }) => restored).length,
    hijacks: hijacks.all.length,
    cases: cases.length,
    casesTwice: casesTwice(cases),
    casesOpen: cases.filter(({ state }) => state !== 'resolved').length,
    beginsLost: count(mails('begin'), n => n === 0),
    beginsTwice: count(mails('begin'), n => n > 1),
    endsLost: count(mails('end'), n => n === 0),
    endsTwice: count(mails('end'), n => n > 1),
    mailsTwice: mailsTwice(shared.smtp),
    twiceUnsaid: mailsTwiceUnsaid(shared.smtp),
    messagesLeft: left,
    ofVersion: forms.counts().slice(1),
    early: forms.early(),
    leftOut: odd.filter(line => line.includes('is left out')).length,
    gaps: odd.filter(line => line.includes('follows')).length,
    mixed: rows.filter(({ mixed }) => mixed).length,
    bothNamed: rows.filter(({ versions: named }) => named === [old.version, fresh.version].sort().join(' and ')).length,
    beginAfter: Math.max(...rows.map(({ beginAfter }) => beginAfter)),
    endAfter: Math.max(...rows.map(({ endAfter }) => endAfter)),
    longestBack: Math.max(...rows.map(({ back }) => back)),
  };
  for (const feed of feeds) feed.close();
  await shared.close();
  return found;
}

console.log(
  '\n    step                                   back after  begins, slowest    ends, slowest   of v1 / v2   versions that machines name',
);
const rounds: Awaited<ReturnType<typeof round>>[] = [];
for (let number = 0; number < ROUNDS; number++) rounds.push(await round(number));
const most = new Set(['beginAfter', 'endAfter', 'longestBack']);
const sum = (of: readonly number[]) => of.reduce((total, n) => total + n, 0);
const { ofVersion: _, ...numbers } = rounds[0]!;
const sums = Object.fromEntries(
  (Object.keys(numbers) as (keyof typeof numbers)[]).map(name => {
    const each = rounds.map(one => one[name]);
    return [name, most.has(name) ? Math.max(...each) : sum(each)];
  }),
);
const ofVersion = Array.from({ length: Math.max(...rounds.map(one => one.ofVersion.length)) }, (_none, i) =>
  sum(rounds.map(one => one.ofVersion[i] ?? 0)),
);
console.log(JSON.stringify({ from: FROM, to, seed: SEED, rounds: ROUNDS, ...sums, ofVersion }));
/** What must not be there after any upgrade. */
const wrong = [
  'casesTwice',
  'casesOpen',
  'beginsLost',
  'beginsTwice',
  'endsLost',
  'endsTwice',
  'twiceUnsaid',
  'messagesLeft',
];
const bad = [...wrong.filter(name => sums[name] !== 0), ...(sums.cases === sums.hijacks ? [] : ['cases'])];
const unnamed = sums.mixed === sums.bothNamed ? [] : ['bothNamed'];
for (const name of [...bad, ...unnamed]) console.error(`testbed-upgrade: not as it must be: ${name}`);
process.exit(bad.length + unnamed.length === 0 ? 0 : 1);
