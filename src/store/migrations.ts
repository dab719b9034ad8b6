import type { DatabaseSync } from 'node:sqlite';
import { auditHash, NO_HASH } from './audit-chain.ts';

/** "ITRK": tells `file`, sqlite3 and this program whose database it is (PRAGMA application_id). */
export const APPLICATION_ID = 0x4954524b;

/** SQL, or what cannot be said in it. */
export type MigrationStep = string | ((db: DatabaseSync) => void);

/**
 * The schema as the steps that led to it. Step N makes version N of version N-1. A step that was released is never
 * edited: what must change is a new step at the end.
 */
export const migrations: readonly MigrationStep[] = [
  // 1: cases, what is to be told about them, traces, audit log. Bodies are JSON; columns are what is searched by.
  `CREATE TABLE cases (
     id      TEXT    NOT NULL PRIMARY KEY,
     state   TEXT    NOT NULL,
     prefix  TEXT    NOT NULL,
     opened  INTEGER NOT NULL,
     changed INTEGER NOT NULL,
     body    TEXT    NOT NULL
   ) STRICT;
   CREATE INDEX cases_by_opening ON cases (opened, id);

   CREATE TABLE outbox (
     id         TEXT    NOT NULL PRIMARY KEY,
     channel    TEXT    NOT NULL,
     recipient  TEXT    NOT NULL,
     case_id    TEXT    NOT NULL REFERENCES cases (id) DEFERRABLE INITIALLY DEFERRED,
     event      TEXT    NOT NULL,
     body       TEXT    NOT NULL,
     state      TEXT    NOT NULL CHECK (state IN ('pending', 'sent', 'failed')),
     attempts   INTEGER NOT NULL,
     due        INTEGER NOT NULL,
     created    INTEGER NOT NULL,
     last_error TEXT    NOT NULL
   ) STRICT;
   CREATE INDEX outbox_pending ON outbox (due, id) WHERE state = 'pending';
   CREATE INDEX outbox_by_case ON outbox (case_id);

   CREATE TABLE traces (
     id    TEXT    NOT NULL PRIMARY KEY,
     asked INTEGER NOT NULL,
     body  TEXT    NOT NULL
   ) STRICT;
   CREATE INDEX traces_by_time ON traces (asked, id);

   CREATE TABLE audit (
     number INTEGER PRIMARY KEY AUTOINCREMENT,
     time   INTEGER NOT NULL,
     what   TEXT    NOT NULL,
     body   TEXT    NOT NULL
   ) STRICT;
   CREATE INDEX audit_by_time ON audit (time);`,

  // 2: how large the last whole copy of a registry source was, by which the first one of the next run is judged.
  `CREATE TABLE sources (
     name    TEXT    NOT NULL PRIMARY KEY,
     file    TEXT    NOT NULL,
     objects INTEGER NOT NULL
   ) STRICT;`,

  // 3: the drift report: since when it looks, when registered routes were seen at a peer, when things of others came.
  `CREATE TABLE marks (
     name TEXT    NOT NULL PRIMARY KEY,
     time INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE sightings (
     prefix TEXT    NOT NULL,
     origin INTEGER NOT NULL,
     first  INTEGER NOT NULL,
     last   INTEGER NOT NULL,
     PRIMARY KEY (prefix, origin)
   ) STRICT;
   CREATE TABLE strangers (
     key  TEXT    NOT NULL PRIMARY KEY,
     time INTEGER NOT NULL
   ) STRICT;`,

  // 4: cases that are not over are found without reading the others; their incident; their evidence, a chain of records.
  `ALTER TABLE cases ADD COLUMN incident TEXT NOT NULL DEFAULT '';
   CREATE INDEX cases_not_over ON cases (opened, id) WHERE state != 'resolved';
   CREATE INDEX cases_by_incident ON cases (incident, opened, id);
   CREATE TABLE evidence (
     case_id TEXT    NOT NULL REFERENCES cases (id) DEFERRABLE INITIALLY DEFERRED,
     number  INTEGER NOT NULL,
     time    INTEGER NOT NULL,
     hash    TEXT    NOT NULL,
     body    TEXT    NOT NULL,
     PRIMARY KEY (case_id, number)
   ) STRICT;`,

  // 5: announcements against hijacks: those that go on are made again at a start.
  `CREATE TABLE mitigations (
     case_id TEXT    NOT NULL,
     peer    TEXT    NOT NULL,
     since   INTEGER NOT NULL,
     body    TEXT    NOT NULL,
     PRIMARY KEY (case_id, peer)
   ) STRICT;`,

  // 6: what is still to be told of cases in a summary, and which notices have spoken of other cases than their own.
  `CREATE TABLE owed (
     case_id TEXT    NOT NULL REFERENCES cases (id) DEFERRABLE INITIALLY DEFERRED,
     event   TEXT    NOT NULL,
     time    INTEGER NOT NULL,
     PRIMARY KEY (case_id, event)
   ) STRICT;
   CREATE TABLE told_by (
     case_id TEXT NOT NULL REFERENCES cases (id) DEFERRABLE INITIALLY DEFERRED,
     notice  TEXT NOT NULL REFERENCES outbox (id) DEFERRABLE INITIALLY DEFERRED,
     PRIMARY KEY (case_id, notice)
   ) STRICT, WITHOUT ROWID;`,

  // 7: what our own routers originate, and when they were seen to for the last time.
  `CREATE TABLE originated (
     prefix TEXT    NOT NULL,
     origin INTEGER NOT NULL,
     last   INTEGER NOT NULL,
     PRIMARY KEY (prefix, origin)
   ) STRICT, WITHOUT ROWID;`,

  // 8: where the chain of a probe's commitments was, and the root of its latest window then.
  `CREATE TABLE commitments (
     probe  TEXT    NOT NULL,
     head   TEXT    NOT NULL,
     told   INTEGER NOT NULL,
     window INTEGER,
     root   TEXT,
     PRIMARY KEY (probe, head)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX commitments_by_time ON commitments (told);`,

  // 9: what a trace rests on, as it was signed: apart, for lists of traces do not need it.
  `CREATE TABLE trace_evidence (
     id   TEXT NOT NULL PRIMARY KEY REFERENCES traces (id) DEFERRABLE INITIALLY DEFERRED,
     body TEXT NOT NULL
   ) STRICT;`,

  // 10: the audit log becomes a chain; what is in it already is chained as it stands.
  chainAudit,

  // 11: traces in work, each with what is asked for, so that none vanishes with the daemon.
  `CREATE TABLE trace_work (
     id   TEXT NOT NULL PRIMARY KEY REFERENCES traces (id) DEFERRABLE INITIALLY DEFERRED,
     body TEXT NOT NULL
   ) STRICT;`,

  // 12: what ASes have committed to, others' as they told it, and our own with the roots of windows that are under it.
  `CREATE TABLE roots (
     origin   INTEGER NOT NULL,
     window   INTEGER NOT NULL,
     root     TEXT    NOT NULL,
     received INTEGER NOT NULL,
     PRIMARY KEY (origin, window, root)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX roots_by_time ON roots (received);
   CREATE TABLE own_roots (
     window INTEGER NOT NULL,
     root   TEXT    NOT NULL,
     body   TEXT    NOT NULL,
     PRIMARY KEY (window, root)
   ) STRICT, WITHOUT ROWID;`,

  // 13: cases whose packets are traced as they come, and the traces of a case.
  `CREATE TABLE standing_traces (
     case_id TEXT NOT NULL PRIMARY KEY,
     body    TEXT NOT NULL
   ) STRICT;
   CREATE INDEX traces_by_case ON traces (body ->> 'caseId') WHERE body ->> 'caseId' IS NOT NULL;`,

  // 14: how far other ASes can be believed, as it was measured; and what proves that one has said yes falsely.
  `CREATE TABLE honesty (
     asn  INTEGER NOT NULL PRIMARY KEY,
     body TEXT    NOT NULL
   ) STRICT;
   CREATE TABLE false_yeses (
     trace TEXT    NOT NULL PRIMARY KEY,
     asn   INTEGER NOT NULL,
     time  INTEGER NOT NULL,
     body  TEXT    NOT NULL
   ) STRICT;
   CREATE INDEX false_yeses_by_as ON false_yeses (asn, time);`,

  // 15: how far what each collector told over the bus has been taken in.
  `CREATE TABLE cursors (
     collector TEXT    NOT NULL PRIMARY KEY,
     life      INTEGER NOT NULL,
     sequence  INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;`,

  // 16: questions of other ASes that wait for a person or that one has decided on; and names of RID requests that wait.
  `CREATE TABLE approvals (
     id    TEXT    NOT NULL PRIMARY KEY,
     hash  TEXT    NOT NULL,
     until INTEGER NOT NULL,
     body  TEXT    NOT NULL
   ) STRICT;
   CREATE TABLE rid_waiting (
     number INTEGER NOT NULL PRIMARY KEY,
     body   TEXT    NOT NULL
   ) STRICT;`,
  `CREATE TABLE agreed (
     name  TEXT NOT NULL PRIMARY KEY,
     value TEXT NOT NULL
   ) STRICT;`,
  'ALTER TABLE outbox ADD COLUMN doubt INTEGER',
];

