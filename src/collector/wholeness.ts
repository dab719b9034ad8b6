/**
 * When the table of a peer that tells no End-of-RIB counts as whole: when it has hardly grown for five minutes, by a clock
 * that nobody sets. A table that still loads grows by far more than one route in a thousand in that time, one that is whole
 * by less. Time in which nothing is read from peers does not count.
 */

/** Milliseconds. */
const QUIET = 5 * 60_000;
/** Growth that is none: so large a part of the table. */
const HARDLY = 1 / 1000;

/** A table whose end is awaited. */
export interface AwaitedTable {
  /** Peer number. */
  readonly number: number;
  /** When its session came up: another one begins anew. */
  readonly since: number;
  /** Routes held, those left out that are stale. */
  readonly routes: number;
}

interface Watched {
  readonly since: number;
  /** When the table was last seen to grow, and how large it was then. */
  grown: number;
  routes: number;
}

export interface Wholeness {
  /** To be called now and then, with every table that is awaited: the numbers of those that count as whole. `held`: nothing is read. */
  look(tables: readonly AwaitedTable[], held: boolean): readonly number[];
}

/** `now`: monotonic, milliseconds. */
export function createWholeness(now: () => number): Wholeness {
  const watched = new Map<number, Watched>();
  let last = now();
  return {
    look(tables, held) {
      const time = now();
      const passed = time - last;
      last = time;
      for (const number of [...watched.keys()])
        if (!tables.some(one => one.number === number && one.since === watched.get(number)?.since))
          watched.delete(number);
      return tables.flatMap(({ number, since, routes }) => {
        const one = watched.get(number) ?? { since, grown: time, routes };
        watched.set(number, one);
        if (held) one.grown += passed;
        if (routes - one.routes > one.routes * HARDLY) Object.assign(one, { grown: time, routes });
        return time - one.grown >= QUIET ? [number] : [];
      });
    },
  };
}
