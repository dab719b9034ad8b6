/**
 * How long a machine of the version before waits while the schema is changed under it: `make testbed-online ROWS=300000`. One
 * PostgreSQL with so many cases; one machine writes a case with its notice after the other without a pause, and steps are
 * carried out by another, those of schema.ts as they could be and the same done carelessly. The last line is one JSON object.
 */
import pg from 'pg';
import { type Database, openDatabase } from '../../../src/store/postgresql/database.ts';
import { type SchemaStep, steps } from '../../../src/store/postgresql/schema.ts';
import { openScope } from '../../../src/store/postgresql/scope.ts';
import { caseWithNotice } from '../../store/batches.ts';
import { cluster } from '../../store/postgresql/cluster.ts';
import { numberOption } from '../options.ts';

const ROWS = numberOption('ROWS', 300_000);
const LEASE = 24 * 3_600_000;
/** How long somebody reads in the way, and how long is written before each step, ms. */
const [IN_THE_WAY, BEFORE] = [3_000, 1_000];

const server = await cluster();
if (server === null) throw new Error('PostgreSQL is not installed');
const open = (of: readonly SchemaStep[]): Promise<Database> =>
  openDatabase({
    ...{ url: server.url(), passwordFile: null, authorities: null, holder: 'a', steps: of },
    onProblem: console.error,
  });
const old = await open(steps);
await server.query(
  `INSERT INTO cases SELECT 'cases/9', 'x' || n, 'resolved', '192.0.2.0/24', n, n, '', '{"n":' || n || '}'
   FROM generate_series(1, $1::int) n`,
  [ROWS],
);
const store = openScope(old, 'cases/0', (await old.take('cases/0', LEASE))!);
let longest = 0;
let written = 0;
let running = true;
const writing = (async () => {
  while (running) {
    const begun = performance.now();
    await store.write(caseWithNotice(`2026-01-01-${written}`));
    longest = Math.max(longest, performance.now() - begun);
    written++;
  }
})();

const rows: { step: string; took: number; written: number; longest: number }[] = [];
async function measure(step: string, work: () => Promise<unknown>): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, BEFORE));
  const [begun, before] = [performance.now(), written];
  longest = 0;
  await work();
  // Who waits at this moment has not been counted yet.
  const upto = written + 2;
  while (written < upto) await new Promise(resolve => setTimeout(resolve, 5));
  const row = {
    step,
    took: Math.round(performance.now() - begun),
    written: written - before,
    longest: Math.round(longest),
  };
  rows.push(row);
  console.log(
    `${step.padEnd(52)} ${`${row.took} ms`.padStart(9)} ${String(row.written).padStart(8)} ${`${row.longest} ms`.padStart(10)}`,
  );
}
const known = [...steps];
const step = (of: SchemaStep) => async () => {
  known.push(of);
  await (await open(known)).close();
};
const column = (name: string): SchemaStep => ({
  sql: `ALTER TABLE cases ADD COLUMN ${name} text NOT NULL DEFAULT ''`,
  serves: 1,
});
/** Somebody has the table, a report say, while `work` goes on. */
const inTheWay = (work: () => Promise<unknown>) => async () => {
  const reader = new pg.Client({ connectionString: server.url() });
  await reader.connect();
  await reader.query('BEGIN');
  await reader.query('SELECT 1 FROM cases LIMIT 1');
  const working = work();
  await new Promise(resolve => setTimeout(resolve, IN_THE_WAY));
  await reader.query('COMMIT');
  await working;
  await reader.end();
};

console.log(`${ROWS} cases, PostgreSQL with fsync\n`);
console.log('step                                                      took  written  longest wait of a writer');
await measure('nothing', () => new Promise(resolve => setTimeout(resolve, 3_000)));
await measure('a column', step(column('a')));
await measure('a column, while somebody reads for 3 s', inTheWay(step(column('b'))));
await measure(
  'the same without a limit for the wait',
  inTheWay(() => server.query(`ALTER TABLE cases ADD COLUMN c text NOT NULL DEFAULT ''`)),
);
await measure(
  'its values, 1,000 rows at a time',
  step({
    online: [
      {
        walk: `WITH part AS (SELECT id FROM cases WHERE id > $1 ORDER BY id LIMIT 1000),
             done AS (UPDATE cases SET a = 'red' FROM part WHERE cases.id = part.id AND a = '')
             SELECT max(id) AS last FROM part`,
      },
    ],
    serves: 1,
  }),
);
await measure('an index, online', step({ online: [{ index: 'cases_by_a', on: 'cases (a, id)' }], serves: 1 }));
await measure('the same in one transaction', step({ sql: 'CREATE INDEX cases_by_b ON cases (b, id)', serves: 1 }));
running = false;
await writing;
console.log(JSON.stringify({ cases: ROWS, written, steps: rows }));
await old.close();
await server.close();
process.exit(0);
