/**
 * Which further participants, or which further taps at this AS's own borders, would cut most from what remains unknown
 * when one of these ASes is attacked. Greedy: the best one, then the best one beside it, and so on. Of every AS that might
 * be asked to take part those are tried that stand before most of what remains unknown.
 */
import type { AsTopology } from '../rib/as-frontier.ts';
import { conesOf } from '../rib/as-reach.ts';
import { createPlacementModel, type Expectation, type Looked, type Taking, type Victim } from './placement-model.ts';

export interface PlacementQuestion {
  readonly topology: AsTopology;
  /** This AS. */
  readonly own: number;
  /** ASes that take part. */
  readonly participants: readonly number[];
  /** ASes that may be attacked; those that are not on the graph are left out, and told. */
  readonly victims: readonly number[];
  /** ASes that could be asked to take part; null: any. */
  readonly among: readonly number[] | null;
  /** Neighbours of this AS whose packets it tells from others; null: all of them, or nobody wants to know. */
  readonly tapped: readonly number[] | null;
  /** How many to choose. */
  readonly most: number;
}

export interface PlacementStep {
  /** `as`: it takes part; `tap`: a tap of ours tells what comes from it. */
  readonly kind: 'as' | 'tap';
  readonly as: number;
  /** Size of its customer cone: ASes, itself included. */
  readonly cone: number;
  /** ASes that remain possible on average, and the share of attackers that are found themselves, with it and all before. */
  readonly ambiguity: number;
  /** Share of the attackers that are found themselves, with it and all before. */
  readonly found: number;
}

export interface Placement {
  /** ASes on the graph. */
  readonly ases: number;
  /** Links between two of them. */
  readonly links: number;
  /** ASes that are attacked in the reckoning. */
  readonly victims: readonly number[];
  /** Victims asked for that are not on the graph. */
  readonly missing: readonly number[];
  /** ASes that take part now. */
  readonly participants: number;
  /** Neighbours of this AS, and those of them without a tap. */
  readonly neighbors: number;
  /** Neighbours of this AS without a tap. */
  readonly untapped: number;
  /** Now. */
  readonly ambiguity: number;
  /** Share of the attackers that are found themselves now. */
  readonly found: number;
  /** What to do, in this order. */
  readonly steps: readonly PlacementStep[];
}

/** How far it is: so many of about so many looks. */
export interface PlacementProgress {
  readonly done: number;
  readonly of: number;
}

/** Candidates of a round that are looked at quickly, and those of them that are looked at exactly. */
const QUICK = 24;
const EXACT = 3;

