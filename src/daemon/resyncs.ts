/** What is asked of collectors, all that they hold, and what is asked of this one: no oftener than it is of use. */

/** A collector is asked at most so often, and a moment after the first who wants it. Milliseconds. */
const RESYNC = 2_000;
const RESYNC_SOON = 100;
/** All that is held is told at most so often. Milliseconds. */
const RETELL = 500;

/** When each collector was asked last, and those that will be. */
export interface Resyncs {
  /**
   * Has a collector tell all that it holds; those who want it in one moment are served by one answer. Whoever wants it after
   * that was asked for must be served by another: what was told before may have gone to the holder before. Resolves to true when
   * the collector says that it will.
   */
  ask(collector: string): Promise<boolean>;
  /** How many collectors are remembered. */
  readonly size: number;
}

/** `request` puts the question on the bus, and resolves to whether it was answered. */
export function createResyncs(
  request: (collector: string) => Promise<boolean>,
  now = () => performance.now(),
): Resyncs {
  const asked = new Map<string, number>();
  const asking = new Map<string, Promise<boolean>>();
  return {
    ask(collector) {
      const served = asking.get(collector);
      if (served !== undefined) return served;
      const { promise, resolve } = Promise.withResolvers<boolean>();
      asking.set(collector, promise);
      const time = now();
      // Who was asked longer ago can be asked at once, as who never was.
      for (const [name, last] of asked) if (last + RESYNC <= time) asked.delete(name);
      const last = asked.get(collector) ?? Number.NEGATIVE_INFINITY;
      const ask = async () => {
        asking.delete(collector);
        asked.set(collector, now());
        return request(collector);
      };
      setTimeout(() => resolve(ask().catch(() => false)), Math.max(RESYNC_SOON, last + RESYNC - time)).unref();
      return promise;
    },
    get size() {
      return asked.size + asking.size;
    },
  };
}

/** Those who want it while it is about to be told are served by that; what one asks for in vain costs no more. */
export function retellSoon(retell: () => void): () => void {
  let retold = Number.NEGATIVE_INFINITY;
  let retelling = false;
  return () => {
    if (retelling) return;
    retelling = true;
    const tellAll = () => {
      retelling = false;
      retold = performance.now();
      retell();
    };
    setTimeout(tellAll, Math.max(0, retold + RETELL - performance.now())).unref();
  };
}
