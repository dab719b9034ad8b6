/**
 * What in an opened tree cannot be so (research: traceback 3.6 and 5.2): two signed words that exclude each other, and a
 * packet that goes round. Nobody is blamed by the word of one AS alone: both are shown.
 */
import type { Trace, TraceNode } from './trace.ts';
import { passed } from './tree.ts';

/**
 * Marks an AS as `conflict` that says `clear`, and the AS in front of it has seen the packet come in from it. One of them
 * is wrong, and it is not known which: it is ruled out no more.
 */
export function markConflicts(tree: TraceNode): TraceNode {
  const walk = (node: TraceNode, above: TraceNode | null): TraceNode => {
    const children = node.children.map(child => walk(child, node));
    if (node.verdict !== 'clear' || above === null || !passed(above) || !above.ingress.includes(node.as))
      return { ...node, children };
    const reason = `it says: ${node.reason}; AS ${above.as} says that it came in from it`;
    return { ...node, verdict: 'conflict', reason, children };
  };
  return walk(tree, null);
}

/**
 * Where a packet goes round: an AS had it from one that had it from the first. Each loop is the way of the packet, from
 * the AS that it came to twice and back to it.
 */
export function loopsOf(tree: TraceNode): NonNullable<Trace['loops']> {
  const loops: number[][] = [];
  const walk = (node: TraceNode, above: readonly TraceNode[]): void => {
    if (passed(node))
      for (const from of node.ingress) {
        const at = above.findLastIndex(one => one.as === from && passed(one));
        if (at >= 0)
          loops.push([
            from,
            node.as,
            ...above
              .slice(at)
              .reverse()
              .map(({ as }) => as),
          ]);
      }
    for (const child of node.children) walk(child, [...above, node]);
  };
  walk(tree, []);
  return loops;
}
