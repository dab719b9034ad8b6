/**
 * What neighbouring ASes are to each other, read from the paths that are held. A route is told on to providers and peers
 * only when it came from a customer (Gao and Rexford, "Stable Internet Routing Without Global Coordination", 2001), so a
 * path, from its origin on, climbs to providers, crosses at most one peering, and then descends to customers. The ASes
 * at the top of most paths, all of them linked with each other, are taken for peers (the clique of Luckie et al., "AS
 * Relationships, Customer Cones, and Validation", 2013); from there every link that must be a descent is found, in
 * several rounds. What no path decides is a peering.
 */
import type { AsEdges } from './as-edges.ts';

/** Of a hop: what the AS it leads to is to the one it starts from. */
export const UNKNOWN = 0;
export const PROVIDER = 1;
export const CUSTOMER = 2;
export const PEER = 3;
export type Relation = typeof UNKNOWN | typeof PROVIDER | typeof CUSTOMER | typeof PEER;

/** The relation seen from the other end. */
export function reversed(relation: number): number {
  return relation === PROVIDER ? CUSTOMER : relation === CUSTOMER ? PROVIDER : relation;
}

/** Paths as hops, from the AS that told the route towards its origin; -1 stands behind each path. */
export interface HopPaths {
  readonly hops: Int32Array;
  readonly length: number;
  /** Hops that lead to no customer: the attribute of RFC 9234 says so. */
  readonly notCustomer: ReadonlySet<number>;
}

/** Below this many transit links of the largest AS there is no telling who is at the top. */
const LEAST_TRANSIT = 30;
/** ASes, by their transit links, that may be in the clique. */
const CANDIDATES = 60;
/** A candidate has at least this share of the largest one's transit links. */
const LEAST_SHARE = 0.1;
const ROUNDS = 6;
/** The share of the votes that decides; leaks and complex agreements speak against most links somewhere. */
const MAJORITY = 0.85;
/** Hops looked at between two turns of others: some milliseconds. */
const SLICE = 1 << 18;

/**
 * For each link what its higher node is to its lower one; node 0 is the AS that was told the paths. `known` holds what is known otherwise, from roles (RFC 9234) or
 * ASPAs, in the same form, 0 where nothing is; it is never overruled. Yields between slices of work; a network too small
 * for its top to be seen keeps `UNKNOWN` everywhere else.
 */
export function* inferRelations(
  paths: HopPaths,
  edges: AsEdges,
  nodes: number,
  known: Uint8Array,
): Generator<void, Uint8Array<ArrayBuffer>> {
  const relations = Uint8Array.from(known.subarray(0, edges.size));
  const { transit, largest } = yield* countTransit(paths, edges, nodes);
  if (largest < LEAST_TRANSIT) return relations;
  const clique = findClique(transit, largest, edges);
  for (const a of clique)
    for (const b of clique) {
      const hop = a < b ? edges.find(a, b) : -1;
      if (hop >= 0 && relations[hop >> 1] === UNKNOWN) relations[hop >> 1] = PEER;
    }
  const settled = Uint8Array.from(relations, relation => (relation === UNKNOWN ? 0 : 1));
  // A clique member's link to a smaller AS is no climb: who is at the top has no provider.
  const top = new Uint8Array(nodes);
  for (const node of clique) top[node] = 1;

  for (let round = 0; round < ROUNDS; round++) {
    const votes = yield* vote(paths, edges, relations, top);
    let changed = 0;
    for (let edge = 0; edge < edges.size; edge++) {
      const provider = votes[edge * 2]!;
      const customer = votes[edge * 2 + 1]!;
      if (settled[edge] === 1 || provider + customer === 0) continue;
      const share = provider / (provider + customer);
      const relation = share >= MAJORITY ? PROVIDER : share <= 1 - MAJORITY ? CUSTOMER : UNKNOWN;
      if (relations[edge] !== relation) changed++;
      relations[edge] = relation;
    }
    if (changed === 0) break;
  }
  const votes = yield* vote(paths, edges, relations, top);
  for (let edge = 0; edge < edges.size; edge++)
    if (relations[edge] === UNKNOWN && votes[edge * 2]! + votes[edge * 2 + 1]! === 0)
      relations[edge] = guess(
        transit[edges.low[edge]!]!,
        transit[edges.high[edge]!]!,
        paths.notCustomer.has(edge * 2),
        paths.notCustomer.has(edge * 2 + 1),
      );
  return relations;
}

