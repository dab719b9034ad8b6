/**
 * Validated ROA payloads (RFC 6811 section 2) in columns: prefix, maxLength, AS. A hash finds the VRPs of one prefix; they
 * hang on it as a chain, newest first. Nothing is allocated for a VRP but when a column grows.
 */
import type { Afi } from '../../net/address.ts';
import { extend, type HeldIds, NO_PREFIX, PrefixIds4, PrefixIds6 } from '../../net/prefix-ids.ts';

/** Told of a VRP: its address as signed words (IPv4 stands in the first), prefix length, maxLength, AS. */
export type EachVrp = (
  afi: Afi,
  w0: number,
  w1: number,
  w2: number,
  w3: number,
  length: number,
  maxLength: number,
  asn: number,
) => void;

/** Reads of a table; host bits of the prefix that is asked for are clear. */
export interface Vrps {
  readonly count: number;
  has(
    afi: Afi,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    length: number,
    maxLength: number,
    asn: number,
  ): boolean;
  /** The VRPs of this very prefix. */
  of(
    afi: Afi,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    length: number,
    each: (maxLength: number, asn: number) => void,
  ): void;
  /** Every VRP of the places `from` to `to` (see `places`); of all when they are not given. */
  forEach(each: EachVrp, from?: number, to?: number): void;
  /** Places of prefixes, some of them empty: a long walk is done in slices of them. Those of IPv4 come first. */
  readonly places: number;
  readonly places4: number;
}

/** A table that can be written; one that is walked in slices must not be written meanwhile. */
export interface VrpTable extends Vrps {
  /** False: it is there already. */
  add(
    afi: Afi,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    length: number,
    maxLength: number,
    asn: number,
  ): boolean;
  /** False: it is not there. */
  remove(
    afi: Afi,
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    length: number,
    maxLength: number,
    asn: number,
  ): boolean;
}

/** The ids of the prefixes that have a VRP, as the prefix table wants to know them when it is full. */
const heldBy =
  (heads: () => Int32Array): HeldIds =>
  size => {
    const held = new Uint8Array((size + 7) >> 3);
    const head = heads();
    for (let id = 0; id < size; id++) if (head[id] !== 0) held[id >> 3]! |= 1 << (id & 7);
    return held;
  };

/** The power of two whose prefix table holds `count` prefixes without growing. */
const slotsFor = (count: number): number => 2 ** Math.ceil(Math.log2(Math.max(64, (count * 4) / 3)));

