/** A PostgreSQL server of a test's own, by Debian's package: started on a socket and a port of loopback, ended with the suite. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { loopbackAddress } from '../../interop/bgp-peers.ts';

export interface Cluster {
  /** For `store postgresql` and openDatabase: superuser `intertrack`, no password. */
  readonly url: (database?: string) => string;
  readonly host: string;
  readonly port: number;
  /** Its directory: postgresql.conf, pg_hba.conf. */
  readonly directory: string;
  start(): Promise<void>;
  /** All processes of the server. */
  signal(name: NodeJS.Signals): void;
  /** kill -9 of all of it. */
  kill(): Promise<void>;
  query(text: string, values?: unknown[], database?: string): Promise<pg.QueryResultRow[]>;
  /** A copy of it that follows it by streaming replication, on an address of its own. */
  standby(): Promise<Cluster>;
  close(): Promise<void>;
}

/** Kills those servers that run: none is left behind by a file that fails or is cut off before it closes them. */
const running = new Set<() => void>();
process.on('exit', () => {
  for (const end of running) end();
});

const ROOTS = '/usr/lib/postgresql';

/** Directory of the newest server's programs; null: there is none. */
export function serverPrograms(): string | null {
  if (!existsSync(ROOTS)) return null;
  const newest = readdirSync(ROOTS)
    .filter(name => existsSync(join(ROOTS, name, 'bin', 'postgres')))
    .sort((a, b) => Number(b) - Number(a))[0];
  return newest === undefined ? null : join(ROOTS, newest, 'bin');
}

/** initdb and a start; `settings` go to the end of postgresql.conf. Null: PostgreSQL is not installed. */
export async function cluster(settings = ''): Promise<Cluster | null> {
  const programs = serverPrograms();
  if (programs === null) {
    if (process.env.REQUIRE_PEERS === '1') throw new Error('PostgreSQL is not installed');
    console.log('      skipped: PostgreSQL is not installed');
    return null;
  }
  const place = newPlace();
  const { home, directory, user } = place;
  execFileSync(
    join(programs, 'initdb'),
    ['-D', directory, '-U', 'intertrack', '-A', 'trust', '-N', '--locale=C.UTF-8'],
    { ...user, stdio: 'ignore', cwd: home },
  );
  execFileSync('sh', ['-c', `echo "include 'intertrack.conf'" >> "$1"/postgresql.conf`, 'sh', directory]);
  const mine = clusterIn(programs, place, settings);
  await mine.start();
  return mine;
}

interface Place {
  readonly home: string;
  readonly directory: string;
  /** It refuses to run as root. */
  readonly user: { readonly uid?: number; readonly gid?: number };
}

function newPlace(): Place {
  const home = mkdtempSync(join(tmpdir(), 'intertrack-pg-'));
  const directory = join(home, 'data');
  mkdirSync(directory);
  const user: Place['user'] = process.getuid?.() === 0 ? accountOf('postgres') : {};
  for (const path of [home, directory]) {
    if (user.uid !== undefined) chownSync(path, user.uid, user.gid!);
    chmodSync(path, 0o700);
  }
  return { home, directory, user };
}

/** A cluster whose directory is filled. */
function clusterIn(programs: string, { home, directory, user }: Place, settings: string): Cluster {
  const port = 5432;
  const host = loopbackAddress();
  writeFileSync(
    join(directory, 'intertrack.conf'),
    `listen_addresses = '${host}'\nport = ${port}\nunix_socket_directories = ''\nshared_buffers = 32MB\n${settings}\n`,
  );
  let server: ChildProcess | null = null;
  const url = (database = 'postgres') => `postgres://intertrack@${host}:${port}/${database}`;
  const query = async (text: string, values: unknown[] = [], database = 'postgres') => {
    const client = new pg.Client({ connectionString: url(database) });
    client.on('error', () => {}); // the server is killed in tests
    await client.connect();
    try {
      return (await client.query(text, values)).rows;
    } finally {
      await client.end().catch(() => {});
    }
  };
  const pids = () => {
    if (server?.pid === undefined || server.exitCode !== null || server.signalCode !== null) return [];
    const children = execFileSync('sh', ['-c', `cat /proc/${server.pid}/task/*/children`], { encoding: 'utf8' });
    return [server.pid, ...children.trim().split(/\s+/).filter(Boolean).map(Number)];
  };
  const signal = (name: NodeJS.Signals) => {
    for (const pid of pids())
      try {
        process.kill(pid, name);
      } catch {
        // it has just ended
      }
  };
  const endAtOnce = () => {
    signal('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  };
  const ended = async () => {
    running.delete(endAtOnce);
    if (server !== null && server.exitCode === null && server.signalCode === null) await once(server, 'exit');
    server = null;
  };
  return {
    url,
    host,
    port,
    directory,
    async start() {
      const begin = () => spawn(join(programs, 'postgres'), ['-D', directory], { ...user, stdio: 'ignore', cwd: home });
      server = begin();
      running.add(endAtOnce);
      for (let tries = 0; ; tries++)
        try {
          await query('SELECT 1');
          return;
        } catch (error) {
          if (tries > 300) throw error;
          // It refuses to start while a process of the server that was killed has not ended yet.
          if (server.exitCode !== null) server = begin();
          await new Promise(resolve => setTimeout(resolve, 100));
        }
    },
    signal,
    async kill() {
      signal('SIGKILL');
      await ended();
    },
    query,
    async standby() {
      const place = newPlace();
      const source = ['-h', host, '-p', String(port), '-U', 'intertrack'];
      const copying = spawn(
        join(programs, 'pg_basebackup'),
        [...source, '-D', place.directory, '-R', '-X', 'stream', '-c', 'fast', '--no-sync'],
        { ...user, stdio: 'ignore', cwd: place.home },
      );
      const [status] = await once(copying, 'exit');
      if (status !== 0) throw new Error(`pg_basebackup ended with ${status}`);
      const copy = clusterIn(programs, place, settings);
      await copy.start();
      return copy;
    },
    async close() {
      signal('SIGCONT');
      if (server !== null) server.kill('SIGINT');
      await ended();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function accountOf(name: string): { uid: number; gid: number } {
  const id = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
