/**
 * What the ASes of a tree say of the links between them. A link is attested when both of its ends say so: the one that the
 * packet went out there, the other that it came in; nobody is blamed by the word of one end (research: traceback 3.6).
 */
import { isSeen } from './branch.ts';
import type { TraceNode } from './trace.ts';

/** What one end says of a link: that the packet passed it, that it did not, or nothing. */
export type Word = 'yes' | 'no' | 'none';

export interface Claims {
  /** What `from` says of the packet having gone out to `to`, and what `to` says of it having come in from `from`. */
  egress(from: number, to: number): Word;
  ingress(from: number, to: number): Word;
  /** The own words of an AS that say yes, and those that say no and can be relied on; wherever they stand in the tree. */
  saw(as: number): readonly TraceNode[];
  clear(as: number): readonly TraceNode[];
}

/** Reads the tree once. A word that another has said of an AS is no claim of it. */
export function claimsOf(tree: TraceNode): Claims {
  const saw = new Map<number, TraceNode[]>();
  const clear = new Map<number, TraceNode[]>();
  const keep = (in_: Map<number, TraceNode[]>, node: TraceNode) =>
    in_.set(node.as, [...(in_.get(node.as) ?? []), node]);
  const walk = (node: TraceNode): void => {
    if (isSeen(node.verdict)) keep(saw, node);
    else if (isDenial(node)) keep(clear, node);
    node.children.forEach(walk);
  };
  walk(tree);
  const none: readonly TraceNode[] = [];

  const word = (as: number, other: number, named: (node: TraceNode) => readonly number[]): Word => {
    const yes = saw.get(as);
    if (yes === undefined) return clear.has(as) ? 'no' : 'none';
    if (yes.some(node => named(node).includes(other))) return 'yes';
    // An AS that names nobody does not know, or does not tell.
    return yes.some(node => named(node).length > 0) ? 'no' : 'none';
  };
  return {
    egress: (from, to) => word(from, to, egressOf),
    ingress: (from, to) =>
      saw.get(to)?.some(({ source }) => source) ? 'no' : word(to, from, ({ ingress }) => ingress),
    saw: as => saw.get(as) ?? none,
    clear: as => clear.get(as) ?? none,
  };
}

/**
 * True for a no that can be relied on as far as its AS can: also for one that is `conflict` because others contradict it,
 * which has its numbers; what is `conflict` in itself has none.
 */
export function isDenial({ verdict, coverage }: TraceNode): boolean {
  return verdict === 'clear' || (verdict === 'conflict' && coverage !== null);
}

/** Neighbours that the packet went out to; none in traces of old. */
export const egressOf = ({ egress = [] }: TraceNode): readonly number[] => egress;
