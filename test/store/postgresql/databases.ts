/** Databases of one suite, in a server of its own that ends with it; where PostgreSQL is not installed the suite is skipped. */
import { type Database, type DatabaseOptions, openDatabase } from '../../../src/store/postgresql/database.ts';
import { type Cluster, cluster } from './cluster.ts';

export interface Databases {
  /** Runs from the suite's first test to its last. */
  readonly server: Cluster;
  /** Makes an empty one, and returns its name: t0, t1 and so on. */
  fresh(): Promise<string>;
  /** Opens one as the machine `holder` does; it is closed with the suite. */
  connect(name: string, holder?: string, more?: Partial<DatabaseOptions>): Promise<Database>;
}

/** Called where the suite is described. */
export function databasesOfSuite(): Databases {
  let server: Cluster;
  const open: Database[] = [];
  let count = 0;
  before(async function () {
    const started = await cluster('fsync = off');
    if (started === null) return this.skip();
    server = started;
  });
  after(async () => {
    for (const one of open) await one.close();
    await server?.close();
  });
  return {
    get server() {
      return server;
    },
    async fresh() {
      const name = `t${count++}`;
      await server.query(`CREATE DATABASE ${name}`);
      return name;
    },
    async connect(name, holder = 'a', more = {}) {
      const database = await openDatabase({
        ...{ url: server.url(name), passwordFile: null, authorities: null, holder, onProblem: () => {} },
        ...more,
      });
      open.push(database);
      return database;
    },
  };
}
