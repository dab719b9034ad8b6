/** How the metrics of a part are made, and read when somebody asks for them. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Daemon } from '../../control/daemon.ts';

/** Reads what a part has now, and sets its metrics. */
export type Look = (daemon: Daemon) => Promise<void>;

type Labels = Readonly<Record<string, string | number>>;

/** A number with labels, of which each reading begins anew: what is gone must not stay. */
export interface Read {
  set(labels: Labels, value: number): void;
  /** Forgets all that was set. */
  reset(): void;
}

export interface Maker {
  /** What may go up and down. */
  gauge(name: string, help: string, labels?: readonly string[]): Read;
  /** What the daemon counts itself: it is read, and only grows. */
  counted(name: string, help: string, labels?: readonly string[]): Read;
  /** What is counted here, one at a time. */
  counter(name: string, help: string, labels?: readonly string[]): Counter;
  /** Of seconds. */
  histogram(name: string, help: string, buckets: readonly number[], labels?: readonly string[]): Histogram;
}

/** Makes metrics whose names begin with `intertrack_`. */
export function makerFor(register: Registry): Maker {
  const registers = [register];
  const options = (name: string, help: string, labels: readonly string[]) => ({
    ...{ name: `intertrack_${name}`, help, labelNames: [...labels], registers },
  });
  return {
    gauge(name, help, labels = []) {
      const made = new Gauge(options(name, help, labels));
      return { set: (of, value) => made.set(of, value), reset: () => made.reset() };
    },
    counted(name, help, labels = []) {
      const made = new Counter(options(name, help, labels));
      return { set: (of, value) => made.inc(of, Math.max(0, value)), reset: () => made.reset() };
    },
    counter: (name, help, labels = []) => new Counter(options(name, help, labels)),
    histogram: (name, help, buckets, labels = []) =>
      new Histogram({ ...options(name, help, labels), buckets: [...buckets] }),
  };
}

/** A look that begins its metrics anew and sets them, once all that they need is there. */
export function looking<T>(
  metrics: Readonly<Record<string, Read>>,
  ask: (daemon: Daemon) => Promise<T>,
  set: (found: T) => void,
): Look {
  return async daemon => {
    const found = await ask(daemon);
    for (const one of Object.values(metrics)) one.reset();
    set(found);
  };
}
