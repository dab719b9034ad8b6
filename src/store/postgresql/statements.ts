/**
 * The operations of records.ts that several machines share, as statements for PostgreSQL: cases and what is told of them,
 * traces, the audit log. Each works within one scope; `READS` can be asked of all scopes too (anywhere).
 */
import type { StoreReads, StoreWrite } from '../records.ts';

/** What is kept where all machines find it; everything else stays in the database of the machine. */
export const SHARED_WRITES = [
  'case.put',
  'evidence.add',
  'outbox.add',
  'outbox.update',
  'owed.add',
  'owed.done',
  'told.add',
  'cursor.put',
  'cursor.forget',
  'trace.put',
  'trace.begun',
  'trace.over',
  'trace.rests-on',
  'audit.add',
  'audit.forget',
] as const satisfies readonly StoreWrite['op'][];
export type SharedWrite = Extract<StoreWrite, { readonly op: (typeof SHARED_WRITES)[number] }>;

const OUTBOX = `id, channel, recipient, case_id AS "caseId", event, body, state, attempts, due, created,
  last_error AS "lastError", doubt`;
const CASE = 'id, state, prefix, opened, changed, incident, body';
const OPEN_HERE = `case_id IN (SELECT id FROM cases WHERE scope = :scope AND state <> 'resolved')`;

const READS = {
  'case.all': `SELECT ${CASE} FROM cases WHERE scope = :scope ORDER BY opened, id`,
  'case.open': `SELECT ${CASE} FROM cases WHERE scope = :scope AND state <> 'resolved' ORDER BY opened, id`,
  'case.get': `SELECT ${CASE} FROM cases WHERE scope = :scope AND id = :id`,
  'case.before': `SELECT ${CASE} FROM cases WHERE scope = :scope AND (opened, id) < (:opened, :id)
    ORDER BY opened DESC, id DESC LIMIT :limit`,
  'case.of-incident': `SELECT ${CASE} FROM cases WHERE scope = :scope AND incident = :incident ORDER BY opened, id`,
  'case.last-ids': `SELECT substr(id, 1, 11) || max(CAST(substr(id, 12) AS bigint)) AS id
    FROM cases WHERE scope = :scope GROUP BY substr(id, 1, 11)`,
  'incident.names': `SELECT incident FROM incidents WHERE time >= :since
    UNION SELECT incident FROM cases WHERE opened >= :since`,
  'cursor.all': 'SELECT collector, life, sequence FROM cursors WHERE scope = :scope ORDER BY collector',
  'evidence.of-case': `SELECT case_id AS "caseId", number, time, hash, body FROM evidence WHERE case_id = :caseId
    ORDER BY number`,
  'evidence.heads': `SELECT DISTINCT ON (case_id) case_id AS "caseId", number, hash FROM evidence WHERE ${OPEN_HERE}
    ORDER BY case_id, number DESC`,
  'outbox.pending': `SELECT ${OUTBOX} FROM outbox WHERE scope = :scope AND state = 'pending'
    AND (CAST(:channel AS text) IS NULL OR channel = :channel)
    AND (CAST(:recipient AS text) IS NULL OR recipient = :recipient) ORDER BY due, id LIMIT :limit`,
  'outbox.lanes': `SELECT DISTINCT channel, CASE channel WHEN 'mail' THEN NULL ELSE recipient END AS recipient
    FROM outbox WHERE scope = :scope AND state = 'pending'`,
  'outbox.of-case': `SELECT ${OUTBOX} FROM outbox WHERE case_id = :caseId
      OR id IN (SELECT notice FROM told_by WHERE case_id = :caseId) ORDER BY created, id`,
  'outbox.told': `SELECT case_id AS "caseId", event, min(created) AS first, max(created) AS last,
      coalesce(max(CAST(substring(id from event || '-(\\d{1,9})') AS bigint)), 0) AS ordinal
    FROM outbox WHERE ${OPEN_HERE} GROUP BY case_id, event`,
  'owed.cases': `SELECT ${CASE} FROM cases WHERE id IN (SELECT case_id FROM owed WHERE scope = :scope) ORDER BY opened, id`,
  'owed.all': 'SELECT case_id AS "caseId", event, time FROM owed WHERE scope = :scope ORDER BY time, case_id',
  'told.open': `SELECT case_id AS "caseId" FROM told_by WHERE ${OPEN_HERE}
    UNION SELECT case_id FROM owed WHERE event = 'begin' AND ${OPEN_HERE}`,
  'trace.get': 'SELECT id, asked, body FROM traces WHERE scope = :scope AND id = :id',
  'trace.work': `SELECT traces.id AS id, asked, traces.body AS body, trace_work.body AS work
    FROM trace_work JOIN traces USING (scope, id) WHERE scope = :scope ORDER BY asked DESC`,
  'trace.evidence': 'SELECT id, body FROM trace_evidence WHERE scope = :scope AND id = :id',
  'trace.latest': `SELECT id, asked, body FROM traces WHERE scope = :scope ORDER BY asked DESC, id DESC LIMIT :limit`,
  'trace.of-case': `SELECT id, asked, body FROM traces WHERE scope = :scope AND CAST(body AS json) ->> 'caseId' = :caseId
    ORDER BY asked DESC, id DESC LIMIT :limit`,
  'audit.head': `SELECT number, time, what, body, hash FROM audit WHERE scope = :scope ORDER BY number DESC LIMIT 1`,
  'audit.first': 'SELECT min(number) AS number FROM audit WHERE scope = :scope AND time >= :since',
  'audit.among': `SELECT number, time, what, body, hash FROM audit
    WHERE scope = :scope AND number >= :from AND number < :to
      AND (CAST(:as AS text) IS NULL OR :as IN (CAST(body AS json) ->> 'peer', CAST(body AS json) ->> 'origin',
        CAST(body AS json) ->> 'as', CAST(body AS json) ->> 'by'))
      AND (CAST(:trace AS text) IS NULL OR :trace IN (CAST(body AS json) ->> 'id', CAST(body AS json) ->> 'trace')
        OR CAST(body AS json) ->> 'trace' IN (SELECT CAST(body AS json) ->> 'trace' FROM audit
          WHERE scope = :scope AND what = 'trace.start' AND CAST(body AS json) ->> 'id' = :trace))
      AND (CAST(:denied AS integer) = 0 OR what LIKE '%.refused' OR what = 'refused.more' OR what LIKE '%.denied'
        OR what = 'peer.shunned')
    ORDER BY number`,
} as const satisfies Partial<Record<keyof StoreReads, string>>;
export type SharedRead = keyof typeof READS;

