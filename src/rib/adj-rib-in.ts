/**
 * Adj-RIB-In of every peer (RFC 4271 section 3.2) in columns: one Int32Array for each peer and address family, prefix id
 * to attribute id, 0 where the peer holds no route. A further peer with known attribute sets costs four octets a prefix;
 * a peer that goes down is a column dropped; who holds a prefix is a walk down a row. A peer that sends several paths for a
 * prefix has in that family a path table (paths.ts) instead of the column.
 */
import type { Afi } from '../net/address.ts';
import { extend, PrefixIds4, PrefixIds6 } from '../net/prefix-ids.ts';
import { AttributeStore } from './attribute-store.ts';
import { newPathTable, type PathTable } from './paths.ts';
import type { Stale } from './stale.ts';

export interface PeerTable {
  ipv4: Int32Array;
  ipv6: Int32Array;
  /** Routes held now; of a path table, paths. */
  count4: number;
  count6: number;
  /** Where the routes of a family are that come with path identifiers (RFC 7911). The column is empty then. */
  paths4: PathTable | null;
  paths6: PathTable | null;
  /** Which routes of a family are stale; null while none is. */
  stale4: Stale | null;
  stale6: Stale | null;
}

export interface Rib {
  readonly ids4: PrefixIds4;
  readonly ids6: PrefixIds6;
  readonly attributes: AttributeStore;
  /** Tables by peer number; null where a peer has none (session down). */
  readonly tables: (PeerTable | null)[];
}

/** Least room to spare in a column. */
const SPARE = 4096;

/** A route of a peer; `pathId` is null where the peer sends none. */
export interface HeldRoute {
  readonly pathId: number | null;
  readonly attribute: number;
  readonly stale: boolean;
}

export function newRib(): Rib {
  return { ids4: new PrefixIds4(), ids6: new PrefixIds6(), attributes: new AttributeStore(), tables: [] };
}

/** An empty table; `pathIds`: the families whose routes come with path identifiers. */
export function newPeerTable(pathIds: readonly number[] = []): PeerTable {
  const paths = (afi: Afi) => (pathIds.includes(afi) ? newPathTable() : null);
  const column = () => new Int32Array(0);
  const [paths4, paths6] = [paths(1), paths(2)];
  return { ipv4: column(), ipv6: column(), count4: 0, count6: 0, paths4, paths6, stale4: null, stale6: null };
}

/**
 * The peer's column of a family, made longer for a prefix id that it has no place for: as long as all the prefixes that there
 * are need, and a quarter more while they come in. With sixteen full tables the room to spare would be a tenth of the RIB.
 */
export function extendColumn(rib: Rib, table: PeerTable, afi: Afi): Int32Array {
  const column = columnOf(table, afi);
  const { size } = afi === 1 ? rib.ids4 : rib.ids6;
  const spare = Math.max(SPARE, column.length === 0 ? 0 : size >> 2);
  const longer = extend(column, size + spare);
  if (afi === 1) table.ipv4 = longer;
  else table.ipv6 = longer;
  return longer;
}

export const columnOf = (table: PeerTable, afi: Afi): Int32Array => (afi === 1 ? table.ipv4 : table.ipv6);
export const pathsOf = (table: PeerTable, afi: Afi): PathTable | null => (afi === 1 ? table.paths4 : table.paths6);
export const staleOf = (table: PeerTable, afi: Afi): Stale | null => (afi === 1 ? table.stale4 : table.stale6);
export const countOf = (table: PeerTable, afi: Afi): number => (afi === 1 ? table.count4 : table.count6);

/** Counts routes more, or fewer. */
export function addCount(table: PeerTable, afi: Afi, more: number): void {
  if (afi === 1) table.count4 += more;
  else table.count6 += more;
}

/** The route a peer holds for a prefix id: its attribute id, or 0; where it holds several paths, the first. */
export function routeOf(table: PeerTable, afi: Afi, prefixId: number): number {
  const paths = pathsOf(table, afi);
  if (paths !== null) return paths.attribute[paths.head[prefixId] ?? 0] ?? 0;
  return columnOf(table, afi)[prefixId] ?? 0;
}

