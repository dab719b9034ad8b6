/**
 * The AS graph of the RIB: a link for each pair of ASes that stand side by side in an AS_PATH held now, prepends
 * collapsed, AS_SETs and confederation segments left out, and one from this AS to the first AS of each path. What the
 * ASes of a link are to each other is inferred from the same paths (as-relations.ts).
 */
import { type AsEdges, newAsEdges } from './as-edges.ts';
import { type AsFrontier, type AsTopology, searchFrontier } from './as-frontier.ts';
import { coneOf, relationBetween } from './as-reach.ts';
import { inferRelations, PEER, PROVIDER, type Relation, reversed, UNKNOWN } from './as-relations.ts';
import { eachSequenceAs, onlyToCustomer } from './as-sequence.ts';
import { type AttributeStore, CONTEXT_AS4 } from './attribute-store.ts';

export interface AsGraph {
  readonly ases: number;
  readonly edges: number;
  /** Links by what is known of them. */
  readonly links: LinkCounts;
  /** The links themselves, by node. */
  readonly topology: AsTopology;
  /** Neighbours of an AS, in no order; empty when it is unknown. */
  neighbors(as: number): number[];
  /** What `to` is to `from`; null where no path shows them side by side. */
  relation(from: number, to: number): Relation | null;
  /** Size of the customer cone: the AS, its customers, their customers and so on, each once; 1 for one that is unknown. */
  cone(as: number): number;
  /**
   * Where a packet that came to `here` from its neighbour `from` may have been seen before: see `searchFrontier`.
   * Unknown ASes have nothing behind them.
   */
  frontier(here: number, from: number, avoid: readonly number[], among: readonly number[]): AsFrontier;
}

/** Links by what their ends are to each other, and by where that is known from. */
export interface LinkCounts {
  /** One end is the other's provider; they are peers; nobody knows. */
  readonly transit: number;
  /** Links whose ends are peers. */
  readonly peering: number;
  /** Links of which nobody knows what their ends are to each other. */
  readonly unknown: number;
  /** Told by roles or ASPAs, and those that an attribute of RFC 9234 on some path speaks of. */
  readonly told: number;
  /** Links that an ONLY_TO_CUSTOMER on some path speaks of (RFC 9234). */
  readonly otc: number;
}

/** What is known of links besides the paths: what `to` is to `from`, UNKNOWN where nothing is. */
export type KnownRelation = (from: number, to: number) => Relation;

/** The graph of a large table, built in slices so that sessions and questions are served between them. */
export interface AsGraphBuilding {
  /** Does some milliseconds of the work; true when none is left. */
  step(): boolean;
  /** The graph of what was read. */
  finish(): AsGraph;
}

/** Attribute sets a slice reads: about ten milliseconds. */
const SLICE = 16384;
/** Hops of paths that relations are inferred from; the paths beyond still give links. */
const MOST_HOPS = 1 << 24;

/** Builds the graph from every attribute set held, at once: a second for sixteen full tables. */
export function buildAsGraph(attributes: AttributeStore, localAs: number, known?: KnownRelation): AsGraph {
  const building = beginAsGraph(attributes, localAs, known);
  while (!building.step());
  return building.finish();
}

/** Begins to build the graph. Sets that come or go while it is built may be in it or not. */
export function beginAsGraph(attributes: AttributeStore, localAs: number, known?: KnownRelation): AsGraphBuilding {
  const work = building(attributes, localAs, known ?? (() => UNKNOWN));
  let graph: AsGraph | null = null;
  return {
    step() {
      const next = work.next();
      if (next.done) graph = next.value;
      return next.done === true;
    },
    finish() {
      while (graph === null) this.step();
      return graph;
    },
  };
}

function* building(attributes: AttributeStore, localAs: number, known: KnownRelation): Generator<void, AsGraph> {
  const graph = newAsGraph(localAs);
  let next = 0;
  do {
    next = attributes.walk(next, SLICE, id => {
      const { attributes: bytes, context } = attributes.read(id);
      graph.begin(onlyToCustomer(bytes) ?? 0);
      eachSequenceAs(bytes, (context & CONTEXT_AS4) !== 0, graph.next);
      graph.end();
    });
    yield;
  } while (next !== 0);
  return yield* graph.infer(known);
}

/** A graph that is told path by path, whatever holds them. */
export interface AsGraphOfPaths {
  /**
   * A path begins, at this AS; `next` gives each AS of it, or 0 where nobody knows who stands beside whom. `otc` is the AS
   * of its Only-to-Customer attribute (RFC 9234 section 5), 0 where there is none.
   */
  begin(otc: number): void;
  next(as: number): void;
  end(): void;
  infer(known: KnownRelation): Generator<void, AsGraph>;
}

