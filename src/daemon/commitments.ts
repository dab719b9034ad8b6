/** Keeps what probes commit to: who else has the hashes of a chain can tell when it was changed (itprobe(8), The chain). */
import type { KeptStatus } from '../probe/sealed/kept-messages.ts';
import type { Store, StoreWrite } from '../store/records.ts';

/** Longer than windows are kept: 30 days at most, and some more. */
const KEPT = 60 * 86_400_000;
/** How often what is older is forgotten. */
const FORGET_INTERVAL = 3_600_000;

/** A function that writes what a probe has told of its chain. */
export function commitmentsTo(
  store: Pick<Store, 'write'>,
  log: (level: 'error', line: string) => void,
  clock: () => number = Date.now,
): (probe: string, kept: Pick<KeptStatus, 'head' | 'latest'>) => void {
  let forgotten = 0;
  return (probe, { head, latest }) => {
    const told = clock();
    const record = { probe, head, told, window: latest?.from ?? null, root: latest?.root ?? null };
    const batch: StoreWrite[] = [{ op: 'commitment.put', record }];
    if (told >= forgotten + FORGET_INTERVAL) {
      forgotten = told;
      batch.push({ op: 'commitment.forget', told: told - KEPT });
    }
    store.write(batch).catch((e: Error) => log('error', `what probe ${probe} committed to: ${e.message}`));
  };
}
