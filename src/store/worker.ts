/**
 * The store's thread: node:sqlite is synchronous and waits for the disk, which the main thread must not. Requests are
 * carried out one by one in the order they came: one writer. Told to `close`, it has done all that was asked before.
 */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { migrate } from './migrations.ts';
import { type Operations, prepareOperations } from './operations.ts';
import { describeProblem } from './problem.ts';
import type { StoreReads, StoreWrite } from './records.ts';

/** Main thread to worker. Answered in order, one answer each. */
export type StoreRequest =
  | { readonly ask: 'write'; readonly batch: readonly StoreWrite[] }
  | { readonly ask: 'read'; readonly what: keyof StoreReads; readonly args: Readonly<Record<string, unknown>> }
  | { readonly ask: 'check' }
  | { readonly ask: 'close' };

/** Worker to main thread. The first answer is that to opening. */
export type StoreAnswer =
  | { readonly ok: true; readonly rows: readonly unknown[] }
  | { readonly ok: false; readonly error: string };

/** Waits so long for a reader that holds a lock, such as an operator's sqlite3, before SQLITE_BUSY. Milliseconds. */
const PATIENCE = 5000;

const { directory } = workerData as { readonly directory: string };
const port = parentPort!;
const file = join(directory, 'intertrack.db');

/**
 * Takes the state directory for this process: an exclusive transaction on an empty database, never ended. SQLite's lock
 * is the kernel's (fcntl), so it goes with the process, however that dies, and leaves no stale file that blocks a start.
 */
function lock(): DatabaseSync {
  const path = join(directory, 'lock');
  try {
    const held = new DatabaseSync(path, { timeout: 0 });
    held.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return held;
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && error.errcode === 5)
      throw new Error(`state directory ${directory} is in use by another process (fuser ${path} names it)`);
    throw new Error(describeProblem(path, error));
  }
}

function open(): DatabaseSync {
  try {
    // Made here, not by SQLite, so that nobody else can read it; the WAL takes its mode from it.
    closeSync(openSync(file, 'a', 0o600));
    const db = new DatabaseSync(file, { timeout: PATIENCE });
    const refusal = migrate(db);
    if (refusal !== null) throw new Error(refusal);
    // FULL: a commit waits for the disk, so that a case and its mail outlive a power cut as well as kill -9.
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
      PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA journal_size_limit = 67108864`);
    return db;
  } catch (error) {
    throw new Error(describeProblem(file, error));
  }
}

function begin(): { readonly held: DatabaseSync; readonly db: DatabaseSync; readonly operations: Operations } {
  try {
    mkdirSync(dirname(directory), { recursive: true });
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new Error(describeProblem(`state directory ${directory}`, error));
  }
  const held = lock();
  const db = open();
  return { held, db, operations: prepareOperations(db) };
}

/** A file may be too damaged to be checked to its end: then SQLite's word for that is the answer. */
function check(db: DatabaseSync): readonly unknown[] {
  try {
    const faults = db.prepare('PRAGMA integrity_check').all();
    return faults[0]?.integrity_check === 'ok' ? [...faults, ...db.prepare('PRAGMA foreign_key_check').all()] : faults;
  } catch (error) {
    return [{ integrity_check: describeProblem(file, error) }];
  }
}

function answer(work: () => readonly unknown[]): boolean {
  let reply: StoreAnswer;
  try {
    reply = { ok: true, rows: work() };
  } catch (error) {
    reply = { ok: false, error: describeProblem(file, error) };
  }
  port.postMessage(reply);
  return reply.ok;
}

function serve({ held, db, operations }: ReturnType<typeof begin>): void {
  port.on('message', (request: StoreRequest) => {
    switch (request.ask) {
      case 'write':
        return answer(() => {
          operations.write(request.batch);
          return [];
        });
      case 'read':
        return answer(() => operations.read(request.what, request.args));
      case 'check':
        return answer(() => check(db));
      case 'close':
        answer(() => {
          db.close();
          held.close();
          return [];
        });
        return port.close();
    }
  });
}

try {
  const begun = begin();
  serve(begun);
  port.postMessage({ ok: true, rows: [] } satisfies StoreAnswer);
} catch (error) {
  port.postMessage({ ok: false, error: error instanceof Error ? error.message : String(error) } satisfies StoreAnswer);
}
