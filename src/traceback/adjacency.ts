/**
 * Learned adjacency (intertrack-protocol(7), ADJACENCY): tells each participant with a session over which of its neighbours
 * this AS reaches it, and keeps what participants tell of this AS.
 */
import type { AsGraph } from './graph.ts';
import type { Log, Peering } from './peering.ts';
import { MAX_THROUGH } from './wire.ts';

/** How often it is looked what has changed, ms. */
const LOOK = 60_000;

export interface AdjacencyExchange {
  /** A participant tells over which neighbours of this AS it reaches it. */
  hear(through: readonly number[], from: Peering): void;
  /** A session came up: it is told what is known for it. */
  up(peering: Peering): void;
  /** True when this participant has told that it reaches this AS over that neighbour. */
  isAdjacent(as: number, neighbor: number): boolean;
  /** Participants that have told so of any neighbour. */
  adjacent(): number[];
  /** Asks the RIB and tells whom it concerns; for the timer, and for tests. */
  look(): Promise<void>;
  close(): void;
}

export interface AdjacencyOptions {
  readonly graph: Pick<AsGraph, 'adjacency'>;
  /** ASes that take part, peers and members. */
  readonly participants: () => readonly number[];
  readonly peerings: () => Iterable<Peering>;
  readonly log: Log;
}

export function createAdjacency({ graph, participants, peerings, log }: AdjacencyOptions): AdjacencyExchange {
  /** By participant, what it told. */
  const heard = new Map<number, ReadonlySet<number>>();
  /** By participant, what this AS would tell, and has told. */
  let mine = new Map<number, readonly number[]>();
  const told = new Map<number, string>();
  let looking = false;

  const tell = (peering: Peering) => {
    const through = (mine.get(peering.as) ?? []).slice(0, MAX_THROUGH);
    const text = through.join(' ');
    if ((told.get(peering.as) ?? '') === text) return;
    if (peering.tell({ type: 'adjacency', through })) told.set(peering.as, text);
  };
  const look = async () => {
    try {
      const all = participants();
      const known = new Set(all);
      // What those told who take part no more is forgotten: strangers come and go.
      for (const map of [heard, told]) for (const as of map.keys()) if (!known.has(as)) map.delete(as);
      const rows = await graph.adjacency(all);
      mine = new Map(rows.map(({ as, through }) => [as, through]));
      for (const peering of peerings()) tell(peering);
    } catch (error) {
      log('warn', `traceback: the RIB does not say over whom others are reached: ${String(error)}`);
    }
  };
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void look().finally(() => {
      looking = false;
    });
  }, LOOK).unref();

  return {
    hear: (through, from) => void heard.set(from.as, new Set(through)),
    up(peering) {
      told.delete(peering.as);
      tell(peering);
    },
    isAdjacent: (as, neighbor) => heard.get(as)?.has(neighbor) === true,
    adjacent: () => [...heard].filter(([, through]) => through.size > 0).map(([as]) => as),
    look,
    close: () => clearInterval(timer),
  };
}
