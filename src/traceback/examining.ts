/**
 * In one trace: which ASes say yes though nobody beside them does, and what they say when they are asked for packets that
 * never were.
 */
import type { Ask } from './asked.ts';
import type { AnswerNode } from './branch.ts';
import type { TraceNode } from './trace.ts';
import { passed } from './tree.ts';

/** ASes that are examined in one trace. */
const MOST = 16;

export interface Examining {
  /** Looks at the tree as it is now. */
  look(tree: AnswerNode): void;
  /** Those that say yes of packets that never were. */
  refuted(): ReadonlySet<number>;
  /** Resolves when all have answered that were asked, or their time is up. */
  settled(): Promise<void>;
}

/** `examine` asks one AS (measuring.ts); `ask` is what the trace asks, and `self` the AS that traces. */
export function createExamining(
  self: number,
  ask: Ask,
  examine: (as: number, ask: Ask) => Promise<boolean | null>,
): Examining {
  const begun = new Set<number>();
  const refuted = new Set<number>();
  const pending = new Set<Promise<void>>();
  let latest: AnswerNode | null = null;

  const walk = (node: AnswerNode, above: boolean): void => {
    const seen = node.seen && !refuted.has(node.as);
    if (seen && !above && node.as !== self && begun.size < MOST && !begun.has(node.as)) {
      begun.add(node.as);
      const asked: Promise<void> = examine(node.as, ask).then(falsely => {
        pending.delete(asked);
        if (falsely !== true) return;
        refuted.add(node.as);
        // What it names, nobody else does.
        if (latest !== null) walk(latest, false);
      });
      pending.add(asked);
    }
    for (const child of node.children) walk(child, seen);
  };
  return {
    look(tree) {
      latest = tree;
      walk(tree, false);
    },
    refuted: () => refuted,
    async settled() {
      while (pending.size > 0) await Promise.all(pending);
    },
  };
}

/** Marks as `conflict` those that say yes of packets that never were: what else they say of these counts for nothing. */
export function markRefuted(tree: TraceNode, refuted: ReadonlySet<number>): TraceNode {
  if (refuted.size === 0) return tree;
  const children = tree.children.map(child => markRefuted(child, refuted));
  if (!passed(tree) || !refuted.has(tree.as)) return { ...tree, children };
  const reason = `it says: ${tree.reason}; asked for packets that never were, it saw those as well`;
  return { ...tree, verdict: 'conflict', reason, ingress: [], egress: [], source: false, coverage: null, children };
}
