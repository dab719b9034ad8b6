/** What is done to the machines, the servers and the ways between them: each kind of fault, how it is made and healed. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Nats, NatsCluster } from '../../bus/nats.ts';
import { until } from '../../interop/bgp-peers.ts';
import type { Intertrackd } from '../../interop/intertrackd.ts';
import { OFFENDER, objectOf, rpslOf, type Shared } from '../../interop/machines.ts';
import type { MachineClock } from './clock.ts';
import type { SmallDisk } from './disk.ts';
import type { Gate } from './gate.ts';
import { allKilled, clockFaults, reloaded } from './machine-faults.ts';
import type { MailDoor, Moment } from './mail-door.ts';
import { type Pair, pairFaults } from './pair.ts';
import { serverFaults } from './server-faults.ts';

export interface Fault {
  readonly name: string;
  /** How long it must last at least, ms. */
  readonly least?: number;
  /** It is aimed at where nobody can know whether a mail was taken: that one may come twice. */
  readonly doubtful?: true;
  /** `first`: the number of a prefix of the round that is hijacked already. */
  break(first: number): Promise<void> | void;
  heal(): Promise<void> | void;
  /** The hijack of the first prefix ends by the registry. */
  readonly registers?: true;
  /** A collector reads what routers told meanwhile when it is healed: to it, that was then. */
  readonly late?: true;
  /** No collector is there to see what comes and goes within it. */
  readonly blind?: true;
}

/** A machine with its ways out. */
export interface Machine {
  readonly daemon: Intertrackd;
  readonly nats: Gate;
  readonly postgresql: Gate;
  /** Null: it cannot be set. */
  readonly clock: MachineClock | null;
}

export interface Engine extends Machine {
  readonly mail: MailDoor;
}

export interface World {
  readonly shared: Shared;
  /** Null: PostgreSQL is alone. */
  readonly pair: Pair | null;
  readonly prefixes: number;
  readonly collectors: readonly [Machine, Machine];
  readonly engines: readonly [Engine, Engine];
  readonly next: () => number;
  /** Small disks of the servers and of the first engine, where there are any. */
  readonly disks: Readonly<Record<'nats' | 'postgresql' | 'engine', SmallDisk | null>>;
}

type Signalled = { signal(signal: NodeJS.Signals): void };

const killed = (name: string, { daemon }: Machine): Fault => ({
  name: `${name} killed`,
  break: async () => void (await daemon.end('SIGKILL')),
  heal: () => daemon.start(),
});
const stopped = (name: string, { daemon }: Machine): Fault => ({
  name: `${name} stopped by SIGTERM`,
  break: async () => void (await daemon.end()),
  heal: () => daemon.start(),
});
const frozen = (name: string, of: Signalled): Fault => ({
  name: `${name} frozen`,
  break: () => of.signal('SIGSTOP'),
  heal: () => of.signal('SIGCONT'),
});
const waysOf = (name: string, gates: readonly Gate[]): Fault[] => [
  {
    name: `${name} cut`,
    break: () => gates.forEach(one => void one.cut()),
    heal: () => gates.forEach(one => void one.heal()),
  },
  {
    name: `${name} frozen`,
    break: () => gates.forEach(one => void one.freeze()),
    heal: () => gates.forEach(one => void one.heal()),
  },
  {
    name: `${name} slow`,
    break: () => gates.forEach(one => void one.slow(SLOW)),
    heal: () => gates.forEach(one => void one.heal()),
  },
];
/** How much longer each piece takes on a way that is slow, ms. */
const SLOW = 300;
const both = (one: Fault, other: Fault): Fault => ({
  name: `${one.name}, ${other.name}`,
  async break(first) {
    await one.break(first);
    await other.break(first);
  },
  async heal() {
    await one.heal();
    await other.heal();
  },
});

/** How long a trap is waited for, ms: until what is told next is told. */
const TRAPPED = 20_000;

/** The engine that sends the next mail is killed at a moment of it, `also` something else frozen. */
function caught(name: string, at: Moment, engines: readonly Engine[], also: Signalled | null = null): Fault {
  let dead: { readonly engine: Engine; readonly gone: Promise<unknown> } | null = null;
  return {
    name,
    least: 3_000,
    ...((at === 'taken' || at === 'told') && { doubtful: true }),
    break() {
      dead = null;
      for (const one of engines)
        one.mail.trap(at, () => {
          also?.signal('SIGSTOP');
          dead = { engine: one, gone: one.daemon.end('SIGKILL') };
          for (const other of engines) other.mail.untrap();
        });
    },
    async heal() {
      await until(`${name}: a mail`, () => dead !== null, TRAPPED).catch(() => {});
      for (const one of engines) one.mail.untrap();
      also?.signal('SIGCONT');
      const of = dead as { readonly engine: Engine; readonly gone: Promise<unknown> } | null;
      await of?.gone;
      await of?.engine.daemon.start();
    },
  };
}

/** The object of a prefix is given to who announces it, at each machine at another time. */
function registryChanged({ collectors, engines, prefixes, next }: World): Fault {
  const given = new Set<number>();
  return {
    name: 'registry changed, at each machine at another time',
    least: 4_000,
    registers: true,
    async break(first) {
      given.add(first);
      for (const { daemon } of [...collectors, ...engines].sort(() => next() - 0.5)) {
        const text = rpslOf(prefixes, i => objectOf(i, given.has(i) ? OFFENDER : undefined));
        daemon.write('jpirr.db', text);
        await new Promise(resolve => setTimeout(resolve, next() * 1_500));
      }
    },
    heal() {},
  };
}

