/**
 * How sure a trace is (research: traceback 5.5): of the ASes that an AS may have had the packet from at most one had it
 * first, and what each of them says makes it likelier or less. A no counts for as much as its AS could have seen, and
 * who could not know says neither.
 */
import type { Trace, TraceNode, TraceUnknown } from './trace.ts';
import { passed } from './tree.ts';

/** The lowest chance of a false yes that is believed, and the one of an AS that states none. */
const LEAST_FALSE = 1e-9;
const UNSTATED_FALSE = 0.1;
/** Share of its border that an AS has behind taps that states none, where it says yes. */
const UNSTATED_COVERAGE = 0.5;

/** The chance that an AS sees what passes it, as it states; null when it states no coverage. */
function sight({ coverage, loss, sampling }: TraceNode): number | null {
  return coverage === null ? null : coverage * (1 - (loss ?? 0)) * (sampling ?? 1);
}

/**
 * How many times likelier what an AS says is when the packets passed it than when they did not: as it reckons it itself
 * (likelihood.ts), within bounds, where it does not contradict its verdict; of traces of old, by its numbers. 1 for every
 * verdict that is neither yes nor no, and for a no without a stated coverage.
 */
export function likelihoodRatio(node: TraceNode): number {
  const { verdict, likelihood } = node;
  const said = likelihood == null ? null : Math.min(1 / LEAST_FALSE, Math.max(LEAST_FALSE, likelihood));
  const falseYes = Math.max(LEAST_FALSE, node.falsePositive ?? UNSTATED_FALSE);
  const sees = sight(node);
  switch (verdict) {
    case 'saw':
    case 'translated':
      return said === null ? (sees ?? UNSTATED_COVERAGE) / falseYes : Math.max(1, said);
    case 'clear':
    case 'clear-partial':
      if (said !== null) return Math.min(1, said);
      // What is stated as whole is not believed to be so to the last packet.
      return sees === null || falseYes >= 1 ? 1 : Math.max(LEAST_FALSE, 1 - sees) / (1 - falseYes);
    case 'saw-weak':
      return said ?? 1;
    default:
      return 1;
  }
}

/** How likely an AS is beside its siblings before anybody was asked, such as by its customer cone; 1 for all: alike. */
export type Prior = (as: number) => number;

/** A node with the chance that the packet passed it. */
export interface Weighed {
  readonly node: TraceNode;
  readonly chance: number;
  readonly children: readonly Weighed[];
}

/**
 * The chance of every node that the packet passed it. Behind each node it came from one of its children or from nobody
 * that stands there, which is as likely beforehand as the mean child. What is below a node speaks for the node too.
 */
export function weigh(tree: TraceNode, prior: Prior = () => 1): Weighed {
  const support = new Map<TraceNode, number>();
  const total = new Map<TraceNode, number>();
  const up = (node: TraceNode): number => {
    const { children } = node;
    const priors = children.map(child => prior(child.as));
    const nobody = children.length === 0 ? 1 : priors.reduce((sum, one) => sum + one, 0) / children.length;
    const all = children.reduce((sum, child, i) => sum + priors[i]! * up(child), nobody);
    total.set(node, all);
    const share = all / (priors.reduce((sum, one) => sum + one, 0) + nobody);
    const made = likelihoodRatio(node) * share;
    support.set(node, made);
    return made;
  };
  up(tree);
  const down = (node: TraceNode, chance: number): Weighed => ({
    node,
    chance,
    children: node.children.map(child =>
      down(child, (chance * prior(child.as) * support.get(child)!) / total.get(node)!),
    ),
  });
  return down(tree, 1);
}

/** The chance of the entry, the branch that is likeliest after it, and whom nothing is known of beyond it. */
export function certaintyOf(
  tree: TraceNode,
  entry: Trace['entry'],
  ambiguity: readonly number[],
  prior?: Prior,
): Required<Pick<Trace, 'certainty' | 'runnerUp' | 'unknown'>> {
  const weighed = weigh(tree, prior);
  const way = entry === null ? null : wayTo(weighed, entry.as);
  const end = way?.at(-1) ?? null;
  const on = new Set(way);
  let runnerUp: Trace['runnerUp'] = null;
  const look = (at: Weighed, via: number | null): void => {
    if (at === end) return;
    if (!on.has(at) && at !== weighed && (runnerUp == null || at.chance > runnerUp.certainty))
      runnerUp = { as: at.node.as, via, certainty: at.chance };
    for (const child of at.children) look(child, at.node.as);
  };
  if (end !== null) look(weighed, null);
  return { certainty: end?.chance ?? null, runnerUp, unknown: unknownOf(end?.node ?? tree, ambiguity) };
}

/** The nodes from the root to the likeliest node of an AS that saw the packet; null when there is none. */
function wayTo(root: Weighed, as: number): Weighed[] | null {
  let best: Weighed[] | null = null;
  const walk = (at: Weighed, above: readonly Weighed[]): void => {
    const way = [...above, at];
    if (at.node.as === as && passed(at.node) && at.chance > (best?.at(-1)?.chance ?? -1)) best = way;
    for (const child of at.children) walk(child, way);
  };
  walk(root, []);
  return best;
}

/** Why each AS that remains possible could not be ruled out: what it said last, or that nobody asked it. */
function unknownOf(from: TraceNode, ambiguity: readonly number[]): TraceUnknown[] {
  const said = new Map<number, TraceNode>();
  const collect = (node: TraceNode): void => {
    const known = said.get(node.as);
    if (known === undefined || known.verdict === 'absent') said.set(node.as, node);
    node.children.forEach(collect);
  };
  for (const child of from.children) collect(child);
  if (!said.has(from.as)) said.set(from.as, from);
  return ambiguity.map(as => {
    const node = said.get(as);
    return node === undefined
      ? { as, verdict: 'absent', reason: 'not asked', retainedFrom: null }
      : { as, verdict: node.verdict, reason: node.reason, retainedFrom: node.retainedFrom };
  });
}
