/**
 * A collector is asked for all that it holds, and says that it will tell it: who waits for it need not ask again while that stands
 * in the stream behind what others have told. A program of before says nothing, and is asked again.
 */
import type { Bus } from './connection.ts';
import { resyncSubject } from './subjects.ts';

/** How long an answer is waited for. Milliseconds. */
const ANSWER = 3_000;

/** Asks a collector, by its name on the bus; false: it has not answered. */
export async function askForAll(bus: Bus, collector: string): Promise<boolean> {
  const nc = await bus.ready;
  return nc.request(resyncSubject(collector), '', { timeout: ANSWER }).then(
    () => true,
    () => false,
  );
}

/** Calls `asked` for each who asks this machine, and says so. */
export function answerForAll(bus: Bus, asked: () => void): void {
  bus.ready.then(
    nc =>
      void nc.subscribe(resyncSubject(bus.machine), {
        callback(error, message) {
          if (error !== null) return;
          asked();
          message.respond();
        },
      }),
    () => {}, // it was closed before it was there
  );
}
