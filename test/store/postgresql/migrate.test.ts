import { expect } from 'chai';
import pg from 'pg';
import type { DatabaseOptions } from '../../../src/store/postgresql/database.ts';
import { SCHEMA_LOCK, type SchemaStep, steps } from '../../../src/store/postgresql/schema.ts';
import { openScope } from '../../../src/store/postgresql/scope.ts';
import { until } from '../../interop/bgp-peers.ts';
import { caseWithNotice } from '../batches.ts';
import { rejection } from '../fixture.ts';
import { databasesOfSuite } from './databases.ts';

const LEASE = 120_000;

/** Steps as a program after this one may have them. */
const COLUMN: SchemaStep = { sql: `ALTER TABLE cases ADD COLUMN colour text NOT NULL DEFAULT ''`, serves: 1 };
const FILLED: SchemaStep = {
  online: [
    {
      walk: `WITH part AS (SELECT id FROM cases WHERE id > $1 ORDER BY id LIMIT 500),
             done AS (UPDATE cases SET colour = 'red' FROM part WHERE cases.id = part.id AND colour = '')
             SELECT max(id) AS last FROM part`,
    },
  ],
  serves: 1,
};
const INDEX: SchemaStep = { online: [{ index: 'cases_by_colour', on: 'cases (colour, id)' }], serves: 1 };

const INTO_CASES = 'INSERT INTO cases (scope, id, state, prefix, opened, changed, incident, body)';

