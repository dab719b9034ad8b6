/** The AS graph of the RIB, as the search for sources asks it. */
import type { FrontierRow } from '../collector/frontier-row.ts';
import type { AskRib } from '../collector/thread.ts';
import type { Adjacency } from '../rib/adjacency.ts';
import type { AsGraph } from '../traceback/graph.ts';
import { OLD, type PastGraph } from './past-graph.ts';

/** `past`: the graph of the time of old packets, where the archive holds it. */
export function graphOf(query: AskRib, past: Pick<PastGraph, 'frontier'>): AsGraph {
  return {
    async frontier(from, avoid, among, here, at) {
      const old = at !== undefined && Date.now() - at >= OLD;
      const then = old ? await past.frontier(at, from, avoid, among, here) : null;
      if (then !== null) return { ...then, of: 'then' };
      const { rows } = await query({ about: 'frontier', from, avoid, among, ...(here !== undefined && { here }) });
      return { ...(rows[0] as FrontierRow), ...(old && { of: 'now' as const }) };
    },
    async adjacency(among) {
      const { rows } = await query({ about: 'adjacency', among });
      return rows as readonly Adjacency[];
    },
  };
}
