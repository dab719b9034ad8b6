/** What is remembered for a while, and no more of it than there is room for: what came first is forgotten first. */

export interface Memory<V> {
  /** What is remembered under a name. */
  get(name: string): V | undefined;
  set(name: string, value: V): void;
}

/** Remembers at most `most` things, each for `ms`; `clock` in ms. */
export function createMemory<V>(most: number, ms: number, clock: () => number): Memory<V> {
  const known = new Map<string, { readonly value: V; readonly until: number }>();
  return {
    get(name) {
      const now = clock();
      for (const [old, { until }] of known) {
        if (until > now && known.size < most) break;
        known.delete(old);
      }
      return known.get(name)?.value;
    },
    set: (name, value) => void known.set(name, { value, until: clock() + ms }),
  };
}

/** Forgets what came first, where there are more than `most`. */
export function forgetFirst<K>(
  known: { readonly size: number; keys(): Iterator<K>; delete(key: K): unknown },
  most: number,
): void {
  if (known.size > most) known.delete(known.keys().next().value!);
}
