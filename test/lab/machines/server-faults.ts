/** What an administrator, or too much of something, does to the servers between the machines: they run, and take nobody. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import pg from 'pg';
import { STREAM } from '../../../src/bus/subjects.ts';
import type { Nats } from '../../bus/nats.ts';
import { until } from '../../interop/bgp-peers.ts';
import type { Cluster } from '../../store/postgresql/cluster.ts';
import type { SmallDisk } from './disk.ts';
import type { Fault } from './faults.ts';

/** Ends the sessions of all machines. */
const THROW_OUT =
  "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'intertrackd%' AND pid <> pg_backend_pid()";
/** Rounds in which connections that machines had are taken from them: they dial anew meanwhile. */
const TAKINGS = 5;

async function clientOf(postgresql: Cluster): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: postgresql.url() });
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** All connections that the server allows are somebody else's. */
function noConnectionLeft(postgresql: Cluster): Fault {
  const taken: pg.Client[] = [];
  const takeAll = async () => {
    for (;;)
      try {
        taken.push(await clientOf(postgresql));
      } catch {
        return;
      }
  };
  return {
    name: 'PostgreSQL without a connection left',
    least: 3_000,
    async break() {
      await takeAll();
      for (let i = 0; i < TAKINGS; i++) {
        await taken[0]?.query(THROW_OUT);
        await takeAll();
      }
    },
    async heal() {
      await Promise.all(taken.splice(0).map(one => one.end().catch(() => {})));
    },
  };
}

/** A file of a server's configuration is another one for a while, each time read anew. */
function changed(file: string, change: (text: string) => string, reread: () => void) {
  let before = '';
  return {
    change() {
      before = readFileSync(file, 'utf8');
      writeFileSync(file, change(before));
      reread();
    },
    back() {
      writeFileSync(file, before);
      reread();
    },
  };
}

function machinesRefused(postgresql: Cluster): Fault {
  const rules = changed(
    join(postgresql.directory, 'pg_hba.conf'),
    () => 'host all all all reject\n',
    () => postgresql.signal('SIGHUP'),
  );
  return {
    name: 'PostgreSQL refuses all',
    least: 3_000,
    async break() {
      const client = await clientOf(postgresql);
      rules.change();
      const isRefused = () =>
        postgresql.query('SELECT 1').then(
          () => false,
          () => true,
        );
      await until('nobody is let in', isRefused);
      await client.query(THROW_OUT);
      await client.end();
    },
    heal: rules.back,
  };
}

function credentialsRevoked(nats: Nats): Fault {
  const users = changed(
    join(nats.directory, 'nats.conf'),
    text => `${text}\nauthorization { user: "somebody", password: "else" }\n`,
    () => nats.signal('SIGHUP'),
  );
  return { name: 'NATS refuses all', least: 3_000, break: users.change, heal: users.back };
}

/** An administrator does something to the stream by hand, in one moment. */
function byHand(nats: Nats, name: string, does: (manager: JetStreamManager) => Promise<unknown>): Fault {
  return {
    name,
    async break() {
      const nc = await connect({ servers: `${nats.host}:${nats.port}` });
      await does(await jetstreamManager(nc));
      await nc.close();
    },
    heal() {},
  };
}

const consumersRemoved = async ({ consumers }: JetStreamManager): Promise<void> => {
  for await (const { name } of consumers.list(STREAM)) await consumers.delete(STREAM, name);
};

/** Its disk is full, and so is the log that it must write before anything else; then it ends by itself. */
function diskFull(postgresql: Cluster, disk: SmallDisk): Fault {
  return {
    name: 'disk of PostgreSQL full',
    async break() {
      disk.fill();
      try {
        for (let i = 0; i < 16; i++) {
          await postgresql.query("SELECT pg_logical_emit_message(false, 'full', 'x')");
          await postgresql.query('SELECT pg_switch_wal()');
        }
      } catch {
        // It has no room left for its log.
      }
    },
    async heal() {
      disk.free();
      await postgresql.query('SELECT 1').catch(async () => {
        await postgresql.kill();
        await postgresql.start();
      });
    },
  };
}

export const serverFaults = (nats: Nats, postgresql: Cluster, disk: SmallDisk | null): readonly Fault[] => [
  noConnectionLeft(postgresql),
  machinesRefused(postgresql),
  credentialsRevoked(nats),
  byHand(nats, 'stream of NATS purged by hand', ({ streams }) => streams.purge(STREAM)),
  byHand(nats, 'consumers of NATS removed by hand', consumersRemoved),
  ...(disk === null ? [] : [diskFull(postgresql, disk)]),
];
