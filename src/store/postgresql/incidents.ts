/**
 * Which incident a case is of, where the cases are shared: the rule of hijack/incident.ts over what all scopes have asked.
 * The table `incidents` has the latest incident of each offender, upstream and victim. Who asks holds one lock of the
 * database meanwhile, so that of two who ask in one moment the second is answered by what the first was; all of it is sent
 * at once, and a machine that freezes in between keeps nobody waiting.
 *
 * It is a transaction of its own, before that of the cases. Where the machine dies between the two the incident has its
 * name from a case that never came, and that number is given to no other case (`incident.names`). It need not wait for the
 * disk: what is written later, by whoever has seen it, is on disk with all that was before.
 */
import type pg from 'pg';
import type { IncidentAsk } from '../records.ts';
import type { Lease } from './database.ts';
import { type Statement, statement, valuesOf } from './statements.ts';
import { isRefusal } from './trouble.ts';

/** The incidents, in the order of what was asked; or why the database does not tell, and never will as it stands. */
export type Linked = { readonly incidents: readonly string[] } | { readonly refused: string };

/** Cases opened within so long of each other may be of one incident: as in hijack/incident.ts. Milliseconds. */
const WINDOW = 10 * 60_000;
/** Held while incidents are asked for: "ITRI". */
const INCIDENT_LOCK = 0x49545249;

/** The lease cannot be taken by another machine before this has ended: it then reads the names that were given here. */
const HOLD = statement('incident.hold', 'SELECT FROM leases WHERE scope = :scope AND fence = :fence FOR SHARE');
const LOCK = statement('incident.lock', `SELECT pg_advisory_xact_lock(${INCIDENT_LOCK})`);
/** Rows are looked up one by one: a plan made while the tables are small would go on reading them whole as they grow. */
const LINK = statement(
  'incident.link',
  `WITH asked AS (SELECT key, place FROM unnest(CAST(:keys AS text[])) WITH ORDINALITY AS asked (key, place)),
   found AS (
     SELECT before.incident FROM asked
       CROSS JOIN LATERAL (SELECT incident, time FROM incidents WHERE incidents.key = asked.key LIMIT 1) AS before
     WHERE abs(before.time - CAST(:opened AS bigint)) <= ${WINDOW} OR key = 'o' || CAST(:offender AS bigint)
       AND (CAST(:runs AS boolean) OR (SELECT true FROM cases WHERE cases.incident = before.incident
         AND cases.offender = CAST(:offender AS bigint) AND cases.state <> 'resolved' LIMIT 1) IS NOT NULL)
     ORDER BY place LIMIT 1),
   decided AS (
     SELECT coalesce((SELECT incident FROM found), CAST(:otherwise AS text)) AS incident
     WHERE EXISTS (SELECT FROM leases WHERE scope = :scope AND fence = :fence)),
   put AS (
     INSERT INTO incidents (key, incident, time) SELECT key, incident, CAST(:opened AS bigint) FROM asked, decided
     ON CONFLICT (key) DO UPDATE SET incident = excluded.incident, time = excluded.time)
   SELECT incident FROM decided`,
);

/** Asks for all of them in one round trip. Null: another machine holds the lease now, and nothing was written. */
export async function linkIncidents(
  pool: pg.Pool,
  { scope, fence }: Pick<Lease, 'scope' | 'fence'>,
  asks: readonly IncidentAsk[],
): Promise<Linked | null> {
  const client = await pool.connect();
  const run = (of: Statement, values: Readonly<Record<string, unknown>>) =>
    client.query<{ incident: string }>({ name: of.name, text: of.text, values: valuesOf(of, values) });
  let broken: Error | undefined;
  try {
    const before = [
      client.query('BEGIN'),
      client.query('SET LOCAL synchronous_commit = off'),
      run(LOCK, {}),
      run(HOLD, { scope, fence }),
    ];
    const asked = asks.map(({ keys, otherwise, opened, offender, runs }) =>
      run(LINK, { scope, fence, keys, otherwise, opened, offender, runs }),
    );
    await allOf([...before, ...asked, client.query('COMMIT')]);
    const incidents = (await Promise.all(asked)).flatMap(({ rows }) => rows.map(({ incident }) => incident));
    return incidents.length === asks.length ? { incidents } : null;
  } catch (error) {
    broken = error as Error;
    if (isRefusal(error)) return { refused: error.message };
    throw error;
  } finally {
    client.release(broken);
  }
}

/** Waits for all of them; the first that is an error is what went wrong, those after it follow from it. */
async function allOf(sent: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(sent)).find(one => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
