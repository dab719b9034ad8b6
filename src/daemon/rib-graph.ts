/** The AS graph of the RIB, as the search for sources asks it. */
import type { FrontierRow } from '../collector/frontier-row.ts';
import type { RibQuery } from '../collector/messages.ts';
import type { Adjacency } from '../rib/adjacency.ts';
import type { AsGraph } from '../traceback/graph.ts';

export function graphOf(query: (query: RibQuery) => Promise<{ readonly rows: readonly unknown[] }>): AsGraph {
  return {
    async frontier(from, avoid, among, here) {
      const { rows } = await query({ about: 'frontier', from, avoid, among, ...(here !== undefined && { here }) });
      return rows[0] as FrontierRow;
    },
    async adjacency(among) {
      const { rows } = await query({ about: 'adjacency', among });
      return rows as readonly Adjacency[];
    },
  };
}
