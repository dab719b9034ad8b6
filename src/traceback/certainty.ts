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

/**
 * True of an AS that takes no part and stands beside the participants behind one that takes none either: the packet may have
 * passed it on its way from any of them, so that it is none of which at most one had it.
 */
function isBetween(node: TraceNode, child: TraceNode): boolean {
  return NOT_ASKED.includes(node.verdict) && NOT_ASKED.includes(child.verdict) && child.children.length === 0;
}
const NOT_ASKED: readonly TraceNode['verdict'][] = ['absent', 'unreachable'];

/** True when all that the packet came in from, as the AS says, stand below it. */
function namesAll({ ingress, children }: TraceNode): boolean {
  return ingress.length > 0 && ingress.every(as => children.some(child => child.as === as));
}

/** How likely an AS is beside its siblings before anybody was asked, such as by its customer cone; 1 for all: alike. */
export type Prior = (as: number) => number;

/** A node with the chance that the packet passed it. */
export interface Weighed {
  readonly node: TraceNode;
  readonly chance: number;
  readonly children: readonly Weighed[];
}

/** From which chance on an AS that saw some of the packets counts as one that saw them. */
const LIKELY = 0.95;
/**
 * How often a packet came from elsewhere than the AS that saw it says: where its probes know neighbours wrong.
 */
const MISPLACED = 0.01;

/**
 * The chance of every node that the packet passed it. Behind each node it came from one of its children or from nobody
 * that stands there, which is as likely beforehand as the mean child; behind one that saw it and says from where, from
 * there. What is below a node speaks for the node too.
 */
export function weigh(tree: TraceNode, prior: Prior = () => 1): Weighed {
  const support = new Map<TraceNode, number>();
  const total = new Map<TraceNode, number>();
  const weights = new Map<TraceNode, readonly number[]>();
  const priorsOf = (node: TraceNode): number[] => {
    const told = passed(node) && (node.source || node.ingress.length > 0);
    return node.children.map(child => {
      if (isBetween(node, child)) return 0;
      return prior(child.as) * (told && !node.ingress.includes(child.as) ? MISPLACED : 1);
    });
  };
  const up = (node: TraceNode): number => {
    const { children } = node;
    const priors = priorsOf(node);
    const alike = children.filter(child => !isBetween(node, child));
    const mean = alike.length === 0 ? 1 : alike.reduce((sum, child) => sum + prior(child.as), 0) / alike.length;
    // Where it came from stands there, or nobody else can be where it came from.
    const nobody = passed(node) && !node.source && namesAll(node) ? mean * MISPLACED : mean;
    const all = children.reduce((sum, child, i) => sum + priors[i]! * up(child), nobody);
    total.set(node, all);
    weights.set(node, priors);
    const share = all / (priors.reduce((sum, one) => sum + one, 0) + nobody);
    const made = likelihoodRatio(node) * share;
    support.set(node, made);
    return made;
  };
  up(tree);
  const down = (node: TraceNode, chance: number): Weighed => {
    const between = node.children.filter(child => isBetween(node, child)).length;
    return {
      node,
      chance,
      children: node.children.map((child, i) =>
        isBetween(node, child)
          ? { node: child, chance: chance / (between + 1), children: [] }
          : down(child, (chance * weights.get(node)![i]! * support.get(child)!) / total.get(node)!),
      ),
    };
  };
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
  // It may stand in several places, and the packet took one of them.
  const sum = (at: Weighed): number =>
    (at.node.as === entry?.as ? at.chance : 0) + at.children.reduce((all, child) => all + sum(child), 0);
  return {
    certainty: end === null ? null : Math.min(1, sum(weighed)),
    runnerUp,
    unknown: unknownOf(end?.node ?? tree, ambiguity),
  };
}

/**
 * Nodes that keep a share of the packets, saw some, and are as likely, with all that is said around them, as others that saw
 * enough. Who keeps all and has fewer than are needed has them by chance, or the operator has asked for more on purpose.
 */
export function likelyIn(tree: TraceNode, prior?: Prior): ReadonlySet<TraceNode> {
  const found = new Set<TraceNode>();
  const walk = ({ node, chance, children }: Weighed): void => {
    if (node.verdict === 'saw-weak' && (node.sampling ?? 1) < 1 && chance >= LIKELY) found.add(node);
    children.forEach(walk);
  };
  walk(weigh(tree, prior));
  return found;
}

/** The nodes from the root to the likeliest node of an AS that saw the packet; null when there is none. */
function wayTo(root: Weighed, as: number): Weighed[] | null {
  let best: Weighed[] | null = null;
  const walk = (at: Weighed, above: readonly Weighed[]): void => {
    const way = [...above, at];
    if (at.node.as === as && (passed(at.node) || at.chance >= LIKELY) && at.chance > (best?.at(-1)?.chance ?? -1))
      best = way;
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
