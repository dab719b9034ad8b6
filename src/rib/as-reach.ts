/**
 * How many ASes remain possible behind a neighbour: the search of as-frontier.ts without its ways, for whoever asks it a
 * hundred thousand times. The room it takes is taken once.
 */
import { type AsTopology, TO_ALL, TO_CUSTOMERS, TOLD_ON } from './as-frontier.ts';
import { CUSTOMER, PEER, type Relation, reversed } from './as-relations.ts';

export interface Reach {
  /** ASes that take no part and may have had the packet, the neighbour among them. */
  readonly size: number;
  /** Nodes of the participants met, nearest first; good until the next search. */
  readonly met: readonly number[];
}

/**
 * A search from the nodes `from`, neighbours of which a packet came to node `here` from one: over nodes that neither take
 * part nor are closed. Both arrays have an octet a node, not 0 for those that do or are.
 */
export type ReachSearch = (here: number, from: readonly number[], takesPart: Uint8Array, closed: Uint8Array) => Reach;

export function createReach(topology: AsTopology): ReachSearch {
  const { numbers, start, ends, relation } = topology;
  const reach = new Uint8Array(numbers.length);
  const queue: number[] = [];
  const touched: number[] = [];
  return (here, from, takesPart, closed) => {
    queue.length = 0;
    touched.length = 0;
    const met: number[] = [];
    for (const node of from) {
      if (reach[node] !== 0) continue;
      const is = relationBetween(topology, here, node);
      reach[node] = is === PEER || is === CUSTOMER ? TO_CUSTOMERS : TO_ALL;
      queue.push(node);
      touched.push(node);
    }
    for (let head = 0; head < queue.length; head++) {
      const at = queue[head]!;
      const reached = reach[at]!;
      for (let k = start[at]!; k < start[at + 1]!; k++) {
        const next = ends[k]!;
        if (closed[next] !== 0) continue;
        const told = TOLD_ON[relation[k]!]![reached]!;
        const before = reach[next]!;
        if (told <= before) continue;
        reach[next] = told;
        if (before === 0) {
          touched.push(next);
          if (takesPart[next] !== 0) met.push(next);
        }
        if (takesPart[next] === 0) queue.push(next);
      }
    }
    for (const node of touched) reach[node] = 0;
    return { size: touched.length - met.length, met };
  };
}

/** What node `to` is to node `from`, null without a link; looked up at the one with fewer links. */
export function relationBetween({ start, ends, relation }: AsTopology, from: number, to: number): Relation | null {
  if (from < 0 || to < 0) return null;
  const back = start[to + 1]! - start[to]! < start[from + 1]! - start[from]!;
  const [at, wanted] = back ? [to, from] : [from, to];
  for (let k = start[at]!; k < start[at + 1]!; k++)
    if (ends[k] === wanted) return (back ? reversed(relation[k]!) : relation[k]!) as Relation;
  return null;
}

/** Sizes of all customer cones, by node. */
export function conesOf(topology: AsTopology): Int32Array {
  const cones = new Int32Array(topology.numbers.length);
  const mark = new Int32Array(cones.length).fill(-1);
  const queue: number[] = [];
  for (let node = 0; node < cones.length; node++) cones[node] = coneOf(topology, node, mark, queue);
  return cones;
}

/**
 * Size of the customer cone of a node. `mark` has a number for each node, none of them that of this one; with it and `queue`
 * the room of one search serves the next.
 */
export function coneOf(
  { start, ends, relation }: AsTopology,
  node: number,
  mark: Int32Array,
  queue: number[] = [],
): number {
  queue.length = 0;
  queue.push(node);
  mark[node] = node;
  for (let head = 0; head < queue.length; head++) {
    const at = queue[head]!;
    for (let k = start[at]!; k < start[at + 1]!; k++)
      if (relation[k] === CUSTOMER && mark[ends[k]!] !== node) {
        mark[ends[k]!] = node;
        queue.push(ends[k]!);
      }
  }
  return queue.length;
}
