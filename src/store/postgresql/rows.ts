/**
 * What most transactions are, as one statement: that the lease is held, and the rows of each table, all at once. PostgreSQL does
 * it whole or not at all, and there is one answer to wait for. Nothing is written where the lease is another machine's, for
 * every part takes its scope from the row of the lease.
 */
import type { CaseRecord, CursorRecord, EvidenceRecord, OutboxRecord } from '../records.ts';
import { bigintArray, textArray } from './arrays.ts';
import type { SharedWrite } from './statements.ts';

type Columns<Row> = readonly (readonly [name: keyof Row & string, type: 'text' | 'bigint'])[];

interface Part<Row> {
  readonly columns: Columns<Row>;
  /** `row` has the columns, `mine` the scope. */
  readonly sql: string;
}
const part = <Row>(columns: Columns<Row>, sql: string): Part<Row> => ({ columns, sql });

interface Owed {
  readonly caseId: string;
  readonly event: string;
  readonly time: number;
  /** The scope that tells it; null: this one. */
  readonly owner: string | null;
}

/** In this order, which is none for PostgreSQL: references between tables are looked at when all is done. */
const PARTS = {
  'case.put': part<CaseRecord & { readonly offender: number | null }>(
    [
      ['id', 'text'],
      ['state', 'text'],
      ['prefix', 'text'],
      ['opened', 'bigint'],
      ['changed', 'bigint'],
      ['incident', 'text'],
      ['offender', 'bigint'],
      ['body', 'text'],
    ],
    `INSERT INTO cases (scope, id, state, prefix, opened, changed, incident, offender, body)
     SELECT mine.scope, row.* FROM mine, :rows
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, prefix = excluded.prefix, opened = excluded.opened,
       changed = excluded.changed, incident = excluded.incident, offender = excluded.offender, body = excluded.body
     WHERE cases.scope = excluded.scope RETURNING 1`,
  ),
  'evidence.add': part<EvidenceRecord>(
    [
      ['caseId', 'text'],
      ['number', 'bigint'],
      ['time', 'bigint'],
      ['hash', 'text'],
      ['body', 'text'],
    ],
    'INSERT INTO evidence (case_id, number, time, hash, body) SELECT row.* FROM mine, :rows',
  ),
  'outbox.add': part<OutboxRecord>(
    [
      ['id', 'text'],
      ['channel', 'text'],
      ['recipient', 'text'],
      ['caseId', 'text'],
      ['event', 'text'],
      ['body', 'text'],
      ['state', 'text'],
      ['attempts', 'bigint'],
      ['due', 'bigint'],
      ['created', 'bigint'],
      ['lastError', 'text'],
      ['doubt', 'bigint'],
    ],
    `INSERT INTO outbox
       (scope, id, channel, recipient, case_id, event, body, state, attempts, due, created, last_error, doubt)
     SELECT mine.scope, row.* FROM mine, :rows ON CONFLICT (id) DO NOTHING`,
  ),
  'told.add': part<{ readonly caseId: string; readonly notice: string }>(
    [
      ['caseId', 'text'],
      ['notice', 'text'],
    ],
    `INSERT INTO told_by (case_id, notice) SELECT row.* FROM mine, :rows
     ON CONFLICT (case_id, notice) DO NOTHING`,
  ),
  'owed.add': part<Owed>(
    [
      ['caseId', 'text'],
      ['event', 'text'],
      ['time', 'bigint'],
      ['owner', 'text'],
    ],
    `INSERT INTO owed (scope, case_id, event, time)
     SELECT coalesce(row.owner, mine.scope), row.caseid, row.event, row.time FROM mine, :rows
     ON CONFLICT (case_id, event) DO NOTHING`,
  ),
  'owed.done': part<Pick<Owed, 'caseId' | 'event'>>(
    [
      ['caseId', 'text'],
      ['event', 'text'],
    ],
    `DELETE FROM owed USING mine, :rows
     WHERE owed.scope = mine.scope AND owed.case_id = row.caseid AND owed.event = row.event`,
  ),
  'cursor.put': part<CursorRecord>(
    [
      ['collector', 'text'],
      ['life', 'bigint'],
      ['sequence', 'bigint'],
    ],
    `INSERT INTO cursors (scope, collector, life, sequence) SELECT mine.scope, row.* FROM mine, :rows
     ON CONFLICT (scope, collector) DO UPDATE SET life = excluded.life, sequence = excluded.sequence`,
  ),
} as const;
type PartName = keyof typeof PARTS;
const NAMES = Object.keys(PARTS) as PartName[];
type RowWrite = Extract<SharedWrite, { readonly op: PartName }>;

