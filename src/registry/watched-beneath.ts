/**
 * The watched prefixes beneath a route: whether one that covers them is a stranger's. They are laid out in the order of their
 * addresses, once for each buffer, when a route is first short enough to cover one.
 */
import type { Afi } from '../net/address.ts';
import { addressKey, firstFrom, keyBehind } from '../net/address-order.ts';
import { type Prefix, prefixOfWords } from '../net/prefix.ts';
import {
  ASN,
  ENTRY4,
  ENTRY6,
  find4,
  find6,
  H,
  META4,
  META6,
  NEXT,
  NOTHING,
  OBJECT,
  RECORD,
  type Regions,
  WATCHED_ENTRY,
  WHAT,
} from './snapshot-layout.ts';

/** Watched prefixes that are looked at beneath one route: it is a stranger's if it is so for all of them. */
const MOST = 64;

/** Longest IPv6 route that is looked beneath: what stands in a key (below). */
const LONGEST_ROUTE6 = 48;

/**
 * Entries of one buffer in the order of their addresses (net/address-order.ts); and for each value of
 * the first bits of an address, how many of them as the number of entries asks for, where those entries begin.
 */
interface Order {
  readonly keys: Float64Array;
  readonly entries: Uint32Array;
  readonly begins: Uint32Array;
  /** What an address word is shifted by to its first bits. */
  readonly shift: number;
  /** Of the longest prefix; -1 without any. */
  readonly longest: number;
}

const NONE: Order = {
  ...{ keys: new Float64Array(0), entries: new Uint32Array(0), begins: new Uint32Array(3), shift: 31, longest: -1 },
};

/** First bits that are told apart at most: a table of that many places. */
const MOST_BITS = { 1: 16, 2: 20 } as const;
/** Up to so many entries are put in order by moving each to its place. */
const FEW = 16;

/** The watched entries in order: first by their first bits, all at once, and then those of the same bits among themselves. */
function orderOf(r: Regions, afi: Afi): Order {
  const [table, words, before] = afi === 1 ? [r.entries4, ENTRY4, META4] : [r.entries6, ENTRY6, META6];
  const count = r.header[afi === 1 ? H.prefixes4 : H.prefixes6]!;
  const isWatched = (entry: number) => (table[entry * words + before]! & WATCHED_ENTRY) !== 0;
  let size = 0;
  let longest = -1;
  for (let entry = 0; entry < count; entry++) {
    if (!isWatched(entry)) continue;
    size++;
    longest = Math.max(longest, table[entry * words + before]! & 0xff);
  }
  if (size === 0) return NONE;

  const shift = 32 - Math.min(MOST_BITS[afi], Math.max(1, 32 - Math.clz32(size)));
  const begins = new Uint32Array((1 << (32 - shift)) + 1);
  for (let entry = 0; entry < count; entry++) if (isWatched(entry)) begins[(table[entry * words]! >>> shift) + 1]!++;
  for (let i = 1; i < begins.length; i++) begins[i]! += begins[i - 1]!;
  const entries = new Uint32Array(size);
  const next = begins.slice();
  for (let entry = 0; entry < count; entry++)
    if (isWatched(entry)) entries[next[table[entry * words]! >>> shift]!++] = entry;

  const keyOf = (entry: number) => addressKey(afi, table[entry * words]!, table[entry * words + 1]!);
  for (let i = 1; i < begins.length; i++) arrange(entries.subarray(begins[i - 1]!, begins[i]!), keyOf);
  const keys = new Float64Array(size);
  for (let i = 0; i < size; i++) keys[i] = keyOf(entries[i]!);
  return { keys, entries, begins, shift, longest };
}

function arrange(entries: Uint32Array, keyOf: (entry: number) => number): void {
  if (entries.length > FEW) {
    entries.sort((a, b) => keyOf(a) - keyOf(b));
    return;
  }
  for (let i = 1; i < entries.length; i++) {
    const entry = entries[i]!;
    const key = keyOf(entry);
    let at = i;
    for (; at > 0 && keyOf(entries[at - 1]!) > key; at--) entries[at] = entries[at - 1]!;
    entries[at] = entry;
  }
}

/** A buffer is opened anew for each overlay: what lies in it is put in order once. */
const orders = new WeakMap<ArrayBufferLike, (Order | undefined)[]>();

