/** Which machines there are, and how they fare: each tells once a second, and is missed when it does not. */
import type { NatsConnection, Subscription } from '@nats-io/transport-node';
import { rateOfEach } from '../net/rate.ts';
import { OLDEST, VERSIONS } from './case-event.ts';
import { type Bus, wordsOf } from './connection.ts';
import { isCount, isTime } from './json-values.ts';
import { ALL_ALIVE, aliveSubject, machineOf } from './subjects.ts';

const EVERY = 1_000;
/**
 * A collector that is busy, with a table that is loading, does not say in time how it fares. It is asked once, and for so long
 * the machine goes on telling what it knew: its peers are not out of sight for that. Milliseconds.
 */
const SLOW = 30_000;
/** A machine that has said nothing for so long is missed. Milliseconds. */
export const MISSED = 5_000;
/** Machines that are remembered; octets of what one says. */
const MOST_MACHINES = 1_000;
const MOST_OCTETS = 16_384;
const MOST_A_SECOND = 10;
/** We were not awake where we look so late for those who are missed: what they said comes only now. Milliseconds. */
const ASLEEP = 3_000;
/** How long two daemons of one name are told after they were heard in turns. Milliseconds. */
const TWICE = 10_000;

/** What a machine says of itself. */
export interface Alive {
  readonly version: string;
  /** What it does: `collector`, `cases`, `traceback`. */
  readonly roles: readonly string[];
  /** When it started, ms since the epoch by its own clock. */
  readonly started: number;
  /** Peers that are configured. */
  readonly peers: number;
  readonly established: number;
  readonly routes: number;
  /** Changes of its collector that are published, wait, and were dropped. */
  readonly published: number;
  /** Changes of its collector that wait for the bus. */
  readonly waiting: number;
  /** Changes of its collector that were dropped, for the bus took none for too long. */
  readonly dropped: number;
  /** Partitions of the cases that it has. */
  readonly partitions: readonly number[];
  /** What is wrong there, in words. */
  readonly problems: readonly string[];
  /** Its clock when it said so, ms since the epoch. This and what follows is left out by older programs. */
  readonly time?: number;
  /** Of each of `partitions`: messages that wait in the stream (null: not known), and how long the oldest does, ms. */
  readonly behind?: readonly (number | null)[];
  /** Of each of `partitions`: how long the oldest message has waited, ms. */
  readonly oldest?: readonly number[];
  /** What befell it since it began. */
  readonly counts?: MachineCounts;
  /** Versions of the collectors' messages that it reads; who does not say so reads the first only. */
  readonly reads?: readonly number[];
}

/**
 * The version that a collector publishes: the newest that it knows and that every machine with cases reads. One that is missed
 * counts too: it may come back as it was. While none is known it is the oldest.
 */
export function versionFor(machines: readonly Pick<Machine, 'roles' | 'reads'>[]): number {
  const readers = machines.filter(({ roles }) => roles.includes('cases'));
  if (readers.length === 0) return OLDEST;
  const all = VERSIONS.filter(version => readers.every(({ reads = [OLDEST] }) => reads.includes(version)));
  return Math.max(OLDEST, ...all);
}

/** What a machine counts, since its start where nothing else is said. */
export interface MachineCounts {
  /** Changes that may wait for the bus before they are dropped. */
  readonly room: number;
  /** Messages that were sent again, for the server had not said that it has them. */
  readonly again: number;
  /** Times that the connection to the bus was lost. */
  readonly lost: number;
  /** Times that it asked collectors for all they hold, and that its own told all. */
  readonly asked: number;
  /** Times that its own collector told all that it holds. */
  readonly told: number;
  /** Of its partitions now: messages that were missing, and that came once more. */
  readonly gaps: number;
  /** Messages of the stream that came once more and were left out. */
  readonly twice: number;
  /** Partitions that it took. */
  readonly taken: number;
  /** Requests that wait for the database now; transactions; of the last 256 the median and the longest, ms. */
  readonly requests: number;
  /** Transactions with the database since it began. */
  readonly transactions: number;
  /** Median of the last 256 transactions, ms. */
  readonly usual: number;
  /** The longest of the last 256 transactions, ms. */
  readonly longest: number;
  /** Messages of the bus that it did not believe. */
  readonly refused: number;
}
/** Versions that a machine may say that it reads. */
const MOST_VERSIONS = 16;
const COUNTS: readonly (keyof MachineCounts)[] = [
  ...(['room', 'again', 'lost', 'asked', 'told', 'gaps', 'twice', 'taken'] as const),
  ...(['requests', 'transactions', 'usual', 'longest', 'refused'] as const),
];

