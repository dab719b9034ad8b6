/**
 * How sure a trace is (research: traceback 5.5): of the ASes that an AS may have had the packet from at most one had it
 * first, and what each of them says makes it likelier or less. A no counts for as much as its AS could have seen, who
 * could not know says neither, and nobody is believed further than its word was ever measured (credit.ts).
 */
import { type Claims, claimsOf, egressOf, isDenial } from './claims.ts';
import { type Credit, NOT_MEASURED } from './credit.ts';
import { UNSTATED_COVERAGE } from './likelihood.ts';
import type { Trace, TraceNode, TraceUnknown } from './trace.ts';
import { passed } from './tree.ts';

/** The chance that an AS does not see what passes it; null when it states no coverage. */
function missesOf({ as, coverage, loss, sampling }: TraceNode, credit: Credit): number | null {
  return coverage === null ? null : credit.misses(as, 1 - coverage * (1 - (loss ?? 0)) * (sampling ?? 1));
}

/** The chance that an AS does not see what passes it, of those of its words that are given. */
function missOf(words: readonly TraceNode[], credit: Credit): number {
  return Math.max(0, ...words.map(word => missesOf(word, credit) ?? 1));
}

/**
 * How many times likelier what an AS says is when the packets passed it than when they did not: as it reckons it itself
 * (likelihood.ts), within bounds, where it does not contradict its verdict; of traces of old, by its numbers. 1 for every
 * verdict that is neither yes nor no, and for a no without a stated coverage.
 */
