/**
 * The route objects of one source, a million and more, outside the JavaScript heap: what is asked of all of them stands
 * in columns (32 octets an object), the object's octets in an arena, to be read again when somebody wants to see one.
 * Objects come and go one by one (NRTM): within a source an object's key is its prefix and origin (RFC 2622 section 4),
 * and chains lead from a prefix and from an origin to their objects.
 */
import type { Afi } from '../net/address.ts';
import { type Prefix, wordsOf } from '../net/prefix.ts';
import { extend, PrefixIds4, PrefixIds6 } from '../net/prefix-ids.ts';
import { maintainerSets } from './maintainer-sets.ts';
import { MAX_NAMES, nameIndex } from './name-index.ts';
import type { RouteObject } from './objects.ts';
import { readRouteObject } from './route-object.ts';
import type { RouteScan } from './route-scan.ts';
import { readRpslObject } from './rpsl.ts';
import { keep } from './snapshot-layout.ts';
import { textArena } from './text-arena.ts';

/** Objects and octets of text of one source; a source with more is refused. */
export const MAX_OBJECTS = 8_000_000;
export const MAX_TEXT = 4_000_000_000;

/** Objects of one prefix, which are gone through one by one; what is beyond is refused. Real ones have some fifty. */
export const MAX_SAME_PREFIX = 1024;

/** Holes of all objects of a source. Real ones have a few thousand. */
export const MAX_ALL_HOLES = 50_000;

/** Rows of a block: the store grows by blocks, never by copying what it has. */
const BLOCK_BITS = 13;
const BLOCK = 1 << BLOCK_BITS;

/** Columns of a row. TEXT is a block of the arena; SAME_PREFIX and SAME_ORIGIN are the next row of a chain, + 1. */
const COLUMNS = 8;
const [META, PREFIX, ORIGIN, MAINTAINERS, TEXT, OCTETS, SAME_PREFIX, SAME_ORIGIN] = [0, 1, 2, 3, 4, 5, 6, 7] as const;
const KEIRO = 0x1;
const IPV6 = 0x2;
const HOLES = 0x4;
/** Nothing stands in the row. */
const FREE = 0x8;
/** The object has `member-of`. */
const MEMBER = 0x10;

/** The columns of one object. Address words are signed; IPv4 stands in `w0`. */
export interface ObjectRow {
  readonly afi: Afi;
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
  readonly length: number;
  readonly origin: number;
  /** Index into `maintainerSets`. */
  readonly maintainers: number;
  readonly hasKeiro: boolean;
  /** The object has `holes`; which, its text tells. */
  readonly hasHoles: boolean;
}

export interface ObjectStore {
  /**
   * Copies what it keeps, in place of an object of the same prefix and origin. False when there is no room: the object
   * is not in it, and what it would replace still is.
   */
  add(object: RouteObject, bytes: Uint8Array): boolean;
  /** The same for what `scan` has just said of `octets[from..to)`. */
  addPlain(afi: Afi, scan: RouteScan, octets: Buffer, from: number, to: number): boolean;
  /** Takes the object of this key out; false when there is none. */
  remove(prefix: Prefix, origin: number): boolean;
  /** Objects in the store. */
  readonly count: number;
  /** Row numbers are below this; some of them may be free (`live`). */
  readonly rows: number;
  live(index: number): boolean;
  /** Sets of maintainers by number (maintainer-sets.ts). */
  readonly maintainerSets: readonly (readonly string[])[];
  row(index: number): ObjectRow;
  prefix(index: number): Prefix;
  /** The octets of the object as they were added: a view that is good until the object goes. */
  bytes(index: number): Uint8Array;
  /** The object as it was added. */
  object(index: number): RouteObject;
  /** Rows of exactly this prefix. */
  rowsOf(prefix: Prefix): number[];
  /** Rows of this origin, of both families. */
  rowsOfOrigin(origin: number): number[];
  /** Rows of the objects that say they are members of this route-set (upper case), in no order. */
  rowsOfMembers(set: string): readonly number[];
  /** Rows of the prefixes that cover this one, itself included, the longest first. */
  rowsCovering(prefix: Prefix): number[];
}

