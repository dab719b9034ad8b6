/** How widely each prefix is held: by which of the peers that are up, and by which not. No drawing here. */

interface HeldRoute {
  readonly prefix: string;
  readonly peer: string;
  readonly origin: number | null;
}

export interface Visibility {
  readonly prefix: string;
  /** In the order of how many peers hold it from whom; null stands for an AS_SET. */
  readonly origins: readonly { readonly origin: number | null; readonly peers: number }[];
  readonly holds: number;
  readonly missing: readonly string[];
}

/** A row for each prefix, in the order in which the routes came; `up`: names of the peers that are up. */
export function visibilityOf(routes: readonly HeldRoute[], up: readonly string[]): Visibility[] {
  const found = new Map<string, { peers: Set<string>; origins: Map<number | null, Set<string>> }>();
  for (const { prefix, peer, origin } of routes) {
    const one = found.get(prefix) ?? { peers: new Set<string>(), origins: new Map<number | null, Set<string>>() };
    found.set(prefix, one);
    one.peers.add(peer);
    one.origins.set(origin, (one.origins.get(origin) ?? new Set()).add(peer));
  }
  return [...found].map(([prefix, { peers, origins }]) => ({
    prefix,
    origins: [...origins]
      .map(([origin, held]) => ({ origin, peers: held.size }))
      .sort((a, b) => b.peers - a.peers || (a.origin ?? 0) - (b.origin ?? 0)),
    holds: peers.size,
    missing: up.filter(peer => !peers.has(peer)),
  }));
}
