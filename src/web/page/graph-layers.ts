/** Places the ASes of a sketch in columns by their distance, so that few links cross. No drawing here. */

export interface PlacedAs {
  readonly as: number;
  readonly column: number;
  /** Rows from the top; columns stand in the middle, so it may be a half. */
  readonly row: number;
}

export interface Layers {
  readonly ases: readonly PlacedAs[];
  readonly columns: number;
  readonly rows: number;
}

/** Times each column is put in order by its neighbours', forth and back. */
const SWEEPS = 6;

/** Each AS stands near the mean of those it is linked with in the column beside it (Sugiyama's barycentres). */
export function layersOf(
  ases: readonly { readonly as: number; readonly distance: number }[],
  links: readonly { readonly from: number; readonly to: number }[],
): Layers {
  const columns: number[][] = [];
  for (const { as, distance } of ases) {
    while (columns.length <= distance) columns.push([]);
    columns[distance]!.push(as);
  }
  const distanceOf = new Map(ases.map(({ as, distance }) => [as, distance]));
  const linked = new Map<number, number[]>();
  for (const { from, to } of links) {
    linked.set(from, [...(linked.get(from) ?? []), to]);
    linked.set(to, [...(linked.get(to) ?? []), from]);
  }
  const order = (column: number, beside: number) => {
    const places = new Map((columns[beside] ?? []).map((as, i) => [as, i / Math.max(1, columns[beside]!.length - 1)]));
    const at = new Map<number, number>();
    for (const [i, as] of columns[column]!.entries()) {
      const near = (linked.get(as) ?? []).flatMap(other =>
        distanceOf.get(other) === beside ? [places.get(other)!] : [],
      );
      const own = i / Math.max(1, columns[column]!.length - 1);
      at.set(as, near.length === 0 ? own : near.reduce((sum, one) => sum + one, 0) / near.length);
    }
    columns[column]!.sort((a, b) => at.get(a)! - at.get(b)! || a - b);
  };
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (let column = 1; column < columns.length; column++) order(column, column - 1);
    for (let column = columns.length - 2; column > 0; column--) order(column, column + 1);
  }
  const rows = Math.max(1, ...columns.map(({ length }) => length));
  return {
    ases: columns.flatMap((all, column) => all.map((as, i) => ({ as, column, row: i + (rows - all.length) / 2 }))),
    columns: columns.length,
    rows,
  };
}