/** An empty table with room for about `expected` VRPs before it grows. */
export function vrpTable(expected = 64): VrpTable {
  const ids4 = new PrefixIds4(slotsFor(expected));
  const ids6 = new PrefixIds6(slotsFor(expected >> 2));
  // Prefix id -> row + 1, row -> the next row of its prefix + 1. A free row is chained to the next free one.
  let head4: Int32Array = new Int32Array(ids4.capacity);
  let head6: Int32Array = new Int32Array(ids6.capacity);
  let next: Int32Array = new Int32Array(Math.max(64, expected));
  let asns: Int32Array = new Int32Array(next.length);
  let maxLengths: Int32Array = new Int32Array(next.length);
  let rows = 0;
  let free = 0;
  let count = 0;
  ids4.held = heldBy(() => head4);
  ids6.held = heldBy(() => head6);

  const find = (afi: Afi, w0: number, w1: number, w2: number, w3: number, length: number): number =>
    afi === 1 ? ids4.find(w0, length) : ids6.find(w0, w1, w2, w3, length);

  function intern(afi: Afi, w0: number, w1: number, w2: number, w3: number, length: number): number {
    if (afi === 1) {
      const id = ids4.intern(w0, length);
      if (head4.length < ids4.capacity) head4 = extend(head4, ids4.capacity);
      return id;
    }
    const id = ids6.intern(w0, w1, w2, w3, length);
    if (head6.length < ids6.capacity) head6 = extend(head6, ids6.capacity);
    return id;
  }

  /** The row of a VRP in the chain that begins at `first` (row + 1), or -1. */
  function rowIn(first: number, maxLength: number, asn: number): number {
    for (let at = first; at !== 0; at = next[at - 1]!)
      if (maxLengths[at - 1] === maxLength && asns[at - 1] === asn) return at - 1;
    return -1;
  }

  function takeRow(): number {
    if (free !== 0) {
      const row = free - 1;
      free = next[row]!;
      return row;
    }
    if (rows === next.length) {
      next = extend(next, rows * 2);
      asns = extend(asns, rows * 2);
      maxLengths = extend(maxLengths, rows * 2);
    }
    return rows++;
  }

  function tell4(id: number, each: EachVrp): void {
    const length = ids4.length[id]!;
    if (length === NO_PREFIX) return;
    const address = ids4.address[id]!;
    for (let row = head4[id]!; row !== 0; row = next[row - 1]!)
      each(1, address, 0, 0, 0, length, maxLengths[row - 1]!, asns[row - 1]! >>> 0);
  }

  function tell6(id: number, each: EachVrp): void {
    const length = ids6.length[id]!;
    if (length === NO_PREFIX) return;
    const { address } = ids6;
    const [w0, w1, w2, w3] = [address[id * 4]!, address[id * 4 + 1]!, address[id * 4 + 2]!, address[id * 4 + 3]!];
    for (let row = head6[id]!; row !== 0; row = next[row - 1]!)
      each(2, w0, w1, w2, w3, length, maxLengths[row - 1]!, asns[row - 1]! >>> 0);
  }

  return {
    get count() {
      return count;
    },
    get places() {
      return ids4.size + ids6.size;
    },
    get places4() {
      return ids4.size;
    },
    add(afi, w0, w1, w2, w3, length, maxLength, asn) {
      const id = intern(afi, w0, w1, w2, w3, length);
      const heads = afi === 1 ? head4 : head6;
      if (rowIn(heads[id]!, maxLength, asn | 0) >= 0) return false;
      const row = takeRow();
      next[row] = heads[id]!;
      asns[row] = asn;
      maxLengths[row] = maxLength;
      heads[id] = row + 1;
      count++;
      return true;
    },
    remove(afi, w0, w1, w2, w3, length, maxLength, asn) {
      const id = find(afi, w0, w1, w2, w3, length);
      if (id < 0) return false;
      const heads = afi === 1 ? head4 : head6;
      const row = rowIn(heads[id]!, maxLength, asn | 0);
      if (row < 0) return false;
      if (heads[id] === row + 1) heads[id] = next[row]!;
      else {
        let before = heads[id]!;
        while (next[before - 1] !== row + 1) before = next[before - 1]!;
        next[before - 1] = next[row]!;
      }
      next[row] = free;
      free = row + 1;
      count--;
      return true;
    },
    has(afi, w0, w1, w2, w3, length, maxLength, asn) {
      const id = find(afi, w0, w1, w2, w3, length);
      return id >= 0 && rowIn((afi === 1 ? head4 : head6)[id]!, maxLength, asn | 0) >= 0;
    },
    of(afi, w0, w1, w2, w3, length, each) {
      const id = find(afi, w0, w1, w2, w3, length);
      if (id < 0) return;
      for (let row = (afi === 1 ? head4 : head6)[id]!; row !== 0; row = next[row - 1]!)
        each(maxLengths[row - 1]!, asns[row - 1]! >>> 0);
    },
    forEach(each, from = 0, to = Number.MAX_SAFE_INTEGER) {
      const size4 = ids4.size;
      for (let id = from; id < Math.min(to, size4); id++) tell4(id, each);
      for (let id = Math.max(0, from - size4); id < Math.min(to - size4, ids6.size); id++) tell6(id, each);
    },
  };
}
