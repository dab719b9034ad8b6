/** What peers may tell without being asked, and how often: more ends the session (intertrack-protocol(7), BOUNDS OF RATES). */
import { type Bucket, takeToken } from '../net/rate.ts';
import type { Peering } from './peering.ts';
import type { Told } from './wire.ts';

/** Messages a second, and at once: what is honest is one ADJACENCY a minute, and one COMMIT in some seconds. */
const RATES = {
  adjacency: { rate: 1, burst: 20 },
  commit: { rate: 2, burst: 60 },
} as const;

/** Says whether a peer may tell this now. It has its own of each kind; records are counted where they are read. */
export function createHearing(clock: () => number): (message: Told, from: Peering) => boolean {
  const buckets = { adjacency: new WeakMap<Peering, Bucket>(), commit: new WeakMap<Peering, Bucket>() };
  return ({ type }, from) => {
    if (type !== 'adjacency' && type !== 'commit') return true;
    const { rate, burst } = RATES[type];
    const { bucket, taken } = takeToken(buckets[type].get(from) ?? null, rate, clock(), burst);
    buckets[type].set(from, bucket);
    if (!taken) from.shun({ code: 'limit', text: `more than ${rate} ${type.toUpperCase()} a second` });
    return taken;
  };
}
