/**
 * How many ASes remain possible when some AS is attacked, on average over where the attack may come from: from every AS
 * without customers alike, over the routes of the graph (waves.ts, as-routes.ts). What a trace ends with depends
 * only on the last AS that saw the packet and on the neighbour it came from there, so that all attackers are followed at
 * once, from the victim outwards.
 */
import type { AsTopology } from '../rib/as-frontier.ts';
import { createReach, relationBetween } from '../rib/as-reach.ts';
import { CUSTOMER, PEER } from '../rib/as-relations.ts';
import { routesTo } from '../rib/as-routes.ts';
import { wavesOf } from './waves.ts';

/** QUERYs that one search past ASes that take no part may cost in the model. */
export const SKIP_BUDGET = 64;

/** An AS that is attacked, and the ways to it. */
export interface Victim {
  readonly node: number;
  /** For each node the one its packets go to next; -1 without a way. */
  readonly next: Int32Array;
  /** Nodes with a way, each behind the one it goes to next; the victim first. */
  readonly order: Int32Array;
}

/** Who takes part, and at which borders this AS does not see from which neighbour a packet comes. */
export interface Taking {
  /** An octet a node. */
  readonly takesPart: Uint8Array;
  /** This AS; -1 when it is not on the graph. */
  readonly own: number;
  /** Its neighbours without a tap, an octet a node. */
  readonly untapped: Uint8Array;
}

export interface Expectation {
  /** ASes that remain possible on average; none where the source itself was found. */
  readonly ambiguity: number;
  /** Share of the attackers that are found themselves. */
  readonly found: number;
  /** Of an exact look: for each node how much the ASes behind it have a part in the ambiguity, summed over attackers. */
  readonly weight: Float64Array;
  readonly looked: Looked;
}

/** What an expectation rests on. */
export interface Looked {
  readonly of: Victim;
  readonly sum: number;
  readonly pairs: ReadonlyMap<number, Pick<Pair, 'size' | 'asked'>>;
}

export interface PlacementModel {
  victim(node: number): Victim;
  /**
   * With `base`, what was looked at before somebody more took part, only what is new since is looked at: quicker, and no
   * less than it is, for behind whom the new one stands as one of those asked, fewer remain.
   */
  expect(victim: Victim, taking: Taking, base: Looked | null): Expectation;
}

/** Neighbours that take no part and packets from which ended at an AS. */
interface Pair {
  readonly here: number;
  /** -1: it is not known which of the neighbours without a tap. */
  readonly from: number;
  attackers: number;
  size: number;
  /** Participants behind it that would be asked; null: not looked for. */
  asked: ReadonlySet<number> | null;
}

const SOURCE = -1;

/** Of a quick look: what makes less than this part of the whole is not looked at. */
const HARDLY = 1000;

