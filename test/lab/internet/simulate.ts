/**
 * The search for a source, with the frontier and the waves that the daemon uses, in a graph where some ASes take part and
 * everybody answers truly. It counts QUERYs: what a trace costs, and how far it comes.
 */
import { searchFrontier } from '../../../src/rib/as-frontier.ts';
import { routesTo } from '../../../src/rib/as-routes.ts';
import { askInWaves as ask } from './ask-in-waves.ts';
import type { Internet, Random } from './graph.ts';

export interface Participation {
  /** How many of the largest ASes take part, and what share of the others. */
  readonly top: number;
  readonly share: number;
}

export interface Outcome {
  readonly traces: number;
  /** QUERYs that it would cost to ask everybody who takes part. */
  readonly all: number;
  /** QUERYs on average, without a budget: where nobody knew from which neighbour a packet came, and where all know. */
  readonly blind: number;
  readonly unbounded: number;
  /** QUERYs a trace costs on average: by valley-free paths alone, and with learned adjacency. */
  readonly valleyFree: number;
  readonly learned: number;
  /** Share of the skips with a participant behind them that found it. */
  readonly found: number;
  /** Shares of the traces that end in the source AS, in it or its upstream, and so without skipping. */
  readonly source: number;
  readonly upstream: number;
  readonly unskipped: number;
  /** ASes that remain possible, on average over the traces that did not end in the source. */
  readonly ambiguous: number;
}

/** Destinations whose routes the participants learn adjacency from, besides that of the trace. */
const DESTINATIONS = 200;

/** What participants have told: the key names an AS and its neighbour that takes no part, the set who reaches it so. */
type Adjacency = Map<number, Set<number>>;

/** Traces of `traces` attacks, from a stub on a stub, drawn at random. */
export function simulate(
  { topology, graph, largest, stubs }: Internet,
  { top, share }: Participation,
  traces: number,
  random: Random,
): Outcome {
  const nodes = topology.numbers.length;
  const as = (node: number) => topology.numbers[node]!;
  const takesPart = new Uint8Array(nodes);
  for (const node of largest.slice(0, top)) takesPart[node] = 1;
  for (const node of largest.slice(top)) if (random() < share) takesPart[node] = 1;
  const participants = largest.filter(node => takesPart[node] === 1).map(as);

  const adjacency: Adjacency = new Map();
  const learn = (routes: Int32Array) => {
    for (const node of largest)
      for (let at = node; takesPart[node] === 1 && routes[at] !== -1 && routes[at] !== at; at = routes[at]!) {
        const next = routes[at]!;
        if (takesPart[next] === 0) continue;
        const key = next * nodes + at;
        const told = adjacency.get(key);
        if (at === node) break; // a neighbour needs no telling
        if (told === undefined) adjacency.set(key, new Set([as(node)]));
        else told.add(as(node));
        break;
      }
  };
  for (let i = 0; i < DESTINATIONS; i++) learn(routesTo(topology, Math.floor(random() * nodes)));

  const sum = {
    traces: 0,
    blind: 0,
    unbounded: 0,
    valleyFree: 0,
    learned: 0,
    skips: 0,
    found: 0,
    source: 0,
    upstream: 0,
    unskipped: 0,
    ambiguous: 0,
  };
  const places = largest.filter(node => takesPart[node] === 1);
  /** Participants that may have sent the packet to the AS at this place of a path, over whichever neighbour. */
  const everywhere = (path: readonly number[], at: number): number => {
    const here = path[at + 1] ?? -1;
    const others = places.filter(node => node !== path[at]);
    return searchFrontier(topology, here, path[at]!, path.slice(at + 1), others).frontier.length;
  };

  while (sum.traces < traces) {
    const victim = stubs[Math.floor(random() * stubs.length)]!;
    const attacker = stubs[Math.floor(random() * stubs.length)]!;
    const routes = routesTo(topology, victim);
    if (victim === attacker || routes[attacker] === -1) continue;
    sum.traces++;
    const before = takesPart[victim]!;
    takesPart[victim] = 1;
    learn(routes);
    const path = [attacker];
    while (path.at(-1) !== victim) path.push(routes[path.at(-1)!]!);

    // From the victim towards the attacker: `at` is the place in the path of the last AS that saw the packet.
    let at = path.length - 1;
    let skipped = false;
    while (at > 0) {
      const neighbor = at - 1;
      sum.blind += everywhere(path, at);
      if (takesPart[path[neighbor]!] === 1) {
        sum.unbounded++;
        sum.valleyFree++;
        sum.learned++;
        at = neighbor;
        continue;
      }
      if (!skipped) sum.unskipped += at <= 1 ? 1 : 0;
      skipped = true;
      let next = neighbor;
      while (next >= 0 && takesPart[path[next]!] === 0) next--;
      const hops = path.slice(at).map(as);
      const { frontier, passed, beyond } = graph.frontier(hops[0]!, as(path[neighbor]!), hops, participants);
      const told = adjacency.get(path[at]! * nodes + path[neighbor]!);
      const candidates = frontier.map(one => ({
        as: one,
        cone: graph.cone(one),
        adjacent: told?.has(one) === true,
        hits: 0,
      }));
      const wanted = next < 0 ? 0 : as(path[next]!);
      const seen = ask(candidates, wanted);
      // Who reaches this AS over that neighbour has told so; the others need not be asked.
      const sooner = ask(
        candidates.filter(({ adjacent }) => adjacent),
        wanted,
      );
      sum.unbounded += ask(candidates, wanted, candidates.length).queries;
      sum.valleyFree += seen.queries;
      sum.learned += sooner.queries;
      if (next >= 0) {
        sum.skips++;
        if (seen.found || sooner.found) sum.found++;
      }
      if (next < 0 || !(seen.found || sooner.found)) {
        sum.ambiguous += passed.length + beyond + 1;
        break;
      }
      at = next;
    }
    if (at === 0) sum.source++;
    if (at <= 1) sum.upstream++;
    if (!skipped && at === 0) sum.unskipped++;
    takesPart[victim] = before;
  }
  const mean = (total: number) => total / sum.traces;
  return {
    traces: sum.traces,
    all: participants.length,
    blind: mean(sum.blind),
    unbounded: mean(sum.unbounded),
    valleyFree: mean(sum.valleyFree),
    learned: mean(sum.learned),
    found: sum.skips === 0 ? 1 : sum.found / sum.skips,
    source: mean(sum.source),
    upstream: mean(sum.upstream),
    unskipped: mean(sum.unskipped),
    ambiguous: sum.ambiguous / Math.max(1, sum.traces - sum.source),
  };
}