export interface Machine extends Alive {
  /** Its name on the bus. */
  readonly machine: string;
  /** When it was heard last, ms since the epoch by our clock. */
  readonly heard: number;
  readonly missed: boolean;
  /** No machine is heard here, for the bus is not there: it is as it was when it was heard last. */
  readonly unheard: boolean;
  /** Its clock against ours, ms: above 0 it is ahead. With the way of the message in it; null: it did not say. */
  readonly ahead: number | null;
  /** Two daemons bear its name: what is heard is now of the one, now of the other. */
  readonly twice: boolean;
}

interface Known {
  readonly alive: Alive;
  readonly heard: number;
  /** The same by a clock that nobody sets; monotonic ms. */
  readonly at: number;
  readonly missed: boolean;
  /** When the daemon that was heard before had started; null: there was no other. */
  readonly formerly: number | null;
  /** When it was heard last that two daemons bear the name. */
  readonly twice: number;
}

export interface Presence {
  /** Every machine that was ever heard since the start, by name. */
  machines(): readonly Machine[];
  /** When the daemon started that bears a machine's name now; null: none is heard, or two are. */
  lifeOf(machine: string): number | null;
  /** What a collector publishes now (versionFor): asked of each message. */
  version(): number;
  /** A machine that is missed is listed no more, until it is heard again. */
  forget(machine: string): void;
  close(): void;
}

export interface PresenceOptions {
  readonly bus: Bus;
  readonly self: () => Alive | Promise<Alive>;
  /** A machine is missed, or is there (again). */
  readonly onChange: (machine: string, missed: boolean) => void;
  /** Another daemon bears this machine's name: it is heard for the second time at least. `started`: when it began. */
  readonly onTwin?: (started: number) => void;
  readonly now?: () => number;
  /** How often it is told, ms; left out: every second. */
  readonly every?: number;
}

export function openPresence(options: PresenceOptions): Presence {
  const { bus, self, onChange, onTwin = () => {}, now = Date.now, every = EVERY } = options;
  /** When another daemon of this machine's name had begun that was heard. */
  let twin: number | null = null;
  let toldTwin: number | null = null;
  const known = new Map<string, Known>();
  let subscription: Subscription | null = null;
  let connection: NatsConnection | null = null;
  let closed = false;
  /** Since when the bus is up and we are awake, monotonic ms: nobody is missed for what we could not hear. */
  let listening: number | null = null;
  let looked = performance.now();
  const mayHear = rateOfEach<string>(MOST_MACHINES, () => performance.now());

  async function listen(): Promise<void> {
    connection = await bus.ready;
    if (closed) return;
    subscription = connection.subscribe(ALL_ALIVE);
    for await (const { subject, data } of subscription) hear(machineOf(subject), data);
  }

  function hear(machine: string | null, data: Uint8Array): void {
    if (!mayHear(machine ?? '', MOST_A_SECOND)) {
      bus.refused.count('alive', machine, `it comes more than ${MOST_A_SECOND} times a second`);
      return;
    }
    const alive = readAlive(data);
    if (machine === null || alive === null) {
      bus.refused.count('alive', machine, machine === null ? 'its name is no router id' : 'it cannot be read');
      return;
    }
    if (!known.has(machine) && known.size >= MOST_MACHINES && !forgetOne()) {
      bus.refused.count('alive', null, `there are more than ${MOST_MACHINES} machines`);
      return;
    }
    if (machine === bus.machine && said !== null && alive.started !== said.alive.started) {
      // What an earlier life said last may have been under way.
      if (twin === alive.started && toldTwin !== twin) {
        toldTwin = twin;
        onTwin(alive.started);
      }
      twin = alive.started;
    }
    const before = known.get(machine);
    const time = now();
    // A daemon that was started again has another beginning, once; two of the same name go to and fro.
    const other = before !== undefined && before.alive.started !== alive.started;
    const back = other && before.formerly === alive.started;
    known.set(machine, {
      ...{ alive, heard: time, at: performance.now(), missed: false },
      formerly: other ? before.alive.started : (before?.formerly ?? null),
      twice: back ? time : (before?.twice ?? Number.NEGATIVE_INFINITY),
    });
    if (before === undefined || before.missed) onChange(machine, false);
  }

  /** Makes room: the machine that is missed longest is forgotten. False: none is missed. */
  function forgetOne(): boolean {
    let oldest: string | null = null;
    for (const [machine, { missed, heard }] of known)
      if (missed && (oldest === null || heard < known.get(oldest)!.heard)) oldest = machine;
    return oldest !== null && known.delete(oldest);
  }
  void listen().catch(error => {
    if (!closed) bus.refused.count('alive', null, `no machine is heard any more: ${wordsOf(error)}`);
  });

  const timer = setInterval(() => {
    if (!bus.up) {
      listening = null;
      void tell(); // to nobody, but what is shown of this machine is as it is
      return;
    }
    const time = performance.now();
    if (time - looked > ASLEEP) listening = time;
    looked = time;
    listening ??= time;
    for (const [machine, one] of known)
      if (!one.missed && time - Math.max(one.at, listening) > MISSED) {
        known.set(machine, { ...one, missed: true });
        onChange(machine, true);
      }
    void tell();
  }, every);

  /** What was said last, and when it was known, monotonic ms. */
  let said: { readonly alive: Alive; readonly at: number } | null = null;
  let asking = false;
  function publish(alive: Alive): void {
    // What a connection that is lost would keep until it is back is told late, and once a second.
    if (closed || !bus.up) return;
    try {
      connection?.publish(aliveSubject(bus.machine), JSON.stringify(alive));
    } catch {
      // The connection has just gone.
    }
  }
  async function tell(): Promise<void> {
    if (asking) {
      if (said !== null && performance.now() - said.at < SLOW) publish({ ...said.alive, time: now() });
      return;
    }
    asking = true;
    try {
      said = { alive: await self(), at: performance.now() };
      publish(said.alive);
    } catch {
      // The daemon is ending.
    } finally {
      asking = false;
    }
  }

  return {
    machines() {
      const others = [...known].filter(([machine]) => bus.up || machine !== bus.machine);
      const rows = others.map(
        ([machine, { alive, heard, missed, twice }]): Machine => ({
          ...{ ...alive, machine, heard, missed, unheard: !bus.up },
          ahead: alive.time === undefined ? null : alive.time - heard,
          twice: now() - twice < TWICE,
        }),
      );
      // Itself a machine knows without hearing itself.
      if (!bus.up && said !== null && known.size > 0)
        rows.push({
          ...{ ...said.alive, machine: bus.machine, heard: now(), missed: false, unheard: false },
          ...{ ahead: 0, twice: false },
        });
      return rows.sort((a, b) => (a.machine < b.machine ? -1 : 1));
    },
    lifeOf(machine) {
      const one = known.get(machine);
      return one === undefined || one.missed || now() - one.twice < TWICE ? null : one.alive.started;
    },
    version: () => versionFor([...known.values()].map(({ alive }) => alive)),
    forget(machine) {
      if (known.get(machine)?.missed) known.delete(machine);
    },
    close() {
      closed = true;
      clearInterval(timer);
      subscription?.unsubscribe();
    },
  };
}

