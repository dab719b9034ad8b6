/**
 * The operations of one scope, carried out one by one in the order they came, as the thread of SQLite does. A batch is one
 * transaction, and most are one statement (rows.ts). Who has lost the lease writes nothing more; and where the answer was lost,
 * the database is asked whether it took place before anything is said about it.
 */
import type pg from 'pg';
import { auditHash, FORGOTTEN, type Head, NO_HASH } from '../audit-chain.ts';
import type { AuditRecord, IncidentAsk, Store, StoreReads, StoreWrite } from '../records.ts';
import type { Database, Lease } from './database.ts';
import { type Linked, linkIncidents } from './incidents.ts';
import { ANOTHER_SCOPE, rowsOf, type SingleWrite, writeRows } from './rows.ts';
import {
  ADD_TO_AUDIT,
  FORGET_AUDIT,
  isSharedRead,
  isSharedWrite,
  LAST_BEFORE,
  readOf,
  type SharedWrite,
  type Statement,
  statement,
  valuesOf,
  writeOf,
} from './statements.ts';
import { describeTrouble, isOfConnection, isUndone, sqlStateOf } from './trouble.ts';

/** Requests that may wait for the database before new ones are refused. */
const MOST_REQUESTS = 10_000;
/** How long until the database is asked again whether a COMMIT took place. Milliseconds. */
const DOUBT = 500;

const COUNTED = statement('counted', 'SELECT fence, written FROM leases WHERE scope = :scope');
/** Waits for a transaction that is still under way; and where none took place, none of this number can any more. */
const USE_UP = statement(
  'use-up',
  'UPDATE leases SET written = :next WHERE scope = :scope AND fence = :fence AND written = :before',
);
const ADD = statement('audit.add', ADD_TO_AUDIT);
const BEFORE = statement('audit.before', LAST_BEFORE);
const FORGET = statement('audit.forget', FORGET_AUDIT);

/** Each of a batch, which has no other. */
function sharedOf(batch: readonly StoreWrite[]): readonly SharedWrite[] {
  for (const write of batch) if (!isSharedWrite(write)) throw new Error(`${write.op} is not kept in a shared database`);
  return batch as readonly SharedWrite[];
}

/** A store that writes only while its lease is held. */
export interface ScopeStore extends Store {
  /** True once another machine holds the lease: every write is refused. */
  readonly lost: boolean;
  /** Which incidents cases are of that are about to be written, by all scopes. Rejects like a write. */
  link(asks: readonly IncidentAsk[]): Promise<Linked>;
}

