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
  /** Walks under way that go by prefix ids across turns: while there are any, no id is given to another prefix. */
  pins: number;
}

export function newRib(): Rib {
  return { ids4: new PrefixIds4(), ids6: new PrefixIds6(), attributes: new AttributeStore(), tables: [], pins: 0 };
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

/** Prefix ids whose routes are freed in one step of a drop: about a millisecond. */
const DROP_SLICE = 65536;

/**
 * Takes all routes of a peer out of the RIB, at once. The attribute sets that only it held are freed by calling `step` until
 * it says true: fifty full tables that go together are a second of work, and questions are answered between the steps.
 */
export function beginDrop(rib: Rib, peer: number): { step(): boolean } {
  const table = rib.tables[peer];
  rib.tables[peer] = null;
  const columns = table ? [table.ipv4, table.ipv6] : [];
  let next = 0;
  return {
    step() {
      const column = columns[0];
      if (column === undefined) return true;
      const end = Math.min(next + DROP_SLICE, column.length);
      for (let id = next; id < end; id++) if (column[id] !== 0) rib.attributes.release(column[id]!);
      next = end;
      if (next === column.length) {
        columns.shift();
        next = 0;
      }
      return columns.length === 0;
    },
  };
}

/** The same in one go. */
export function dropTable(rib: Rib, peer: number): void {
  const drop = beginDrop(rib, peer);
  while (!drop.step());
}
