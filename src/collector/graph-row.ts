/** The answer about the AS graph itself: how much it holds, from where, and how old it is. */
import type { AsGraph, LinkCounts } from '../rib/as-graph.ts';
import { type AsSketch, sketchOf } from '../rib/as-sketch.ts';

/** The graph in use. */
export interface BuiltGraph {
  readonly graph: AsGraph;
  /** Of the attribute sets that it was built from. */
  readonly generation: number;
  /** When, ms since the epoch. */
  readonly built: number;
}

export interface GraphRow extends Omit<LinkCounts, 'told'> {
  /** ASes on the graph. */
  readonly ases: number;
  /** Links between two of them. */
  readonly links: number;
  /** Links whose relation is known by the role of a session, by ASPAs, and by the paths alone. */
  readonly roles: number;
  /** Links whose relation is known by ASPAs. */
  readonly aspas: number;
  /** Links whose relation is known by the paths alone. */
  readonly inferred: number;
  /** When it was built last; milliseconds since the epoch. */
  readonly built: number;
  /** Paths have come or gone since. */
  readonly changed: boolean;
  /** Of the ASes asked about those that are on it, and how many are not. */
  readonly on: readonly number[];
  /** ASes asked about that are not on the graph. */
  readonly off: readonly number[];
  /** The ASes asked about, and those between them and this one, to be drawn. */
  readonly sketch: AsSketch;
}

/** `roles`: neighbour ASes to which a role is configured; `generation`: of the attribute sets now. */
export function graphRow(
  { graph, generation: of, built }: BuiltGraph,
  generation: number,
  localAs: number,
  roles: readonly number[],
  among: readonly number[],
): GraphRow {
  const { told, ...links } = graph.links;
  const byRole = new Set(roles.filter(as => graph.relation(localAs, as) !== null)).size;
  const known = (as: number) => graph.neighbors(as).length > 0;
  return {
    ...links,
    ...{ ases: graph.ases, links: graph.edges, roles: byRole, aspas: Math.max(0, told - byRole) },
    inferred: graph.edges - told - links.unknown,
    ...{ built, changed: generation !== of },
    ...{ on: among.filter(known), off: among.filter(as => !known(as)) },
    sketch: sketchOf(graph.topology, localAs, among),
  };
}
