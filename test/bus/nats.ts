/** A nats-server of a test's own, by Debian's package, with JetStream: on an address of loopback, ended with the suite. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bus, openBus } from '../../src/bus/connection.ts';
import { loopbackAddress, until } from '../interop/bgp-peers.ts';

export interface Nats {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly directory: string;
  start(): Promise<void>;
  signal(name: NodeJS.Signals): void;
  kill(): Promise<void>;
  close(): Promise<void>;
}

const PORT = 4222;

/** `settings` go into its configuration. Null: it is not installed. */
export async function natsServer(settings = ''): Promise<Nats | null> {
  if (spawnSync('nats-server', ['--version']).status !== 0) {
    if (process.env.REQUIRE_PEERS === '1') throw new Error('nats-server is not installed');
    return null;
  }
  const directory = mkdtempSync(join(tmpdir(), 'intertrack-nats-'));
  const host = loopbackAddress();
  const file = join(directory, 'nats.conf');
  writeFileSync(
    file,
    `listen: "${host}:${PORT}"\njetstream { store_dir: "${join(directory, 'store')}" }\n${settings}\n`,
  );
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
  const mine: Nats = {
    url: `nats://${host}:${PORT}`,
    host,
    port: PORT,
    directory,
    async start() {
      server = spawn('nats-server', ['-c', file], { stdio: 'ignore' });
      await until('nats-server listens', answers);
    },
    signal: name => void server?.kill(name),
    async kill() {
      server?.kill('SIGKILL');
      await ended();
    },
    async close() {
      server?.kill('SIGCONT');
      server?.kill('SIGKILL');
      await ended();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  await mine.start();
  return mine;
}

/** A machine's connection to it. */
export function busTo(nats: Nats, machine: string, onState: (up: boolean, why: string) => void = () => {}): Bus {
  return openBus({
    servers: [nats.url],
    authorities: null,
    certificate: null,
    key: null,
    credentials: null,
    machine,
    onState,
  });
}
