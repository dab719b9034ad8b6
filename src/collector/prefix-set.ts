/** A set of prefixes, small beside a table: which prefix ids of the table are inside of one of them, or cover one. */
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

/** Prefixes of one family in the order of their addresses: IPv4 by all of it, IPv6 by the first 53 bits. */
interface Ordered {
  readonly keys: Float64Array;
  readonly lengths: Uint8Array;
  readonly longest: number;
}

const BITS = { 1: 32, 2: 53 } as const;
const keyOf = (afi: 1 | 2, w0: number, w1: number) => (afi === 1 ? w0 >>> 0 : (w0 >>> 0) * 2 ** 21 + (w1 >>> 11));

function ordered(prefixes: readonly Prefix[], afi: 1 | 2): Ordered {
  const found = prefixes
    .filter(prefix => prefix.afi === afi)
    .map(prefix => {
      const [w0, w1] = wordsOf(prefix);
      return { key: keyOf(afi, w0, w1), length: prefix.length };
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
  if (length >= longest || length > BITS[afi]) return false;
  const first = keyOf(afi, w0, w1);
  const end = first + 2 ** (BITS[afi] - length);
  let low = 0;
  for (let high = keys.length; low < high; ) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < first) low = middle + 1;
    else high = middle;
  }
  for (; low < keys.length && keys[low]! < end; low++) if (lengths[low]! > length) return true;
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