function chainAudit(db: DatabaseSync): void {
  db.exec(`ALTER TABLE audit ADD COLUMN hash TEXT NOT NULL DEFAULT ''`);
  const page = db.prepare(
    'SELECT number, time, what, body FROM audit WHERE number > :after ORDER BY number LIMIT 1000',
  );
  const write = db.prepare('UPDATE audit SET number = :as, hash = :hash WHERE number = :number');
  let hash = NO_HASH;
  let as = 0;
  let after = 0;
  for (;;) {
    const rows = page.all({ after }) as unknown as { number: number; time: number; what: string; body: string }[];
    if (rows.length === 0) return;
    for (const row of rows) {
      // Without a gap, whatever was once rolled back.
      as++;
      hash = auditHash(hash, { ...row, number: as });
      write.run({ as, hash, number: row.number });
      after = row.number;
    }
  }
}

/**
 * Brings a database to the newest version, each step in a transaction of its own, so that a kill between two steps
 * leaves a whole version. Returns null, or why the database is not ours to touch: then it is left as it was.
 * Errors of the database itself (disk full, damaged) are thrown as node:sqlite throws them.
 */
export function migrate(db: DatabaseSync, steps: readonly MigrationStep[] = migrations): string | null {
  const number = (sql: string) => Number(Object.values(db.prepare(sql).get() ?? {})[0]);
  const version = number('PRAGMA user_version');
  const empty = number('SELECT count(*) FROM sqlite_schema') === 0;
  if (!empty && number('PRAGMA application_id') !== APPLICATION_ID)
    return 'this is a database of some other program; name another state directory';
  if (version > steps.length)
    return `written by a newer InterTrack (schema ${version}, this program knows ${steps.length}); install that one, or restore the copy made before the upgrade`;
  for (let next = version; next < steps.length; next++) {
    db.exec('BEGIN IMMEDIATE');
    try {
      const step = steps[next]!;
      if (typeof step === 'string') db.exec(step);
      else step(db);
      db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${next + 1}; COMMIT`);
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  }
  return null;
}
