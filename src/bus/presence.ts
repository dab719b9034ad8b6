/** Which machines there are, and how they fare: each tells once a second, and is missed when it does not. */
import type { NatsConnection, Subscription } from '@nats-io/transport-node';
import type { Bus } from './connection.ts';
import { ALL_ALIVE, aliveSubject, machineOf } from './subjects.ts';

const EVERY = 1_000;
/** A machine that has said nothing for so long is missed. Milliseconds. */
export const MISSED = 5_000;
/** Machines that are remembered; octets of what one says. */
const MOST_MACHINES = 1_000;
const MOST_OCTETS = 16_384;

/** What a machine says of itself. */
export interface Alive {
  readonly version: string;
  readonly roles: readonly string[];
  /** When it started, ms since the epoch by its own clock. */
  readonly started: number;
  readonly peers: number;
  readonly established: number;
  readonly routes: number;
  /** Changes of its collector that are published, wait, and were dropped. */
  readonly published: number;
  readonly waiting: number;
  readonly dropped: number;
  /** Partitions of the cases that it has. */
  readonly partitions: readonly number[];
  /** What is wrong there, in words. */
  readonly problems: readonly string[];
}

export interface Machine extends Alive {
  /** Its name on the bus. */
  readonly machine: string;
  /** When it was heard last, ms since the epoch by our clock. */
  readonly heard: number;
  readonly missed: boolean;
}

export interface Presence {
  /** Every machine that was ever heard since the start, by name. */
  machines(): readonly Machine[];
  close(): void;
}

export interface PresenceOptions {
  readonly bus: Bus;
  readonly self: () => Alive | Promise<Alive>;
  /** A machine is missed, or is there (again). */
  readonly onChange: (machine: string, missed: boolean) => void;
  readonly now?: () => number;
}

export function openPresence({ bus, self, onChange, now = Date.now }: PresenceOptions): Presence {
  const known = new Map<string, { readonly alive: Alive; readonly heard: number; readonly missed: boolean }>();
  let subscription: Subscription | null = null;
  let connection: NatsConnection | null = null;
  let closed = false;
  /** Since when the bus is up: nobody is missed for what we could not hear. */
  let listening: number | null = null;

  async function listen(): Promise<void> {
    connection = await bus.ready;
    if (closed) return;
    subscription = connection.subscribe(ALL_ALIVE);
    for await (const { subject, data } of subscription) {
      const machine = machineOf(subject);
      const alive = data.length > MOST_OCTETS ? null : readAlive(data);
      if (machine === null || alive === null || (!known.has(machine) && known.size >= MOST_MACHINES)) continue;
      const before = known.get(machine);
      known.set(machine, { alive, heard: now(), missed: false });
      if (before === undefined || before.missed) onChange(machine, false);
    }
  }
  void listen().catch(() => {});

  const timer = setInterval(async () => {
    if (!bus.up) {
      listening = null;
      return;
    }
    listening ??= now();
    for (const [machine, one] of known)
      if (!one.missed && now() - Math.max(one.heard, listening) > MISSED) {
        known.set(machine, { ...one, missed: true });
        onChange(machine, true);
      }
    try {
      const alive = await self();
      if (!closed) connection?.publish(aliveSubject(bus.machine), JSON.stringify(alive));
    } catch {
      // The connection has just gone, or the daemon is ending.
    }
  }, EVERY);

  return {
    machines: () =>
      [...known]
        .map(([machine, { alive, heard, missed }]) => ({ machine, ...alive, heard, missed }))
        .sort((a, b) => (a.machine < b.machine ? -1 : 1)),
    close() {
      closed = true;
      clearInterval(timer);
      subscription?.unsubscribe();
    },
  };
}

/** Null when it is not what a machine says of itself. */
export function readAlive(octets: Uint8Array): Alive | null {
  try {
    const read = JSON.parse(Buffer.from(octets).toString('utf8')) as Record<string, unknown>;
    const numbers = ['started', 'peers', 'established', 'routes', 'published', 'waiting', 'dropped'];
    const texts = (value: unknown): value is string[] =>
      Array.isArray(value) && value.length <= 64 && value.every(one => typeof one === 'string' && one.length <= 512);
    if (typeof read.version !== 'string' || read.version.length > 64) return null;
    if (!texts(read.roles) || !texts(read.problems)) return null;
    if (!numbers.every(name => Number.isFinite(read[name]))) return null;
    const { partitions } = read;
    if (!Array.isArray(partitions) || partitions.length > 256 || !partitions.every(Number.isSafeInteger)) return null;
    return read as unknown as Alive;
  } catch {
    return null;
  }
}
