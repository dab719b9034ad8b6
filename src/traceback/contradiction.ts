/**
 * What in an opened tree cannot be so (research: traceback 3.6 and 5.2): two signed words that exclude each other, and a
 * packet that goes round. Nobody is blamed by the word of one AS alone: both are shown.
 */
import { claimsOf } from './claims.ts';
import type { Trace, TraceNode } from './trace.ts';
import { passed } from './tree.ts';

/**
 * Marks an AS as `conflict` that says `clear`, where another says that the packet came in from it, or went out to it, or
 * where it says `saw` itself elsewhere in the tree. One of them is wrong, and it is not known which: it is ruled out no more.
 */
export function markConflicts(tree: TraceNode): TraceNode {
  const claims = claimsOf(tree);
  const claimants = new Map<number, { readonly by: number; readonly what: string }>();
  const collect = (node: TraceNode): void => {
    if (passed(node)) {
      const claim = (as: number, what: string) => {
        if (!claimants.has(as)) claimants.set(as, { by: node.as, what });
      };
      for (const as of node.ingress) claim(as, 'it came in from it');
      for (const as of node.egress ?? []) claim(as, 'it went out to it');
    }
    node.children.forEach(collect);
  };
  collect(tree);
  const against = (as: number): string | null => {
    if (claims.saw(as).length > 0) return 'elsewhere it says that it saw it';
    const claimant = claimants.get(as);
    return claimant === undefined ? null : `AS ${claimant.by} says that ${claimant.what}`;
  };
  const walk = (node: TraceNode): TraceNode => {
    const children = node.children.map(walk);
    const why = node.verdict === 'clear' ? against(node.as) : null;
    return why === null
      ? { ...node, children }
      : { ...node, verdict: 'conflict', reason: `it says: ${node.reason}; ${why}`, children };
  };
  return walk(tree);
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
