import { formatPrefix } from '../net/prefix.ts';
import type { PrefixRange } from './prefix-range.ts';

/** A set of prefixes, as ranges of lengths under one prefix each. Ranges of a prefix that touch are one. */
export interface RangeSet {
  /** Returns how many ranges the set has now. */
  add(range: PrefixRange): number;
  ranges(): PrefixRange[];
}

/** An empty set. */
export function rangeSet(): RangeSet {
  const byPrefix = new Map<string, readonly PrefixRange[]>();
  let size = 0;
  return {
    add({ prefix, low, high }) {
      const key = formatPrefix(prefix);
      const before = byPrefix.get(key) ?? [];
      const touching = before.filter(range => range.low <= high + 1 && range.high >= low - 1);
      const made = {
        prefix,
        low: Math.min(low, ...touching.map(range => range.low)),
        high: Math.max(high, ...touching.map(range => range.high)),
      };
      const apart = before.filter(range => !touching.includes(range));
      byPrefix.set(key, [...apart, made]);
      size += 1 - touching.length;
      return size;
    },
    ranges: () => [...byPrefix.values()].flatMap(ranges => ranges.toSorted((a, b) => a.low - b.low)),
  };
}