export function likelihoodRatio(node: TraceNode, credit: Credit = NOT_MEASURED): number {
  const { as, verdict, likelihood } = node;
  const said =
    likelihood == null ? null : Math.min(1 / credit.falseYes(as, 0), Math.max(credit.misses(as, 0), likelihood));
  const falseYes = Math.min(1, credit.falseYes(as, node.falsePositive));
  const misses = missesOf(node, credit);
  if (passed(node))
    return said === null ? (misses === null ? UNSTATED_COVERAGE : 1 - misses) / falseYes : Math.max(1, said);
  if (isDenial(node) || verdict === 'clear-partial')
    return said !== null ? Math.min(1, said) : misses === null || falseYes >= 1 ? 1 : misses / (1 - falseYes);
  return verdict === 'saw-weak' ? (said ?? 1) : 1;
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
 * that stands there, which is as likely beforehand as the mean child; where all stand there that the node has named, the
 * latter is only as likely as that it names the wrong ones, and so is each that it has not named. What is below a node
 * speaks for the node too, and so do both ends of its links.
 */
export function weigh(given: TraceNode, prior: Prior = () => 1, credit: Credit = NOT_MEASURED): Weighed {
  const tree = wholeEverywhere(given);
  const claims = claimsOf(tree);
  const support = new Map<TraceNode, number>();
  const total = new Map<TraceNode, number>();
  const weights = new Map<TraceNode, readonly number[]>();
  const up = (node: TraceNode, above: TraceNode | null): number => {
    const { children } = node;
    const told = passed(node) && (node.source || node.ingress.length > 0);
    const unnamed = (as: number) => (told && !node.ingress.includes(as) ? credit.misnames(node.as) : 1);
    const alike = children.filter(child => !isBetween(node, child));
    const priors = children.map(child => (isBetween(node, child) ? 0 : prior(child.as) * unnamed(child.as)));
    const all = priors.reduce((sum, one) => sum + one, 0);
    const mean = alike.length === 0 ? 1 : alike.reduce((sum, child) => sum + prior(child.as), 0) / alike.length;
    const allStand =
      passed(node) && node.ingress.length > 0 && node.ingress.every(as => children.some(one => one.as === as));
    const below = children.reduce((sum, child, i) => sum + priors[i]! * up(child, node), 0);
    // Who names the wrong ones may name such as bear it out: their yes is no witness against that.
    const elsewhere = mean * (allStand ? credit.misnames(node.as) : 1);
    // A confederate says yes whatever is found behind it.
    const borne = children.reduce(
      (sum, child, i) =>
        passed(child) ? sum + priors[i]! * Math.max(likelihoodRatio(child, credit), support.get(child)!) : sum,
      0,
    );
    const nobody = elsewhere + (allStand && node.signed !== 'own' ? credit.colludes(node.as) * borne : 0);
    const each = below + nobody;
    total.set(node, each);
    weights.set(node, priors);
    const made = likelihoodRatio(node, credit) * linked(node, above, claims, credit) * (each / (all + elsewhere));
    support.set(node, made);
    return made;
  };
  up(tree, null);
  const down = (node: TraceNode, chance: number): Weighed => {
    const between = node.children.filter(child => isBetween(node, child)).length;
    const children = node.children.map((child, i) =>
      isBetween(node, child)
        ? { node: child, chance: chance / (between + 1), children: [] }
        : down(child, (chance * weights.get(node)![i]! * support.get(child)!) / total.get(node)!),
    );
    return { node, chance, children };
  };
  return down(tree, 1);
}

/**
 * True of an AS that takes no part and stands beside the participants behind one that takes none either: the packet may have
 * passed it on its way from any of them, so that it is none of which at most one had it.
 */
function isBetween(node: TraceNode, child: TraceNode): boolean {
  return NOT_ASKED.includes(node.verdict) && NOT_ASKED.includes(child.verdict) && child.children.length === 0;
}
const NOT_ASKED: readonly TraceNode['verdict'][] = ['absent', 'unreachable'];

/**
 * A trace leads on through an AS once, and where the AS stands again it stands without what is behind it: here that is put
 * behind it in every place, so that two ways to it do not seem to exclude each other.
 */
function wholeEverywhere(tree: TraceNode): TraceNode {
  const whole = new Map<number, TraceNode>();
  const collect = (node: TraceNode): void => {
    if (passed(node) && node.children.length > (whole.get(node.as)?.children.length ?? 0)) whole.set(node.as, node);
    node.children.forEach(collect);
  };
  collect(tree);
  const copy = (node: TraceNode): TraceNode => ({ ...node, children: node.children.map(copy) });
  const walk = (node: TraceNode, above: readonly number[]): TraceNode => {
    const behind = whole.get(node.as);
    if (passed(node) && node.children.length === 0 && behind !== undefined && !above.includes(node.as))
      return { ...node, children: copy(behind).children };
    return { ...node, children: node.children.map(child => walk(child, [...above, node.as])) };
  };
  return walk(tree, []);
}

/** The chance that the packet passed an AS, wherever it stands: of the places at most one was the way. */
export function chanceOf(root: Weighed, as: number): number {
  if (root.node.as === as && isSighting(root)) return root.chance;
  return Math.min(
    1,
    root.children.reduce((sum, child) => sum + chanceOf(child, as), 0),
  );
}

/** The chance of each AS of a tree that the packet passed it; of one that saw it, by the places where it did. */
export function chancesOf(root: Weighed): { readonly as: number; readonly chance: number }[] {
  const stands = new Map<number, number>();
  const saw = new Set<number>();
  const waiting = [root];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    stands.set(at.node.as, (stands.get(at.node.as) ?? 0) + at.chance);
    if (isSighting(at)) saw.add(at.node.as);
    waiting.push(...at.children);
  }
  return [...stands].map(([as, sum]) => ({ as, chance: saw.has(as) ? chanceOf(root, as) : Math.min(1, sum) }));
}

/**
 * How likely the links are that an AS names which saw the packet, if it did: 1 unless the other end denies them, and then
 * the chance that the other end has missed it.
 */
function linked(node: TraceNode, above: TraceNode | null, claims: Claims, credit: Credit): number {
  if (!passed(node)) return 1;
  const words = (as: number) => [...claims.saw(as), ...claims.clear(as)];
  const denied = deniedLinks(node, above, claims);
  return Math.min(1, ...denied.map(({ by }) => missOf(words(by), credit)));
}

