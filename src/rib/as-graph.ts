/**
 * The AS graph of the RIB: an edge for each pair of ASes that stand side by side in an AS_PATH held now, prepends
 * collapsed, AS_SETs and confederation segments left out, and one from this AS to the first AS of each path. Relations
 * (customer, peer, provider) are not told apart.
 */
import { type AttributeStore, CONTEXT_AS4 } from './attribute-store.ts';

export interface AsGraph {
  readonly ases: number;
  readonly edges: number;
  /** Neighbours of an AS, in no order; empty when it is unknown. */
  neighbors(as: number): number[];
  /**
   * Breadth-first from `from` over ASes that are neither in `among` nor in `avoid`. `frontier`: the ASes of `among` that
   * are met, nearest first. `passed`: the ASes between, `from` not among them, on a shortest way to each, in the order met.
   * `beyond`: how many further ASes could be reached without crossing one of `among`.
   */
  frontier(from: number, avoid: readonly number[], among: readonly number[]): AsFrontier;
}

export interface AsFrontier {
  readonly frontier: number[];
  readonly passed: number[];
  readonly beyond: number;
}

/** The graph of a large table, built in slices so that sessions and questions are served between them. */
export interface AsGraphBuilding {
  /** Reads the paths of some thousands of attribute sets; true when none is left. */
  step(): boolean;
  /** The graph of what was read. */
  finish(): AsGraph;
}

/** Attribute sets a slice reads: about ten milliseconds. */
const SLICE = 16384;

/** Builds the graph from every attribute set held, at once. About 0.2 s for a full table. */
export function buildAsGraph(attributes: AttributeStore, localAs: number): AsGraph {
  const building = beginAsGraph(attributes, localAs);
  while (!building.step());
  return building.finish();
}

/** Begins to build the graph. Sets that come or go while it is built may be in it or not. */
export function beginAsGraph(attributes: AttributeStore, localAs: number): AsGraphBuilding {
  const index = new Map<number, number>();
  const numbers: number[] = [];
  const edges = new EdgeSet();
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
  let next = 0;
  return {
    step() {
      next = attributes.walk(next, SLICE, id => {
        const { attributes: bytes, context } = attributes.read(id);
        let before = here;
        eachSequenceAs(bytes, (context & CONTEXT_AS4) !== 0, as => {
          // An AS_SET or confederation segment breaks the chain: nobody knows who stands beside whom.
          const at = as === 0 ? -1 : place(as);
          if (at >= 0 && before >= 0 && at !== before) edges.add(before, at);
          before = at;
        });
      });
      return next === 0;
    },
    finish: () => graphOf(index, numbers, edges),
  };
}

function graphOf(index: ReadonlyMap<number, number>, numbers: readonly number[], edges: EdgeSet): AsGraph {
  const { start, ends } = edges.adjacency(numbers.length);
  const neighbors = (at: number) => ends.subarray(start[at]!, start[at + 1]!);

  function frontier(from: number, avoid: readonly number[], among: readonly number[]): AsFrontier {
    const wanted = new Set(among);
    if (wanted.has(from)) return { frontier: [from], passed: [], beyond: 0 };
    const origin = index.get(from);
    if (origin === undefined) return { frontier: [], passed: [], beyond: 0 };
    const parent = new Int32Array(numbers.length).fill(-1);
    const closed = new Set(avoid.map(as => index.get(as)));
    const queue = [origin];
    parent[origin] = origin;
    const met: number[] = [];
    let crossed = 0;
    for (let head = 0; head < queue.length; head++) {
      const at = queue[head]!;
      if (wanted.has(numbers[at]!)) {
        met.push(at);
        continue;
      }
      crossed++;
      for (const next of neighbors(at)) {
        if (parent[next] !== -1 || closed.has(next)) continue;
        parent[next] = at;
        queue.push(next);
      }
    }
    const passed = new Set<number>([origin]);
    for (const end of met) for (let at = parent[end]!; !passed.has(at); at = parent[at]!) passed.add(at);
    const inOrder = queue.slice(1).filter(at => passed.has(at));
    return {
      frontier: met.map(at => numbers[at]!),
      passed: inOrder.map(at => numbers[at]!),
      beyond: crossed - passed.size,
    };
  }

  return {
    ases: numbers.length,
    edges: ends.length / 2,
    neighbors: as => {
      const at = index.get(as);
      return at === undefined ? [] : Array.from(neighbors(at), next => numbers[next]!);
    },
    frontier,
  };
}

/** Calls `visit` with each AS of the AS_SEQUENCEs of an AS_PATH, and with 0 for each segment of another type. */
function eachSequenceAs(bytes: Uint8Array, as4: boolean, visit: (as: number) => void): void {
  const width = as4 ? 4 : 2;
  let at = 0;
  while (at + 3 <= bytes.length) {
    const long = (bytes[at]! & 0x10) !== 0;
    const length = long ? (bytes[at + 2]! << 8) | bytes[at + 3]! : bytes[at + 2]!;
    const value = at + (long ? 4 : 3);
    const end = Math.min(value + length, bytes.length);
    if (bytes[at + 1] === 2) {
      for (let p = value; p + 2 <= end; ) {
        const type = bytes[p]!;
        const behind = Math.min(p + 2 + bytes[p + 1]! * width, end);
        if (type !== 2) visit(0);
        else
          for (let q = p + 2; q + width <= behind; q += width)
            visit(
              as4
                ? ((bytes[q]! << 24) | (bytes[q + 1]! << 16) | (bytes[q + 2]! << 8) | bytes[q + 3]!) >>> 0
                : (bytes[q]! << 8) | bytes[q + 1]!,
            );
        p = Math.max(behind, p + 2);
      }
      return;
    }
    at = end;
  }
}

/** A set of undirected edges between node indexes below 2^26. */
class EdgeSet {
  private keys = new Float64Array(1 << 12);
  private size = 0;

  add(a: number, b: number): void {
    if (this.size * 2 > this.keys.length) {
      const old = this.keys;
      this.keys = new Float64Array(old.length * 4);
      for (const key of old) if (key !== 0) this.put(key);
    }
    // Index 0 with index 0 is no edge, so that no key is 0.
    if (this.put(a < b ? a * 0x4000000 + b : b * 0x4000000 + a)) this.size++;
  }

  private put(key: number): boolean {
    const mask = this.keys.length - 1;
    let slot = (Math.imul((key / 0x4000000) | 0, 0x9e3779b1) ^ Math.imul(key % 0x4000000, 0x85ebca6b)) >>> 3;
    for (slot &= mask; this.keys[slot] !== 0; slot = (slot + 1) & mask) if (this.keys[slot] === key) return false;
    this.keys[slot] = key;
    return true;
  }

  /** Neighbours of node n: `ends[start[n]..start[n + 1])`. */
  adjacency(nodes: number): { start: Int32Array; ends: Int32Array } {
    const start = new Int32Array(nodes + 1);
    const each = (visit: (a: number, b: number) => void) => {
      for (const key of this.keys) if (key !== 0) visit(Math.floor(key / 0x4000000), key % 0x4000000);
    };
    each((a, b) => {
      start[a + 1]!++;
      start[b + 1]!++;
    });
    for (let n = 0; n < nodes; n++) start[n + 1]! += start[n]!;
    const ends = new Int32Array(start[nodes]!);
    const fill = start.slice();
    each((a, b) => {
      ends[fill[a]!++] = b;
      ends[fill[b]!++] = a;
    });
    return { start, ends };
  }
}
