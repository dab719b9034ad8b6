/** Places the nodes of a tree in layers, so that what belongs together stands together. No drawing here. */

export interface TreeLike {
  readonly children: readonly TreeLike[];
}

export interface Placed<T> {
  readonly node: T;
  /** Index of its parent in the list; null for the root. */
  readonly parent: number | null;
  /** Layer from the root, and the row, which may be a half. */
  readonly layer: number;
  readonly row: number;
}

/**
 * Every node of a tree before its children: leaves have rows of their own, one below the other, and a parent stands in the
 * middle of its children. Takes no stack: a tree may be a thousand deep.
 */
export function placeTree<T extends TreeLike>(
  root: T,
): { readonly nodes: Placed<T>[]; readonly rows: number; readonly layers: number } {
  const order: { node: T; parent: number | null; layer: number }[] = [];
  const waiting: { node: T; parent: number | null; layer: number }[] = [{ node: root, parent: null, layer: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const place = order.push(next) - 1;
    for (const child of next.node.children.toReversed() as T[])
      waiting.push({ node: child, parent: place, layer: next.layer + 1 });
  }
  const rows: number[] = order.map(() => 0);
  const first: number[] = order.map(() => Number.NaN);
  const last: number[] = order.map(() => Number.NaN);
  let used = 0;
  for (const [i, { node }] of order.entries()) if (node.children.length === 0) rows[i] = used++;
  // Children stand behind their parent in the list: from the end each is known before it.
  for (let i = order.length - 1; i >= 0; i--) {
    if (order[i]!.node.children.length > 0) rows[i] = (first[i]! + last[i]!) / 2;
    const { parent } = order[i]!;
    if (parent === null) continue;
    first[parent] = rows[i]!;
    if (Number.isNaN(last[parent])) last[parent] = rows[i]!;
  }
  return {
    nodes: order.map((one, i) => ({ ...one, row: rows[i]! })),
    rows: Math.max(1, used),
    layers: order.reduce((most, { layer }) => Math.max(most, layer), 0) + 1,
  };
}
