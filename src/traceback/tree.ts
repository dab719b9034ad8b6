/** The tree of a trace, opened and read: what follows from it. */
import { isSeen } from './branch.ts';
import { RULED_OUT } from './likelihood.ts';
import type { TraceNode } from './trace.ts';

/** True when the AS says that the packet passed it. */
export function passed({ verdict }: Pick<TraceNode, 'verdict'>): boolean {
  return isSeen(verdict);
}

/** What an AS says of whether the packet passed it: yes, no, or (null) neither. */
export function yesOrNo({ verdict }: Pick<TraceNode, 'verdict'>): boolean | null {
  if (isSeen(verdict)) return true;
  return verdict === 'clear' || verdict === 'clear-partial' || verdict === 'saw-weak' ? false : null;
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
