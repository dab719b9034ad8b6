/**
 * The servers that a URL names, as libpq has it: `postgres://u@a,b:5433/db?target_session_attrs=read-write`. One of them takes
 * writes, the others are its standbys; which one it is may change. Each connection goes to the server that was the primary
 * last, and where that one cannot be had, or is none, the next is tried.
 */
import pg from 'pg';

export interface Servers {
  /** `HOST[:PORT][,HOST[:PORT]...]/DATABASE`, for messages. */
  readonly place: string;
  readonly count: number;
  /** A client for the server whose turn it is. Once it is connected it is known that the server takes writes. */
  client(config: pg.ClientConfig): pg.Client;
}

/** What PostgreSQL says of a server whose history is another one than that of its standby: it was the primary once. */
const LOOK = `SELECT current_setting('transaction_read_only') AS "readOnly",
  CASE WHEN pg_is_in_recovery() THEN '' ELSE substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) END AS timeline`;

/** Marks what is said of a server that is not the one to write to. */
export const NOT_PRIMARY = 'NOT_PRIMARY';

/** `urls`: of one server each, with whatever else says how to connect. */
export function serversOf(urls: readonly string[]): Servers {
  const parsed = urls.map(url => new URL(url));
  const names = parsed.map(({ host, searchParams }) => host || searchParams.get('host') || 'socket');
  let current = 0;
  /** The newest history that was seen: it grows with each standby that becomes the primary. */
  let newest = 0;

  function next(after: number): void {
    if (current === after) current = (after + 1) % urls.length;
  }

  async function look(client: pg.Client, name: string): Promise<void> {
    const { rows } = await client.query<{ readOnly: string; timeline: string }>(LOOK);
    const { readOnly, timeline } = rows[0]!;
    if (readOnly === 'on')
      throw notPrimary(`${name} takes no writes: it is a standby, or its transactions are read only`);
    const history = Number.parseInt(timeline, 16);
    if (history < newest)
      throw notPrimary(`${name} was the primary once, and another one is now: it must not take writes any more`);
    newest = history;
  }

  return {
    place: `${names.join(',')}${parsed[0]!.pathname}`,
    count: urls.length,
    client(config) {
      const at = current;
      const made = new pg.Client({ ...config, connectionString: urls[at]! });
      if (urls.length === 1) return made;
      const connect = made.connect.bind(made);
      const connectAndLook = async (): Promise<pg.Client> => {
        try {
          await connect();
        } catch (error) {
          next(at);
          throw error;
        }
        // The pool listens once it has the connection. One that breaks before fails the look, and must not end the daemon.
        made.on('error', () => {});
        try {
          await look(made, names[at]!);
        } catch (error) {
          next(at);
          void made.end().catch(() => {});
          throw error;
        }
        return made;
      };
      // The pool wants to be called back, who connects by himself has a promise.
      made.connect = ((done?: (error?: Error) => void) => {
        const connected = connectAndLook();
        if (done !== undefined) connected.then(() => done(), done);
        return connected;
      }) as typeof made.connect;
      return made;
    },
  };
}

const notPrimary = (words: string): Error => Object.assign(new Error(words), { code: NOT_PRIMARY });
