/** The tree of a trace, opened and read: what follows from it. */
import { isSeen } from './branch.ts';
import { RULED_OUT } from './likelihood.ts';
import type { Trace, TraceNode } from './trace.ts';

/** True when the AS says that the packet passed it. */
export function passed({ verdict }: Pick<TraceNode, 'verdict'>): boolean {
  return isSeen(verdict);
}

/** True when what the AS says is as good as a no of a border of which enough is behind taps (likelihood.ts). */
export function isRuledOut({ verdict, likelihood }: Pick<TraceNode, 'verdict' | 'likelihood'>): boolean {
  if (verdict === 'clear') return true;
  return (verdict === 'clear-partial' || verdict === 'saw-weak') && likelihood != null && likelihood <= RULED_OUT;
}

/**
 * The tree for people: an AS that cannot know asks the same ASes again that its asker asks, and what they say below it
 * says nothing new. Such leaves are left out where the AS stands elsewhere in the tree too.
 */
export function withoutRepeats(tree: TraceNode): TraceNode {
  const times = new Map<number, number>();
  const count = (node: TraceNode): void => {
    times.set(node.as, (times.get(node.as) ?? 0) + 1);
    node.children.forEach(count);
  };
  count(tree);
  const prune = (node: TraceNode): TraceNode => {
    const blind = !passed(node) && node.verdict !== 'absent';
    const children = node.children.map(prune).filter(child => {
      const seen = times.get(child.as)!;
      if (!blind || seen === 1 || child.children.length > 0) return true;
      times.set(child.as, seen - 1);
      return false;
    });
    return { ...node, children };
  };
  return prune(tree);
}

/**
 * The tree of a fragment: who is `clear` of it may still have seen the whole datagram, which has another digest, before
 * it was fragmented. So nobody is clear of a fragment, and nobody is ruled out.
 */
export function ofFragment(tree: TraceNode): TraceNode {
  const children = tree.children.map(ofFragment);
  if (tree.verdict !== 'clear') return { ...tree, children };
  const reason = `${tree.reason}; but this is a fragment, and the whole datagram may have passed`;
  return { ...tree, verdict: 'clear-partial', reason, likelihood: 1, children };
}

const NONE: ReadonlySet<TraceNode> = new Set();

/**
 * The entry AS: of the nodes that saw the packet, and under which none did, the one with most sightings between it and
 * the root; of equals the one that has the source, then the one surest of its yes. An AS that stands in the tree twice,
 * and saw it pass on in one place, is no entry in the other. The ASes that remain possible beyond the entry are its
 * ingress neighbours and all below it that are not ruled out; without an entry, all in the tree that are not. Who is in
 * `likely` counts as having seen it (certainty.ts, `likelyIn`).
 */
export function conclude(tree: TraceNode, likely: ReadonlySet<TraceNode> = NONE): Pick<Trace, 'entry' | 'ambiguity'> {
  const isSighting = (node: TraceNode) => passed(node) || likely.has(node);
  const ends: { node: TraceNode; depth: number }[] = [];
  const through = new Set<number>();
  /** True when something at or under the node saw the packet. */
  const walk = (node: TraceNode, above: number): boolean => {
    const depth = above + (isSighting(node) ? 1 : 0);
    const below = node.children.map(child => walk(child, depth)).includes(true);
    if (isSighting(node) && below) through.add(node.as);
    else if (isSighting(node)) ends.push({ node, depth });
    return below || isSighting(node);
  };
  walk(tree, 0);
  const [first] = ends.sort(
    (a, b) =>
      Number(through.has(a.node.as)) - Number(through.has(b.node.as)) ||
      b.depth - a.depth ||
      Number(b.node.source) - Number(a.node.source) ||
      (a.node.falsePositive ?? 1) - (b.node.falsePositive ?? 1),
  );
  const entry = first?.node;
  if (entry?.source) return { entry: { as: entry.as, via: null, source: true }, ambiguity: [] };

  const possible = new Set<number>(entry?.ingress);
  const cleared = new Set<number>();
  const collect = (node: TraceNode) => {
    if (isRuledOut(node)) cleared.add(node.as);
    else if (!isSighting(node)) possible.add(node.as);
    node.children.forEach(collect);
  };
  collect(entry ?? tree);
  return {
    entry: entry === undefined ? null : { as: entry.as, via: entry.ingress[0] ?? null, source: false },
    ambiguity: [...possible].filter(as => !cleared.has(as)),
  };
}
