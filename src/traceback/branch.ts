/**
 * The tree of a search while answers come. What this AS says itself it can read; what others say is sealed to the AS that
 * began the trace, and goes through as it is.
 */
import type { TraceNode, TraceVerdict } from './trace.ts';
import { MAX_NODES, type WireNode } from './wire.ts';

/** What is said about one AS. */
export type Leaf = Omit<TraceNode, 'children' | 'signed'>;

/** A node of an answer: said here, or sealed by another AS. */
export type AnswerNode =
  | { readonly as: number; readonly seen: boolean; readonly leaf: Leaf; readonly children: readonly AnswerNode[] }
  | {
      readonly as: number;
      readonly seen: boolean;
      readonly sealed: Uint8Array;
      /** ms from the search's start to the QUERY that this came for: its own times count from there. */
      readonly sent: number;
      readonly children: readonly AnswerNode[];
    };

/** A node that still grows: `leaf` is what is said here, `answer` what the AS itself says, `branches` are placed here. */
export interface Branch {
  leaf: Leaf;
  answer: AnswerNode | null;
  readonly branches: Branch[];
}

/** A leaf about an AS that has said nothing. */
export function newLeaf(as: number, verdict: TraceVerdict, reason: string, after: number): Leaf {
  return {
    ...{ as, verdict, reason, after },
    ...{ ingress: [], egress: [], source: false, falsePositive: null, coverage: null, loss: null, sampling: null },
    ...{ retainedFrom: null, retainedTo: null, packets: 0, windows: 0, provisional: false, likelihood: null },
  };
}

/** A new branch about an AS that has said nothing itself. */
export function newBranch(as: number, verdict: TraceVerdict, reason: string, after: number): Branch {
  return { leaf: newLeaf(as, verdict, reason, after), answer: null, branches: [] };
}

/**
 * True when a verdict says that the packet was seen. `saw-weak` does not: of eight packets one or two are found falsely
 * somewhere in nearly every AS with many taps, and whoever stopped there would miss the AS that saw them.
 */
export function isSeen(verdict: TraceVerdict): boolean {
  return verdict === 'saw' || verdict === 'translated';
}

/** The tree as it is now. */
export function snapshot({ leaf, answer, branches }: Branch): AnswerNode {
  const placed = branches.map(snapshot);
  if (answer === null) return { as: leaf.as, seen: isSeen(leaf.verdict), leaf, children: placed };
  return { ...answer, children: [...placed, ...answer.children] };
}

/** True when somebody in the tree saw the packet. */
export function hasSeen(node: AnswerNode): boolean {
  return node.seen || node.children.some(hasSeen);
}

/** Octets of sealed nodes in one ANSWER: with the rest of the message they fit into a frame. */
const MOST_OCTETS = 900_000;

/**
 * A tree as nodes of an ANSWER, level by level, so that what is nearest survives when there are more than fit. `seal` seals
 * what is said here; where it cannot there are no nodes.
 */
export function flatten(tree: AnswerNode, seal: (leaf: Leaf) => Uint8Array | null): WireNode[] {
  const queue: { node: AnswerNode; parent: number | null }[] = [{ node: tree, parent: null }];
  const nodes: WireNode[] = [];
  let octets = 0;
  for (let i = 0; i < queue.length && i < MAX_NODES; i++) {
    const { node, parent } = queue[i]!;
    const sealed = 'leaf' in node ? seal(node.leaf) : node.sealed;
    if (sealed === null) return [];
    octets += sealed.length;
    if (octets > MOST_OCTETS) break;
    for (const child of node.children) queue.push({ node: child, parent: i });
    nodes.push({ as: node.as, parent, seen: node.seen, sealed });
  }
  return nodes;
}

/** The tree that nodes of an ANSWER stand for; `sent` is when the QUERY left, ms from the search's start. */
export function unflatten(nodes: readonly WireNode[], sent: number): AnswerNode {
  const made = nodes.map(({ as, seen, sealed }) => ({ as, seen, sealed, sent, children: [] as AnswerNode[] }));
  for (const [i, { parent }] of nodes.entries()) if (parent !== null) made[parent]!.children.push(made[i]!);
  return made[0]!;
}
