/**
 * Which prefix ids are held: by any route of any peer. A prefix table that is full asks for it before it grows, so that ids
 * of prefixes that came and went are given to others, and a table that churns for years stays as large as what it holds.
 */
import type { Afi } from '../net/address.ts';
import type { Rib } from './adj-rib-in.ts';

/**
 * Lets the prefix tables of a RIB take ids back. `forget` is called before ids of a family are given to other prefixes: what
 * is remembered by prefix id must go. Nothing is taken back while `rib.pins` is above 0: somebody walks over ids then.
 */
export function reclaimPrefixIds(rib: Rib, forget: (afi: Afi) => void): void {
  const held = (afi: Afi) => (size: number) => {
    if (rib.pins > 0) return null;
    forget(afi);
    return heldIds(rib, afi, size);
  };
  rib.ids4.held = held(1);
  rib.ids6.held = held(2);
}

/** A bit for each prefix id below `size`: some peer has a route of it. */
export function heldIds(rib: Rib, afi: Afi, size: number): Uint8Array {
  const bits = new Uint8Array((size + 7) >> 3);
  for (const table of rib.tables) {
    if (table === null) continue;
    const column = afi === 1 ? table.ipv4 : table.ipv6;
    const end = Math.min(size, column.length);
    for (let id = 0; id < end; id++) if (column[id] !== 0) bits[id >> 3]! |= 1 << (id & 7);
  }
  return bits;
}
