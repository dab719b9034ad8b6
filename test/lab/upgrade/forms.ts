/** Which versions of their messages collectors publish, as whoever listens beside the stream counts them. */
import type { Bus } from '../../../src/bus/connection.ts';
import { ALL_JUDGED } from '../../../src/bus/subjects.ts';

export interface Forms {
  /** Messages so far, by version; of version 0 there is none. */
  counts(): readonly number[];
  /** Messages of a version that a machine with cases did not read. */
  early(): number;
}

/** `read`: the newest version that all machines with cases read that run. */
export async function watchForms(bus: Bus, read: () => number): Promise<Forms> {
  const counts = [0, 0, 0, 0];
  let early = 0;
  const nc = await bus.ready;
  nc.subscribe(ALL_JUDGED, {
    callback(error, message) {
      if (error !== null) return;
      const { v } = message.json<{ readonly v: number }>();
      counts[v] = (counts[v] ?? 0) + 1;
      if (v > read()) early++;
    },
  });
  await nc.flush();
  return { counts: () => [...counts], early: () => early };
}
