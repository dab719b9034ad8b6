/** A set of prefixes, small beside a table: which prefix ids of the table are inside of one of them, or cover one. */
import { addressKey, firstFrom, KEY_BITS, keyBehind } from '../net/address-order.ts';
import { type Prefix, wordsOf } from '../net/prefix.ts';
import { NO_PREFIX, PrefixIds4, PrefixIds6 } from '../net/prefix-ids.ts';
import { keep } from '../registry/snapshot-layout.ts';
import type { Rib } from '../rib/adj-rib-in.ts';

export interface PrefixSet {
  /** The set has prefixes of this family. */
  has(afi: 1 | 2): boolean;
  /** The prefix of this id is one of the set, inside of one, or covers one. False for an id that no prefix has. */
  touches(rib: Rib, afi: 1 | 2, id: number): boolean;
}

/** Prefixes of one family in the order of their addresses (net/address-order.ts). */
interface Ordered {
  readonly keys: Float64Array;
  readonly lengths: Uint8Array;
  readonly longest: number;
}

function ordered(prefixes: readonly Prefix[], afi: 1 | 2): Ordered {
  const found = prefixes
    .filter(prefix => prefix.afi === afi)
    .map(prefix => {
      const [w0, w1] = wordsOf(prefix);
      return { key: addressKey(afi, w0, w1), length: prefix.length };
    })
    .sort((a, b) => a.key - b.key);
  return {
    keys: Float64Array.from(found, ({ key }) => key),
    lengths: Uint8Array.from(found, ({ length }) => length),
    longest: found.reduce((longest, { length }) => Math.max(longest, length), -1),
  };
}

/** True when one of them is longer and begins inside of the prefix. Of a prefix longer than the keys it is not asked. */
function coversAny({ keys, lengths, longest }: Ordered, afi: 1 | 2, w0: number, w1: number, length: number): boolean {
  if (length >= longest || length > KEY_BITS[afi]) return false;
  const first = addressKey(afi, w0, w1);
  const end = keyBehind(afi, first, length);
  for (let i = firstFrom(keys, first); i < keys.length && keys[i]! < end; i++) if (lengths[i]! > length) return true;
  return false;
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
  const order = { 1: ordered(prefixes, 1), 2: ordered(prefixes, 2) };

  function isInside(a: Int32Array, afi: 1 | 2, id: number, length: number): boolean {
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
  }

  return {
    has: afi => (afi === 1 ? lengths4 : lengths6).length > 0,
    touches(rib, afi, id) {
      const { address, length: lengths } = afi === 1 ? rib.ids4 : rib.ids6;
      const length = lengths[id]!;
      if (length === NO_PREFIX) return false;
      if (isInside(address, afi, id, length)) return true;
      const at = afi === 1 ? id : id * 4;
      return coversAny(order[afi], afi, address[at]!, afi === 1 ? 0 : address[at + 1]!, length);
    },
  };
}
