/** nats-servers of a test's own, by Debian's package, with JetStream: on addresses of loopback, ended with the suite. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect as connectNats } from '@nats-io/transport-node';
import { type Bus, openBus } from '../../src/bus/connection.ts';
import { STREAM } from '../../src/bus/subjects.ts';
import { loopbackAddress, until } from '../interop/bgp-peers.ts';

export interface Nats {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly directory: string;
  start(): Promise<void>;
  signal(name: NodeJS.Signals): void;
  kill(): Promise<void>;
  /** Takes away all that it has kept, while it is down. */
  empty(): void;
  close(): Promise<void>;
}

export interface NatsCluster {
  readonly servers: readonly Nats[];
  /** The server that leads the stream of judged changes, as one of those says that answers; once there is one. */
  leader(): Promise<Nats>;
  /** Resolves when the stream is whole on all of them again. */
  whole(): Promise<void>;
  close(): Promise<void>;
}

/** Servers that run: none is left behind by a file that fails or is cut off before it closes them. */
const running = new Map<ChildProcess, string>();
process.on('exit', () => {
  for (const [server, directory] of running) {
    server.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  }
});

const PORT = 4222;
const CLUSTER_PORT = 6222;

/** True when it can be run; else says so, and throws where it must be there. */
function isInstalled(): boolean {
  if (spawnSync('nats-server', ['--version']).status === 0) return true;
  if (process.env.REQUIRE_PEERS === '1') throw new Error('nats-server is not installed');
  console.log('      skipped: nats-server is not installed');
  return false;
}

/** `settings` go into its configuration. Null: it is not installed. */
export async function natsServer(settings = ''): Promise<Nats | null> {
  if (!isInstalled()) return null;
  const mine = serverAt(loopbackAddress(), settings);
  await mine.start();
  return mine;
}

/** So many servers of one cluster, each of which can be killed, frozen and emptied. Null: it is not installed. */
export async function natsCluster(count = 3): Promise<NatsCluster | null> {
  if (!isInstalled()) return null;
  const hosts = Array.from({ length: count }, () => loopbackAddress());
  const routes = hosts.map(host => `"nats://${host}:${CLUSTER_PORT}"`).join(', ');
  const servers = hosts.map(host =>
    serverAt(
      host,
      `server_name: "${host}"\ncluster { name: test, listen: "${host}:${CLUSTER_PORT}", routes: [ ${routes} ] }`,
    ),
  );
  await Promise.all(servers.map(one => one.start()));

  /** What one that answers says of the stream: who leads it, and whose copies are whole. */
  async function stream(): Promise<{ readonly leader: string; readonly whole: number } | null> {
    for (const { host } of servers) {
      const nc = await connectNats({ servers: `${host}:${PORT}`, timeout: 1_000, reconnect: false }).catch(() => null);
      if (nc === null) continue;
      try {
        const manager = await jetstreamManager(nc, { checkAPI: false, timeout: 1_000 });
        const { cluster } = await manager.streams.info(STREAM);
        const copies = cluster?.replicas?.filter(({ current, offline }) => current && offline !== true) ?? [];
        if (cluster?.leader) return { leader: cluster.leader, whole: copies.length + 1 };
      } catch {
        // It is just choosing, or there is no stream yet.
      } finally {
        await nc.close();
      }
    }
    return null;
  }
  return {
    servers,
    async leader() {
      let found: Nats | undefined;
      await until('the stream has a leader', async () => {
        const name = (await stream())?.leader;
        found = servers.find(({ host }) => host === name);
        return found !== undefined;
      });
      return found!;
    },
    whole: () => until('all copies of the stream are whole', async () => (await stream())?.whole === count, 60_000),
    async close() {
      await Promise.all(servers.map(one => one.close()));
    },
  };
}

function serverAt(host: string, settings: string): Nats {
  const directory = mkdtempSync(join(tmpdir(), 'intertrack-nats-'));
  const file = join(directory, 'nats.conf');
  const store = join(directory, 'store');
  writeFileSync(file, `listen: "${host}:${PORT}"\njetstream { store_dir: "${store}" }\n${settings}\n`);
  let server: ChildProcess | null = null;
  const answers = () =>
    new Promise<boolean>(resolve => {
      const socket = connect(PORT, host);
      socket.once('data', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
  const ended = async () => {
    if (server !== null && server.exitCode === null && server.signalCode === null) await once(server, 'exit');
    server = null;
  };
  return {
    url: `nats://${host}:${PORT}`,
    host,
    port: PORT,
    directory,
    async start() {
      const started = spawn('nats-server', ['-c', file], { stdio: 'ignore' });
      running.set(started, directory);
      started.once('exit', () => running.delete(started));
      server = started;
      await until('nats-server listens', answers);
    },
    signal: name => void server?.kill(name),
    async kill() {
      server?.kill('SIGKILL');
      await ended();
    },
    empty: () => rmSync(store, { recursive: true, force: true }),
    async close() {
      server?.kill('SIGCONT');
      server?.kill('SIGKILL');
      await ended();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A machine's connection to it, or to a cluster of them. */
export function busTo(
  nats: Nats | readonly Nats[],
  machine: string,
  onState: (up: boolean, why: string) => void = () => {},
): Bus {
  return openBus({
    servers: [nats].flat().map(({ url }) => url),
    authorities: null,
    certificate: null,
    key: null,
    credentials: null,
    machine,
    onState,
  });
}

export interface NatsOfSuite {
  /** Runs from the suite's first test to its last. */
  readonly nats: Nats;
  /** A machine's connection to it, closed after the test. */
  bus(machine: string): Bus;
  /** What else is to be closed after the test: the last first. */
  closing(close: () => Promise<void> | void): void;
}

/** Called where a suite is described, which is skipped where nats-server is not installed. */
export function natsOfSuite(): NatsOfSuite {
  let nats: Nats;
  const closers: (() => Promise<void> | void)[] = [];
  const closing = (close: () => Promise<void> | void) => void closers.push(close);
  before(async function () {
    const started = await natsServer();
    if (started === null) return this.skip();
    nats = started;
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });
  after(() => nats?.close());
  return {
    get nats() {
      return nats;
    },
    bus(machine) {
      const made = busTo(nats, machine);
      closing(() => made.close());
      return made;
    },
    closing,
  };
}
