/** Route leaks among the held routes, by their Only to Customer attribute (RFC 9234 section 5). */
import { leakSign, type Relation } from '../bgp/role.ts';
import { type PeerTable, type Rib, walkRoutes } from '../rib/adj-rib-in.ts';
import { onlyToCustomer } from '../rib/as-sequence.ts';

/** Prefix ids that are passed before it yields: some milliseconds. */
const SLICE = 65536;

/** How many routes of a peer are leaks. A walk through its table that yields now and then; each set is looked at once. */
export function* countLeaks(rib: Rib, table: PeerTable, relation: Relation): Generator<undefined, number> {
  const known = new Map<number, boolean>();
  const isLeak = (attribute: number): boolean => {
    const before = known.get(attribute);
    if (before !== undefined) return before;
    const leak = leakSign({ otc: onlyToCustomer(rib.attributes.read(attribute).attributes) }, relation) !== null;
    known.set(attribute, leak);
    return leak;
  };
  let leaks = 0;
  for (const afi of [1, 2] as const) {
    for (let from = 0; from < (afi === 1 ? rib.ids4 : rib.ids6).size; from += SLICE) {
      if (from > 0) {
        yield;
        known.clear(); // meanwhile a set may have been freed, and its number given to another
      }
      walkRoutes(table, afi, from, from + SLICE, (_id, _pathId, attribute) => {
        if (isLeak(attribute)) leaks++;
      });
    }
  }
  return leaks;
}
