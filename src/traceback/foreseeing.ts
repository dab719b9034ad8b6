/** What a trace would ask, of the ITM of this AS as it stands now: nothing is sent to anybody. */
import type { BorderQuestion } from './btm.ts';
import { type Foresight, foresee, type TraceForesight } from './foresight.ts';
import type { Itm } from './itm.ts';

export interface Foreseeing {
  /** What a trace would ask for packets that came in from these neighbours, null where that is not known; sends nothing. */
  foresee(ingress: readonly number[] | null): Promise<Foresight>;
  /** The same of packets, after this AS's own probes were asked; they have until `deadline`, ms since the epoch. */
  foreseeTrace(question: BorderQuestion, deadline: number): Promise<TraceForesight>;
}

/** `latencies`: what was measured of each AS now; null of one that was not asked yet. */
export function createForeseeing(
  { topology, look }: Pick<Itm, 'topology' | 'look'>,
  latencies: () => (as: number) => number | null,
): Foreseeing {
  return {
    foresee: ingress => foresee(topology, latencies(), ingress),
    async foreseeTrace(question, deadline) {
      const { leaf, whither } = await look(question, deadline);
      const { verdict, reason, ingress, source } = leaf;
      const here = { verdict, reason, ingress, source };
      if (whither === 'nobody') return { here, ingress: [], groups: [], unasked: [] };
      return { here, ...(await foresee(topology, latencies(), whither === 'everybody' ? null : ingress)) };
    },
  };
}