/** `cones`: sizes of customer cones (`conesOf`). */
export function createPlacementModel(topology: AsTopology, cones: Int32Array): PlacementModel {
  const { numbers, start, ends } = topology;
  const nodes = numbers.length;
  const reach = createReach(topology);
  const closed = new Uint8Array(nodes);
  const node = { last: new Int32Array(nodes), first: new Int32Array(nodes), pair: new Int32Array(nodes) };
  const neighborsWithout = (own: number, untapped: Uint8Array): number[] => {
    const found: number[] = [];
    for (let k = start[own]!; k < start[own + 1]!; k++) if (untapped[ends[k]!] !== 0) found.push(ends[k]!);
    return found;
  };

  /** Searches behind a pair, never back over the way from there to the victim. */
  const look = (pair: Pair, { next, node: victim }: Victim, { takesPart, own, untapped }: Taking): void => {
    const { here, from } = pair;
    for (let at = here; ; at = next[at]!) {
      closed[at] = 1;
      if (at === victim) break;
    }
    const sources = from < 0 ? neighborsWithout(own, untapped) : [from];
    const { size, met } = reach(
      here,
      sources.filter(one => takesPart[one] === 0),
      takesPart,
      closed,
    );
    for (let at = here; ; at = next[at]!) {
      closed[at] = 0;
      if (at === victim) break;
    }
    // A neighbour without a tap that takes part is asked with the others.
    const all = from < 0 ? [...sources.filter(one => takesPart[one] !== 0), ...met] : met;
    pair.size = size;
    pair.asked = new Set(all.length <= SKIP_BUDGET ? all : likeliest(all));
  };
  const likeliest = (all: readonly number[]): number[] => {
    const candidates = all.map(at => ({ as: numbers[at]!, cone: cones[at]!, adjacent: false, hits: 0, at }));
    const chosen = new Set(wavesOf(candidates, SKIP_BUDGET).flatMap(wave => wave.map(({ as }) => as)));
    return candidates.flatMap(({ as, at }) => (chosen.has(as) ? [at] : []));
  };
  return {
    victim(at) {
      const next = routesTo(topology, at);
      const hops = new Int32Array(nodes).fill(-1);
      hops[at] = 0;
      const levels: number[][] = [[at]];
      for (let from = 0; from < nodes; from++) {
        if (next[from] === -1) continue;
        const way: number[] = [];
        let on = from;
        for (; hops[on] === -1; on = next[on]!) way.push(on);
        for (let i = way.length - 1, far = hops[on]! + 1; i >= 0; i--, far++) {
          hops[way[i]!] = far;
          levels[far] ??= [];
          levels[far]!.push(way[i]!);
        }
      }
      return { node: at, next, order: Int32Array.from(levels.flat()) };
    },
    expect(victim, taking, base) {
      const { next, order } = victim;
      const { takesPart, own, untapped } = taking;
      const { last, first, pair: pairAt } = node;
      const pairs: Pair[] = [];
      const known = new Map<number, number>();
      const before = base?.of === victim ? base.pairs : null;
      const pairOf = (here: number, from: number): number => {
        const key = here * (nodes + 1) + from + 1;
        let at = known.get(key);
        if (at === undefined) {
          const same = from < 0 ? undefined : before?.get(key);
          at = pairs.push({ here, from, attackers: 0, size: same?.size ?? 0, asked: same?.asked ?? null }) - 1;
          known.set(key, at);
        }
        return at;
      };
      /** True when the search behind a pair asks a participant that stands there. */
      const finds = (at: number, wanted: number): boolean => {
        const pair = pairs[at]!;
        if (base !== null) return pair.asked === null || pair.asked.size < SKIP_BUDGET || pair.asked.has(wanted);
        if (pair.asked === null) look(pair, victim, taking);
        return pair.asked!.has(wanted);
      };

      last[victim.node] = victim.node;
      pairAt[victim.node] = SOURCE;
      first[victim.node] = -1;
      const stuck = new Uint8Array(nodes);
      for (let i = 1; i < order.length; i++) {
        const at = order[i]!;
        const on = next[at]!;
        const here = last[on]!;
        // Between the last AS that saw the packet and the next that may say so.
        const from = first[on]! < 0 ? at : first[on]!;
        const blind = here === own && untapped[from] !== 0;
        last[at] = here;
        first[at] = from;
        const pair = pairAt[on] === SOURCE ? pairOf(here, blind ? -1 : from) : pairAt[on]!;
        pairAt[at] = pair;
        stuck[at] = stuck[on]!;
        if (takesPart[at] === 0 || stuck[on] === 1) continue;
        if ((here === on && !blind) || finds(pair, at)) {
          last[at] = at;
          first[at] = -1;
          pairAt[at] = SOURCE;
        } else stuck[at] = 1;
      }

      let attackers = 0;
      let found = 0;
      for (let i = 1; i < order.length; i++) {
        const at = order[i]!;
        if (cones[at] !== 1) continue;
        attackers++;
        if (pairAt[at] === SOURCE) found++;
        else pairs[pairAt[at]!]!.attackers++;
      }
      let sum = 0;
      for (const pair of pairs) {
        if (pair.attackers === 0) continue;
        // What hardly counts is not looked at: of a cone nobody takes part in, it is no more than that.
        if (pair.asked === null && base !== null && pair.from >= 0) {
          const is = relationBetween(topology, pair.here, pair.from);
          if ((is === PEER || is === CUSTOMER) && pair.attackers * cones[pair.from]! < base.sum / HARDLY)
            pair.size = cones[pair.from]!;
          else look(pair, victim, taking);
        } else if (pair.asked === null) look(pair, victim, taking);
        sum += pair.attackers * pair.size;
      }
      const of = Math.max(1, attackers);
      const told = { ambiguity: sum / of, found: found / of };
      if (base !== null) return { ...told, weight: new Float64Array(0), looked: base };
      const weight = new Float64Array(nodes);
      for (let i = order.length - 1; i > 0; i--) {
        const at = order[i]!;
        if (pairAt[at] === SOURCE) continue;
        if (cones[at] === 1) weight[at]! += pairs[pairAt[at]!]!.size;
        if (pairAt[next[at]!] !== SOURCE) weight[next[at]!]! += weight[at]!;
      }
      const looked = new Map([...known].map(([key, at]) => [key, pairs[at]!]));
      return { ...told, weight, looked: { of: victim, sum, pairs: looked } };
    },
  };
}
