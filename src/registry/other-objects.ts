/**
 * The objects of one source that are no route objects: aut-num, as-set, route-set, mntner, inet-rtr. Their octets lie in an
 * arena outside the JavaScript heap and are read again when somebody asks; what stands in the heap is each object's key
 * and where it is named: by maintainer, and by the set it says it is a member of.
 */
import { keiroOf } from './keiro.ts';
import { MAX_NAMES, nameIndex } from './name-index.ts';
import { parseAsNumber } from './route-object.ts';
import { namesIn, quote, type RpslObject, type RpslProblem, readRpslObject } from './rpsl.ts';
import { textArena } from './text-arena.ts';

/** The classes kept, in the order they are listed. */
export const OTHER_CLASSES = ['aut-num', 'as-set', 'route-set', 'mntner', 'inet-rtr'] as const;
export type OtherClass = (typeof OTHER_CLASSES)[number];

/** Objects and octets of text of one source; what is beyond is refused. The largest source has some 200,000 of 200 MB. */
export const MAX_OTHERS = 4_000_000;
export const MAX_OTHER_TEXT = 2_000_000_000;
/** Octets of a key; the longest hierarchical set name in use has some 80. */
export const MAX_KEY = 255;

/** The name of an object: its class and its key. */
export interface ObjectName {
  readonly class: OtherClass;
  readonly key: string;
}

export interface OtherObjects {
  /** Objects by class; a class without any is not there. */
  readonly counts: ReadonlyMap<string, number>;
  /** Objects of classes that are not kept, which were handed to `add`. */
  readonly skipped: number;
  /**
   * Keeps a copy, in the place of one with the same class and key. The answer is what is wrong with it, when it is not
   * kept. A class that is not kept is no problem: it is counted.
   */
  add(object: RpslObject): RpslProblem | null;
  /** False when there was none. */
  remove(objectClass: string, key: string): boolean;
  /** The object as it was added, its lines counted from 1. */
  get(objectClass: string, key: string): RpslObject | null;
  /** Keys in upper case, in the order they came. */
  keys(objectClass: string): Iterable<string>;
  /** Objects with this name in `mnt-by`. */
  byMaintainer(mntner: string): Iterable<ObjectName>;
  /** Objects with this name in `member-of` (RFC 2622 section 5.1). */
  byMemberOf(set: string): Iterable<ObjectName>;
  /** X-Keiro addresses of the maintainers that have any, by their key. */
  readonly keiro: ReadonlyMap<string, readonly string[]>;
  /** Counts up whenever `keiro` changes. */
  readonly keiroChanges: number;
}

/**
 * The key of an object by its class attribute's value: upper case, since names are case-insensitive (RFC 2622 section 2),
 * and an AS number in one form, asdot and leading zeros taken away.
 */
export function keyOf(objectClass: string, value: string): string {
  const asn = objectClass === 'aut-num' ? parseAsNumber(value.trim()) : -1;
  return asn < 0 ? value.trim().toUpperCase() : `AS${asn}`;
}

const isKept = (objectClass: string): objectClass is OtherClass =>
  (OTHER_CLASSES as readonly string[]).includes(objectClass);

