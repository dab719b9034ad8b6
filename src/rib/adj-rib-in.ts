/**
 * Adj-RIB-In of every peer (RFC 4271 section 3.2) in columns: one Int32Array for each peer and address family, prefix id
 * to attribute id, 0 where the peer holds no route. A further peer with known attribute sets costs four octets a prefix;
 * a peer that goes down is a column dropped; who holds a prefix is a walk down a row.
 */
import type { Afi } from '../net/address.ts';
import { extend, PrefixIds4, PrefixIds6 } from '../net/prefix-ids.ts';
import { AttributeStore } from './attribute-store.ts';

export interface PeerTable {
  ipv4: Int32Array;
  ipv6: Int32Array;
  /** Routes held now. */
  count4: number;
  count6: number;
}

export interface Rib {
  readonly ids4: PrefixIds4;
  readonly ids6: PrefixIds6;
  readonly attributes: AttributeStore;
  /** Tables by peer number; null where a peer has none (session down). */
  readonly tables: (PeerTable | null)[];
}

export function newRib(): Rib {
  return { ids4: new PrefixIds4(), ids6: new PrefixIds6(), attributes: new AttributeStore(), tables: [] };
}

export function newPeerTable(): PeerTable {
  return { ipv4: new Int32Array(0), ipv6: new Int32Array(0), count4: 0, count6: 0 };
}

/** The peer's column of a family, long enough for every prefix id given out so far. */
export function columnFor(rib: Rib, table: PeerTable, afi: Afi): Int32Array {
  if (afi === 1) {
    if (table.ipv4.length < rib.ids4.capacity) table.ipv4 = extend(table.ipv4, rib.ids4.capacity);
    return table.ipv4;
  }
  if (table.ipv6.length < rib.ids6.capacity) table.ipv6 = extend(table.ipv6, rib.ids6.capacity);
  return table.ipv6;
}

/** The route a peer holds for a prefix id: its attribute id, or 0. */
export function routeOf(table: PeerTable, afi: Afi, prefixId: number): number {
  return (afi === 1 ? table.ipv4[prefixId] : table.ipv6[prefixId]) ?? 0;
}

/** Drops all routes of a peer; the attribute sets that only it held are freed. */
export function dropTable(rib: Rib, peer: number): void {
  const table = rib.tables[peer];
  if (!table) return;
  rib.tables[peer] = null;
  for (const column of [table.ipv4, table.ipv6])
    for (let id = 0; id < column.length; id++) if (column[id] !== 0) rib.attributes.release(column[id]!);
}
