/**
 * The ways in which cases can be kept, side by side for a bench: a daemon alone with SQLite; one with all duties over NATS and
 * PostgreSQL; a collector and two machines with cases. Databases are on disk. Nobody is told.
 */
import { DatabaseSync } from 'node:sqlite';
import { type Nats, natsServer } from '../bus/nats.ts';
import { loopbackAddress, until } from '../interop/bgp-peers.ts';
import { type Intertrackd, intertrackd } from '../interop/intertrackd.ts';
import { feedStatements, MACHINES_PORT, machinesOf, rpslOf } from '../interop/machines.ts';
import { announcement, type Speaker, startSpeaker } from '../interop/speaker.ts';
import { pidOf } from '../lab/fleet/costs.ts';
import { type Cluster, cluster } from '../store/postgresql/cluster.ts';

export const WAYS = ['alone', 'one machine', 'three machines'] as const;
export type Way = (typeof WAYS)[number];

/** How long what a bench has begun may take, ms. */
export const WAIT = 300_000;

/** The port at which nats-server tells what it has taken and given. */
const MONITOR = 8222;

export interface Place {
  readonly daemons: readonly Intertrackd[];
  /** Established with the one that collects, from an address and AS64497; its table is whole. */
  readonly feed: Speaker;
  /** Null where a daemon is alone. */
  readonly nats: Nats | null;
  readonly postgresql: Cluster | null;
  /** Its own database, where a daemon is alone. */
  readonly database: string;
  /** Processes by name: `all duties`, or `collector`, `engine 1`, `engine 2`; and `nats`, `postgresql`. */
  readonly pids: ReadonlyMap<string, number>;
}

/** What is the same in all ways. */
export interface WaySettings {
  /** Prefixes that are registered and watched (`prefixOf`). */
  readonly prefixes: number;
  /** Hold up and hold down of their watch. */
  readonly hold: string;
  /** More in a daemon's environment. */
  readonly environment?: (way: Way) => Readonly<Record<string, string>>;
}

/** Starts what a way needs, has `work` done there, and ends it. */
export async function at<T>(way: Way, settings: WaySettings, work: (place: Place) => Promise<T>): Promise<T> {
  const closers: (() => unknown)[] = [];
  try {
    const [nats, postgresql] =
      way === 'alone' ? [null, null] : [await natsServer(`http_port: ${MONITOR}`), await cluster()];
    closers.push(
      () => nats?.close(),
      () => postgresql?.close(),
    );
    const shared = nats && postgresql ? `bus nats "${nats.url}"; store postgresql "${postgresql.url()}";\n` : '';
    const feedAt = loopbackAddress();
    const rpsl = rpslOf(settings.prefixes);
    const daemons: Intertrackd[] = [];
    const start = async (role: string, collects: boolean): Promise<string> => {
      const address = loopbackAddress();
      const daemon = intertrackd(address);
      closers.push(() => daemon.close());
      daemons.push(daemon);
      daemon.write('jpirr.db', rpsl);
      daemon.configure(`${role}${shared}irr JPIRR { dump "${daemon.at('jpirr.db')}"; authoritative; }
watch ours { maintainer MAINT-OWNER; ${settings.hold} }
${collects ? feedStatements(feedAt)(address) : ''}`);
      await daemon.start(settings.environment?.(way) ?? {});
      return address;
    };
    const to = await start(way === 'three machines' ? 'role collector;\n' : '', true);
    if (way === 'three machines') for (let i = 0; i < 2; i++) await start('role cases;\n', false);
    if (way !== 'alone')
      await until(
        'all partitions are taken',
        async () => (await machinesOf(daemons[0]!)).flatMap(one => one.partitions).length === 4,
        WAIT,
      );
    const names = way === 'three machines' ? ['collector', 'engine 1', 'engine 2'] : ['all duties'];
    const pids = new Map(daemons.map((one, i) => [names[i]!, pidOf(one.at('conf'))]));
    if (nats) pids.set('nats', pidOf(nats.directory));
    if (postgresql) pids.set('postgresql', pidOf(`postgres -D ${postgresql.directory}`));
    const feed = await startSpeaker({ from: feedAt, to, port: MACHINES_PORT, as: 64497 });
    closers.push(() => feed.close());
    feed.endOfRib();
    return await work({ daemons, feed, nats, postgresql, database: daemons[0]!.at('state/intertrack.db'), pids });
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

/** Cases in the database that are in such a state. */
export async function writtenAs({ postgresql, database }: Place, state: 'ongoing' | 'resolved'): Promise<number> {
  const question = 'SELECT count(*) AS count FROM cases WHERE state =';
  if (postgresql) return Number((await postgresql.query(`${question} $1`, [state]))[0]!.count);
  const opened = new DatabaseSync(database, { readOnly: true });
  try {
    return Number(opened.prepare(`${question} ?`).get(state)!.count);
  } finally {
    opened.close();
  }
}

/** Transactions of PostgreSQL, and messages that came to and went from NATS, until now; null: a daemon is alone. */
export async function trafficAt({ nats, postgresql }: Place): Promise<Readonly<Record<string, number>> | null> {
  if (!nats || !postgresql) return null;
  const [row] = await postgresql.query('SELECT sum(xact_commit) AS count FROM pg_stat_database');
  const answer = await fetch(`http://${nats.host}:${MONITOR}/varz`);
  const { in_msgs, out_msgs } = (await answer.json()) as { in_msgs: number; out_msgs: number };
  return { transactions: Number(row!.count), 'messages in': in_msgs, 'messages out': out_msgs };
}

/** UPDATEs of one prefix each that concern no watch: 100 lots of so many. */
export const networkLots = (lot: number): Buffer[] =>
  Array.from({ length: 100 }, (_, i) =>
    Buffer.concat(
      Array.from({ length: lot }, (_, j) =>
        Buffer.concat(announcement([`44.${i}.${j & 255}.0/24`], 64497, 64510 + ((i + j) % 400), 64601)),
      ),
    ),
  );
