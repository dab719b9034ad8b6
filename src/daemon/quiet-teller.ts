/**
 * What a machine without the role of a collector tells the cases: nothing, until it has judged something itself, a ROA or a drill,
 * or is asked. For one that was a collector in an earlier life is asked by those who remember it, and must say that it has no
 * peers any more; all others would keep account of a machine that never tells anything.
 */
import type { CaseEvent } from '../bus/case-event.ts';
import type { Publisher } from '../bus/publisher.ts';

/** What is told through it begins a life, with the peers as they are then, when there is something to tell. */
export function quietTeller(publisher: Publisher): Publisher {
  let spoken = false;
  let peers: CaseEvent | null = null;
  const speaks = (event: CaseEvent) => event.what === 'resync' || (event.what === 'judged' && event.changes.length > 0);
  return {
    ...publisher,
    async tell(event) {
      if (spoken) return publisher.tell(event);
      if (event.what === 'peers') peers = event;
      if (!speaks(event)) return;
      spoken = true;
      void publisher.tell({ what: 'hello' });
      if (peers !== null) void publisher.tell(peers);
      return publisher.tell(event);
    },
  };
}
