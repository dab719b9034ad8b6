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
import { bigintArray, textArray } from './arrays.ts';
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
/**
 * One that asks alone: PostgreSQL is done with it sooner. Rows are looked up one by one: a plan made while the tables are small
 * would go on reading them whole as they grow.
 */
const LINK_ONE = statement(
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

/**
 * All that is asked at once: `keys` of all, each with the number of who asks (`owners`); what an ask needs that is not in them. A
 * key that one before asks for too is not among them: by that one it is answered (`after`), unless the database has something
 * for a key before it. What is written of a key is the last word about it.
 */
const LINK_MANY = statement(
  'incident.link.many',
  `WITH RECURSIVE asked AS (
     SELECT * FROM unnest(CAST(:numbers AS bigint[]), CAST(:after AS bigint[]), CAST(:opened AS bigint[]),
       CAST(:offenders AS bigint[]), CAST(:runs AS bigint[]), CAST(:otherwise AS text[]))
       AS asked (number, after, opened, offender, runs, otherwise)),
   found AS (
     SELECT DISTINCT ON (asked.number) asked.number, before.incident
     FROM unnest(CAST(:owners AS bigint[]), CAST(:keys AS text[])) WITH ORDINALITY AS wanted (owner, key, place)
       JOIN asked ON asked.number = wanted.owner
       CROSS JOIN LATERAL (SELECT incident, time FROM incidents WHERE incidents.key = wanted.key LIMIT 1) AS before
     WHERE abs(before.time - asked.opened) <= ${WINDOW} OR wanted.key = 'o' || asked.offender
       AND (asked.runs = 1 OR (SELECT true FROM cases WHERE cases.incident = before.incident
         AND cases.offender = asked.offender AND cases.state <> 'resolved' LIMIT 1) IS NOT NULL)
     ORDER BY asked.number, place),
   begun AS (
     SELECT asked.number, asked.after, coalesce(found.incident, CASE WHEN after IS NULL THEN otherwise END) AS incident
     FROM asked LEFT JOIN found USING (number)),
   decided AS (
     SELECT number, incident FROM begun WHERE incident IS NOT NULL
     UNION ALL
     SELECT begun.number, decided.incident FROM begun JOIN decided ON begun.after = decided.number
       WHERE begun.incident IS NULL),
   put AS (
     INSERT INTO incidents (key, incident, time)
     SELECT written.key, decided.incident, written.time
     FROM unnest(CAST(:putKeys AS text[]), CAST(:putBy AS bigint[]), CAST(:putTimes AS bigint[]))
       AS written (key, by, time) JOIN decided ON decided.number = written.by
     WHERE EXISTS (SELECT FROM leases WHERE scope = :scope AND fence = :fence)
     ON CONFLICT (key) DO UPDATE SET incident = excluded.incident, time = excluded.time)
   SELECT incident FROM decided WHERE EXISTS (SELECT FROM leases WHERE scope = :scope AND fence = :fence)
     ORDER BY number`,
);

/** Asks of one statement: those that wait for each other are gone through once for each of them. */
const AT_ONCE = 64;

/** What is asked in one statement, by the names of its parameters. */
interface Asked {
  readonly numbers: number[];
  readonly after: (number | null)[];
  readonly opened: number[];
  readonly offenders: (number | null)[];
  readonly runs: number[];
  readonly otherwise: string[];
  readonly owners: number[];
  readonly keys: string[];
}

/**
 * Parts asks into what is decided at once, in their order. What one would be answered by another before it is known here but for
 * one thing: whether an offender goes on whose case was opened long before. That is asked of the database behind it.
 */
function* togetherOf(asks: readonly IncidentAsk[]): Generator<Readonly<Record<string, unknown>>> {
  let asked = none();
  /** Who of these has asked for a key last. */
  let last = new Map<string, number>();
  for (const [number, { keys, offender, opened, otherwise, runs }] of asks.entries()) {
    const answers = (key: string): boolean =>
      Math.abs(asks[last.get(key)!]!.opened - opened) <= WINDOW || (runs && key === `o${offender}`);
    if (asked.numbers.length >= AT_ONCE || keys.some(key => last.has(key) && key === `o${offender}` && !answers(key))) {
      yield valuesFor(asked, last, asks);
      [asked, last] = [none(), new Map()];
    }
    const before = keys.findIndex(key => last.has(key) && answers(key));
    for (const key of before < 0 ? keys : keys.slice(0, before))
      if (!last.has(key)) {
        asked.owners.push(number);
        asked.keys.push(key);
      }
    asked.numbers.push(number);
    asked.after.push(before < 0 ? null : last.get(keys[before]!)!);
    asked.opened.push(opened);
    asked.offenders.push(offender);
    asked.runs.push(runs ? 1 : 0);
    asked.otherwise.push(otherwise);
    for (const key of keys) last.set(key, number);
  }
  yield valuesFor(asked, last, asks);
}

const none = (): Asked => ({
  ...{ numbers: [], after: [], opened: [], offenders: [], runs: [], otherwise: [], owners: [], keys: [] },
});

function valuesFor(asked: Asked, last: ReadonlyMap<string, number>, asks: readonly IncidentAsk[]) {
  const { numbers, after, opened, offenders, runs, otherwise, owners, keys } = asked;
  const lists = { numbers, after, opened, offenders, runs, owners, putBy: [...last.values()] };
  return {
    ...Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, bigintArray(list)])),
    ...{ otherwise: textArray(otherwise), keys: textArray(keys), putKeys: textArray([...last.keys()]) },
    putTimes: bigintArray([...last.values()].map(number => asks[number]!.opened)),
  };
}

function asksOf(asks: readonly IncidentAsk[]): (readonly [Statement, Readonly<Record<string, unknown>>])[] {
  if (asks.length !== 1) return [...togetherOf(asks)].map(values => [LINK_MANY, values] as const);
  const { keys, otherwise, opened, offender, runs } = asks[0]!;
  return [[LINK_ONE, { keys, otherwise, opened, offender, runs }]];
}

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
    const asked = asksOf(asks).map(([link, values]) => run(link, { scope, fence, ...values }));
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