/** The orders of both families of a buffer, made when they are asked for. */
function ordersOf(r: Regions): (afi: Afi) => Order {
  const known = orders.get(r.header.buffer) ?? [];
  orders.set(r.header.buffer, known);
  return afi => {
    known[afi] ??= orderOf(r, afi);
    return known[afi];
  };
}

export interface WatchedBeneath {
  /**
   * True when the route (its first two address words, any sign, and its length) covers watched prefixes with objects, and
   * none of those looked at is registered to `asn`, a signed word. False for a default route.
   */
  covered(afi: Afi, w0: number, w1: number, length: number, asn: number): boolean;
  /** The first of them, when the last answer was true. */
  last(): Prefix | null;
}

/** For a snapshot and what is laid over it. */
export function watchedBeneath(base: Regions, laid: Regions | null): WatchedBeneath {
  const ordersIn = { base: ordersOf(base), laid: ordersOf(laid ?? base) };
  let foundIn: Regions = base;
  let foundAfi: Afi = 1;
  let found = -1;

  /** Of the entry: null when it is hidden by the overlay or has no object for anybody, else whether the AS has one. */
  function owns(r: Regions, afi: Afi, entry: number, asn: number): boolean | null {
    const [entries, at] = afi === 1 ? [r.entries4, entry * ENTRY4] : [r.entries6, entry * ENTRY6];
    const meta = at + (afi === 1 ? META4 : META6);
    if (laid !== null && r !== laid) {
      const length = entries[meta]! & 0xff;
      const over =
        afi === 1
          ? find4(laid, entries[at]!, length)
          : find6(laid, entries[at]!, entries[at + 1]!, entries[at + 2]!, entries[at + 3]!, length);
      if (over >= 0) return null;
    }
    let registered: boolean | null = null;
    let as = entries[meta + ASN]!;
    let what = entries[meta + WHAT]!;
    for (let record = entries[meta + NEXT]!; what !== NOTHING; ) {
      if (what === OBJECT && as !== 0) registered = registered === true || as === asn;
      if (record === 0) break;
      const i = (record - 1) * RECORD;
      as = r.records[i]!;
      what = r.records[i + 1]!;
      record = r.records[i + 2]!;
    }
    return registered;
  }

  function look(r: Regions, afi: Afi, w0: number, w1: number, length: number, asn: number): 'own' | 'strange' | 'none' {
    const { keys, entries: numbers, begins, shift, longest } = (r === base ? ordersIn.base : ordersIn.laid)(afi);
    if (length >= longest) return 'none';
    const first = addressKey(afi, w0, w1);
    const end = keyBehind(afi, first, length);
    const bits = w0 >>> shift;
    const from = firstFrom(keys, first, begins[bits]!, begins[bits + 1]!);
    const table = afi === 1 ? r.entries4 : r.entries6;
    let looked = 0;
    let answer: 'strange' | 'none' = 'none';
    for (let i = from; i < keys.length && keys[i]! < end && looked < MOST; i++) {
      const entry = numbers[i]!;
      const meta = afi === 1 ? entry * ENTRY4 + META4 : entry * ENTRY6 + META6;
      if ((table[meta]! & 0xff) <= length) continue;
      looked++;
      const owned = owns(r, afi, entry, asn);
      if (owned === true) return 'own';
      if (owned === null || answer === 'strange') continue;
      answer = 'strange';
      [foundIn, foundAfi, found] = [r, afi, entry];
    }
    return answer;
  }

  return {
    covered(afi, w0, w1, length, asn) {
      if (length === 0 || (afi === 2 && length > LONGEST_ROUTE6)) return false;
      const over = laid === null ? 'none' : look(laid, afi, w0, w1, length, asn);
      if (over === 'own') return false;
      const below = look(base, afi, w0, w1, length, asn);
      return below !== 'own' && (below === 'strange' || over === 'strange');
    },
    last() {
      if (found < 0) return null;
      const { entries4: e4, entries6: e6 } = foundIn;
      if (foundAfi === 1) {
        const at = found * ENTRY4;
        return prefixOfWords(1, e4[at]!, 0, 0, 0, e4[at + META4]! & 0xff);
      }
      const at = found * ENTRY6;
      return prefixOfWords(2, e6[at]!, e6[at + 1]!, e6[at + 2]!, e6[at + 3]!, e6[at + META6]! & 0xff);
    },
  };
}
