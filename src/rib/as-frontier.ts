/**
 * The frontier behind a neighbour that takes no part (research: traceback 5.1). A packet travels against the route that
 * was announced for its destination. So one that came to an AS from its neighbour can only have come to that neighbour
 * over ASes to which the route may have been told on from there: to anybody, where it was learned from a customer, and
 * to customers alone where it was learned from a peer or a provider.
 */
import { CUSTOMER, PEER, PROVIDER, UNKNOWN } from './as-relations.ts';

/** ASes by node number, and their links: see `topologyOf`. */
export interface AsTopology {
  readonly numbers: Uint32Array;
  readonly start: Int32Array;
  readonly ends: Int32Array;
  /** What the AS a link ends at is to the one it starts from. */
  readonly relation: Uint8Array;
}

export interface AsFrontier {
  /** The participants met, nearest first. */
  readonly frontier: number[];
  /** The ASes between, the neighbour not among them, on a shortest way to each, in the order met. */
  readonly passed: number[];
  /** How many further ASes the packet may have come through without meeting a participant. */
  readonly beyond: number;
}

// Where a route may go on from an AS: nowhere, to its customers alone, or to all its neighbours.
const NOWHERE = 0;
export const TO_CUSTOMERS = 1;
export const TO_ALL = 2;

/**
 * How far a neighbour may tell a route on, by what it is to the AS that tells it, and by how far that one may itself. To a
 * provider the route is a customer's, and goes on to all; to a peer or a customer it does not.
 */
export const TOLD_ON: Readonly<Record<number, readonly number[]>> = {
  [UNKNOWN]: [NOWHERE, TO_CUSTOMERS, TO_ALL],
  [PROVIDER]: [NOWHERE, NOWHERE, TO_ALL],
  [CUSTOMER]: [NOWHERE, TO_CUSTOMERS, TO_CUSTOMERS],
  [PEER]: [NOWHERE, NOWHERE, TO_CUSTOMERS],
};

/**
 * Breadth-first from `from`, the neighbour that a packet came to `here` from, over nodes that are neither in `among` nor
 * in `avoid`. All are node numbers, -1 for none; with `from` among the participants it is the frontier alone. Links whose
 * relation is not known are followed as they could be at the widest: a link too many costs a question, one too few the
 * answer.
 */
export function searchFrontier(
  { numbers, start, ends, relation }: AsTopology,
  here: number,
  from: number,
  avoid: readonly number[],
  among: readonly number[],
): AsFrontier {
  if (from < 0) return { frontier: [], passed: [], beyond: 0 };
  const wanted = new Uint8Array(numbers.length);
  for (const node of among) if (node >= 0) wanted[node] = 1;
  if (wanted[from] === 1) return { frontier: [numbers[from]!], passed: [], beyond: 0 };
  const closed = new Uint8Array(numbers.length);
  for (const node of avoid) if (node >= 0) closed[node] = 1;
  closed[from] = 0;

  const reach = new Uint8Array(numbers.length);
  const parent = new Int32Array(numbers.length).fill(-1);
  reach[from] = firstReach(start, ends, relation, here, from);
  parent[from] = from;
  // A node may come twice: first for its customers, later for all.
  const queue = [from];
  const order = [from];
  const met: number[] = [];
  for (let head = 0; head < queue.length; head++) {
    const at = queue[head]!;
    const reached = reach[at]!;
    for (let k = start[at]!; k < start[at + 1]!; k++) {
      const next = ends[k]!;
      if (closed[next] === 1) continue;
      const told = TOLD_ON[relation[k]!]![reached]!;
      if (told <= reach[next]!) continue;
      const first = reach[next] === 0;
      reach[next] = told;
      if (first) {
        parent[next] = at;
        if (wanted[next] === 1) met.push(next);
        else order.push(next);
      }
      if (wanted[next] === 0) queue.push(next);
    }
  }

  const passed = new Uint8Array(numbers.length);
  passed[from] = 1;
  let between = 1;
  for (const end of met)
    for (let at = parent[end]!; passed[at] === 0; at = parent[at]!) {
      passed[at] = 1;
      between++;
    }
  return {
    frontier: met.map(node => numbers[node]!),
    passed: order.filter(node => passed[node] === 1 && node !== from).map(node => numbers[node]!),
    beyond: order.length - between,
  };
}

/** Where the neighbour may have told on what `here` told it: to all when it learned a customer's route. */
function firstReach(start: Int32Array, ends: Int32Array, relation: Uint8Array, here: number, from: number): number {
  if (here >= 0)
    for (let k = start[here]!; k < start[here + 1]!; k++)
      if (ends[k] === from) return relation[k] === PEER || relation[k] === CUSTOMER ? TO_CUSTOMERS : TO_ALL;
  return TO_ALL;
}
