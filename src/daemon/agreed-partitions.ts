/**
 * Into how many partitions the machines divide the cases: the first of them that uses a database decides. A collector must know
 * it before it publishes anything, and not need the database for it each time it starts: so each machine remembers it.
 */
import type { Store } from '../store/records.ts';
import type { Log } from './log.ts';
import type { SharedDatabase } from './shared-database.ts';

const NAME = 'partitions';
const AGAIN = 1_000;

export interface AgreedPartitions {
  /** Null: it is not known yet. */
  now(): number | null;
  /** Resolves once it is known. */
  readonly known: Promise<number>;
}

export interface AgreedPartitionsParts {
  readonly shared: SharedDatabase;
  /** The database of this machine alone. */
  readonly own: Pick<Store, 'read' | 'write'>;
  /** What this machine would have. */
  readonly wanted: number;
  readonly log: Log;
  /** What was remembered, and is in use, is not what the others have. */
  readonly onFatal: (why: string) => void;
}

/** Rejects in words when the database is there and does not say. */
export async function agreeOnPartitions(parts: AgreedPartitionsParts): Promise<AgreedPartitions> {
  const { shared, own, wanted, log, onFatal } = parts;
  const { database } = shared;
  // Another database may be divided otherwise.
  const name = `${NAME} of ${database.place}`;
  const { promise: known, resolve } = Promise.withResolvers<number>();
  let count: number | null = null;
  const use = (value: number) => {
    count = value;
    resolve(value);
  };

  async function agree(): Promise<void> {
    const value = Number(await database.agree(NAME, String(wanted)));
    const before = count;
    if (value !== before)
      await own
        .write([{ op: 'agreed.put', name, value: String(value) }])
        .catch((e: Error) => log('error', `how many partitions there are cannot be remembered: ${e.message}`));
    if (before !== null && value !== before)
      return onFatal(`the machines share out ${value} partitions, not ${before} as when this one was there last`);
    if (value !== wanted)
      log('warn', `the machines share out ${value} partitions, not ${wanted}: the first of them has decided`);
    use(value);
  }

  async function agreeOnceThere(): Promise<void> {
    await shared.there;
    for (;;)
      try {
        return await agree();
      } catch (error) {
        log('warn', `how many partitions there are is not known for sure: ${(error as Error).message}`);
        await new Promise(again => setTimeout(again, AGAIN).unref());
      }
  }

  if (shared.away() === null) await agree();
  else {
    const remembered = Number((await own.read('agreed.get', { name }))[0]?.value);
    if (remembered > 0) use(remembered);
    else
      log(
        'warn',
        'how many partitions there are was never known here: nothing is published until the database says it',
      );
    void agreeOnceThere();
  }
  return { now: () => count, known };
}
