import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { auditHash, FORGOTTEN, type Head, NO_HASH } from './audit-chain.ts';
import type { AuditRecord, StoreReads, StoreWrite } from './records.ts';

const OUTBOX = `id, channel, recipient, case_id AS "caseId", event, body, state, attempts, due, created,
  last_error AS "lastError", doubt`;

const CASE = 'id, state, prefix, opened, changed, incident, body';

const READS: Readonly<Record<keyof StoreReads, string>> = {
  'case.all': `SELECT ${CASE} FROM cases ORDER BY opened, id`,
  'case.open': `SELECT ${CASE} FROM cases WHERE state != 'resolved' ORDER BY opened, id`,
  'case.get': `SELECT ${CASE} FROM cases WHERE id = :id`,
  'case.before': `SELECT ${CASE} FROM cases WHERE (opened, id) < (:opened, :id)
    ORDER BY opened DESC, id DESC LIMIT :limit`,
  'case.of-incident': `SELECT ${CASE} FROM cases WHERE incident = :incident ORDER BY opened, id`,
  'case.last-ids': `SELECT substr(id, 1, 11) || printf('%02d', max(CAST(substr(id, 12) AS INTEGER))) AS id
    FROM cases GROUP BY substr(id, 1, 10)`,
  'incident.names': 'SELECT DISTINCT incident FROM cases WHERE opened >= :since',
  'cursor.all': 'SELECT collector, life, sequence FROM cursors ORDER BY collector',
  'evidence.of-case': `SELECT case_id AS "caseId", number, time, hash, body FROM evidence WHERE case_id = :caseId
    ORDER BY number`,
  'evidence.heads': `SELECT case_id AS "caseId", number, hash FROM evidence AS one
    WHERE case_id IN (SELECT id FROM cases WHERE state != 'resolved')
      AND number = (SELECT max(number) FROM evidence WHERE case_id = one.case_id)`,
  'outbox.pending': `SELECT ${OUTBOX} FROM outbox WHERE state = 'pending' AND (:channel IS NULL OR channel = :channel)
    AND (:recipient IS NULL OR recipient = :recipient) ORDER BY due, id LIMIT :limit`,
  'outbox.lanes': `SELECT DISTINCT channel, CASE channel WHEN 'mail' THEN NULL ELSE recipient END AS recipient
    FROM outbox WHERE state = 'pending'`,
  'outbox.of-case': `SELECT ${OUTBOX} FROM outbox WHERE case_id = :caseId
      OR id IN (SELECT notice FROM told_by WHERE case_id = :caseId) ORDER BY created, id`,
  'outbox.told': `SELECT case_id AS "caseId", event, min(created) AS first, max(created) AS last,
      max(CAST(substr(id, instr(id, event || '-') + length(event) + 1) AS INTEGER)) AS ordinal
    FROM outbox WHERE case_id IN (SELECT id FROM cases WHERE state != 'resolved') GROUP BY case_id, event`,
  'owed.cases': `SELECT ${CASE} FROM cases WHERE id IN (SELECT case_id FROM owed) ORDER BY opened, id`,
  'owed.all': 'SELECT case_id AS "caseId", event, time FROM owed ORDER BY time, case_id',
  'told.open': `SELECT DISTINCT case_id AS "caseId" FROM told_by
    WHERE case_id IN (SELECT id FROM cases WHERE state != 'resolved')`,
  'trace.get': 'SELECT id, asked, body FROM traces WHERE id = :id',
  'trace.work':
    'SELECT traces.id AS id, asked, traces.body AS body, trace_work.body AS work FROM trace_work JOIN traces USING (id) ORDER BY asked DESC',
  'trace.evidence': 'SELECT id, body FROM trace_evidence WHERE id = :id',
  'trace.latest': 'SELECT id, asked, body FROM traces ORDER BY asked DESC, id DESC LIMIT :limit',
  'audit.head': 'SELECT number, time, what, body, hash FROM audit ORDER BY number DESC LIMIT 1',
  'audit.first': 'SELECT min(number) AS number FROM audit WHERE time >= :since',
  // A trace's own lines have its number; what was asked for it elsewhere has its name.
  'audit.among': `SELECT number, time, what, body, hash FROM audit WHERE number >= :from AND number < :to
      AND (:as IS NULL OR :as IN (body ->> 'peer', body ->> 'origin', body ->> 'as', body ->> 'by'))
      AND (:trace IS NULL OR :trace IN (body ->> 'id', body ->> 'trace') OR body ->> 'trace' IN
        (SELECT body ->> 'trace' FROM audit WHERE what = 'trace.start' AND body ->> 'id' = :trace))
      AND (:denied = 0 OR what GLOB '*.refused' OR what = 'refused.more' OR what GLOB '*.denied' OR what = 'peer.shunned')
    ORDER BY number`,
  'agreed.get': 'SELECT name, value FROM agreed WHERE name = :name',
  'mark.get': 'SELECT name, time FROM marks WHERE name = :name',
  'sighting.all': 'SELECT prefix, origin, first, last FROM sightings',
  'approval.all': 'SELECT id, hash, until, body FROM approvals ORDER BY id',
  'rid-waiting.all': 'SELECT number, body FROM rid_waiting ORDER BY number',
  'honesty.all': 'SELECT asn, body FROM honesty ORDER BY asn',
  'false-yes.of': 'SELECT asn, time, trace, body FROM false_yeses WHERE asn = :asn ORDER BY time DESC, trace',
  'originated.all': 'SELECT prefix, origin, last FROM originated ORDER BY prefix, origin',
  'root.of':
    'SELECT origin, window, root, received FROM roots WHERE origin = :origin AND window = :window ORDER BY received',
  'own-root.of': 'SELECT window, root, body FROM own_roots WHERE window = :window',
  'commitment.since': `SELECT probe, head, told, window, root FROM commitments WHERE told >= :told
    ORDER BY told, probe, head`,
  'stranger.all': 'SELECT key, time FROM strangers',
  'standing.all': 'SELECT case_id AS "caseId", body FROM standing_traces ORDER BY case_id',
  'trace.of-case': `SELECT id, asked, body FROM traces
    WHERE body ->> 'caseId' IS NOT NULL AND body ->> 'caseId' = :caseId ORDER BY asked DESC, id DESC LIMIT :limit`,
  'mitigation.all': 'SELECT case_id AS "caseId", peer, since, body FROM mitigations ORDER BY since, case_id, peer',
  'source.all': 'SELECT name, file, objects FROM sources ORDER BY name',
};

