import { parseAddress } from '../net/address.ts';

/** How often connections may come: so many at once, and then one more in each so many milliseconds. */
interface Pace {
  readonly burst: number;
  readonly interval: number;
}

/** Of one source: a router that flaps, with two connections at a time, stays below it. */
const OF_SOURCE: Pace = { burst: 20, interval: 500 };
/** Of all sources together that are no configured peers. */
const OF_STRANGERS: Pace = { burst: 200, interval: 10 };
/** Sources remembered; the one that was heard least lately makes room. */
const MOST_SOURCES = 4096;

/** What is left of a pace, and when it was counted. */
interface Bucket {
  left: number;
  at: number;
}

/** Decides how often connections are taken: a bound for each source, and one for all that are not configured. */
export interface Admission {
  /** Counts a connection of `source` (an address) at `now` (ms); says whose bound it breaks, or null when it may come in. */
  ask(source: string, configured: boolean, now: number): 'source' | 'all' | null;
}

function take(bucket: Bucket, { burst, interval }: Pace, now: number): boolean {
  bucket.left = Math.min(burst, bucket.left + (now - bucket.at) / interval);
  bucket.at = now;
  if (bucket.left < 1) return false;
  bucket.left--;
  return true;
}

/** Whom an address stands for: itself, or the first 64 bits of an IPv6 address, which one host can vary behind at will. */
function sourceKey(source: string): string {
  const address = parseAddress(source);
  return address === null || address.afi === 1 ? source : Buffer.from(address.bytes.subarray(0, 8)).toString('hex');
}

export function createAdmission(): Admission {
  const sources = new Map<string, Bucket>();
  const strangers: Bucket = { left: OF_STRANGERS.burst, at: 0 };
  return {
    ask(source, configured, now) {
      const key = sourceKey(source);
      const bucket = sources.get(key) ?? { left: OF_SOURCE.burst, at: now };
      // The order of a Map is that of insertion: who was heard last goes to its end.
      sources.delete(key);
      sources.set(key, bucket);
      if (sources.size > MOST_SOURCES) sources.delete(sources.keys().next().value!);
      if (!take(bucket, OF_SOURCE, now)) return 'source';
      return configured || take(strangers, OF_STRANGERS, now) ? null : 'all';
    },
  };
}
