/**
 * Keeps in the database what ASes have committed to, so that a restart forgets none of it. What came in the last second waits
 * to be written with what else comes; it is found all the same.
 */
import { windowOf } from '../probe/window-messages.ts';
import type { Store, StoreWrite } from '../store/records.ts';
import { commitmentsInMemory, type KeptCommitments } from '../traceback/kept-commitments.ts';

/** How long what comes is gathered before it is written, ms. */
const GATHER = 1000;
/** How often what is old is forgotten, and how much longer than windows it is kept; ms. */
const FORGET_INTERVAL = 3_600_000;
const LONGER = 3_600_000;

export interface KeptRoots extends KeptCommitments {
  /** Writes what waits. */
  settle(): Promise<void>;
}

/** `retention`: how long windows are kept, here and at sites, ms. */
export function keptRoots(
  store: Pick<Store, 'read' | 'write'>,
  retention: () => number,
  log: (level: 'error', line: string) => void,
  clock: () => number = Date.now,
): KeptRoots {
  let waiting: StoreWrite[] = [];
  let timer: NodeJS.Timeout | null = null;
  /** Not at the start: sites come a little later, and may keep windows for longer than this daemon does. */
  let forgotten = clock();
  /** What is not written yet, and what is being written. */
  let fresh = commitmentsInMemory();
  let beingWritten: KeptCommitments[] = [];
  const unwritten = () => [...beingWritten, fresh];
  let writing: Promise<void> = Promise.resolve();

  const write = (): Promise<void> => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const batch = waiting;
    waiting = [];
    const these = fresh;
    fresh = commitmentsInMemory();
    beingWritten.push(these);
    const now = clock();
    if (now >= forgotten + FORGET_INTERVAL || now < forgotten) {
      forgotten = now;
      const before = now - retention() - LONGER;
      batch.push({ op: 'root.forget', received: before });
      batch.push({ op: 'own-root.forget', window: Math.max(0, windowOf(before / 1000)) });
    }
    writing = writing
      .then(() => store.write(batch))
      .catch((e: Error) => log('error', `what ASes committed to: ${e.message}`))
      .then(() => {
        // Only now is it found in the database.
        beingWritten = beingWritten.filter(one => one !== these);
      });
    return writing;
  };
  const add = (writes: readonly StoreWrite[]) => {
    waiting.push(...writes);
    timer ??= setTimeout(write, GATHER).unref();
  };

  return {
    hold(as, all, received) {
      fresh.hold(as, all, received);
      add(
        all.map(({ window, commitment }) => ({
          op: 'root.put',
          record: { origin: as, window, root: commitment, received },
        })),
      );
    },
    async held(as, window) {
      const before = (await Promise.all(unwritten().map(one => one.held(as, window)))).flat();
      const rows = await store.read('root.of', { origin: as, window });
      const kept = rows.map(({ root, received }) => ({ commitment: root, received }));
      return [...kept, ...before.filter(one => !kept.some(({ commitment }) => commitment === one.commitment))];
    },
    keepOwn(window, own) {
      fresh.keepOwn(window, own);
      add([{ op: 'own-root.put', record: { window, root: own.commitment, body: JSON.stringify(own.roots) } }]);
    },
    async own(window) {
      const before = (await Promise.all(unwritten().map(one => one.own(window)))).flat();
      const rows = await store.read('own-root.of', { window });
      const kept = rows.map(({ root, body }) => ({ commitment: root, roots: JSON.parse(body) as string[] }));
      return [...kept, ...before.filter(one => !kept.some(({ commitment }) => commitment === one.commitment))];
    },
    async settle() {
      if (waiting.length > 0) await write();
      await writing;
    },
  };
}
