/**
 * The schema in PostgreSQL as the steps that led to it. Several machines share a database and are not upgraded in one
 * moment: a step only adds (a table, a column with a default, an index), so that the program before it goes on with it;
 * what would take something away says in `serves` which step's programs it no longer serves. What takes its time with the
 * number of rows, an index of a table that is in use or a new column's values, is `online`. A step that was released is never
 * edited.
 *
 * Every row belongs to a scope: a partition of the cases, or one machine. Who writes into a scope holds its lease; `fence`
 * grows with each holder, and `written` with each transaction, by which it is known whether one whose answer was lost has
 * taken place.
 */
export type SchemaStep = {
  /** The oldest program, by the number of steps that it knows, that can go on with the database after this step. */
  readonly serves: number;
} & (
  | {
      /** One transaction; each table that it locks is out of use until it is through, so it must be short. */
      readonly sql: string;
      readonly online?: never;
    }
  | {
      /** One after the other, each beside everything else; begun anew where it was not brought to its end. */
      readonly online: readonly OnlineWork[];
      readonly sql?: never;
    }
);

/** Work on a table that others write into. */
export type OnlineWork =
  /** Makes an index: its name, and what stands behind ON. */
  | { readonly index: string; readonly on: string }
  /**
   * Goes through a table by its key, some rows at a time, each time in a transaction of its own: $1 is the key it has come to, at
   * first '', and one row is returned with the next one as `last`; null: that was the end.
   */
  | { readonly walk: string };

export const steps: readonly SchemaStep[] = [
  {
    serves: 1,
    sql: `
    CREATE TABLE leases (
      scope   text   NOT NULL PRIMARY KEY,
      holder  text   NOT NULL,
      fence   bigint NOT NULL,
      written bigint NOT NULL DEFAULT 0,
      until   timestamptz NOT NULL
    ) WITH (fillfactor = 50);
    CREATE TABLE settings (
      name  text NOT NULL PRIMARY KEY,
      value text NOT NULL
    );
    CREATE TABLE cursors (
      scope     text   NOT NULL,
      collector text   NOT NULL,
      life      bigint NOT NULL,
      sequence  bigint NOT NULL,
      PRIMARY KEY (scope, collector)
    ) WITH (fillfactor = 50);
    CREATE TABLE cases (
      scope    text   NOT NULL,
      id       text   NOT NULL PRIMARY KEY,
      state    text   NOT NULL,
      prefix   text   NOT NULL,
      opened   bigint NOT NULL,
      changed  bigint NOT NULL,
      incident text   NOT NULL,
      body     text   NOT NULL
    );
    CREATE INDEX cases_by_opening ON cases (opened, id);
    CREATE INDEX cases_not_over ON cases (scope, opened, id) WHERE state <> 'resolved';
    CREATE INDEX cases_by_incident ON cases (incident, opened, id);
    CREATE TABLE evidence (
      case_id text   NOT NULL REFERENCES cases (id) DEFERRABLE INITIALLY DEFERRED,
      number  bigint NOT NULL,
      time    bigint NOT NULL,
      hash    text   NOT NULL,
      body    text   NOT NULL,
      PRIMARY KEY (case_id, number)
    );
    CREATE TABLE outbox (
      scope      text   NOT NULL,
      id         text   NOT NULL PRIMARY KEY,
      channel    text   NOT NULL,
      recipient  text   NOT NULL,
      case_id    text   NOT NULL REFERENCES cases (id) DEFERRABLE INITIALLY DEFERRED,
      event      text   NOT NULL,
      body       text   NOT NULL,
      state      text   NOT NULL CHECK (state IN ('pending', 'sent', 'failed')),
      attempts   bigint NOT NULL,
      due        bigint NOT NULL,
      created    bigint NOT NULL,
      last_error text   NOT NULL
    );
    CREATE INDEX outbox_pending ON outbox (scope, due, id) WHERE state = 'pending';
    CREATE INDEX outbox_by_case ON outbox (case_id);
    CREATE TABLE owed (
      scope   text   NOT NULL,
      case_id text   NOT NULL REFERENCES cases (id) DEFERRABLE INITIALLY DEFERRED,
      event   text   NOT NULL,
      time    bigint NOT NULL,
      PRIMARY KEY (case_id, event)
    );
    CREATE TABLE told_by (
      case_id text NOT NULL REFERENCES cases (id) DEFERRABLE INITIALLY DEFERRED,
      notice  text NOT NULL REFERENCES outbox (id) DEFERRABLE INITIALLY DEFERRED,
      PRIMARY KEY (case_id, notice)
    );
    CREATE TABLE traces (
      scope text   NOT NULL,
      id    text   NOT NULL,
      asked bigint NOT NULL,
      body  text   NOT NULL,
      PRIMARY KEY (scope, id)
    );
    CREATE INDEX traces_by_time ON traces (scope, asked, id);
    CREATE INDEX traces_by_case ON traces ((CAST(body AS json) ->> 'caseId'));
    CREATE TABLE trace_evidence (
      scope text NOT NULL,
      id    text NOT NULL,
      body  text NOT NULL,
      PRIMARY KEY (scope, id),
      FOREIGN KEY (scope, id) REFERENCES traces DEFERRABLE INITIALLY DEFERRED
    );
    CREATE TABLE trace_work (
      scope text NOT NULL,
      id    text NOT NULL,
      body  text NOT NULL,
      PRIMARY KEY (scope, id),
      FOREIGN KEY (scope, id) REFERENCES traces DEFERRABLE INITIALLY DEFERRED
    );
    CREATE TABLE audit (
      scope  text   NOT NULL,
      number bigint NOT NULL,
      time   bigint NOT NULL,
      what   text   NOT NULL,
      body   text   NOT NULL,
      hash   text   NOT NULL,
      PRIMARY KEY (scope, number)
    );
    CREATE INDEX audit_by_time ON audit (scope, time);`,
  },
  // Cases of one incident are linked across partitions (incidents.ts). A program that does not know of it goes on linking
  // those of one partition, and leaves `offender` empty.
  {
    serves: 1,
    sql: `
    CREATE TABLE incidents (
      key      text   NOT NULL PRIMARY KEY,
      incident text   NOT NULL,
      time     bigint NOT NULL
    ) WITH (fillfactor = 50);
    ALTER TABLE cases ADD COLUMN offender bigint;`,
  },
  // When the other end may have had a notice whole; a program that does not know of it sends it again without a word.
  { serves: 1, sql: 'ALTER TABLE outbox ADD COLUMN doubt bigint' },
];

/** Held while the schema is looked at and changed: "ITRK". */
export const SCHEMA_LOCK = 0x4954524b;
