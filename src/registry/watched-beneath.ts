/**
 * The watched prefixes beneath a route: whether one that covers them is a stranger's. They are laid out in the order of their
 * addresses, once for each buffer, when a route is first short enough to cover one.
 */
import type { Afi } from '../net/address.ts';
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

/** Entries of one buffer in the order of their addresses, IPv4 by all of it and IPv6 by its first 53 bits. */
interface Order {
  readonly keys: Float64Array;
  readonly entries: Uint32Array;
  /** Of the longest prefix; -1 without any. */
  readonly longest: number;
}

const NONE: Order = { keys: new Float64Array(0), entries: new Uint32Array(0), longest: -1 };

const key6 = (w0: number, w1: number): number => (w0 >>> 0) * 2 ** 21 + (w1 >>> 11);

/** Where META stands for each watched entry, in order. */
function orderOf(r: Regions, afi: Afi): Order {
  const [entries, words, before] = afi === 1 ? [r.entries4, ENTRY4, META4] : [r.entries6, ENTRY6, META6];
  const count = r.header[afi === 1 ? H.prefixes4 : H.prefixes6]!;
  const found: number[] = [];
  let longest = -1;
  for (let entry = 0; entry < count; entry++) {
    const meta = entries[entry * words + before]!;
    if ((meta & WATCHED_ENTRY) === 0) continue;
    found.push(entry);
    longest = Math.max(longest, meta & 0xff);
  }
  if (found.length === 0) return NONE;
  const keyOf = (entry: number) =>
    afi === 1 ? entries[entry * words]! >>> 0 : key6(entries[entry * words]!, entries[entry * words + 1]!);
  const keyed = found.map(entry => ({ key: keyOf(entry), entry })).sort((a, b) => a.key - b.key);
  return {
    keys: Float64Array.from(keyed, ({ key }) => key),
    entries: Uint32Array.from(keyed, ({ entry }) => entry),
    longest,
  };
}

/** A buffer is opened anew for each overlay: what lies in it is put in order once. */
const orders = new WeakMap<ArrayBufferLike, (Order | undefined)[]>();

function orderFor(r: Regions, afi: Afi): Order {
  const known = orders.get(r.header.buffer) ?? [];
  orders.set(r.header.buffer, known);
  known[afi] ??= orderOf(r, afi);
  return known[afi];
}

/** Place of the first key that is not less. */
function firstFrom(keys: Float64Array, key: number): number {
  let low = 0;
  for (let high = keys.length; low < high; ) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
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
    const { keys, entries: numbers, longest } = orderFor(r, afi);
    if (length >= longest) return 'none';
    const first = afi === 1 ? w0 >>> 0 : key6(w0, w1);
    const end = first + 2 ** ((afi === 1 ? 32 : 53) - length);
    const table = afi === 1 ? r.entries4 : r.entries6;
    let looked = 0;
    let answer: 'strange' | 'none' = 'none';
    for (let i = firstFrom(keys, first); i < keys.length && keys[i]! < end && looked < MOST; i++) {
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
