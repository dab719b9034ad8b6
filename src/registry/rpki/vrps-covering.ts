import { type Prefix, prefixOf, wordsOf } from '../../net/prefix.ts';
import type { Vrp } from '../rov.ts';
import type { Vrps } from './vrp-table.ts';

/** The VRPs of a table that are of the prefix or of one that covers it, the most specific first. */
export function vrpsCovering(table: Vrps, prefix: Prefix): readonly Vrp[] {
  const found: Vrp[] = [];
  for (let length = prefix.length; length >= 0; length--) {
    const outer = prefixOf(prefix, length);
    const [w0, w1, w2, w3] = wordsOf(outer);
    table.of(prefix.afi, w0, w1, w2, w3, length, (maxLength, asn) => found.push({ prefix: outer, maxLength, asn }));
  }
  return found;
}