function mailServers(engines: readonly Engine[], name: string, state: 'silent' | 'refusing' | 'shut'): Fault {
  const all = async (next: Parameters<MailDoor['is']>[0]) =>
    void (await Promise.all(engines.map(({ mail }) => mail.is(next))));
  return { name, least: 3_000, break: () => all(state), heal: () => all('open') };
}

function disksFull({ shared, disks }: World): readonly Fault[] {
  const { nats, engine } = disks;
  return [
    ...(nats === null
      ? []
      : [
          {
            name: 'disk of NATS full',
            break: nats.fill,
            // Its JetStream stays off once a write has failed.
            async heal() {
              nats.free();
              await shared.nats.kill();
              await shared.nats.start();
            },
          },
        ]),
    ...(engine === null ? [] : [{ name: 'disk of engine 1 full', break: engine.fill, heal: engine.free }]),
  ];
}

/** Those of a cluster of NATS: what leads the stream, or a copy of it. */
function clusterFaults(cluster: NatsCluster, engine: Engine): readonly Fault[] {
  let struck: readonly Nats[] = [];
  const strike = (name: string, whom: (leader: Nats) => readonly Nats[], how: 'killed' | 'frozen'): Fault => ({
    name: `${name} ${how}`,
    async break() {
      struck = whom(await cluster.leader());
      for (const one of struck)
        if (how === 'killed') await one.kill();
        else one.signal('SIGSTOP');
    },
    async heal() {
      for (const one of struck)
        if (how === 'killed') await one.start();
        else one.signal('SIGCONT');
    },
  });
  const leader = (of: Nats) => [of];
  const copy = (of: Nats) => cluster.servers.filter(one => one !== of).slice(0, 1);
  const most = (of: Nats) => cluster.servers.filter(one => one !== of);
  return [
    strike('leader of the stream', leader, 'killed'),
    strike('leader of the stream', leader, 'frozen'),
    strike('copy of the stream', copy, 'killed'),
    strike('two of three servers of NATS', most, 'killed'),
    both(strike('leader of the stream', leader, 'killed'), killed('engine 2', engine)),
  ];
}

/** Every kind of fault. */
export function faultsOf(world: World): readonly Fault[] {
  const { shared, collectors, engines } = world;
  const { nats, natsCluster, postgresql } = shared;
  if (world.pair !== null) return pairFaults(world.pair, engines[1]);
  if (natsCluster !== null) return clusterFaults(natsCluster, engines[1]);
  const natsKilled: Fault = { name: 'NATS killed', break: nats.kill, heal: nats.start };
  const postgresqlKilled: Fault = { name: 'PostgreSQL killed', break: postgresql.kill, heal: postgresql.start };
  const [collector, engine] = [collectors[1], engines[1]];
  return [
    ...[...collectors.entries()].flatMap(([i, one]) => {
      const name = `collector ${i + 1}`;
      return [killed(name, one), stopped(name, one), { ...frozen(name, one.daemon), late: true as const }];
    }),
    ...[...engines.entries()].flatMap(([i, one]) => {
      const name = `engine ${i + 1}`;
      return [killed(name, one), stopped(name, one), frozen(name, one.daemon)];
    }),
    natsKilled,
    frozen('NATS', nats),
    {
      name: 'NATS killed, its stream lost',
      break: nats.kill,
      async heal() {
        // The directory itself may be a disk of its own.
        rmSync(join(nats.directory, 'store', 'jetstream'), { recursive: true, force: true });
        await nats.start();
      },
    },
    postgresqlKilled,
    frozen('PostgreSQL', postgresql),
    ...waysOf('way of collector 2 to NATS', [collector.nats]),
    ...waysOf('way of collector 2 to PostgreSQL', [collector.postgresql]),
    ...waysOf('way of engine 2 to NATS', [engine.nats]),
    ...waysOf('way of engine 2 to PostgreSQL', [engine.postgresql]),
    ...waysOf('both ways of collector 2', [collector.nats, collector.postgresql]),
    ...waysOf('both ways of engine 2', [engine.nats, engine.postgresql]),
    both(frozen('PostgreSQL', postgresql), killed('engine 1', engines[0])),
    both(frozen('engine 1', engines[0].daemon), killed('collector 1', collectors[0])),
    both(natsKilled, killed('engine 2', engine)),
    both(natsKilled, postgresqlKilled),
    both(frozen('NATS', nats), frozen('engine 1', engines[0].daemon)),
    mailServers(engines, 'mail server silent after DATA', 'silent'),
    mailServers(engines, 'mail server says 451', 'refusing'),
    mailServers(engines, 'mail server not there', 'shut'),
    registryChanged(world),
    ...disksFull(world),
    ...serverFaults(nats, postgresql, world.disks.postgresql),
    ...clockFaults(collectors, engines),
    reloaded([...collectors, ...engines], natsKilled),
    reloaded([...collectors, ...engines], frozen('PostgreSQL', postgresql)),
    allKilled('both engines', engines, []),
    { ...allKilled('both collectors', collectors, []), blind: true },
    { ...allKilled('all machines and servers', [...collectors, ...engines], [nats, postgresql]), blind: true },
    caught('engine killed after the claim', 'from', engines),
    caught('engine killed at DATA', 'data', engines),
    caught('engine killed before 250', 'taken', engines),
    caught('engine killed at 250', 'told', engines),
    caught('engine killed at 250, PostgreSQL frozen', 'told', engines, postgresql),
  ];
}
