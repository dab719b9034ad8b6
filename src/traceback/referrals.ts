/**
 * Iterative search (intertrack-protocol(7), ANSWERING A QUERY): an AS that saw the packets names where it had them from, and
 * cannot ask there, or knows of nobody behind it. The AS where the trace began may: it asks those itself, and what comes of it
 * stands in the tree below the AS that named them.
 */
import type { AnswerNode, Branch } from './branch.ts';
import { snapshot } from './branch.ts';
import type { TraceNode, TraceVerdict } from './trace.ts';
import { passed } from './tree.ts';

/** How often it is looked who was named, and how many of those one trace follows. */
export const MAX_ROUNDS = 8;
export const MAX_REFERRALS = 16;
/**
 * QUERYs that one trace may cost, here and behind, to look behind those named that take no part: that is a guess among many,
 * and where the attacker's AS takes none there is nobody to be found.
 */
export const MAX_GUESSES = 16;

/** An AS that saw the packets, and a neighbour that it had them from and that has not been heard. */
export interface Referral {
  readonly from: number;
  readonly neighbor: number;
  /** Who has been heard in the trace already. */
  readonly heard: readonly number[];
}

/** A referral that is followed: what is found stands under the holder until it is grafted. */
export interface Followed extends Referral {
  readonly holder: Branch;
}

/** Words about an AS that leave it to be asked by somebody else. */
const NOT_HEARD: readonly TraceVerdict[] = ['absent', 'unreachable', 'refused'];

/**
 * The referrals of an opened tree: of each AS but the first that saw the packets, or enough of them to name where from, the
 * neighbours that nobody has heard, and behind which that AS has heard nobody: where it has, it asks by the same graph whom
 * the origin would. An AS on the way there is none.
 */
export function referralsOf(tree: TraceNode): Referral[] {
  const heard = new Set<number>();
  const collect = (node: TraceNode): void => {
    if (!NOT_HEARD.includes(node.verdict)) heard.add(node.as);
    node.children.forEach(collect);
  };
  collect(tree);
  const found: Referral[] = [];
  const walk = (node: TraceNode, way: readonly number[]): void => {
    const names = way.length > 0 && (passed(node) || node.verdict === 'saw-weak') && !node.source ? node.ingress : [];
    for (const neighbor of names) {
      if (heard.has(neighbor) || way.includes(neighbor)) continue;
      if (node.children.some(child => child.as === neighbor && child.children.some(hasHeard))) continue;
      if (!found.some(one => one.from === node.as && one.neighbor === neighbor))
        found.push({ from: node.as, neighbor, heard: [...heard] });
    }
    for (const child of node.children) walk(child, [...way, node.as]);
  };
  walk(tree, []);
  return found;
}

function hasHeard(node: TraceNode): boolean {
  return !NOT_HEARD.includes(node.verdict) || node.children.some(hasHeard);
}

/**
 * The tree with what the origin itself has found of each referral below the AS that made it: in place of what stood there of
 * the neighbour, and with what stood below that.
 */
export function grafted(tree: AnswerNode, followed: readonly Followed[]): AnswerNode {
  return followed.reduce((grown, one) => graft(grown, one) ?? grown, tree);
}

/** Null when the AS does not stand in the tree. One that saw the packets is looked for first. */
function graft(tree: AnswerNode, { from, neighbor, holder }: Followed): AnswerNode | null {
  const place = (node: AnswerNode, seen: boolean): AnswerNode | null => {
    if (node.as === from && (node.seen || !seen)) {
      const before = node.children.filter(child => child.as === neighbor).flatMap(({ children }) => children);
      const others = node.children.filter(child => child.as !== neighbor);
      const made = snapshot(holder).children.map(child =>
        child.as === neighbor ? { ...child, children: [...child.children, ...before] } : child,
      );
      return { ...node, children: [...others, ...made] };
    }
    for (const [i, child] of node.children.entries()) {
      const grown = place(child, seen);
      if (grown !== null) return { ...node, children: node.children.with(i, grown) };
    }
    return null;
  };
  return place(tree, true) ?? place(tree, false);
}
