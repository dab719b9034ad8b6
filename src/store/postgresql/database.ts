/**
 * One PostgreSQL database that several machines share: connections, the schema, and the leases by which one machine alone
 * writes into a scope. Time is the database's own: the clocks of the machines play no part.
 */
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { urlsOfHosts } from '../../net/host-list.ts';
import { readPrivateFile } from '../../net/private-file.ts';
import { type Contact, openContact } from './contact.ts';
import { migrate } from './migrate.ts';
import { keepPace, type Pace } from './pace.ts';
import { steps as allSteps, type SchemaStep } from './schema.ts';
import { type Servers, serversOf } from './servers.ts';
import { describeTrouble, isEmpty, isPassing, isRefusal } from './trouble.ts';

/** Connections of one daemon at most. */
const MOST_CONNECTIONS = 10;
/** Connections that are kept though nobody uses them. */
const KEPT_READY = 2;
/** Milliseconds until a connection must be made, and until a statement must be through. */
const CONNECT = 5_000;
const STATEMENT = 30_000;
/** A transaction that says nothing for so long is ended by the server: its machine is frozen or cut off. Milliseconds. */
const IDLE_IN_TRANSACTION = 3_000;

/** Of `int8`: numbers of this program are far below 2^53. */
const INT8 = 20;
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => (oid === INT8 ? Number : pg.types.getTypeParser(oid, format)),
};

export interface DatabaseOptions {
  /** `postgres://USER@HOST[:PORT][,HOST[:PORT]…]/DATABASE[?sslmode=…]`; without a password. */
  readonly url: string;
  /** File with the password, one line; null: none is needed, or the URL's certificate tells. */
  readonly passwordFile: string | null;
  /** Authorities that the server's certificate must be signed by, PEM; null: those of the system, where TLS is asked for. */
  readonly authorities: string | null;
  /** Certificate and key, PEM files, by which this machine proves who it is; null: none. */
  readonly certificate?: string | null;
  readonly key?: string | null;
  /** Name of this daemon: who holds a lease. Two that run at a time must not have the same. */
  readonly holder: string;
  /** A connection that nobody used broke; one line. */
  readonly onProblem: (text: string) => void;
  /** Is told how long each transaction took, ms. */
  readonly took?: (milliseconds: number) => void;
  readonly steps?: readonly SchemaStep[];
  /** A line about how the schema is brought up. */
  readonly onSchema?: (text: string) => void;
  /** Called every ten seconds while that goes on, or another machine is waited for that does it. */
  readonly onWork?: () => void;
}

/** The right to write into a scope. */
export interface Lease {
  readonly scope: string;
  /** Greater than that of any holder before. */
  readonly fence: number;
  /** Transactions written into the scope so far. */
  readonly written: number;
}

/** What is left of a lease, ms: SQL over a row of `leases`. One that was given back has no end, and is over. */
export const LEFT = `CASE WHEN isfinite(until) THEN round(extract(epoch FROM until - clock_timestamp()) * 1000)::float8
  ELSE -1 END`;

export interface Holding {
  readonly scope: string;
  readonly holder: string;
  /** Milliseconds that it lasts on, by the database's clock; below 0: it is over. */
  readonly left: number;
}

