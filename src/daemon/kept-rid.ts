/** Keeps the names of RID requests that wait for a person, so that after a restart it is said which were lost. */
import type { RidEntry } from '../bridge/rid-book.ts';
import type { Store } from '../store/records.ts';
import type { Log } from './log.ts';

/** A function that keeps an entry, or (null) forgets it. */
export const keepRid =
  (store: Pick<Store, 'write'>, log: Log) =>
  (number: number, entry: RidEntry | null): void => {
    store
      .write([
        entry === null
          ? { op: 'rid-waiting.forget', number }
          : { op: 'rid-waiting.put', number, body: JSON.stringify(entry) },
      ])
      .catch((e: Error) => log('error', `rid request ${number}, which waits for a person: ${e.message}`));
  };

/** Those that waited when the daemon ended. A row that cannot be read is told, and left out. */
export async function ridThatWaited(store: Pick<Store, 'read'>, log: Log): Promise<RidEntry[]> {
  const rows = await store.read('rid-waiting.all', {});
  return rows.flatMap(({ number, body }) => {
    try {
      return [{ ...(JSON.parse(body) as RidEntry), number }];
    } catch {
      log('warn', `rid request ${number}, which waited for a person, cannot be read, and is lost`);
      return [];
    }
  });
}
