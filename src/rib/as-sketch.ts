/**
 * A part of the AS graph that a person can look at: some ASes, those between them and this one on a shortest way, and the
 * links among all of these.
 */
import type { AsTopology } from './as-frontier.ts';
import { PEER, PROVIDER, UNKNOWN } from './as-relations.ts';

export interface AsSketch {
  /** This AS first, then by distance. */
  readonly ases: readonly {
    readonly as: number;
    /** Links between it and this AS. */
    readonly distance: number;
  }[];
  /** Links between them. */
  readonly links: readonly {
    /** AS numbers of its ends. */
    readonly from: number;
    /** The other end. */
    readonly to: number;
    /** What `to` is to `from`; a provider stands at `to`. Null: nobody knows. */
    readonly relation: 'provider' | 'peer' | null;
  }[];
  /** ASes asked for that are on the graph and were left out, for there are too many or no way leads there. */
  readonly leftOut: number;
}

/** More cannot be looked at. */
const MOST_ASES = 160;
const MOST_LINKS = 800;

/** The sketch of `among`, as seen from `here`; ASes that are not on the graph are passed over. */
export function sketchOf(topology: AsTopology, here: number, among: readonly number[]): AsSketch {
  const { numbers, start, ends, relation } = topology;
  const from = numbers.indexOf(here);
  if (from < 0) return { ases: [{ as: here, distance: 0 }], links: [], leftOut: 0 };
  const distance = new Int32Array(numbers.length).fill(-1);
  const before = new Int32Array(numbers.length).fill(-1);
  const wanted = new Set(among);
  const met: number[] = [];
  const queue = new Int32Array(numbers.length);
  let [head, tail] = [0, 0];
  queue[tail++] = from;
  distance[from] = 0;
  while (head < tail) {
    const at = queue[head++]!;
    if (at !== from && wanted.has(numbers[at]!)) met.push(at);
    for (let i = start[at]!; i < start[at + 1]!; i++) {
      const next = ends[i]!;
      if (distance[next] !== -1) continue;
      distance[next] = distance[at]! + 1;
      before[next] = at;
      queue[tail++] = next;
    }
  }
  const kept = new Set([from]);
  let drawn = 0;
  for (const one of met) {
    const way: number[] = [];
    for (let at = one; !kept.has(at); at = before[at]!) way.push(at);
    if (kept.size + way.length > MOST_ASES) break;
    for (const at of way.reverse()) kept.add(at);
    drawn++;
  }
  const links: AsSketch['links'][number][] = [];
  for (const at of kept)
    for (let i = start[at]!; i < start[at + 1]!; i++) {
      const [next, what] = [ends[i]!, relation[i]!];
      // Each link once: from the customer, and of others from the lower node.
      const once = what === PROVIDER || ((what === PEER || what === UNKNOWN) && at < next);
      if (!once || !kept.has(next) || links.length >= MOST_LINKS) continue;
      const named = what === PROVIDER ? 'provider' : what === PEER ? 'peer' : null;
      links.push({ from: numbers[at]!, to: numbers[next]!, relation: named });
    }
  const known = new Set(numbers);
  const on = among.filter(as => as !== here && known.has(as)).length;
  return {
    ases: [...kept]
      .toSorted((a, b) => distance[a]! - distance[b]! || numbers[a]! - numbers[b]!)
      .map(at => ({ as: numbers[at]!, distance: distance[at]! })),
    links,
    leftOut: on - drawn,
  };
}