/** `lease` null: nothing can be written; then `scope` null reads what every scope has. */
export function openScope(database: Database, scope: string | null, lease: Lease | null): ScopeStore {
  const { place, pool, pace } = database;
  let turn: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let written = lease?.written ?? 0;
  let lost = false;
  let closed = false;

  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    if (closed) throw new Error(`${place}: the store is closed`);
    if (waiting >= MOST_REQUESTS)
      throw new Error(`${place}: it is too slow: ${waiting} requests wait; this one is refused`);
    waiting++;
    const over = pace.waits();
    const mine = turn.then(work);
    turn = mine.catch(() => {});
    try {
      return await mine;
    } finally {
      waiting--;
      over();
    }
  };
  const run = (client: pg.PoolClient | pg.Pool, of: Statement, values: Readonly<Record<string, unknown>>) =>
    client.query<pg.QueryResultRow>({ name: of.name, text: of.text, values: valuesOf(of, { ...values, scope }) });

  /** Tries once more where a connection of the pool turns out to be broken: nothing of it has taken place. */
  const withAnother = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work().catch(error => {
        if (lost || closed || !isOfConnection(error)) throw error;
        return work();
      });
    } catch (error) {
      throw new Error(describeTrouble(place, error));
    }
  };

  /** What is not written as rows, one statement each; those of the audit log need its end first. */
  async function statementsOf(client: pg.PoolClient, batch: readonly SingleWrite[]): Promise<Promise<void>[]> {
    let head: Head | null = null;
    const endOfAudit = async (): Promise<Head> => {
      const { rows } = await run(client, readOf('audit.head', false), {});
      return (rows[0] as Head | undefined) ?? { number: 0, hash: NO_HASH };
    };
    const sent: Promise<void>[] = [];
    const send = (one: Promise<unknown>) => {
      const done = one.then(() => {});
      done.catch(() => {}); // all are awaited together
      sent.push(done);
    };
    const add = async ({ time, what, body }: AuditRecord): Promise<void> => {
      head ??= await endOfAudit();
      const entry = { number: head.number + 1, time, what, body: body.replaceAll('\0', '\ufffd') };
      const hash = auditHash(head.hash, entry);
      head = { number: entry.number, hash };
      send(run(client, ADD, { ...entry, hash }));
    };
    for (const write of batch) {
      if (write.op === 'audit.add') await add(write.record);
      else if (write.op === 'audit.forget') {
        const { rows } = await run(client, BEFORE, { before: write.before });
        const last = rows[0] as Head | undefined;
        if (last === undefined) continue;
        const body = JSON.stringify({ through: last.number, hash: last.hash });
        await add({ time: write.time, what: FORGOTTEN, body });
        send(run(client, FORGET, { through: last.number }));
      } else {
        const { op, ...rest } = write;
        const values = 'record' in rest ? rest.record : rest;
        send(
          run(client, writeOf(op), values as Readonly<Record<string, unknown>>).then(({ rowCount }) => {
            if (rowCount === 0 && op === 'outbox.update') throw new Error(`the outbox has no message ${write.id}`);
          }),
        );
      }
    }
    return sent;
  }

  /**
   * True when the transaction of this number took place; else it never will: a COMMIT that the server has not come to yet would
   * make of what is said now a lie.
   */
  async function tookPlace(number: number): Promise<boolean> {
    for (;;) {
      try {
        await run(pool, USE_UP, { fence: lease!.fence, before: number - 1, next: number + 1 });
        const { rows } = await run(pool, COUNTED, {});
        const [row] = rows as { fence: number; written: number }[];
        if (row === undefined || row.fence !== lease!.fence) lost = true;
        else if (row.written > number) written = row.written;
        return !lost && row!.written === number;
      } catch (error) {
        if (closed) throw error;
        await new Promise(resolve => setTimeout(resolve, DOUBT));
      }
    }
  }

  async function transact(batch: readonly StoreWrite[]): Promise<void> {
    if (lease === null || scope === null) throw new Error(`${place}: nothing can be written without a lease`);
    if (lost) throw new Error(`${place}: ${scope} is another machine's now`);
    const { rows, singles } = rowsOf(sharedOf(batch));
    const first = writeRows({ scope, fence: lease.fence, before: written }, rows);
    const taken = ({ rows: [answer] }: pg.QueryResult) => {
      if ((answer as { readonly held: number }).held === 1) return;
      lost = true;
      throw new Error(`${scope} is another machine's now`);
    };
    const began = performance.now();
    const client = await pool.connect();
    let committing = singles.length === 0;
    try {
      if (committing) taken(await client.query(first));
      else {
        const begun = client.query('BEGIN');
        begun.catch(() => {});
        const counting = client.query(first);
        counting.catch(() => {});
        const sent = await statementsOf(client, singles);
        await begun;
        taken(await counting);
        for (const one of sent) await one;
        committing = true;
        const { command } = await client.query('COMMIT');
        if (command !== 'COMMIT') throw new Error('the transaction was rolled back');
      }
      written++;
      pace.took(performance.now() - began);
    } catch (error) {
      // A connection that failed is not used again: whatever it had begun is rolled back. It makes room for another at once: where
      // all that there may be are let go in one moment, each of them is needed to ask what took place.
      client.release(error as Error);
      if (sqlStateOf(error) === ANOTHER_SCOPE) {
        const ids = rows.get('case.put')!.map(({ id }) => id);
        throw new Error(`a case of ${ids.join(', ')} is another partition's`);
      }
      if (committing && !lost && !isUndone(error) && (await tookPlace(written + 1))) {
        written++;
        return;
      }
      throw error;
    }
    client.release();
  }

  return {
    get lost() {
      return lost;
    },
    write: batch => inTurn(() => withAnother(() => transact(batch))),
    link: asks =>
      inTurn(() =>
        withAnother(async () => {
          const linked = lost || lease === null ? null : await linkIncidents(pool, lease, asks);
          if (linked === null) lost = true;
          if (linked === null) throw new Error(`${scope} is another machine's now`);
          return linked;
        }),
      ),
    read: <K extends keyof StoreReads>(what: K, args: StoreReads[K]['args']) =>
      inTurn(async () => {
        if (!isSharedRead(what)) throw new Error(`${what} is not kept in a shared database`);
        const values =
          what === 'outbox.pending' ? { limit: null, channel: null, recipient: null, ...args } : { ...args };
        const { rows } = await withAnother(() => run(pool, readOf(what, scope === null), values));
        return rows as StoreReads[K]['row'][];
      }),
    async close() {
      closed = true;
      await turn;
    },
  };
}