/** All the routes a peer holds for a prefix id, in the order in which they came. */
export function routesOf(table: PeerTable, afi: Afi, prefixId: number): readonly HeldRoute[] {
  const routes: HeldRoute[] = [];
  const marks = staleOf(table, afi)?.marks;
  walkRoutes(table, afi, prefixId, prefixId + 1, (_, pathId, attribute, place) =>
    routes.push({ pathId, attribute, stale: (marks?.[place] ?? 0) !== 0 }),
  );
  return routes;
}

/** Is called for a route; `place` is where stale.ts marks it. */
export type RouteVisit = (prefixId: number, pathId: number | null, attribute: number, place: number) => void;

/**
 * Visits every route that a peer holds for the prefix ids of `[from, to)`, in the order of prefix ids and, within one, of
 * arrival: its prefix id (rib/query.ts, `prefixById`), its path identifier (null where the peer sends none), its attribute
 * id. Stale routes are among them. A dump goes through a table in slices of prefix ids, up to `ids4.size` or `ids6.size`;
 * `visit` must change nothing.
 */
export function walkRoutes(table: PeerTable, afi: Afi, from: number, to: number, visit: RouteVisit): void {
  walk({ column: columnOf(table, afi), paths: pathsOf(table, afi) }, from, to, visit);
}

/** What holds the routes of one family. */
interface Holding {
  readonly column: Int32Array;
  readonly paths: PathTable | null;
}

const sizeOf = ({ column, paths }: Holding): number => paths?.head.length ?? column.length;

function walk(holding: Holding, from: number, to: number, visit: RouteVisit): void {
  const { column, paths } = holding;
  const end = Math.min(to, sizeOf(holding));
  if (paths === null) {
    for (let id = from; id < end; id++) if (column[id] !== 0) visit(id, null, column[id]!, id);
    return;
  }
  const { head, pathId, attribute, next } = paths;
  for (let id = from; id < end; id++)
    for (let row = head[id]!; row !== 0; row = next[row]!) visit(id, pathId[row]! >>> 0, attribute[row]!, row);
}

/** Prefix ids whose routes are freed in one step of a drop: about a millisecond. */
const DROP_SLICE = 65536;

/** Freeing what is out of sight already. */
export interface Drop {
  /** Frees a slice; true when nothing is left. */
  step(): boolean;
}

/**
 * Takes all routes of a peer out of the RIB, at once. The attribute sets that only it held are freed by calling `step` until
 * it says true: fifty full tables that go together are a second of work, and questions are answered between the steps.
 */
export function beginDrop(rib: Rib, peer: number): Drop {
  const table = rib.tables[peer];
  rib.tables[peer] = null;
  return freeing(rib, table ? [detach(table, 1, false), detach(table, 2, false)] : []);
}

/** The same for one family of a table that stays. `pathIds`: what comes now has path identifiers. */
export function beginFamilyDrop(rib: Rib, table: PeerTable, afi: Afi, pathIds: boolean): Drop {
  return freeing(rib, [detach(table, afi, pathIds)]);
}

function detach(table: PeerTable, afi: Afi, pathIds: boolean): Holding {
  const old = { column: columnOf(table, afi), paths: pathsOf(table, afi) };
  const { ipv4, ipv6, paths4, paths6 } = newPeerTable(pathIds ? [1, 2] : []);
  if (afi === 1) Object.assign(table, { ipv4, paths4, stale4: null, count4: 0 });
  else Object.assign(table, { ipv6, paths6, stale6: null, count6: 0 });
  return old;
}

function freeing(rib: Rib, holdings: Holding[]): Drop {
  let next = 0;
  return {
    step() {
      const [holding] = holdings;
      if (holding === undefined) return true;
      walk(holding, next, next + DROP_SLICE, (_id, _pathId, attribute) => rib.attributes.release(attribute));
      next += DROP_SLICE;
      if (next >= sizeOf(holding)) {
        holdings.shift();
        next = 0;
      }
      return holdings.length === 0;
    },
  };
}

/** The same in one go. */
export function dropTable(rib: Rib, peer: number): void {
  const drop = beginDrop(rib, peer);
  while (!drop.step());
}