/** Null when it is not what a machine says of itself; fields that are not known here are passed over. */
export function readAlive(octets: Uint8Array): Alive | null {
  if (octets.length > MOST_OCTETS) return null;
  try {
    const read = JSON.parse(Buffer.from(octets).toString('utf8')) as Record<string, unknown>;
    const { version, roles, started, peers, established, routes, published, waiting, dropped } = read;
    const { partitions, problems, time, behind, oldest, reads } = read;
    if (typeof version !== 'string' || version.length > 64) return null;
    if (!isTexts(roles) || !isTexts(problems)) return null;
    const counts = { peers, established, routes, published, waiting, dropped };
    if (!isTime(started) || !Object.values(counts).every(isCount)) return null;
    if (!Array.isArray(partitions) || partitions.length > MOST_PARTITIONS || !partitions.every(isCount)) return null;
    if (time !== undefined && !isTime(time)) return null;
    const each = <T>(value: unknown, is: (one: unknown) => one is T): value is readonly T[] =>
      Array.isArray(value) && value.length === partitions.length && value.every(is);
    const more = readCounts(read.counts);
    return {
      ...{ version, roles, started, problems, partitions },
      ...(counts as Record<keyof typeof counts, number>),
      ...(time !== undefined && { time: time as number }),
      ...(each(behind, (one): one is number | null => one === null || isCount(one)) && { behind }),
      ...(each(oldest, isCount) && { oldest }),
      ...(more !== null && { counts: more }),
      ...(Array.isArray(reads) && reads.length <= MOST_VERSIONS && reads.every(isCount) && { reads }),
    };
  } catch {
    return null;
  }
}

/** Null where one of them is missing or no count: what is only shown is left out, and the machine is heard all the same. */
function readCounts(value: unknown): MachineCounts | null {
  if (typeof value !== 'object' || value === null) return null;
  const read = value as Readonly<Record<string, unknown>>;
  if (!COUNTS.every(name => isCount(read[name]))) return null;
  return Object.fromEntries(COUNTS.map(name => [name, read[name]])) as unknown as MachineCounts;
}

const MOST_PARTITIONS = 256;
const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length <= 64 && value.every(one => typeof one === 'string' && one.length <= 512);