describe('store/postgresql/migrate', function () {
  this.timeout(240_000);
  const clients: pg.Client[] = [];
  /** Ends the writers of a test that failed. */
  let stop = () => {};
  afterEach(() => stop());

  after(async () => {
    for (const one of clients) await one.end().catch(() => {});
  });
  const databases = databasesOfSuite();
  const { fresh } = databases;
  const connect = (
    name: string,
    of: readonly SchemaStep[] = steps,
    said: string[] = [],
    more: Partial<DatabaseOptions> = {},
  ) => databases.connect(name, 'a', { steps: of, onSchema: text => void said.push(text), ...more });
  /** A session of somebody who is in the way. */
  async function session(name: string): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: databases.server.url(name) });
    client.on('error', () => {});
    await client.connect();
    clients.push(client);
    return client;
  }
  /** A machine of the version before that writes without a pause. */
  async function writer(name: string, scope = 'cases/0') {
    const database = await connect(name);
    const store = openScope(database, scope, (await database.take(scope, LEASE))!);
    let written = 0;
    let running = true;
    const going = (async () => {
      while (running) {
        await store.write(caseWithNotice(`2026-01-01-${scope.at(-1)}${written}`));
        written++;
      }
    })();
    going.catch(() => {});
    stop = () => {
      running = false;
    };
    return {
      count: () => written,
      /** Resolves once it has written so many more. */
      writes: async (more: number) => {
        const upto = written + more;
        await until('it has written', () => written >= upto);
      },
      async stop() {
        running = false;
        await going;
        expect((await store.read('case.all', {})).length).to.equal(written);
      },
    };
  }
  const indexOf = async (name: string) =>
    (
      await databases.server.query(
        `SELECT indisvalid AS whole FROM pg_index WHERE indexrelid = to_regclass('cases_by_colour')`,
        [],
        name,
      )
    )[0];
  /** Somebody waits, or works, in a statement that begins so. */
  const isAt = async (name: string, statement: string) =>
    (
      await databases.server.query(
        `SELECT pid FROM pg_stat_activity WHERE datname = $1 AND query LIKE $2 AND state = 'active'`,
        [name, `${statement}%`],
      )
    )[0]?.pid as number | undefined;

  it('changes the schema once, goes on with a newer one that serves it, and refuses others', async () => {
    const name = await fresh();
    await Promise.all([1, 2, 3].map(() => connect(name, [...steps, COLUMN])));
    const old = await writer(name);
    await old.writes(1);
    await old.stop();
    const removed = { sql: 'ALTER TABLE cases DROP COLUMN colour', serves: steps.length + 2 };
    await connect(name, [...steps, COLUMN, removed]);
    expect(await rejection(connect(name))).to.match(
      /its schema \d+ serves programs from schema \d+ on, this one knows \d+: install a newer one$/,
    );
    const foreign = await fresh();
    await databases.server.query('CREATE TABLE theirs (x integer)', [], foreign);
    expect(await rejection(connect(foreign))).to.contain('a database of some other program');
    const agreed = await connect(name, [...steps, COLUMN, removed]);
    expect(await agreed.agree('partitions', '4')).to.equal('4');
    expect(await agreed.agree('partitions', '8')).to.equal('4');
  });

  it('adds a column, its values and an index while a machine of the version before writes', async () => {
    const name = await fresh();
    const old = await writer(name);
    await databases.server.query(
      `${INTO_CASES} SELECT 'cases/9', 'x' || n, 'ongoing', '192.0.2.0/24', n, n, '', '{}' FROM generate_series(1, 5000) n`,
      [],
      name,
    );
    await old.writes(20);
    const said: string[] = [];
    await connect(name, [...steps, COLUMN, FILLED, INDEX], said);
    await old.writes(20);
    await old.stop();
    expect(await indexOf(name)).to.deep.equal({ whole: true });
    expect(said.map(line => line.replace(/\d+ ms/, 'N ms'))).to.deep.equal(
      [1, 2, 3].map(n => `the schema is ${steps.length + n} of ${steps.length + 3}, after N ms`),
    );
    const [{ count }] = (await databases.server.query(
      `SELECT count(*)::int FROM cases WHERE colour = 'red'`,
      [],
      name,
    )) as [{ count: number }];
    expect(count).to.be.at.least(5_000);
  });

  it('is for the owner of the tables alone, and grants what was granted for all that would come', async () => {
    const name = await fresh();
    await connect(name);
    for (const text of [
      'CREATE ROLE migrate_cases LOGIN',
      'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO migrate_cases',
      'ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO migrate_cases',
    ])
      await databases.server.query(text, [], name);
    const table: SchemaStep = { sql: 'CREATE TABLE added (x integer)', serves: 1 };
    const theirs = { url: databases.server.url(name).replace('//intertrack@', '//migrate_cases@') };
    for (const step of [table, COLUMN, INDEX])
      expect(await rejection(connect(name, [...steps, step], [], theirs))).to.match(
        /its schema is \d+, this program needs \d+, and its user may not change it: start a machine .* owns the tables/,
      );
    await connect(name, [...steps, table]);
    const later = await connect(name, [...steps, table], [], theirs);
    expect((await later.pool.query('SELECT * FROM added')).rows).to.deep.equal([]);
  });

  it('holds nobody up where somebody has the table, and comes to it once it is free', async () => {
    const name = await fresh();
    const old = await writer(name);
    const reader = await session(name);
    await reader.query('BEGIN');
    await reader.query('SELECT count(*) FROM cases');
    const said: string[] = [];
    const migrated = connect(name, [...steps, COLUMN], said);
    await until('it has found the table in use', () => said.some(line => line.includes('waits for who has a table')));
    // With a lock that is waited for, nothing more would be written as long as the reader reads.
    await old.writes(50);
    await reader.query('COMMIT');
    await migrated;
    await old.writes(20);
    await old.stop();
  });

  it('makes an index anew whose machine died over it', async () => {
    const name = await fresh();
    await connect(name, [...steps, COLUMN]);
    const blocker = await session(name);
    await blocker.query('BEGIN');
    await blocker.query(`${INTO_CASES} VALUES ('cases/9', 'y', 'ongoing', '192.0.2.0/24', 1, 1, '', '{}')`);
    const dying = rejection(connect(name, [...steps, COLUMN, INDEX]));
    await until('it makes the index', async () => (await isAt(name, 'CREATE INDEX')) !== undefined);
    await databases.server.query('SELECT pg_terminate_backend($1)', [await isAt(name, 'CREATE INDEX')]);
    expect(await dying).to.contain('57P01');
    expect(await indexOf(name), 'half of an index is left').to.deep.equal({ whole: false });
    const again = connect(name, [...steps, COLUMN, INDEX]);
    await until('it waits for the other one', async () => (await isAt(name, 'DROP INDEX')) !== undefined);
    await blocker.query('COMMIT');
    await again;
    expect(await indexOf(name)).to.deep.equal({ whole: true });
  });

  it('comes to the end beside a program that waits for its turn in a statement, and makes others wait outside of one', async () => {
    const name = await fresh();
    await connect(name, [...steps, COLUMN]);
    const blocker = await session(name);
    await blocker.query('BEGIN');
    await blocker.query(`${INTO_CASES} VALUES ('cases/9', 'y', 'ongoing', '192.0.2.0/24', 1, 1, '', '{}')`);
    const first = connect(name, [...steps, COLUMN, INDEX]);
    await until('it makes the index', async () => (await isAt(name, 'CREATE INDEX')) !== undefined);
    // The first versions did so, for as long as a statement may take. Each of the two then waits for the other, and the server
    // ends the one or the other statement.
    const older = await session(name);
    await older.query('SET statement_timeout = 3000');
    let waited = false;
    const waiting = older
      .query('SELECT pg_advisory_lock($1)', [SCHEMA_LOCK])
      .catch(() => {})
      .finally(() => {
        waited = true;
      });
    // A machine that is slow may look when that is over.
    await until('it waits', async () => waited || (await isAt(name, 'SELECT pg_advisory_lock')) !== undefined);
    const said: string[] = [];
    const second = connect(name, [...steps, COLUMN, INDEX], said);
    await until('the second one waits', () => said.includes('another machine changes the schema: it is waited for'));
    // A machine of the version before starts meanwhile.
    await connect(name, [...steps, COLUMN]);
    await blocker.query('COMMIT');
    await first;
    await waiting;
    await older.end(); // it may have the turn now
    await second;
    expect(await indexOf(name)).to.deep.equal({ whole: true });
  });
});
