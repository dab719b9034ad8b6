/** A primary of PostgreSQL and the standby that a commit waits for, which take turns; and what befalls them. */
import type { Cluster } from '../../store/postgresql/cluster.ts';
import type { Engine, Fault } from './faults.ts';

export interface Pair {
  /** Where machines find them: who is there may be another one later. */
  readonly places: readonly { readonly host: string; readonly port: number }[];
  primary(): Cluster;
  standby(): Cluster;
  /** Makes the standby the primary. */
  promote(): Promise<void>;
  /** A new standby stands in the place of the one that was the primary once. */
  restore(): Promise<void>;
  close(): Promise<void>;
}

export async function pairOf(first: Cluster): Promise<Pair> {
  // The standby has it too, for when it is the primary.
  await first.query(`ALTER SYSTEM SET synchronous_standby_names = '*'`);
  const servers: [Cluster, Cluster] = [first, await first.standby()];
  await first.query('SELECT pg_reload_conf()');
  let leads: 0 | 1 = 0;
  const placeOf = (number: 0 | 1) => ({
    port: first.port,
    get host() {
      return servers[number].host;
    },
  });
  const other = () => (1 - leads) as 0 | 1;
  return {
    places: [placeOf(0), placeOf(1)],
    primary: () => servers[leads],
    standby: () => servers[other()],
    async promote() {
      await servers[other()].query('SELECT pg_promote()');
      leads = other();
    },
    async restore() {
      await servers[other()].close();
      servers[other()] = await servers[leads].standby();
    },
    async close() {
      for (const one of servers) await one.close();
    },
  };
}

/** How long an old primary that wakes runs beside the new one until somebody ends it, ms. */
const BESIDE = 3_000;

export function pairFaults(pair: Pair, engine: Engine): readonly Fault[] {
  const promoted: Fault = {
    name: 'primary of PostgreSQL killed, standby promoted',
    async break() {
      await pair.primary().kill();
      await pair.promote();
    },
    heal: pair.restore,
  };
  return [
    promoted,
    {
      name: 'primary of PostgreSQL frozen, standby promoted, the old one wakes',
      least: 3_000,
      async break() {
        pair.primary().signal('SIGSTOP');
        await pair.promote();
      },
      async heal() {
        pair.standby().signal('SIGCONT');
        await new Promise(resolve => setTimeout(resolve, BESIDE));
        await pair.restore();
      },
    },
    {
      name: 'primary of PostgreSQL killed, engine 2 killed, standby promoted',
      async break() {
        await Promise.all([pair.primary().kill(), engine.daemon.end('SIGKILL')]);
        await pair.promote();
      },
      async heal() {
        await Promise.all([pair.restore(), engine.daemon.start()]);
      },
    },
    { name: 'primary of PostgreSQL killed', break: () => pair.primary().kill(), heal: () => pair.primary().start() },
    { name: 'standby of PostgreSQL killed', break: () => pair.standby().kill(), heal: () => pair.standby().start() },
    {
      name: 'standby of PostgreSQL frozen',
      break: () => pair.standby().signal('SIGSTOP'),
      heal: () => pair.standby().signal('SIGCONT'),
    },
  ];
}