const isRowWrite = (write: SharedWrite): write is RowWrite => write.op in PARTS;
/** What goes by itself. */
export type SingleWrite =
  | Exclude<SharedWrite, RowWrite>
  | Extract<SharedWrite, { readonly op: 'owed.add' | 'owed.done' }>;

/** The rows of a batch, by part; of a row that is written twice the last word. */
type Row = Readonly<Record<string, string | number | null>>;
export type Rows = ReadonlyMap<PartName, readonly Row[]>;

const keyOf: { readonly [K in RowWrite['op']]?: (row: Row) => string } = {
  'case.put': ({ id }) => `${id}`,
  'cursor.put': ({ collector }) => `${collector}`,
};

/**
 * Parts a batch into rows and what goes by itself behind them. A notice that is owed and done with in one batch, or the other way
 * round, is of the latter: rows are written at once, and none sees the other.
 */
export function rowsOf(batch: readonly SharedWrite[]): {
  readonly rows: Rows;
  readonly singles: readonly SingleWrite[];
} {
  const rows = new Map<PartName, Map<string | number, Row>>();
  const singles: SingleWrite[] = [];
  /** What was said of a notice that is owed. */
  const owed = new Map<string, RowWrite['op']>();
  for (const write of batch) {
    if (!isRowWrite(write)) {
      singles.push(write);
      continue;
    }
    const { op, ...rest } = write;
    const row = ('record' in rest
      ? { offender: null, ...rest, ...rest.record }
      : { owner: null, ...rest }) as unknown as Row;
    if (write.op === 'owed.add' || write.op === 'owed.done') {
      const notice = `${row.caseId} ${row.event}`;
      if ((owed.get(notice) ?? op) !== op) {
        singles.push(write);
        continue;
      }
      owed.set(notice, op);
    }
    const mine = rows.get(op) ?? new Map();
    rows.set(op, mine.set(keyOf[op]?.(row) ?? mine.size, row));
  }
  return { rows: new Map([...rows].map(([name, mine]) => [name, [...mine.values()]])), singles };
}

/** What is asked first of each transaction: whether the lease is held, and that it is the next one. */
export interface Turn {
  readonly scope: string;
  readonly fence: number;
  /** Transactions before. */
  readonly before: number;
}

/** SQLSTATE by which the statement ends itself where a case belongs to another scope: a division by nothing. */
export const ANOTHER_SCOPE = '22012';

const texts = new Map<string, string>();

function textOf(names: readonly PartName[]): string {
  let parameter = 3;
  const parts = names.map(name => {
    const { columns, sql } = PARTS[name];
    const lists = (columns as Columns<Readonly<Record<string, unknown>>>).map(
      ([, type]) => `CAST($${++parameter} AS ${type}[])`,
    );
    const row = `unnest(${lists.join(', ')}) AS row (${columns.map(([column]) => column).join(', ')})`;
    return `, ${name.replace('.', '_')} AS (${sql.replace(':rows', () => row)})`;
  });
  // The case that is not put is another scope's: an upsert that changes no row does not say so by itself.
  const whole = names.includes('case.put')
    ? `1 / CASE WHEN (SELECT count(*) FROM case_put) = cardinality(CAST($4 AS text[])) OR NOT EXISTS (SELECT 1 FROM mine)
         THEN 1 ELSE 0 END`
    : '1';
  return `WITH mine AS (UPDATE leases SET written = CAST($3 AS bigint) + 1
    WHERE scope = $1 AND fence = $2 AND written = CAST($3 AS bigint) RETURNING scope)
    ${parts.join('\n')} SELECT (SELECT count(*) FROM mine) AS held, ${whole} AS whole`;
}

/** The statement that writes rows, and takes the turn. It answers one row: `held` is 1 where the lease was, else nothing is written. */
export function writeRows({ scope, fence, before }: Turn, rows: Rows) {
  const names = NAMES.filter(name => rows.has(name));
  const name = `rows ${NAMES.map(part => (rows.has(part) ? 1 : 0)).join('')}`;
  const text = texts.get(name) ?? textOf(names);
  texts.set(name, text);
  const lists = names.flatMap(part =>
    (PARTS[part].columns as Columns<Row>).map(([column, type]) => {
      const values = rows.get(part)!.map(row => row[column] ?? null);
      return type === 'text' ? textArray(values as (string | null)[]) : bigintArray(values as (number | null)[]);
    }),
  );
  return { name, text, values: [scope, fence, before, ...lists] as unknown[] };
}
