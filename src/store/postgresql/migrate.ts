/**
 * The schema brought up while other machines write: one machine at a time, and none is held up for longer than a moment. A step
 * is either one transaction or work that PostgreSQL does beside everything else (`online`), which is begun again where the
 * machine that was at it has died.
 */
import type pg from 'pg';
import { type OnlineWork, SCHEMA_LOCK, type SchemaStep } from './schema.ts';
import { sqlStateOf } from './trouble.ts';

/**
 * How long a step waits for a table that somebody uses. Whoever comes to the table meanwhile waits behind it, so it gives up
 * soon, and tries again a little later. Milliseconds.
 */
const PATIENCE = 300;
const AGAIN = 1_000;
/** Until it is said that something that takes long is not free: tries, of more than a second each. */
const MOST_TRIES = 300;
/** How often is looked whether the machine that changes the schema is through, and the service manager told that it goes on. */
const LOOK = 200;
const WORK = 10_000;

/** SQLSTATE (PostgreSQL manual, appendix A) of a lock that was not had in time, and of two that wait for each other. */
const LOCK_NOT_AVAILABLE = '55P03';
const DEADLOCK = '40P01';
/** What is done is for the owner of a table. */
const INSUFFICIENT_PRIVILEGE = '42501';

export interface Migration {
  /** A connection of its own, without a limit for how long a statement may take. */
  readonly client: pg.Client;
  readonly steps: readonly SchemaStep[];
  /** A line about what takes place. */
  readonly say: (text: string) => void;
  /** Called every ten seconds while it goes on. */
  readonly onWork: () => void;
}

interface Known {
  /** There is a table of steps. */
  readonly there: boolean;
  readonly version: number;
  readonly serves: number;
  /** There are tables, and none is ours. */
  readonly foreign: boolean;
}

/** Null once the schema is that of `steps` or of a newer program that serves them; or why the database must be left alone. */
export async function migrate({ client, steps, say, onWork }: Migration): Promise<string | null> {
  let known = await knownOf(client);
  // Who has nothing to change does not wait for who has.
  if (refusalOf(known, steps) !== null || known.version >= steps.length) return refusalOf(known, steps);
  const working = setInterval(onWork, WORK);
  try {
    await takeTurn(client, say);
    known = await knownOf(client);
    if (refusalOf(known, steps) !== null) return refusalOf(known, steps);
    if (!known.there)
      await client.query(
        'CREATE TABLE intertrack_schema (version integer NOT NULL PRIMARY KEY, serves integer NOT NULL)',
      );
    for (let next = known.version; next < steps.length; next++) {
      const begun = performance.now();
      await carryOut(client, steps[next]!, next + 1, say);
      say(`the schema is ${next + 1} of ${steps.length}, after ${Math.round(performance.now() - begun)} ms`);
    }
    return null;
  } catch (error) {
    if (!known.there || sqlStateOf(error) !== INSUFFICIENT_PRIVILEGE) throw error;
    return `its schema is ${known.version}, this program needs ${steps.length}, and its user may not change it: start a machine of this version first whose user owns the tables (${(error as Error).message})`;
  } finally {
    clearInterval(working);
  }
}

async function knownOf(client: pg.Client): Promise<Known> {
  const { rows } = await client.query<{ there: boolean; others: boolean }>(
    `SELECT to_regclass('intertrack_schema') IS NOT NULL AS there, EXISTS (SELECT 1 FROM pg_class
       WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r') AS others`,
  );
  const { there, others } = rows[0]!;
  if (!there) return { there, version: 0, serves: 0, foreign: others };
  const { rows: done } = await client.query<{ version: number; serves: number }>(
    'SELECT coalesce(max(version), 0) AS version, coalesce(max(serves), 0) AS serves FROM intertrack_schema',
  );
  return { there, ...done[0]!, foreign: false };
}

function refusalOf({ version, serves, foreign }: Known, steps: readonly SchemaStep[]): string | null {
  if (foreign) return 'this is a database of some other program; name another one';
  if (serves <= steps.length) return null;
  return `its schema ${version} serves programs from schema ${serves} on, this one knows ${steps.length}: install a newer one`;
}

/**
 * Becomes the one machine that changes the schema, until the connection ends. It asks again and again and does not wait inside
 * a statement: what PostgreSQL does beside everything else waits for all statements that were begun before, this one too.
 */
async function takeTurn(client: pg.Client, say: Migration['say']): Promise<void> {
  for (let tries = 0; ; tries++) {
    const { rows } = await client.query<{ ours: boolean }>('SELECT pg_try_advisory_lock($1) AS ours', [SCHEMA_LOCK]);
    if (rows[0]!.ours) return;
    if (tries === 0) say('another machine changes the schema: it is waited for');
    await new Promise(resolve => setTimeout(resolve, LOOK));
  }
}

async function carryOut(client: pg.Client, step: SchemaStep, number: number, say: Migration['say']): Promise<void> {
  if (step.online !== undefined)
    for (const work of step.online) await patiently(() => doOnline(client, work), number, say);
  await patiently(
    async () => {
      await client.query('BEGIN');
      try {
        await client.query(`SET LOCAL lock_timeout = ${PATIENCE}`);
        if (step.sql !== undefined) await client.query(step.sql);
        await client.query('INSERT INTO intertrack_schema VALUES ($1, $2)', [number, step.serves]);
        await client.query('COMMIT');
      } catch (error) {
        await client.query('ROLLBACK').catch(() => {});
        throw error;
      }
    },
    number,
    say,
  );
}

/** Tries again where others had what is needed. */
async function patiently(work: () => Promise<void>, number: number, say: Migration['say']): Promise<void> {
  for (let tries = 1; ; tries++)
    try {
      return await work();
    } catch (error) {
      const state = sqlStateOf(error);
      if ((state !== LOCK_NOT_AVAILABLE && state !== DEADLOCK) || tries >= MOST_TRIES) throw error;
      if (tries === 1) say(`step ${number} of the schema waits for who has a table: ${(error as Error).message}`);
      await new Promise(resolve => setTimeout(resolve, AGAIN));
    }
}

async function doOnline(client: pg.Client, work: OnlineWork): Promise<void> {
  if ('walk' in work) {
    for (let last: string | null = ''; last !== null; )
      last = (await client.query<{ last: string | null }>(work.walk, [last])).rows[0]?.last ?? null;
    return;
  }
  const { index, on } = work;
  const { rows } = await client.query<{ whole: boolean }>(
    'SELECT indisvalid AS whole FROM pg_index WHERE indexrelid = to_regclass($1)',
    [index],
  );
  if (rows[0]?.whole) return;
  // One that was given up in the middle is kept up to date by everybody who writes, and is of no use to anybody.
  if (rows.length > 0) await client.query(`DROP INDEX CONCURRENTLY IF EXISTS ${index}`);
  await client.query(`CREATE INDEX CONCURRENTLY ${index} ON ${on}`);
}
