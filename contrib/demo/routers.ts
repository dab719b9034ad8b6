/** The border routers of the demonstration: BIRD where it is installed, the scripted speaker where it is not. */
import { type Router, startRouter, whyNot } from '../../test/interop/bgp-peers.ts';
import { bestPath, type Speaker, startSpeaker } from './speaker.ts';
import { ASES, addressesOf, FEEDS, neighborsOf, PREFIXES, TAKING_PART, VICTIM } from './topology.ts';

export interface Routers {
  /** What they are, for the screen. */
  readonly what: string;
  /** Why BIRD is not used; null when it is. */
  readonly skipped: string | null;
  announce(as: number, prefix: string): Promise<void>;
  withdraw(as: number, prefix: string): Promise<void>;
  close(): Promise<void>;
}

/** Above 1023, so that nobody has to be root. */
export const ROUTER_PORT = 1790;
export const DAEMON_PORT = 1791;

/** Daemons that take a session from the router of `as`: its own AS's and, for a feed, the victim's. */
export const collectorsOf = (as: number): number[] => [
  ...(TAKING_PART.includes(as) ? [as] : []),
  ...(FEEDS.includes(as) ? [VICTIM] : []),
];

export async function startRouters(run: number): Promise<Routers> {
  const skipped = whyNot('bird');
  return skipped === null ? startBirds(run) : startSpeakers(run, skipped);
}

async function startBirds(run: number): Promise<Routers> {
  const routers = new Map<number, Router>();
  for (const as of ASES) {
    const others = neighborsOf(as).map(other => ({
      address: addressesOf(run, other).router,
      port: ROUTER_PORT,
      as: other,
      passive: false,
    }));
    const collectors = collectorsOf(as).map(other => ({
      address: addressesOf(run, other).daemon,
      port: DAEMON_PORT,
      as: other,
      // The router of the daemon's own AS dials it; the feeds are dialled by the daemon.
      passive: other !== as,
    }));
    const prefix = PREFIXES[as];
    const setup = {
      address: addressesOf(run, as).router,
      port: ROUTER_PORT,
      as,
      neighbors: [...others, ...collectors],
      prefixes: prefix === undefined ? [] : [prefix],
    };
    routers.set(as, await startRouter('bird', setup));
  }
  const version = (await routers.get(VICTIM)!.command('show', 'status')).split('\n')[0] ?? 'BIRD';
  return {
    what: `${routers.size} x ${version.replace(/ ready\.$/, '')}`,
    skipped: null,
    announce: (as, prefix) => routers.get(as)!.announce(prefix),
    withdraw: (as, prefix) => routers.get(as)!.withdraw(prefix),
    close: async () => void (await Promise.all([...routers.values()].map(router => router.stop()))),
  };
}

async function startSpeakers(run: number, skipped: string): Promise<Routers> {
  const origins = new Map<string, number[]>(Object.entries(PREFIXES).map(([as, prefix]) => [prefix, [Number(as)]]));
  const speakers = new Map<number, Speaker>();
  for (const as of ASES) {
    const collectors = new Map(collectorsOf(as).map(other => [addressesOf(run, other).daemon, other]));
    const { router, daemon } = addressesOf(run, as);
    const own = TAKING_PART.includes(as) ? { address: daemon, port: DAEMON_PORT } : null;
    speakers.set(as, await startSpeaker(as, router, ROUTER_PORT, collectors, own));
  }
  const spread = () => {
    for (const [as, speaker] of speakers) {
      const routes = new Map<string, readonly number[]>();
      for (const [prefix, from] of origins) {
        const path = bestPath(as, from);
        if (path !== null) routes.set(prefix, path);
      }
      speaker.routes(routes);
    }
  };
  spread();
  return {
    what: `${speakers.size} scripted BGP speakers`,
    skipped,
    async announce(as, prefix) {
      origins.set(prefix, [...(origins.get(prefix) ?? []), as]);
      spread();
    },
    async withdraw(as, prefix) {
      origins.set(
        prefix,
        (origins.get(prefix) ?? []).filter(one => one !== as),
      );
      spread();
    },
    close: async () => {
      for (const speaker of speakers.values()) speaker.close();
    },
  };
}