const WRITES: Readonly<Record<StoreWrite['op'], string>> = {
  // An upsert, never REPLACE: that would delete the row under the outbox's foreign key.
  'case.put': `INSERT INTO cases (id, state, prefix, opened, changed, incident, body)
    VALUES (:id, :state, :prefix, :opened, :changed, :incident, :body)
    ON CONFLICT (id) DO UPDATE SET state = excluded.state, prefix = excluded.prefix, opened = excluded.opened,
      changed = excluded.changed, incident = excluded.incident, body = excluded.body`,
  'evidence.add': `INSERT INTO evidence (case_id, number, time, hash, body)
    VALUES (:caseId, :number, :time, :hash, :body)`,
  'outbox.add': `INSERT INTO outbox
    (id, channel, recipient, case_id, event, body, state, attempts, due, created, last_error, doubt)
    VALUES (:id, :channel, :recipient, :caseId, :event, :body, :state, :attempts, :due, :created, :lastError, :doubt)
    ON CONFLICT (id) DO NOTHING`,
  'outbox.update': `UPDATE outbox SET state = :state, attempts = :attempts, due = :due, last_error = :lastError,
    doubt = :doubt WHERE id = :id`,
  'owed.add': `INSERT INTO owed (case_id, event, time) VALUES (:caseId, :event, :time)
    ON CONFLICT (case_id, event) DO NOTHING`,
  'owed.done': 'DELETE FROM owed WHERE case_id = :caseId AND event = :event',
  'told.add': `INSERT INTO told_by (case_id, notice) VALUES (:caseId, :notice)
    ON CONFLICT (case_id, notice) DO NOTHING`,
  'cursor.put': `INSERT INTO cursors (collector, life, sequence) VALUES (:collector, :life, :sequence)
    ON CONFLICT (collector) DO UPDATE SET life = excluded.life, sequence = excluded.sequence`,
  'cursor.forget': 'DELETE FROM cursors WHERE collector = :collector',
  'trace.rests-on': `INSERT INTO trace_evidence (id, body) VALUES (:id, :body) ON CONFLICT (id) DO UPDATE SET body = excluded.body`,
  'trace.begun':
    'INSERT INTO trace_work (id, body) VALUES (:id, :body) ON CONFLICT (id) DO UPDATE SET body = excluded.body',
  'trace.over': 'DELETE FROM trace_work WHERE id = :id',
  'trace.put': `INSERT INTO traces (id, asked, body) VALUES (:id, :asked, :body)
    ON CONFLICT (id) DO UPDATE SET asked = excluded.asked, body = excluded.body`,
  'audit.add': 'INSERT INTO audit (number, time, what, body, hash) VALUES (:number, :time, :what, :body, :hash)',
  'audit.forget': 'DELETE FROM audit WHERE number <= :through',
  'agreed.put': `INSERT INTO agreed (name, value) VALUES (:name, :value)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
  // The first time stays.
  'mark.put': 'INSERT INTO marks (name, time) VALUES (:name, :time) ON CONFLICT (name) DO NOTHING',
  'stranger.put': 'INSERT INTO strangers (key, time) VALUES (:key, :time) ON CONFLICT (key) DO NOTHING',
  'sighting.put': `INSERT INTO sightings (prefix, origin, first, last) VALUES (:prefix, :origin, :time, :time)
    ON CONFLICT (prefix, origin) DO UPDATE SET last = excluded.last`,
  // What was told first counts.
  'commitment.put': `INSERT INTO commitments (probe, head, told, window, root)
    VALUES (:probe, :head, :told, :window, :root) ON CONFLICT (probe, head) DO NOTHING`,
  'commitment.forget': 'DELETE FROM commitments WHERE told < :told',
  // An honest AS tells four at most for one window (traceback/committing.ts); the first count.
  'root.put': `INSERT INTO roots (origin, window, root, received) SELECT :origin, :window, :root, :received
    WHERE (SELECT count(*) FROM roots WHERE origin = :origin AND window = :window) < 8
    ON CONFLICT (origin, window, root) DO NOTHING`,
  'root.forget': 'DELETE FROM roots WHERE received < :received',
  'own-root.put': `INSERT INTO own_roots (window, root, body) VALUES (:window, :root, :body)
    ON CONFLICT (window, root) DO NOTHING`,
  'own-root.forget': 'DELETE FROM own_roots WHERE window < :window',
  'approval.put': `INSERT INTO approvals (id, hash, until, body) VALUES (:id, :hash, :until, :body)
    ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, until = excluded.until, body = excluded.body`,
  'approval.forget': 'DELETE FROM approvals WHERE until <= :until',
  'rid-waiting.put': `INSERT INTO rid_waiting (number, body) VALUES (:number, :body)
    ON CONFLICT (number) DO UPDATE SET body = excluded.body`,
  'rid-waiting.forget': 'DELETE FROM rid_waiting WHERE number = :number',
  'honesty.put': `INSERT INTO honesty (asn, body) VALUES (:asn, :body)
    ON CONFLICT (asn) DO UPDATE SET body = excluded.body`,
  'honesty.forget': 'DELETE FROM honesty WHERE asn = :asn',
  'false-yes.add': `INSERT INTO false_yeses (trace, asn, time, body) VALUES (:trace, :asn, :time, :body)
    ON CONFLICT (trace) DO NOTHING`,
  // The newest of each AS stay.
  'false-yes.trim': `DELETE FROM false_yeses WHERE asn = :asn AND trace NOT IN
    (SELECT trace FROM false_yeses WHERE asn = :asn ORDER BY time DESC, trace LIMIT :keep)`,
  'originated.put': `INSERT INTO originated (prefix, origin, last) VALUES (:prefix, :origin, :last)
    ON CONFLICT (prefix, origin) DO UPDATE SET last = excluded.last`,
  'originated.forget': 'DELETE FROM originated WHERE prefix = :prefix AND origin = :origin',
  'standing.put': `INSERT INTO standing_traces (case_id, body) VALUES (:caseId, :body)
    ON CONFLICT (case_id) DO UPDATE SET body = excluded.body`,
  'standing.forget': 'DELETE FROM standing_traces WHERE case_id = :caseId',
  'mitigation.put': `INSERT INTO mitigations (case_id, peer, since, body) VALUES (:caseId, :peer, :since, :body)
    ON CONFLICT (case_id, peer) DO UPDATE SET since = excluded.since, body = excluded.body`,
  'source.put': `INSERT INTO sources (name, file, objects) VALUES (:name, :file, :objects)
    ON CONFLICT (name) DO UPDATE SET file = excluded.file, objects = excluded.objects`,
};

/** The named operations of records.ts as prepared statements of one database. Errors are thrown as node:sqlite does. */
export interface Operations {
  /** One transaction: all of the batch is on disk when this returns, or nothing of it when it throws. */
  write(batch: readonly StoreWrite[]): void;
  read(what: keyof StoreReads, args: Readonly<Record<string, unknown>>): unknown[];
}

/** Prepares every statement once; the schema must be the newest (migrations.ts). */
export function prepareOperations(db: DatabaseSync): Operations {
  const prepareAll = <K extends string>(sql: Readonly<Record<K, string>>) =>
    new Map<string, StatementSync>(Object.entries<string>(sql).map(([name, text]) => [name, db.prepare(text)]));
  const reads = prepareAll(READS);
  const writes = prepareAll(WRITES);

  /** The last line of the audit log: asked anew each time, for a transaction may have been rolled back. */
  const addToAudit = ({ time, what, body }: AuditRecord) => {
    const last = (reads.get('audit.head')!.get() ?? { number: 0, hash: NO_HASH }) as unknown as Head;
    const entry = { number: last.number + 1, time, what, body };
    writes.get('audit.add')!.run({ ...entry, hash: auditHash(last.hash, entry) });
  };
  const lastBefore = db.prepare(`SELECT number, hash FROM audit
    WHERE number < coalesce((SELECT min(number) FROM audit WHERE time >= :before), 9e15) ORDER BY number DESC LIMIT 1`);
  const forgetAudit = (before: number, time: number) => {
    const last = lastBefore.get({ before }) as unknown as Head | undefined;
    if (last === undefined) return;
    addToAudit({ time, what: FORGOTTEN, body: JSON.stringify({ through: last.number, hash: last.hash }) });
    writes.get('audit.forget')!.run({ through: last.number });
  };

  const apply = (write: StoreWrite) => {
    if (write.op === 'audit.add') return addToAudit(write.record);
    if (write.op === 'audit.forget') return forgetAudit(write.before, write.time);
    const { op, ...rest } = write;
    const values = 'record' in rest ? rest.record : rest;
    const done = writes.get(op)!.run({ ...values } as Record<string, SQLInputValue>);
    if (op === 'outbox.update' && done.changes === 0) throw new Error(`the outbox has no message ${write.id}`);
  };

  return {
    write(batch) {
      db.exec('BEGIN IMMEDIATE');
      try {
        for (const write of batch) apply(write);
        db.exec('COMMIT');
      } catch (error) {
        // SQLite rolls back by itself when the disk is full or fails; a second ROLLBACK would hide its words.
        if (db.isTransaction) db.exec('ROLLBACK');
        throw error;
      }
    },
    read(what, args) {
      const values = what === 'outbox.pending' ? { limit: -1, channel: null, recipient: null, ...args } : { ...args };
      return reads.get(what)!.all(values as Record<string, SQLInputValue>);
    },
  };
}
