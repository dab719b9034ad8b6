/** A token bucket: what does not fit into it is not saved. Pure: the caller has the clock. */
export interface Bucket {
  readonly tokens: number;
  readonly time: number;
}

/**
 * Takes one token, or `cost` of them, at `now` (ms) from a bucket filled with `rate` tokens a second. Null for the bucket is a full one. The
 * clock may step back: then nothing is filled. It holds `size`: one second's worth, but where the rate is below one a
 * second it must still let one through.
 */
export function takeToken(
  bucket: Bucket | null,
  rate: number,
  now: number,
  size: number = Math.max(1, rate),
  cost = 1,
): { bucket: Bucket; taken: boolean } {
  const filled =
    bucket === null ? size : Math.min(size, bucket.tokens + (Math.max(0, now - bucket.time) * rate) / 1000);
  const taken = rate > 0 && filled >= cost;
  return { bucket: { tokens: taken ? filled - cost : filled, time: now }, taken };
}

/**
 * Takes tokens of many, each from a bucket of its own: true when there was one. Beyond `most` the bucket is forgotten that
 * was used longest ago. `clock` in ms.
 */
export function rateOfEach<K>(most: number, clock: () => number): (who: K, rate: number) => boolean {
  const buckets = new Map<K, Bucket>();
  return (who, rate) => {
    const { bucket, taken } = takeToken(buckets.get(who) ?? null, rate, clock());
    buckets.delete(who);
    buckets.set(who, bucket);
    if (buckets.size > most) buckets.delete(buckets.keys().next().value!);
    return taken;
  };
}

/**
 * Says at most `rate` things a second through `say`, which also hears how many were left unsaid since the last one.
 * `clock` is in ms; a monotonic one serves.
 */
export function seldom(
  rate: number,
  clock: () => number,
  say: (text: string, unsaid: number) => void,
): (text: string) => void {
  let bucket: Bucket | null = null;
  let unsaid = 0;
  return text => {
    const took = takeToken(bucket, rate, clock());
    bucket = took.bucket;
    if (!took.taken) {
      unsaid++;
      return;
    }
    say(text, unsaid);
    unsaid = 0;
  };
}

/** A line of `seldom` for the log, with how many more there were. */
export const withUnsaid = (text: string, unsaid: number): string =>
  unsaid > 0 ? `${text} (${unsaid} more unsaid)` : text;
