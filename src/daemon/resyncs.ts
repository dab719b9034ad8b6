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
   * that was asked for must be served by another: what was told before may have gone to the holder before.
   */
  ask(collector: string): void;
  /** How many collectors are remembered. */
  readonly size: number;
}

/** `publish` puts the question on the bus. */
export function createResyncs(publish: (collector: string) => Promise<void>, now = () => performance.now()): Resyncs {
  const asked = new Map<string, number>();
  const asking = new Set<string>();
  return {
    ask(collector) {
      if (asking.has(collector)) return;
      asking.add(collector);
      const time = now();
      // Who was asked longer ago can be asked at once, as who never was.
      for (const [name, last] of asked) if (last + RESYNC <= time) asked.delete(name);
      const last = asked.get(collector) ?? Number.NEGATIVE_INFINITY;
      const ask = async () => {
        asking.delete(collector);
        asked.set(collector, now());
        await publish(collector);
      };
      setTimeout(() => void ask().catch(() => {}), Math.max(RESYNC_SOON, last + RESYNC - time)).unref();
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
