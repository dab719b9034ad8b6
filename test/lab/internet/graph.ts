/**
 * An AS graph made up for testbeds, like the real one in what the search for a source depends on: how many ASes pass
 * traffic on, and how many of the others hang directly on the largest of those. The shares below are what was measured
 * on the real graph (research: traceback 5.4, the rows of the top 100, 500 and 2000 alone).
 */
import { newAsEdges } from '../../../src/rib/as-edges.ts';
import type { AsTopology } from '../../../src/rib/as-frontier.ts';
import { type AsGraph, graphOf, topologyOf } from '../../../src/rib/as-graph.ts';
import { CUSTOMER, PEER, PROVIDER } from '../../../src/rib/as-relations.ts';

export interface Internet {
  readonly topology: AsTopology;
  readonly graph: AsGraph;
  /** Nodes by the size of their customer cones, largest first. */
  readonly largest: readonly number[];
  /** Nodes without customers. */
  readonly stubs: readonly number[];
}

/** A number from 0 to below 1, the same row for each seed. */
export type Random = () => number;

export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Classes of transit ASes by rank, of a graph of 80,000, and the share of choices of a provider that fall into each. */
const CLASSES: readonly { readonly to: number; readonly share: number }[] = [
  { to: 15, share: 0.12 },
  { to: 100, share: 0.3 },
  { to: 500, share: 0.29 },
  { to: 2000, share: 0.18 },
  { to: 12_000, share: 0.11 },
];
const SCALE = 80_000;
const CLIQUE = 15;
/** Ports that an AS of each class has at exchanges; two ASes of one exchange peer by chance. */
const EXCHANGES = 150;

/** A graph of `ases` ASes, numbered from 1: the lower the number the larger, the first of them a clique of peers. */
export function makeInternet(ases: number, random: Random): Internet {
  const scaled = (rank: number) => Math.max(CLIQUE, Math.round((rank * ases) / SCALE));
  const transits = scaled(12_000);
  const edges = newAsEdges();
  const relations: number[] = [];
  const link = (customer: number, provider: number, peers: boolean) => {
    if (customer === provider || edges.find(customer, provider) >= 0) return;
    const hop = edges.add(customer, provider);
    relations[hop >> 1] = peers ? PEER : hop & 1 ? CUSTOMER : PROVIDER;
  };
  /** A provider for the AS of this rank: never one of a higher rank, so that nobody is a provider of its own. */
  const provider = (rank: number): number => {
    let draw = random();
    let from = 0;
    for (const { to, share } of CLASSES) {
      const end = Math.min(scaled(to), rank);
      draw -= share;
      if (end > from && (draw < 0 || end === rank)) return from + Math.floor(random() * (end - from));
      from = scaled(to);
    }
    return Math.floor(random() * Math.min(rank, transits));
  };

  for (let a = 0; a < CLIQUE; a++) for (let b = 0; b < a; b++) link(a, b, true);
  for (let node = CLIQUE; node < ases; node++) {
    const stub = node >= transits;
    const providers = stub ? 1 + (random() < 0.45 ? 1 : 0) + (random() < 0.1 ? 1 : 0) : 1 + Math.floor(random() * 3);
    for (let i = 0; i < providers; i++) link(node, provider(Math.min(node, transits)), false);
  }
  // Exchanges: transit ASes are at several, a stub in eight is at one, and each peers with some of those it meets there.
  const members: number[][] = Array.from({ length: EXCHANGES }, () => []);
  for (let node = CLIQUE; node < ases; node++) {
    const ports = node < transits ? 1 + Math.floor(random() * 3) : random() < 0.12 ? 1 : 0;
    for (let i = 0; i < ports; i++) members[Math.floor(random() ** 2 * EXCHANGES)]!.push(node);
  }
  for (const list of members)
    for (const node of list) for (let i = 0; i < 6; i++) link(node, list[Math.floor(random() * list.length)]!, true);

  const numbers = Array.from({ length: ases }, (_, node) => node + 1);
  return internetOf(topologyOf(numbers, edges, Uint8Array.from(relations)), new Map(numbers.map(as => [as, as - 1])));
}

/** A graph read from lines `provider|customer|-1` and `peer|peer|0`, as CAIDA publishes it (serial-1). */
export function readInternet(text: string): Internet {
  const edges = newAsEdges();
  const relations: number[] = [];
  const numbers: number[] = [];
  const index = new Map<number, number>();
  const place = (as: number): number => {
    let node = index.get(as);
    if (node === undefined) {
      node = numbers.length;
      numbers.push(as);
      index.set(as, node);
    }
    return node;
  };
  for (const line of text.split('\n')) {
    const [a, b, relation] = line.split('|').map(Number);
    if (line.startsWith('#') || a === undefined || b === undefined || a === b) continue;
    const hop = edges.add(place(a), place(b));
    relations[hop >> 1] = relation === 0 ? PEER : hop & 1 ? PROVIDER : CUSTOMER;
  }
  return internetOf(topologyOf(numbers, edges, Uint8Array.from(relations)), index);
}

function internetOf(topology: AsTopology, index: ReadonlyMap<number, number>): Internet {
  const graph = graphOf(index, topology);
  const cones = Array.from(topology.numbers, as => graph.cone(as));
  const nodes = [...cones.keys()];
  return {
    topology,
    graph,
    largest: nodes.toSorted((a, b) => cones[b]! - cones[a]!),
    stubs: nodes.filter(node => cones[node] === 1),
  };
}
