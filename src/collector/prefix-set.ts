/** A set of prefixes, small beside a table: which prefix ids of the table are inside of one of them. */
import { type Prefix, wordsOf } from '../net/prefix.ts';
import { NO_PREFIX, PrefixIds4, PrefixIds6 } from '../net/prefix-ids.ts';
import { keep } from '../registry/snapshot-layout.ts';
import type { Rib } from '../rib/adj-rib-in.ts';

export interface PrefixSet {
  /** The set has prefixes of this family. */
  has(afi: 1 | 2): boolean;
  /** The prefix of this id is one of the set, or inside of one. False for an id that no prefix has. */
  covers(rib: Rib, afi: 1 | 2, id: number): boolean;
}

export function prefixSet(prefixes: readonly Prefix[]): PrefixSet {
  const set4 = new PrefixIds4(64);
  const set6 = new PrefixIds6(64);
  for (const prefix of prefixes) {
    const [w0, w1, w2, w3] = wordsOf(prefix);
    if (prefix.afi === 1) set4.intern(w0, prefix.length);
    else set6.intern(w0, w1, w2, w3, prefix.length);
  }
  const lengthsOf = (ofLength: Int32Array) => [...ofLength.keys()].filter(length => ofLength[length]! > 0);
  const lengths4 = lengthsOf(set4.ofLength);
  const lengths6 = lengthsOf(set6.ofLength);
  return {
    has: afi => (afi === 1 ? lengths4 : lengths6).length > 0,
    covers(rib, afi, id) {
      const ids = afi === 1 ? rib.ids4 : rib.ids6;
      const length = ids.length[id]!;
      if (length === NO_PREFIX) return false;
      const { address: a } = ids;
      for (const at of afi === 1 ? lengths4 : lengths6) {
        if (at > length) return false;
        const found =
          afi === 1
            ? set4.find(keep(a[id]!, at, 0), at)
            : set6.find(
                keep(a[id * 4]!, at, 0),
                keep(a[id * 4 + 1]!, at, 32),
                keep(a[id * 4 + 2]!, at, 64),
                keep(a[id * 4 + 3]!, at, 96),
                at,
              );
        if (found >= 0) return true;
      }
      return false;
    },
  };
}