/** Those that rows.ts does not write with others, and what it cannot in the order of a batch. */
type Alone = Exclude<
  SharedWrite['op'],
  'case.put' | 'evidence.add' | 'outbox.add' | 'told.add' | 'cursor.put' | 'audit.add' | 'audit.forget'
>;
const WRITES: Readonly<Record<Alone, string>> = {
  'outbox.update': `UPDATE outbox SET state = CASE state WHEN 'sent' THEN state ELSE :state END, attempts = :attempts,
    due = :due, last_error = :lastError, doubt = :doubt WHERE scope = :scope AND id = :id`,
  'owed.add': `INSERT INTO owed (scope, case_id, event, time) VALUES (coalesce(CAST(:owner AS text), :scope), :caseId, :event, :time)
    ON CONFLICT (case_id, event) DO NOTHING`,
  'owed.done': 'DELETE FROM owed WHERE scope = :scope AND case_id = :caseId AND event = :event',
  'cursor.forget': 'DELETE FROM cursors WHERE scope = :scope AND collector = :collector',
  'trace.put': `INSERT INTO traces (scope, id, asked, body) VALUES (:scope, :id, :asked, :body)
    ON CONFLICT (scope, id) DO UPDATE SET asked = excluded.asked, body = excluded.body`,
  'trace.begun': `INSERT INTO trace_work (scope, id, body) VALUES (:scope, :id, :body)
    ON CONFLICT (scope, id) DO UPDATE SET body = excluded.body`,
  'trace.over': 'DELETE FROM trace_work WHERE scope = :scope AND id = :id',
  'trace.rests-on': `INSERT INTO trace_evidence (scope, id, body) VALUES (:scope, :id, :body)
    ON CONFLICT (scope, id) DO UPDATE SET body = excluded.body`,
};

export const ADD_TO_AUDIT = `INSERT INTO audit (scope, number, time, what, body, hash)
  VALUES (:scope, :number, :time, :what, :body, :hash)`;
export const LAST_BEFORE = `SELECT number, hash FROM audit WHERE scope = :scope
  AND number < coalesce((SELECT min(number) FROM audit WHERE scope = :scope AND time >= :before), 9000000000000000)
  ORDER BY number DESC LIMIT 1`;
export const FORGET_AUDIT = 'DELETE FROM audit WHERE scope = :scope AND number <= :through';

/** A statement with numbered parameters, and the names of their values in that order. */
export interface Statement {
  /** Prepared under this name, once in each connection. */
  readonly name: string;
  readonly text: string;
  readonly names: readonly string[];
}

/** `:name` becomes `$1`, the same one for the same name. */
export function statement(name: string, sql: string): Statement {
  const names: string[] = [];
  const text = sql.replace(/:([a-zA-Z]+)/g, (_, of: string) => {
    if (!names.includes(of)) names.push(of);
    return `$${names.indexOf(of) + 1}`;
  });
  return { name, text, names };
}

/** The values of a statement; a text's NUL, which PostgreSQL does not take, becomes U+FFFD. */
export function valuesOf({ names }: Statement, values: Readonly<Record<string, unknown>>): unknown[] {
  return names.map(name => {
    const value = values[name] ?? null;
    return typeof value === 'string' ? value.replaceAll('\0', '\ufffd') : value;
  });
}

const prepared = <K extends string>(sql: Readonly<Record<K, string>>, how: (sql: string) => string, mark: string) =>
  new Map(Object.entries<string>(sql).map(([name, text]) => [name, statement(`${mark}${name}`, how(text))]));

const writes = prepared(WRITES, sql => sql, '');
const reads = prepared(READS, sql => sql, '');
/** The same of every scope. */
const readsAnywhere = prepared(READS, sql => sql.replaceAll('scope = :scope', 'true'), 'any.');

export const writeOf = (op: keyof typeof WRITES): Statement => writes.get(op)!;
export const readOf = (what: SharedRead, anywhere: boolean): Statement => (anywhere ? readsAnywhere : reads).get(what)!;
export const isSharedRead = (what: string): what is SharedRead => reads.has(what);
const shared: ReadonlySet<string> = new Set(SHARED_WRITES);
export const isSharedWrite = (write: StoreWrite): write is SharedWrite => shared.has(write.op);