/** Works in slices: each yields how far it is. The same question always has the same answer. */
export function* planPlacement(question: PlacementQuestion): Generator<PlacementProgress, Placement> {
  const { topology, most } = question;
  const { numbers } = topology;
  const nodes = numbers.length;
  const index = new Map<number, number>();
  for (const [node, as] of numbers.entries()) index.set(as, node);
  const cones = conesOf(topology);
  const model = createPlacementModel(topology, cones);
  const own = index.get(question.own) ?? -1;
  const neighbors = own < 0 ? [] : neighborsOf(topology, own);

  const takesPart = new Uint8Array(nodes);
  for (const as of [question.own, ...question.participants]) if (index.has(as)) takesPart[index.get(as)!] = 1;
  const untapped = new Uint8Array(nodes);
  const tapped = question.tapped === null ? null : new Set(question.tapped);
  if (tapped !== null) for (const node of neighbors) if (!tapped.has(numbers[node]!)) untapped[node] = 1;
  const taking: Taking = { takesPart, own, untapped };
  const allowed = question.among === null ? null : new Set(question.among.flatMap(as => index.get(as) ?? []));

  const victims = question.victims.flatMap(as => (index.has(as) ? [model.victim(index.get(as)!)] : []));
  const progress = { done: 0, of: victims.length * (1 + most * (QUICK + EXACT)) };
  type Seen = Pick<Expectation, 'ambiguity' | 'found' | 'weight'> & { readonly looked: readonly Looked[] };
  let now: Seen | null = null;
  const look = function* (how: 'exact' | 'quick') {
    const all = { ambiguity: 0, found: 0, weight: new Float64Array(nodes), looked: [] as Looked[] };
    for (const [i, victim] of victims.entries()) {
      const seen = expectAt(victim, how === 'exact' ? null : now!.looked[i]!);
      all.looked.push(seen.looked);
      all.ambiguity += seen.ambiguity / victims.length;
      all.found += seen.found / victims.length;
      if (how === 'exact') for (let node = 0; node < nodes; node++) all.weight[node]! += seen.weight[node]!;
      progress.done++;
      yield { ...progress };
    }
    return all;
  };
  /** Whoever is attacked takes part: the trace begins there. */
  const expectAt = (victim: Victim, base: Looked | null) => {
    const before = takesPart[victim.node]!;
    takesPart[victim.node] = 1;
    const seen = model.expect(victim, taking, base);
    takesPart[victim.node] = before;
    return seen;
  };

  now = yield* look('exact');
  const answer = { ambiguity: now.ambiguity, found: now.found };
  const steps: PlacementStep[] = [];
  while (steps.length < most && now.ambiguity > 0) {
    const candidates = [...likely(now.weight)];
    /** Tries each, and puts it back. */
    const tried: { readonly one: Candidate; readonly seen: Seen }[] = [];
    for (const one of candidates) {
      place(one, true);
      tried.push({ one, seen: yield* look('quick') });
      place(one, false);
    }
    const exact: typeof tried = [];
    for (const { one } of inOrder(tried).slice(0, EXACT)) {
      place(one, true);
      exact.push({ one, seen: yield* look('exact') });
      place(one, false);
    }
    const [best] = inOrder(exact);
    if (best === undefined || best.seen.ambiguity >= now.ambiguity) break;
    place(best.one, true);
    now = best.seen;
    const { kind, node } = best.one;
    const { ambiguity, found } = now;
    steps.push({ kind, as: numbers[node]!, cone: cones[node]!, ambiguity, found });
  }
  return {
    ...{ ases: nodes, links: topology.ends.length / 2 },
    victims: question.victims.filter(as => index.has(as)),
    missing: question.victims.filter(as => !index.has(as)),
    participants: question.participants.filter(as => index.has(as)).length,
    neighbors: neighbors.length,
    untapped: untapped.reduce((sum, one) => sum + one, 0) + steps.filter(({ kind }) => kind === 'tap').length,
    ...answer,
    steps,
  };

  type Candidate = { readonly kind: PlacementStep['kind']; readonly node: number };

  function place({ kind, node }: Candidate, there: boolean): void {
    if (kind === 'as') takesPart[node] = there ? 1 : 0;
    else untapped[node] = there ? 0 : 1;
  }

  /** Those behind which most of what remains unknown comes, each kind for itself. */
  function* likely(weight: Float64Array): Generator<Candidate> {
    const before = (a: number, b: number) => weight[b]! - weight[a]! || numbers[a]! - numbers[b]!;
    const ases: number[] = [];
    for (let node = 0; node < nodes; node++)
      if (takesPart[node] === 0 && weight[node]! > 0 && (allowed === null || allowed.has(node))) ases.push(node);
    const taps = neighbors.filter(node => untapped[node] !== 0 && weight[node]! > 0).sort(before);
    const some = Math.min(taps.length, QUICK / 3);
    for (const node of ases.sort(before).slice(0, QUICK - some)) yield { kind: 'as', node };
    for (const node of taps.slice(0, some)) yield { kind: 'tap', node };
  }

  function inOrder(tried: readonly { readonly one: Candidate; readonly seen: { readonly ambiguity: number } }[]) {
    return (tried as readonly { readonly one: Candidate; readonly seen: Seen }[]).toSorted(
      (a, b) => a.seen.ambiguity - b.seen.ambiguity || numbers[a.one.node]! - numbers[b.one.node]!,
    );
  }
}

function neighborsOf({ start, ends }: AsTopology, node: number): number[] {
  return Array.from(ends.subarray(start[node]!, start[node + 1]!));
}