/** An empty store for the source of this (configured) name. */
export function objectStore(source: string): ObjectStore {
  const blocks: Int32Array[] = [];
  const texts = textArena(MAX_TEXT);
  let rows = 0;
  /** The first free row below `rows`, + 1; the others follow by SAME_PREFIX. */
  let free = 0;
  let count = 0;
  let allHoles = 0;
  const ids4 = new PrefixIds4(1024);
  const ids6 = new PrefixIds6(1024);
  /** By prefix id: its first row + 1. */
  let heads4: Int32Array = new Int32Array(0);
  let heads6: Int32Array = new Int32Array(0);
  // Ids of prefixes without an object may become those of others.
  ids4.held = size => withHead(heads4, size);
  ids6.held = size => withHead(heads6, size);
  const byOrigin = new Map<number, number>();
  const members = nameIndex();
  const maintainers = maintainerSets();

  const get = (index: number, column: number): number =>
    blocks[index >> BLOCK_BITS]![(index & (BLOCK - 1)) * COLUMNS + column]!;
  const put = (index: number, column: number, value: number): void => {
    blocks[index >> BLOCK_BITS]![(index & (BLOCK - 1)) * COLUMNS + column] = value;
  };

  /** Id of a prefix, -1 when it never had an object. */
  function find(prefix: Prefix): number {
    const [w0, w1, w2, w3] = wordsOf(prefix);
    return prefix.afi === 1 ? ids4.find(w0, prefix.length) : ids6.find(w0, w1, w2, w3, prefix.length);
  }

  const headOf = (afi: Afi, id: number): number => (id < 0 ? 0 : ((afi === 1 ? heads4 : heads6)[id] ?? 0));

  function setHead(afi: Afi, id: number, head: number): void {
    if (afi === 1) {
      if (id >= heads4.length) heads4 = extend(heads4, ids4.capacity);
      heads4[id] = head;
    } else {
      if (id >= heads6.length) heads6 = extend(heads6, ids6.capacity);
      heads6[id] = head;
    }
  }

  /** Row of the key; -1 when there is none, -2 when its prefix has no room for another. */
  function rowOf(afi: Afi, id: number, origin: number): number {
    let seen = 0;
    for (let next = headOf(afi, id); next > 0; next = get(next - 1, SAME_PREFIX), seen++)
      if (get(next - 1, ORIGIN) === (origin | 0)) return next - 1;
    return seen < MAX_SAME_PREFIX ? -1 : -2;
  }

  /** A row to write to, -1 when there are too many. */
  function takeRow(): number {
    if (free > 0) {
      const index = free - 1;
      free = get(index, SAME_PREFIX);
      return index;
    }
    if (rows >= MAX_OBJECTS) return -1;
    if ((rows & (BLOCK - 1)) === 0) blocks.push(new Int32Array(BLOCK * COLUMNS));
    return rows++;
  }

  /** Puts an object into the row of its key, a new one where there is none; -1 when there is no room for it. */
  function enter(
    afi: Afi,
    key: Pick<RouteScan, 'w0' | 'w1' | 'w2' | 'w3' | 'length' | 'origin'>,
    mntBy: readonly string[] | string,
    octets: Buffer,
    from: number,
    to: number,
  ): number {
    if (count >= MAX_OBJECTS) return -1;
    const { w0, w1, w2, w3, length, origin } = key;
    const id = afi === 1 ? ids4.intern(w0, length) : ids6.intern(w0, w1, w2, w3, length);
    const head = headOf(afi, id);
    let index = head === 0 ? -1 : rowOf(afi, id, origin);
    if (index === -2) return -1;
    const held = typeof mntBy === 'string' ? maintainers.holdWritten(mntBy) : maintainers.hold(mntBy);
    if (held < 0) return -1;
    const text = texts.add(octets, from, to);
    if (text < 0) {
      maintainers.release(held);
      return -1;
    }
    if (index < 0) {
      index = takeRow();
      put(index, PREFIX, id);
      put(index, ORIGIN, origin);
      put(index, SAME_PREFIX, head);
      setHead(afi, id, index + 1);
      put(index, SAME_ORIGIN, byOrigin.get(origin) ?? 0);
      byOrigin.set(origin, index + 1);
      count++;
    } else drop(index);
    put(index, META, afi === 2 ? IPV6 : 0);
    put(index, MAINTAINERS, held);
    put(index, TEXT, text);
    put(index, OCTETS, to - from);
    return index;
  }

  function add({ prefix, origin, mntBy, keiro, holes, memberOf }: RouteObject, bytes: Uint8Array): boolean {
    if (members.size + memberOf.length > MAX_NAMES || allHoles + holes.length > MAX_ALL_HOLES) return false;
    const [w0, w1, w2, w3] = wordsOf(prefix);
    const octets = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const key = { w0, w1, w2, w3, length: prefix.length, origin };
    const index = enter(prefix.afi, key, mntBy, octets, 0, octets.length);
    if (index < 0) return false;
    for (const set of memberOf) members.add(set, index);
    allHoles += holes.length;
    const flags = (keiro.length > 0 ? KEIRO : 0) | (holes.length > 0 ? HOLES : 0) | (memberOf.length > 0 ? MEMBER : 0);
    put(index, META, get(index, META) | flags);
    return true;
  }

  /** Gives back the text and the maintainers of a row, and forgets its holes and which sets its object is a member of. */
  function drop(index: number): void {
    if ((get(index, META) & (MEMBER | HOLES)) !== 0) {
      const { memberOf, holes } = object(index);
      for (const set of memberOf) members.remove(set, index);
      allHoles -= holes.length;
    }
    texts.free(get(index, TEXT), get(index, OCTETS));
    maintainers.release(get(index, MAINTAINERS));
  }

  /** Takes the row out of the chain that begins at `head`; returns the new head. */
  function unlink(head: number, column: number, index: number): number {
    if (head === index + 1) return get(index, column);
    let before = head - 1;
    while (get(before, column) !== index + 1) before = get(before, column) - 1;
    put(before, column, get(index, column));
    return head;
  }

  function remove(prefix: Prefix, origin: number): boolean {
    const { afi } = prefix;
    const id = find(prefix);
    const index = rowOf(afi, id, origin);
    if (index < 0) return false;
    setHead(afi, id, unlink(headOf(afi, id), SAME_PREFIX, index));
    const head = unlink(byOrigin.get(origin)!, SAME_ORIGIN, index);
    if (head === 0) byOrigin.delete(origin);
    else byOrigin.set(origin, head);
    drop(index);
    put(index, META, FREE);
    put(index, SAME_PREFIX, free);
    free = index + 1;
    count--;
    return true;
  }

  function row(index: number): ObjectRow {
    const meta = get(index, META);
    const id = get(index, PREFIX);
    const four = (meta & IPV6) === 0;
    const words = four ? ids4.address : ids6.address;
    const at = four ? id : id * 4;
    return {
      afi: four ? 1 : 2,
      w0: words[at]!,
      w1: four ? 0 : words[at + 1]!,
      w2: four ? 0 : words[at + 2]!,
      w3: four ? 0 : words[at + 3]!,
      length: (four ? ids4 : ids6).length[id]!,
      origin: get(index, ORIGIN) >>> 0,
      maintainers: get(index, MAINTAINERS),
      hasKeiro: (meta & KEIRO) !== 0,
      hasHoles: (meta & HOLES) !== 0,
    };
  }

  function prefix(index: number): Prefix {
    const { afi, w0, w1, w2, w3, length } = row(index);
    const words = Int32Array.of(w0, w1, w2, w3);
    const octets = new Uint8Array(afi === 1 ? 4 : 16);
    for (const i of octets.keys()) octets[i] = words[i >> 2]! >> (24 - 8 * (i & 3));
    return { afi, bytes: octets, length };
  }

  const bytes = (index: number): Uint8Array => texts.bytes(get(index, TEXT), get(index, OCTETS));

  function object(index: number): RouteObject {
    const rpsl = readRpslObject(bytes(index));
    const reading = rpsl === null ? null : readRouteObject(rpsl, source);
    if (!reading?.ok) throw new Error(`object ${index} of ${source} does not read back as it was added`);
    return reading.object;
  }

  /** Rows of a chain in the order in which they came. */
  function chain(head: number, column: number): number[] {
    const found: number[] = [];
    for (let next = head; next > 0; next = get(next - 1, column)) found.push(next - 1);
    return found.reverse();
  }

  function rowsCovering(prefix: Prefix): number[] {
    const { afi } = prefix;
    const { ofLength } = afi === 1 ? ids4 : ids6;
    const [w0, w1, w2, w3] = wordsOf(prefix);
    const found: number[] = [];
    for (let length = prefix.length; length >= 0; length--) {
      if (ofLength[length] === 0) continue;
      const id =
        afi === 1
          ? ids4.find(keep(w0, length, 0), length)
          : ids6.find(keep(w0, length, 0), keep(w1, length, 32), keep(w2, length, 64), keep(w3, length, 96), length);
      found.push(...chain(headOf(afi, id), SAME_PREFIX));
    }
    return found;
  }

  return {
    add,
    addPlain: (afi, scan, octets, from, to) => enter(afi, scan, scan.mntBy, octets, from, to) >= 0,
    remove,
    get count() {
      return count;
    },
    get rows() {
      return rows;
    },
    live: index => (get(index, META) & FREE) === 0,
    maintainerSets: maintainers.sets,
    row,
    prefix,
    bytes,
    object,
    rowsOf: prefix => chain(headOf(prefix.afi, find(prefix)), SAME_PREFIX),
    rowsOfOrigin: origin => chain(byOrigin.get(origin) ?? 0, SAME_ORIGIN),
    rowsOfMembers: set => members.of(set),
    rowsCovering,
  };
}

/** A bit for each id that has a chain (net/prefix-ids.ts). */
function withHead(heads: Int32Array, size: number): Uint8Array {
  const held = new Uint8Array((size + 7) >> 3);
  for (let id = 0; id < size; id++) if (heads[id]) held[id >> 3]! |= 1 << (id & 7);
  return held;
}
