/** Keeps RID requests that wait for a person, so that they wait on after a restart (bridge/rid-waiting.ts). */
import type { RidEntry } from '../bridge/rid-book.ts';
import type { KeptRid } from '../bridge/rid-waiting.ts';
import type { Store } from '../store/records.ts';
import type { Log } from './log.ts';

/** A function that keeps a request, or (null) forgets it. Resolves when that is on disk; never rejects. */
export const keepRid =
  (store: Pick<Store, 'write'>, log: Log) =>
  (number: number, kept: KeptRid | null): Promise<void> =>
    store
      .write([
        kept === null
          ? { op: 'rid-waiting.forget', number }
          : { op: 'rid-waiting.put', number, body: JSON.stringify({ ...kept.entry, asked: kept.asked }) },
      ])
      .then(
        () => {},
        (e: Error) => log('error', `rid request ${number}, which waits for a person: ${e.message}`),
      );

/**
 * Those that waited when the daemon ended. Rows of old have the entry alone, of which nothing can be traced. A row that
 * cannot be read is told, and left out.
 */
export async function ridThatWaited(store: Pick<Store, 'read'>, log: Log): Promise<KeptRid[]> {
  const rows = await store.read('rid-waiting.all', {});
  return rows.flatMap(({ number, body }) => {
    try {
      const { asked = null, ...entry } = JSON.parse(body) as RidEntry & Partial<Pick<KeptRid, 'asked'>>;
      return [{ entry: { ...entry, number }, asked }];
    } catch {
      log('warn', `rid request ${number}, which waited for a person, cannot be read, and is lost`);
      return [];
    }
  });
}