/** An empty store. */
export function otherObjects(): OtherObjects {
  const arena = textArena(MAX_OTHER_TEXT);
  const rowsByKey = new Map<string, Map<string, number>>(OTHER_CLASSES.map(name => [name, new Map()]));
  /** By row: its name, and where its octets lie. A row that is free has no name. */
  const names: (ObjectName | null)[] = [];
  const blocks: number[] = [];
  const octets: number[] = [];
  const freeRows: number[] = [];
  const maintained = nameIndex();
  const members = nameIndex();
  const keiro = new Map<string, readonly string[]>();
  const counts = new Map<string, number>();
  let skipped = 0;
  let keiroChanges = 0;

  const rowOf = (objectClass: string, key: string): number | undefined =>
    rowsByKey.get(objectClass)?.get(keyOf(objectClass, key));
  const read = (row: number): RpslObject => readRpslObject(arena.bytes(blocks[row]!, octets[row]!))!;

  /** Takes in what a maintainer passes on now. */
  function passOn(mntner: string, addresses: readonly string[]): void {
    if ((keiro.get(mntner) ?? []).join() === addresses.join()) return;
    if (addresses.length > 0) keiro.set(mntner, addresses);
    else keiro.delete(mntner);
    keiroChanges++;
  }

  function drop(row: number): void {
    const { class: objectClass, key } = names[row]!;
    const object = read(row);
    for (const name of namesIn(object, 'mnt-by')) maintained.remove(name, row);
    for (const name of namesIn(object, 'member-of')) members.remove(name, row);
    rowsByKey.get(objectClass)!.delete(key);
    const left = counts.get(objectClass)! - 1;
    if (left > 0) counts.set(objectClass, left);
    else counts.delete(objectClass);
    arena.free(blocks[row]!, octets[row]!);
    names[row] = null;
    freeRows.push(row);
  }

  function add(object: RpslObject): RpslProblem | null {
    const objectClass = object.class;
    if (!isKept(objectClass)) {
      skipped++;
      return null;
    }
    const key = keyOf(objectClass, object.attributes[0]?.name === objectClass ? object.attributes[0].value : '');
    const bad = (why: string): RpslProblem => ({ line: object.line, why: `${objectClass}: ${why}` });
    const isName = objectClass === 'aut-num' ? /^AS\d+$/.test(key) : /^\S+$/.test(key);
    if (!isName) return bad(`${quote(key)} is no name of one`);
    if (key.length > MAX_KEY) return bad(`name longer than ${MAX_KEY} letters`);
    const before = rowOf(objectClass, key);
    if (before === undefined && names.length - freeRows.length >= MAX_OTHERS)
      return bad(`more than ${MAX_OTHERS} objects`);
    const mntBy = namesIn(object, 'mnt-by');
    const memberOf = namesIn(object, 'member-of');
    if (maintained.size + mntBy.length > MAX_NAMES || members.size + memberOf.length > MAX_NAMES)
      return bad(`more than ${MAX_NAMES} names in mnt-by or member-of`);
    const { buffer, byteOffset, length } = object.bytes;
    const block = arena.add(Buffer.from(buffer, byteOffset, length), 0, length);
    if (block < 0) return bad(`more than ${MAX_OTHER_TEXT} octets of objects`);
    if (before !== undefined) drop(before);
    const row = freeRows.pop() ?? names.length;
    names[row] = { class: objectClass, key };
    blocks[row] = block;
    octets[row] = object.bytes.length;
    for (const name of mntBy) maintained.add(name, row);
    for (const name of memberOf) members.add(name, row);
    if (objectClass === 'mntner') {
      const { addresses } = keiroOf(object);
      passOn(key, addresses);
    }
    rowsByKey.get(objectClass)!.set(key, row);
    counts.set(objectClass, (counts.get(objectClass) ?? 0) + 1);
    return null;
  }

  return {
    counts,
    get skipped() {
      return skipped;
    },
    add,
    remove(objectClass, key) {
      const row = rowOf(objectClass, key);
      if (row === undefined) return false;
      if (objectClass === 'mntner') passOn(names[row]!.key, []);
      drop(row);
      return true;
    },
    get(objectClass, key) {
      const row = rowOf(objectClass, key);
      return row === undefined ? null : read(row);
    },
    keys: objectClass => rowsByKey.get(objectClass)?.keys() ?? [],
    byMaintainer: mntner => maintained.of(mntner.toUpperCase()).map(row => names[row]!),
    byMemberOf: set => members.of(set.toUpperCase()).map(row => names[row]!),
    keiro,
    get keiroChanges() {
      return keiroChanges;
    },
  };
}
