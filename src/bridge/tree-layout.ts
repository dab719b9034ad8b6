/**
 * Places the tree of a trace on a grid: a column for each step from the AS that asked, a row for each leaf. ASes beside each
 * other of which the same is to say are folded into one place, so that a thousand of them stay readable.
 */
import type { TraceNode } from '../traceback/trace.ts';

export interface Placed {
  /** The node, or the first of those folded. */
  readonly node: TraceNode;
  /** All of them; one where nothing is folded. */
  readonly nodes: readonly TraceNode[];
  readonly column: number;
  /** Between two rows where it stands before its children. */
  readonly row: number;
  /** Its parent's place in the list; null: the root. */
  readonly parent: number | null;
  /** It is an entry, or something below it is. */
  readonly onWay: boolean;
}

export interface Layout {
  /** Parents before their children. */
  readonly places: readonly Placed[];
  readonly columns: number;
  readonly rows: number;
}

/** Leaves with one verdict under one node that are shown each; where there are more, they are folded. */
const MOST_ALIKE = 6;

/** Lays a tree out; `isEntry` tells the nodes to which the way leads. */
export function layOut(tree: TraceNode, isEntry: (node: TraceNode) => boolean): Layout {
  const places: { -readonly [Key in keyof Placed]: Placed[Key] }[] = [];
  let rows = 0;
  let columns = 0;
  const place = (nodes: readonly TraceNode[], column: number, parent: number | null): number => {
    const node = nodes[0]!;
    const at = places.push({ node, nodes, column, row: 0, parent, onWay: nodes.some(isEntry) }) - 1;
    columns = Math.max(columns, column + 1);
    const below = groupsOf(node, isEntry).map(group => places[place(group, column + 1, at)]!);
    const self = places[at]!;
    self.row = below.length === 0 ? rows++ : (below[0]!.row + below.at(-1)!.row) / 2;
    self.onWay ||= below.some(({ onWay }) => onWay);
    return at;
  };
  place([tree], 0, null);
  return { places, columns, rows };
}

/** The children of a node, those that are folded together in one group at the place of the first. */
function groupsOf({ children }: TraceNode, isEntry: (node: TraceNode) => boolean): TraceNode[][] {
  const alike = new Map<string, TraceNode[]>();
  const groups: TraceNode[][] = [];
  for (const child of children) {
    const group = alike.get(child.verdict);
    if (child.children.length > 0 || isEntry(child)) groups.push([child]);
    else if (group !== undefined) group.push(child);
    else {
      const fresh = [child];
      alike.set(child.verdict, fresh);
      groups.push(fresh);
    }
  }
  return groups.flatMap(group => (group.length > MOST_ALIKE ? [group] : group.map(one => [one])));
}