/**
 * A link that no path decides, by the transit degrees of its lower and higher node. Who passes nothing on is most often a
 * customer of who does; to take a peer for a customer makes a search wider, the reverse makes it miss.
 */
function guess(low: number, high: number, highIsNoCustomer: boolean, lowIsNoCustomer: boolean): Relation {
  if (low === 0 && high > 0 && !lowIsNoCustomer) return PROVIDER;
  return high === 0 && low > 0 && !highIsNoCustomer ? CUSTOMER : PEER;
}

/** For each node its links that some path uses to pass through it (transit degree). */
function* countTransit(paths: HopPaths, edges: AsEdges, nodes: number) {
  const marks = new Uint8Array(edges.size);
  const { hops, length } = paths;
  for (let at = 1, slice = 0; at < length; at++) {
    const before = hops[at - 1]!;
    const hop = hops[at]!;
    // Where two hops follow each other, the node between them carries transit: the end of one, the start of the other.
    // That a neighbour tells this AS, node 0, is its service to a collector, and no sign of transit.
    if (before >= 0 && hop >= 0 && edges.low[before >> 1] !== 0) {
      marks[before >> 1]! |= before & 1 ? 1 : 2;
      marks[hop >> 1]! |= hop & 1 ? 2 : 1;
    }
    if (++slice === SLICE) {
      slice = 0;
      yield;
    }
  }
  const transit = new Int32Array(nodes);
  for (let edge = 0; edge < edges.size; edge++) {
    if (marks[edge]! & 1) transit[edges.low[edge]!]!++;
    if (marks[edge]! & 2) transit[edges.high[edge]!]!++;
  }
  return { transit, largest: transit.reduce((most, one) => Math.max(most, one), 0) };
}

/** The largest set found of ASes with much transit that are all linked with each other. */
function findClique(transit: Int32Array, largest: number, edges: AsEdges): number[] {
  const candidates = [...transit.keys()]
    .filter(node => transit[node]! >= largest * LEAST_SHARE)
    .sort((a, b) => transit[b]! - transit[a]!)
    .slice(0, CANDIDATES);
  let best: number[] = [];
  for (const first of candidates.slice(0, 10)) {
    const clique = [first];
    for (const node of candidates)
      if (node !== first && clique.every(member => edges.find(member, node) >= 0)) clique.push(node);
    if (clique.length > best.length) best = clique;
  }
  return best;
}

/**
 * Votes of all paths, two numbers for each link: that its higher node is the provider, and that it is the customer. Behind
 * a hop that does not climb every hop descends; before one that does not descend every hop climbs.
 */
function* vote(paths: HopPaths, edges: AsEdges, relations: Uint8Array, top: Uint8Array) {
  const votes = new Uint32Array(edges.size * 2);
  const { hops, length, notCustomer } = paths;
  const of = (hop: number) => (hop & 1 ? reversed(relations[hop >> 1]!) : relations[hop >> 1]!);
  const startsAtTop = (hop: number) => top[hop & 1 ? edges.high[hop >> 1]! : edges.low[hop >> 1]!] === 1;
  const endsAtTop = (hop: number) => top[hop & 1 ? edges.low[hop >> 1]! : edges.high[hop >> 1]!] === 1;
  const cast = (hop: number, relation: number) => {
    const seen = hop & 1 ? reversed(relation) : relation;
    votes[(hop >> 1) * 2 + (seen === PROVIDER ? 0 : 1)]!++;
  };
  let slice = 0;
  for (let start = 0; start < length; ) {
    let end = start;
    while (hops[end]! >= 0) end++;
    let descends = false;
    for (let at = start; at < end; at++) {
      const hop = hops[at]!;
      if (descends) cast(hop, CUSTOMER);
      else {
        const relation = of(hop);
        descends = relation === CUSTOMER || relation === PEER || (relation === UNKNOWN && startsAtTop(hop));
      }
    }
    let climbs = false;
    for (let at = end - 1; at >= start; at--) {
      const hop = hops[at]!;
      if (climbs) cast(hop, PROVIDER);
      else {
        const relation = of(hop);
        climbs =
          relation === PROVIDER ||
          relation === PEER ||
          (relation === UNKNOWN && (endsAtTop(hop) || notCustomer.has(hop)));
      }
    }
    slice += end - start + 1;
    start = end + 1;
    if (slice >= SLICE) {
      slice = 0;
      yield;
    }
  }
  return votes;
}