/** A link between two ASes that one of them claims and the other denies. */
export interface DeniedLink {
  readonly from: number;
  readonly to: number;
  /** Which of the two denies it. */
  readonly by: number;
}

/**
 * The links of a node that its other ends deny: where it says that the packet went out, unless one of those has it from it;
 * where it says that it came in from ASes that do not stand under it; and the one by which the AS above it has it from it.
 */
export function deniedLinks(node: TraceNode, above: TraceNode | null, claims: Claims): DeniedLink[] {
  const { as } = node;
  const out = egressOf(node).map(to => ({ from: as, to, by: to, word: claims.ingress(as, to) }));
  const under = new Set(node.children.map(child => child.as));
  const coming = node.ingress
    .filter(from => !under.has(from))
    .map(from => ({ from, to: as, by: from, word: claims.egress(from, as) }));
  const up =
    above !== null && passed(above) && above.ingress.includes(as) && claims.egress(as, above.as) === 'no'
      ? [{ from: as, to: above.as, by: as }]
      : [];
  const unlessOne = (links: typeof out) =>
    links.some(({ word }) => word === 'yes') ? [] : links.filter(({ word }) => word === 'no');
  return [...unlessOne(out), ...unlessOne(coming), ...up].map(({ from, to, by }) => ({ from, to, by }));
}

/**
 * The chance of the entry, the branch that is likeliest in its place, and whom nothing is known of beyond it. Who may have
 * had the packet besides the entry is no such branch, be it in between or on another way to the entry: the two chances are
 * of what excludes each other, together 1 at most.
 */
export function certaintyOf(
  weighed: Weighed,
  entry: Trace['entry'],
  ambiguity: readonly number[],
): Required<Pick<Trace, 'certainty' | 'runnerUp' | 'unknown'>> {
  const way = entry === null ? null : wayTo(weighed, entry.as);
  const end = way?.at(-1) ?? null;
  const on = new Set(way);
  const along = new Set(way?.filter(({ node }) => passed(node)).map(({ node }) => node.as));
  let runnerUp: Trace['runnerUp'] = null;
  const look = (at: Weighed, as: number, via: Weighed | null): void => {
    if (at.node.as === as && isSighting(at)) return;
    if (via !== null && !on.has(at) && !along.has(at.node.as) && !isBetween(via.node, at.node)) {
      const instead = Math.max(0, at.chance - chanceOf(at, as));
      if (runnerUp == null || instead > runnerUp.certainty)
        runnerUp = { as: at.node.as, via: via.node.as, certainty: instead };
    }
    for (const child of at.children) look(child, as, at);
  };
  if (entry !== null && end !== null) look(weighed, entry.as, null);
  return {
    certainty: entry === null || end === null ? null : chanceOf(weighed, entry.as),
    runnerUp,
    unknown: unknownOf((end ?? weighed).node, ambiguity),
  };
}

/** From which chance on an AS that saw some of the packets counts as one that saw them. */
const LIKELY = 0.95;

/**
 * True of a node that saw the packets; or that keeps a share of them, saw some, and is as likely, with all that is said
 * around it, as others that saw enough. Who keeps all and has fewer than are needed has them by chance, or the operator
 * has asked for more on purpose.
 */
export function isSighting({ node, chance }: Weighed): boolean {
  return passed(node) || (node.verdict === 'saw-weak' && (node.sampling ?? 1) < 1 && chance >= LIKELY);
}

/** The nodes from the root to the likeliest node of an AS that saw the packet; null when there is none. */
function wayTo(root: Weighed, as: number): Weighed[] | null {
  let best: Weighed[] | null = null;
  const walk = (at: Weighed, above: readonly Weighed[]): void => {
    const way = [...above, at];
    if (at.node.as === as && isSighting(at) && at.chance > (best?.at(-1)?.chance ?? -1)) best = way;
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
