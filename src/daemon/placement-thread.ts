/** The main thread's side of the thread that plans placement: one for each plan, ended with it. */
import { Worker } from 'node:worker_threads';
import type { Placement, PlacementProgress, PlacementQuestion } from '../traceback/placement.ts';
import type { FromPlacement } from './placement-worker.ts';

/** Rejects, in words, when the thread cannot end its work, or the signal aborts. */
export function placeInThread(
  question: PlacementQuestion,
  progress: (progress: PlacementProgress) => void,
  signal: AbortSignal,
): Promise<Placement> {
  // Sources in development, compiled files when installed.
  const entry = import.meta.url.endsWith('.ts') ? './placement-worker.ts' : './placement-worker.js';
  const worker = new Worker(new URL(entry, import.meta.url), { workerData: question });
  const stop = () => void worker.terminate();
  signal.addEventListener('abort', stop);
  return new Promise<Placement>((resolve, reject) => {
    worker.on('message', (message: FromPlacement) => {
      if ('progress' in message) progress(message.progress);
      else if ('placement' in message) resolve(message.placement);
      else reject(new Error(message.error));
    });
    worker.on('error', reject);
    worker.on('exit', () => reject(new Error(signal.aborted ? 'cancelled' : 'the thread that plans has ended')));
    if (signal.aborted) stop();
  }).finally(() => {
    signal.removeEventListener('abort', stop);
    stop();
  });
}
