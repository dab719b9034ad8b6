/** Routes that must not be kept for long: those with the community NO_LLGR (RFC 9494 section 4.4). */
import type { Rib } from '../rib/adj-rib-in.ts';
import { decodeSet } from './rows.ts';

/** 65535:7 (RFC 9494 section 5). */
const NO_LLGR = 0xffff0007;

/** Says of an attribute id whether its routes go; each set is read once. */
export function longLivedFilter(rib: Rib): (mark: number, attribute: number) => boolean {
  const known = new Map<number, boolean>();
  let generation = 0;
  return (_mark, attribute) => {
    // An id may be that of another set by now.
    if (rib.attributes.generation !== generation) known.clear();
    generation = rib.attributes.generation;
    const before = known.get(attribute);
    if (before !== undefined) return before;
    const goes = decodeSet(rib, attribute).set.communities.includes(NO_LLGR);
    known.set(attribute, goes);
    return goes;
  };
}