export function newAsGraph(localAs: number): AsGraphOfPaths {
  const index = new Map<number, number>();
  const numbers: number[] = [];
  const edges = newAsEdges();
  let hops = new Int32Array(1 << 12);
  let length = 0;
  let before = -1;
  let otc = 0;
  /** Hops to an AS that is no customer of the one before it. */
  const notCustomer = new Set<number>();
  const place = (as: number): number => {
    let at = index.get(as);
    if (at === undefined) {
      at = numbers.length;
      index.set(as, at);
      numbers.push(as);
    }
    return at;
  };
  const here = place(localAs);
  const push = (hop: number) => {
    if (length === hops.length) {
      if (length >= MOST_HOPS) return;
      const wider = new Int32Array(length * 2);
      wider.set(hops);
      hops = wider;
    }
    hops[length++] = hop;
  };
  const end = () => {
    if (length > 0 && hops[length - 1]! >= 0) {
      if (length === hops.length && length >= MOST_HOPS) length--; // a path that does not fit counts as a shorter one
      push(-1);
    }
  };
  return {
    begin(only) {
      before = here;
      otc = only;
    },
    next(as) {
      const at = as === 0 ? -1 : place(as);
      if (at < 0) end();
      else if (before >= 0 && at !== before) {
        const hop = edges.add(before, at);
        push(hop);
        // Who told it to this neighbour, or the neighbour itself, has said that it goes on to customers alone.
        if (as === otc) notCustomer.add(hop);
      }
      before = at;
    },
    end,
    *infer(known) {
      const told = new Uint8Array(edges.size);
      for (let edge = 0; edge < edges.size; edge++)
        told[edge] = known(numbers[edges.low[edge]!]!, numbers[edges.high[edge]!]!);
      const relations = yield* inferRelations({ hops, length, notCustomer }, edges, numbers.length, told);
      hops = new Int32Array(0);
      return graphOf(index, topologyOf(numbers, edges, relations), {
        told: told.reduce((sum, one) => sum + (one === UNKNOWN ? 0 : 1), 0),
        otc: new Set([...notCustomer].map(hop => hop >> 1)).size,
      });
    },
  };
}

/** Links as lists of neighbours: those of node n are `ends[start[n]]` to `ends[start[n + 1] - 1]`. */
export function topologyOf(numbers: readonly number[], edges: AsEdges, relations: Uint8Array): AsTopology {
  const nodes = numbers.length;
  const start = new Int32Array(nodes + 1);
  for (let edge = 0; edge < edges.size; edge++) {
    start[edges.low[edge]! + 1]!++;
    start[edges.high[edge]! + 1]!++;
  }
  for (let n = 0; n < nodes; n++) start[n + 1]! += start[n]!;
  const ends = new Int32Array(edges.size * 2);
  const relation = new Uint8Array(edges.size * 2);
  const fill = start.slice();
  for (let edge = 0; edge < edges.size; edge++) {
    const low = edges.low[edge]!;
    const high = edges.high[edge]!;
    relation[fill[low]!] = relations[edge]!;
    ends[fill[low]!++] = high;
    relation[fill[high]!] = reversed(relations[edge]!);
    ends[fill[high]!++] = low;
  }
  return { numbers: Uint32Array.from(numbers), start, ends, relation };
}

/** The graph over a topology; `index` tells the node of an AS, `known` how much was known of its links. */
export function graphOf(
  index: ReadonlyMap<number, number>,
  topology: AsTopology,
  known: Pick<LinkCounts, 'told' | 'otc'> = { told: 0, otc: 0 },
): AsGraph {
  const { numbers, start, ends, relation } = topology;
  const cones = new Map<number, number>();
  return {
    ases: numbers.length,
    edges: ends.length / 2,
    links: { ...countLinks(relation), ...known },
    topology,
    neighbors(as) {
      const at = index.get(as);
      return at === undefined ? [] : Array.from(ends.subarray(start[at]!, start[at + 1]!), next => numbers[next]!);
    },
    relation: (from, to) => relationBetween(topology, index.get(from) ?? -1, index.get(to) ?? -1),
    cone(as) {
      const at = index.get(as);
      if (at === undefined) return 1;
      let size = cones.get(at);
      if (size === undefined) {
        size = coneOf(topology, at, new Int32Array(numbers.length).fill(-1));
        cones.set(at, size);
      }
      return size;
    },
    frontier(here, from, avoid, among) {
      const place = (as: number) => index.get(as) ?? -1;
      return searchFrontier(topology, place(here), place(from), avoid.map(place), among.map(place));
    },
  };
}

function countLinks(relation: Uint8Array): Pick<LinkCounts, 'transit' | 'peering' | 'unknown'> {
  const ends = [0, 0, 0, 0];
  for (const one of relation) ends[one]!++;
  // Each link has two ends; of a transit link one is the provider.
  return { transit: ends[PROVIDER]!, peering: ends[PEER]! / 2, unknown: ends[UNKNOWN]! / 2 };
}
