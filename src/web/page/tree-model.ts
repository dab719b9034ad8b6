/**
 * The tree of a trace as it is shown: which branches lead to the entry, which are folded, and what is found in it. No
 * drawing here. A tree grows while it is looked at, so a branch has a name that stays: the ASes that lead to it.
 */
import type { Trace, TraceNode, TraceVerdict } from '../../traceback/trace.ts';

export interface Branch {
  /** Its ASes from the root, such as `64500/64501`; a second one of the same AS under one node has `.1` behind it. */
  readonly id: string;
  readonly node: TraceNode;
  readonly parent: Branch | null;
  readonly children: Branch[];
  /** It is the entry, or the way to it leads through it. */
  onWay: boolean;
  readonly entry: boolean;
  /** ASes below it. */
  below: number;
}

/** A line of the tree, or a place in the drawing: a branch, or several ends of which the same is to say. */
export interface Shown {
  readonly id: string;
  /** One; several where they are folded into one. */
  readonly branches: readonly Branch[];
  readonly level: number;
  /** Null: it has nothing below. */
  readonly folded: boolean | null;
  /** Its place among its siblings, from 1, and how many they are. */
  readonly place: number;
  readonly of: number;
  readonly children: Shown[];
}

/** By what a person has chosen: id, and whether it is folded. */
export type Folds = ReadonlyMap<string, boolean>;

/** Ends with one verdict under one node that are shown each; where there are more, they are folded into one. */
const MOST_ALIKE = 6;
/** In trees of more ASes than this what is not on the way to the entry is folded at first. */
const MOST_OPEN = 80;

export const sawIt = ({ verdict }: Pick<TraceNode, 'verdict'>): boolean =>
  verdict === 'saw' || verdict === 'translated';

/** Every branch, parents before their children; the first is the root. Takes no stack. */
export function branchesOf({ tree, entry }: Pick<Trace, 'tree' | 'entry'>): readonly Branch[] {
  const all: Branch[] = [];
  const waiting: { node: TraceNode; parent: Branch | null; id: string }[] = [
    { node: tree, parent: null, id: `${tree.as}` },
  ];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const isEntry = entry !== null && entry.as === next.node.as && sawIt(next.node);
    const branch: Branch = { ...next, children: [], onWay: isEntry, entry: isEntry, below: 0 };
    next.parent?.children.push(branch);
    all.push(branch);
    const seen = new Map<number, number>();
    const below = next.node.children.map(node => {
      const before = seen.get(node.as) ?? 0;
      seen.set(node.as, before + 1);
      return { node, parent: branch, id: `${branch.id}/${node.as}${before === 0 ? '' : `.${before}`}` };
    });
    waiting.push(...below.toReversed());
  }
  for (const { parent, onWay, below } of all.toReversed())
    if (parent !== null) {
      parent.onWay ||= onWay;
      parent.below += below + 1;
    }
  return all;
}

/** What of a tree is to be seen, nested. */
export function shownOf(branches: readonly Branch[], folds: Folds): Shown {
  const large = branches.length > MOST_OPEN;
  const isFolded = ({ id, onWay, parent }: Branch) => folds.get(id) ?? (large && !onWay && parent !== null);
  const root = branches[0]!;
  const made = (id: string, of: readonly Branch[], level: number, folded: boolean | null, place = 1, among = 1) => ({
    ...{ id, branches: of, level, folded, place, of: among, children: [] as Shown[] },
  });
  const first = made(root.id, [root], 1, root.children.length === 0 ? null : isFolded(root));
  const waiting = [first];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next.folded !== false) continue;
    const groups = next.branches.length > 1 ? next.branches.map(one => [one]) : groupsOf(next.branches[0]!, folds);
    for (const [i, group] of groups.entries()) {
      const [branch] = group;
      const name = group.length > 1 ? groupId(branch!) : branch!.id;
      const folded = group.length > 1 ? true : branch!.children.length === 0 ? null : isFolded(branch!);
      const child = made(name, group, next.level + 1, folded, i + 1, groups.length);
      next.children.push(child);
      waiting.push(child);
    }
  }
  return first;
}

const groupId = ({ parent, node }: Branch): string => `${parent!.id}/${node.verdict}`;

/** The children of a branch, those that are shown as one in one group at the place of the first. */
function groupsOf({ children }: Branch, folds: Folds): Branch[][] {
  const alike = new Map<TraceVerdict, Branch[]>();
  const groups: Branch[][] = [];
  for (const child of children) {
    const group = alike.get(child.node.verdict);
    if (child.children.length > 0 || child.entry) groups.push([child]);
    else if (group !== undefined) group.push(child);
    else {
      const fresh = [child];
      alike.set(child.node.verdict, fresh);
      groups.push(fresh);
    }
  }
  return groups.flatMap(group =>
    group.length > MOST_ALIKE && folds.get(groupId(group[0]!)) !== false ? [group] : group.map(one => [one]),
  );
}

/** All that is shown, from top to bottom. */
export function linesOf(root: Shown): readonly Shown[] {
  const lines: Shown[] = [];
  const waiting = [root];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    lines.push(next);
    waiting.push(...next.children.toReversed());
  }
  return lines;
}

/** Folds everything, or nothing. */
export function allFolds(branches: readonly Branch[], folded: boolean): Folds {
  const folds = new Map<string, boolean>();
  for (const branch of branches) {
    if (branch.children.length > 0) folds.set(branch.id, folded && branch.parent !== null);
    if (branch.children.length === 0 && branch.parent !== null) folds.set(groupId(branch), folded);
  }
  return folds;
}

/** What has to be unfolded for a branch to be seen. */
export function unfoldedTo(branch: Branch, folds: Folds): Folds {
  const open = new Map(folds);
  if (branch.children.length === 0 && branch.parent !== null) open.set(groupId(branch), false);
  for (let at = branch.parent; at !== null; at = at.parent) open.set(at.id, false);
  return open;
}

/** Branches that the text is about: an AS with or without `AS`, or words of what it said. */
export function findIn(branches: readonly Branch[], text: string): readonly Branch[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return [];
  const number = /^(?:as)?(\d+)$/.exec(wanted)?.[1];
  if (number !== undefined) {
    const exactly = branches.filter(({ node }) => String(node.as) === number);
    return exactly.length > 0 ? exactly : branches.filter(({ node }) => String(node.as).startsWith(number));
  }
  return branches.filter(({ node }) => `${node.verdict} ${node.reason}`.toLowerCase().includes(wanted));
}

/** The ASes on the way from the one that asked to the entry, and the neighbour that the entry had it from. */
export function wayOf(branches: readonly Branch[], entry: Trace['entry']): readonly number[] {
  const end = branches.find(branch => branch.entry);
  const way: number[] = [];
  for (let at: Branch | null = end ?? null; at !== null; at = at.parent) way.unshift(at.node.as);
  return entry === null || entry.via === null || way.length === 0 ? way : [...way, entry.via];
}
