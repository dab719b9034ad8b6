/** Places the ASes of several AS paths in layers, so that paths to one origin run together. No drawing here. */
import type { AsPath } from '../../hijack/case.ts';

/** `case`: a path of the offending route; `registered`: one of the route as it should be. */
export type PathSort = 'case' | 'registered';

export interface SortedPath {
  readonly path: AsPath;
  readonly sort: PathSort;
}

export interface PathNode {
  /** `AS64500`, or an AS_SET in braces. */
  readonly name: string;
  /** Layer 0 is that of the origins; the row may be a fraction. */
  readonly layer: number;
  readonly row: number;
  readonly sorts: readonly PathSort[];
  /** Where paths of this sort end; null where none does. */
  readonly origin: PathSort | null;
}

export interface PathLink {
  /** Positions in the list of nodes, from the side of the peers. */
  readonly from: number;
  readonly to: number;
  readonly sort: PathSort;
}

export interface PathLayers {
  readonly nodes: readonly PathNode[];
  readonly links: readonly PathLink[];
  readonly layers: number;
  readonly rows: number;
  /** Paths for which there was no room. */
  readonly left: number;
}

const nameOf = (step: AsPath[number]): string => (typeof step === 'number' ? `AS${step}` : `{${step.join(',')}}`);

/** The ASes of a path, neighbour first; prepended copies count once. */
const namesOf = (path: AsPath): string[] => path.map(nameOf).filter((name, i, all) => name !== all[i - 1]);

interface Half {
  layer: number;
  readonly sorts: Set<PathSort>;
  origin: PathSort | null;
  readonly next: Set<string>;
}

/**
 * Each AS once, in the layer of its least distance from an origin; `most`: nodes at most. Paths come in the order of their
 * weight: those that would need more nodes are left out whole.
 */
export function layPaths(paths: readonly SortedPath[], most: number): PathLayers {
  const found = new Map<string, Half>();
  const links = new Map<string, { from: string; to: string; sort: PathSort }>();
  let left = 0;
  for (const { path, sort } of paths) {
    const names = namesOf(path);
    const fresh = new Set(names.filter(name => !found.has(name)));
    if (found.size + fresh.size > most) {
      left++;
      continue;
    }
    for (const [i, name] of names.entries()) {
      const layer = names.length - 1 - i;
      const node = found.get(name) ?? { layer, sorts: new Set(), origin: null, next: new Set() };
      found.set(name, node);
      node.layer = Math.min(node.layer, layer);
      node.sorts.add(sort);
      if (layer === 0) node.origin ??= sort;
      const next = names[i + 1];
      if (next === undefined) continue;
      node.next.add(next);
      links.set(`${name} ${next} ${sort}`, { from: name, to: next, sort });
    }
  }
  const rows = rowsOf(found);
  const order = [...found.keys()];
  const lowest = Math.min(0, ...rows.values());
  const nodes = order.map(name => {
    const { layer, sorts, origin } = found.get(name)!;
    return { name, layer, row: rows.get(name)! - lowest, sorts: [...sorts], origin };
  });
  const at = new Map(order.map((name, i) => [name, i]));
  return {
    nodes,
    links: [...links.values()].map(({ from, to, sort }) => ({ from: at.get(from)!, to: at.get(to)!, sort })),
    layers: Math.max(0, ...nodes.map(({ layer }) => layer + 1)),
    rows: Math.max(0, ...nodes.map(({ row }) => row + 1)),
    left,
  };
}

/** From the origins on, each node as near as may be to the middle of those it leads to; no two in one place. */
function rowsOf(found: ReadonlyMap<string, Half>): Map<string, number> {
  const rows = new Map<string, number>();
  const layers = Math.max(0, ...[...found.values()].map(({ layer }) => layer + 1));
  for (let layer = 0; layer < layers; layer++) {
    const here = [...found].filter(([, node]) => node.layer === layer);
    const wanted = here.map(([name, node], i) => {
      const ahead = [...node.next].flatMap(next => rows.get(next) ?? []);
      // Origins that the case is about stand on top.
      const free = node.origin === 'registered' ? here.length + i : i;
      return { name, row: ahead.length === 0 ? free : ahead.reduce((sum, row) => sum + row, 0) / ahead.length };
    });
    wanted.sort((a, b) => a.row - b.row);
    let next = Number.NEGATIVE_INFINITY;
    for (const { name, row } of wanted) {
      next = Math.max(next + 1, layer === 0 ? 0 : row);
      rows.set(name, next);
    }
  }
  return rows;
}
