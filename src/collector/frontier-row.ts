/** The answer about a frontier: who may have seen a packet behind a neighbour that takes no part. */
import type { AsGraph } from '../rib/as-graph.ts';
import { CUSTOMER, PEER, PROVIDER } from '../rib/as-relations.ts';
import type { RibQuery } from './messages.ts';

export interface FrontierRow {
  /** The participants met, nearest first, with the sizes of their customer cones. */
  readonly frontier: readonly { readonly as: number; readonly cone: number }[];
  /** The ASes between, in the order met, and how many more the packet may have come through. */
  readonly passed: readonly number[];
  readonly beyond: number;
  /** What `from` is to this AS; not there where that is not known. */
  readonly relation?: 'provider' | 'customer' | 'peer';
}

const NAMES: Readonly<Record<number, NonNullable<FrontierRow['relation']>>> = {
  [PROVIDER]: 'provider',
  [CUSTOMER]: 'customer',
  [PEER]: 'peer',
};

/** Of the packet that came to AS `here`, where the question names no other, from its neighbour `from`. */
export function frontierRow(
  graph: AsGraph,
  local: number,
  { from, avoid, among, here = local }: Extract<RibQuery, { readonly about: 'frontier' }>,
): FrontierRow {
  const { frontier, passed, beyond } = graph.frontier(here, from, avoid, among);
  const relation = NAMES[graph.relation(here, from) ?? -1];
  const met = frontier.map(as => ({ as, cone: graph.cone(as) }));
  return { frontier: met, passed, beyond, ...(relation !== undefined && { relation }) };
}