export interface Database {
  /** The database without any secret, for messages. */
  readonly place: string;
  /** Name of this daemon, as the leases that it holds say it. */
  readonly holder: string;
  readonly pool: pg.Pool;
  /** Brings the schema up: before, nothing else can be asked. Rejects with one line that says what is wrong and what to do. */
  bringUp(): Promise<void>;
  readonly pace: Pace;
  /** Whether what is asked below is answered, leases among it. */
  readonly contact: Contact;
  /**
   * The rows of one statement; rejects with one line. One that is asked again and again has a name, by which the server knows it
   * and plans it once.
   */
  rows<T extends pg.QueryResultRow>(text: string, values?: unknown[], name?: string): Promise<T[]>;
  /** Takes a lease that nobody has now, for so many milliseconds; null: somebody has it, or another daemon of this name. */
  take(scope: string, milliseconds: number): Promise<Lease | null>;
  /**
   * Lengthens leases; those that are returned are still held. A standby that had not heard of a lease when it became the
   * primary can have given its fence to another holder.
   */
  renew(leases: readonly Lease[], milliseconds: number): Promise<readonly Lease[]>;
  /** Gives a lease back, so that the next need not wait. */
  release(lease: Lease): Promise<void>;
  /** Gives back all that is held under this daemon's name, whichever life took it. */
  releaseAll(): Promise<void>;
  /** Who holds what. */
  holdings(): Promise<readonly Holding[]>;
  /** A setting that all machines must agree on: the first to write it decides. Returns what is in force. */
  agree(name: string, value: string): Promise<string>;
  close(): Promise<void>;
}

/** Connects and brings the schema up; rejects as `bringUp` does. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const database = databaseOf(options);
  try {
    await database.bringUp();
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}

/** True when what an operation of the database rejected with may be over by itself. */
export const mayPass = (error: unknown): boolean => error instanceof Error && isPassing(error.cause);

/** Connects when something is asked. Throws in words when a file that it needs cannot be read. */
export function databaseOf(options: DatabaseOptions): Database {
  let place = 'store postgresql';
  const contact = openContact();
  const failed = (error: unknown) => new Error(describeTrouble(place, error), { cause: error });
  /** What this user may not do is an answer. */
  const heard = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      const answer = await work();
      contact.answered();
      return answer;
    } catch (error) {
      const words = failed(error);
      if (isRefusal(error) && !isEmpty(error)) contact.answered();
      else contact.failed(words.message);
      throw words;
    }
  };
  let config: pg.PoolConfig;
  let servers: Servers;
  try {
    servers = serversOf(urlsOfHosts(options.url).map(url => withPassword(url, options.passwordFile)));
    place = `postgresql ${servers.place}`;
    config = poolConfig(options);
  } catch (error) {
    throw failed(error);
  }
  function ClientOfPool() {
    return servers.client(config);
  }
  const pool = new pg.Pool({ ...config, Client: ClientOfPool as unknown as new () => pg.Client });
  pool.on('error', error => options.onProblem(describeTrouble(place, error)));
  // While a transaction has the connection it is the transaction that fails.
  pool.on('connect', client => client.on('error', () => {}));
  const rows = <T extends pg.QueryResultRow>(text: string, values: unknown[] = [], name = ''): Promise<T[]> =>
    heard(async () => (await pool.query<T>({ text, values, ...(name !== '' && { name }) })).rows);
  const { holder } = options;
  const seconds = (milliseconds: number) => milliseconds / 1000;
  return {
    place,
    holder,
    pool,
    rows,
    contact,
    bringUp: () =>
      heard(async () => {
        const refusal = await bringUp(servers, config, options);
        if (refusal !== null) throw new Error(refusal);
      }),
    pace: keepPace(options.took),
    async take(scope, milliseconds) {
      const [row] = await rows<{ fence: number; written: number }>(
        // Of one that somebody has the row is not even locked: that would be a transaction to be written down.
        `INSERT INTO leases (scope, holder, fence, until)
           SELECT $1, $2, 1, clock_timestamp() + make_interval(secs => $3) WHERE NOT EXISTS
             (SELECT FROM leases WHERE scope = $1 AND until >= clock_timestamp())
         ON CONFLICT (scope) DO UPDATE SET holder = excluded.holder, fence = leases.fence + 1, until = excluded.until
           WHERE leases.until < clock_timestamp()
         RETURNING fence, written`,
        [scope, holder, seconds(milliseconds)],
        'lease.take',
      );
      return row === undefined ? null : { scope, ...row };
    },
    async renew(leases, milliseconds) {
      const held = await rows<{ scope: string }>(
        `UPDATE leases SET until = clock_timestamp() + make_interval(secs => $3)
         FROM unnest(CAST($1 AS text[]), CAST($2 AS bigint[])) AS mine (scope, fence)
         WHERE leases.scope = mine.scope AND leases.fence = mine.fence AND leases.holder = $4 RETURNING leases.scope`,
        [leases.map(({ scope }) => scope), leases.map(({ fence }) => fence), seconds(milliseconds), holder],
        'lease.renew',
      );
      const still = new Set(held.map(({ scope }) => scope));
      return leases.filter(({ scope }) => still.has(scope));
    },
    async release({ scope, fence }) {
      await rows(`UPDATE leases SET until = '-infinity' WHERE scope = $1 AND fence = $2 AND holder = $3`, [
        ...[scope, fence, holder],
      ]);
    },
    async releaseAll() {
      await rows(`UPDATE leases SET until = '-infinity' WHERE holder = $1 AND until > clock_timestamp()`, [holder]);
    },
    holdings: () =>
      rows<Holding & pg.QueryResultRow>(
        `SELECT scope, holder, ${LEFT} AS left FROM leases ORDER BY scope`,
        [],
        'lease.all',
      ),
    async agree(name, value) {
      await rows('INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING', [name, value]);
      const [row] = await rows<{ value: string }>('SELECT value FROM settings WHERE name = $1', [name]);
      return row!.value;
    },
    close: () => pool.end(),
  };
}

