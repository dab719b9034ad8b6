/** Entry of the thread that plans where more taking part would help: seconds of work on a graph of the Internet. */
import { parentPort, workerData } from 'node:worker_threads';
import {
  type Placement,
  type PlacementProgress,
  type PlacementQuestion,
  planPlacement,
} from '../traceback/placement.ts';

export type FromPlacement =
  | { readonly progress: PlacementProgress }
  | { readonly placement: Placement }
  | { readonly error: string };

/** How often it is told how far it is, ms. */
const TELL = 250;

if (parentPort === null) throw new Error('daemon/placement-worker is the entry of a worker thread');
const port = parentPort;

try {
  let told = 0;
  const work = planPlacement(workerData as PlacementQuestion);
  for (;;) {
    const next = work.next();
    if (next.done) {
      port.postMessage({ placement: next.value } satisfies FromPlacement);
      break;
    }
    if (performance.now() - told < TELL) continue;
    told = performance.now();
    port.postMessage({ progress: next.value } satisfies FromPlacement);
  }
} catch (error) {
  port.postMessage({ error: (error as Error).message } satisfies FromPlacement);
}
