/**
 * The database that machines share, which need not be there when one of them starts: after a power cut they come back in any
 * order. What has to be mended by somebody, a password or a schema, ends the start; a server that is not there is waited for.
 */
import { type Database, type DatabaseOptions, databaseOf, mayPass } from '../store/postgresql/database.ts';
import type { Log } from './log.ts';

/** How often it is looked for. Milliseconds. */
const AGAIN = 1_000;

export interface SharedDatabase {
  readonly database: Database;
  /** Why nothing was had of it since the start, one line; null: it is there, or was. */
  away(): string | null;
  /** Resolves once it is there; never, when this is closed before. */
  readonly there: Promise<void>;
  close(): Promise<void>;
}

/** Rejects in words when somebody has to mend something. */
export async function openSharedDatabase(options: DatabaseOptions, log: Log): Promise<SharedDatabase> {
  const database = databaseOf(options);
  let away: string | null = null;
  let closed = false;
  try {
    await database.bringUp();
  } catch (error) {
    if (!mayPass(error)) {
      await database.close();
      throw error;
    }
    away = (error as Error).message;
    log('warn', `${away}; it is waited for`);
  }

  async function wait(): Promise<void> {
    while (away !== null) {
      await new Promise(resolve => setTimeout(resolve, AGAIN).unref());
      if (closed) return new Promise(() => {});
      try {
        await database.bringUp();
        away = null;
        log('info', `${database.place}: it is there`);
      } catch (error) {
        const words = (error as Error).message;
        if (words !== away && !closed) log(mayPass(error) ? 'warn' : 'error', words);
        away = words;
      }
    }
  }
  return {
    database,
    away: () => away,
    there: wait(),
    close() {
      closed = true;
      return database.close();
    },
  };
}