/** A URL as the library takes it. What it does not know of libpq's words is ours to do. */
function withPassword(text: string, passwordFile: string | null): string {
  const url = new URL(text);
  for (const ours of ['sslmode', 'target_session_attrs']) url.searchParams.delete(ours);
  // What stands in the URL, be it nothing, is what the library takes: so that is where the password goes.
  if (passwordFile !== null) url.password = encodeURIComponent(readPrivateFile(passwordFile).split(/\r?\n/, 1)[0]!);
  return url.href;
}

function poolConfig({ url, authorities, certificate, key, holder }: DatabaseOptions): pg.PoolConfig {
  const mode =
    new URL(urlsOfHosts(url)[0]!).searchParams.get('sslmode') ?? (authorities === null ? 'disable' : 'verify-full');
  const read = (file: string | null | undefined) => (file ? { pem: readFileSync(file, 'utf8') } : null);
  const [ca, cert] = [read(authorities), read(certificate)];
  const own = key ? { pem: readPrivateFile(key) } : null;
  return {
    ssl:
      mode === 'disable'
        ? false
        : { ...(ca && { ca: ca.pem }), ...(cert && { cert: cert.pem }), ...(own && { key: own.pem }) },
    application_name: `intertrackd ${holder}`.slice(0, 63),
    max: MOST_CONNECTIONS,
    // So that none need be made first when a notice was taken.
    min: KEPT_READY,
    connectionTimeoutMillis: CONNECT,
    query_timeout: STATEMENT,
    statement_timeout: STATEMENT,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    // So that a machine that vanished from the network leaves no transaction behind that others wait for.
    options: '-c tcp_user_timeout=8000 -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3',
    pipeline: true,
    types,
  } as pg.PoolConfig;
}

/** Null, or why this program must leave the database alone. A connection of its own: closing it gives the turn back. */
async function bringUp(
  servers: Servers,
  config: pg.PoolConfig,
  { steps = allSteps, onSchema, onWork }: DatabaseOptions,
): Promise<string | null> {
  for (let tries = 1; ; tries++) {
    const client = servers.client({ ...config, statement_timeout: 0, query_timeout: 0 });
    client.on('error', () => {}); // it is the statement that fails
    try {
      await client.connect();
      return await migrate({ client, steps, say: onSchema ?? (() => {}), onWork: onWork ?? (() => {}) });
    } catch (error) {
      if (tries >= servers.count || !isPassing(error)) throw error;
    } finally {
      await client.end().catch(() => {});
    }
  }
}
