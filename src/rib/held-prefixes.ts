/**
 * Which prefix ids are held: by any route of any peer. A prefix table that is full asks for it before it grows, so that ids
 * of prefixes that came and went are given to others, and a table that churns for years stays as large as what it holds.
 *
 * An id that is held keeps its prefix. Who walks over ids in several turns may meet one that has come to stand for another
 * prefix meanwhile, which came as an announcement does.
 */
import type { Afi } from '../net/address.ts';
import { columnOf, pathsOf, type Rib } from './adj-rib-in.ts';

/**
 * Lets the prefix tables of a RIB take ids back. `forget` is called before ids of a family are given to other prefixes: what
 * is remembered by prefix id must go.
 */
export function reclaimPrefixIds(rib: Rib, forget: (afi: Afi) => void): void {
  const held = (afi: Afi) => (size: number) => {
    forget(afi);
    return heldIds(rib, afi, size);
  };
  rib.ids4.held = held(1);
  rib.ids6.held = held(2);
}

/** A bit for each prefix id below `size`: some peer has a route of it. */
function heldIds(rib: Rib, afi: Afi, size: number): Uint8Array {
  const bits = new Uint8Array((size + 7) >> 3);
  for (const table of rib.tables) {
    if (table === null) continue;
    const places = pathsOf(table, afi)?.head ?? columnOf(table, afi);
    const end = Math.min(size, places.length);
    for (let id = 0; id < end; id++) if (places[id] !== 0) bits[id >> 3]! |= 1 << (id & 7);
  }
  return bits;
}
