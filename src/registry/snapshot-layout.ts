/**
 * How a registry snapshot lies in its SharedArrayBuffer, in 32-bit words of the host's byte order (it never leaves the
 * host):
 *
 *     header   HEADER words, see H
 *     masks    which prefix lengths occur near an address (note4, note6)
 *     per family, IPv4 then IPv6:
 *       slots  open addressing, a power of two; 0 or entry number + 1
 *       entries  address words (1 or 4), then those at META, NEXT, COVER, ASN, WHAT
 *     records  AS number, what of it, next record + 1
 *
 * A record is an AS number and what it is; an entry has its first one in itself. It says of the entry's prefix that a route object with this origin is registered (OBJECT), or that a VRP
 * authorises the AS up to a maxLength (VRP + maxLength), or that the prefix is a hole in the object of this origin for
 * the covering prefix of a length (HOLE + length).
 *
 * An IPv4 prefix takes 24 octets and an IPv6 prefix 36, each with 6 to 12 for its slots, and a further record 12: 1.5 million
 * objects and 500,000 VRPs some 70 MB. What bounds it is the number of objects and VRPs that a source may have.
 */
import { randomInt } from 'node:crypto';

/** First word of the header: these octets are a snapshot, of this layout. */
export const MAGIC = 0x49525232;
/** Words of the header: room in each region, and how much of it is used. */
export const H = {
  magic: 0,
  slots4: 1,
  entries4: 2,
  slots6: 3,
  entries6: 4,
  records: 5,
  prefixes4: 6,
  prefixes6: 7,
  used: 8,
  /** Records by kind. */
  objects: 9,
  vrps: 10,
  /** Of the hashes: whoever writes a registry must not be able to aim its prefixes at one slot. */
  seed: 11,
};
const HEADER = 16;
/** Words of an IPv4 entry, of an IPv6 entry, of a record. */
export const ENTRY4 = 6;
export const ENTRY6 = 9;
export const RECORD = 3;
/** Where META stands in an entry, and what stands behind it. */
export const META4 = 1;
export const META6 = 4;
/** From META on: second record + 1; the most specific entry that covers this one + 1; the first record. */
export const NEXT = 1;
export const COVER = 2;
export const ASN = 3;
export const WHAT = 4;
/** Bits beside the length in an entry: the prefix is watched; an authoritative source has an object for it. */
export const WATCHED_ENTRY = 0x100;
export const AUTHORITATIVE_ENTRY = 0x200;
/** From this bit on: number of what is demanded of paths (path-rules.ts); 0: nothing. */
export const RULES_ENTRY_SHIFT = 16;
/** Kinds of records; NOTHING is none. */
export const NOTHING = 0;
export const OBJECT = 1;
export const VRP = 2;
export const HOLE = 0x100;

/** The regions of a buffer as typed arrays, shared by builder and reader. */
export interface Regions {
  readonly header: Int32Array;
  readonly seed: number;
  readonly masks: Int32Array;
  readonly slots4: Int32Array;
  readonly entries4: Int32Array;
  readonly slots6: Int32Array;
  readonly entries6: Int32Array;
  readonly records: Int32Array;
}

function slotsFor(prefixes: number): number {
  let slots = 16;
  while (slots < prefixes * 1.5) slots *= 2;
  return slots;
}

/** The regions of a buffer, as its header says. */
export function regionsOf(sab: SharedArrayBuffer): Regions {
  const header = new Int32Array(sab, 0, HEADER);
  let at = HEADER;
  const region = (words: number) => {
    const view = new Int32Array(sab, at * 4, words);
    at += words;
    return view;
  };
  return {
    header,
    seed: header[H.seed]!,
    masks: region(MASKS),
    slots4: region(header[H.slots4]!),
    entries4: region(header[H.entries4]! * ENTRY4),
    slots6: region(header[H.slots6]!),
    entries6: region(header[H.entries6]! * ENTRY6),
    records: region(header[H.records]! * RECORD),
  };
}

/** A zeroed buffer with room for so many prefixes and records, its header written. */
export function allocate(prefixes4: number, prefixes6: number, records: number): SharedArrayBuffer {
  const slots4 = slotsFor(prefixes4);
  const slots6 = slotsFor(prefixes6);
  const words = HEADER + MASKS + slots4 + prefixes4 * ENTRY4 + slots6 + prefixes6 * ENTRY6 + records * RECORD;
  const sab = new SharedArrayBuffer(words * 4);
  const header = new Int32Array(sab, 0, HEADER);
  header[H.magic] = MAGIC;
  header[H.slots4] = slots4;
  header[H.entries4] = prefixes4;
  header[H.slots6] = slots6;
  header[H.entries6] = prefixes6;
  header[H.records] = records;
  header[H.seed] = randomInt(2 ** 32) | 0;
  return sab;
}

/** Multiply and shift-xor, twice: neighbouring prefixes must not queue up in neighbouring slots. */
function hash4(w0: number, length: number, seed: number): number {
  const h = Math.imul(w0 ^ seed ^ Math.imul(length, 0x3d4d51cb), 0x9e3779b1);
  const g = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  return g ^ (g >>> 13);
}

function hash6(w0: number, w1: number, w2: number, w3: number, length: number, seed: number): number {
  let h = Math.imul(w0 ^ seed ^ Math.imul(length, 0x3d4d51cb), 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15) ^ w1, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13) ^ w2, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16) ^ w3, 0x27d4eb2f);
  return h ^ (h >>> 15);
}

/**
 * Which prefix lengths occur near an address, so that a look for what covers it tries no others: a word of bits for short
 * prefixes, and words by the first bits of longer ones. IPv4: lengths 0 to 11 at SHORT4, 12 to 15 by the first 12 bits, 16
 * and more by the first 16, where bit 0 stands for 32. IPv6: 0 to 19 at SHORT6, 20 to 31 by a hash of the first 20 bits,
 * then four words by a hash of the first 32: registered space lies in a small corner of it.
 */
const BY12 = 0;
const BY16 = BY12 + (1 << 12);
const BY20 = BY16 + (1 << 16);
const BY32 = BY20 + (1 << 12);
const SHORT4 = BY32 + 4 * (1 << 14);
const SHORT6 = SHORT4 + 1;
const MASKS = SHORT6 + 1;
const at12 = (w0: number) => BY12 + (w0 >>> 20);
const at16 = (w0: number) => BY16 + (w0 >>> 16);
const at20 = (w0: number) => BY20 + (Math.imul(w0 >>> 12, 0x9e3779b1) >>> 20);
const at32 = (w0: number) => BY32 + 4 * (Math.imul(w0, 0x9e3779b1) >>> 18);

/** Notes that there is an IPv4 prefix of this length at the address. */
export function note4({ masks }: Regions, w0: number, length: number): void {
  if (length < 12) masks[SHORT4]! |= 1 << length;
  else if (length < 16) masks[at12(w0)]! |= 1 << length;
  else masks[at16(w0)]! |= 1 << (length & 31);
}

/** The same for IPv6. */
export function note6({ masks }: Regions, w0: number, length: number): void {
  if (length < 20) masks[SHORT6]! |= 1 << length;
  else if (length < 32) masks[at20(w0)]! |= 1 << length;
  else masks[at32(w0) + (length >> 5) - 1]! |= 1 << (length & 31);
}

/**
 * A slot holds the number of an entry + 1 and above it seven bits of its prefix's hash, so that the entry of another prefix
 * is hardly ever looked at: it would not be in the processor's cache.
 */
const TAG_SHIFT = 25;
export const MAX_ENTRIES = (1 << TAG_SHIFT) - 2;

/** Number of the prefix's entry; when there is none, the complement (`~`) of the slot where it belongs. Words signed. */
export function find4({ slots4, entries4, seed }: Regions, w0: number, length: number): number {
  const last = slots4.length - 1;
  const hash = hash4(w0, length, seed);
  for (let slot = hash & last; ; slot = (slot + 1) & last) {
    const held = slots4[slot]!;
    if (held === 0) return ~slot;
    if ((held ^ hash) >>> TAG_SHIFT !== 0) continue;
    const entry = (held & (MAX_ENTRIES + 1)) - 1;
    const at = entry * ENTRY4;
    if (entries4[at] === w0 && (entries4[at + META4]! & 0xff) === length) return entry;
  }
}

/** The same for IPv6. */
export function find6(
  { slots6, entries6, seed }: Regions,
  w0: number,
  w1: number,
  w2: number,
  w3: number,
  length: number,
): number {
  const last = slots6.length - 1;
  const hash = hash6(w0, w1, w2, w3, length, seed);
  for (let slot = hash & last; ; slot = (slot + 1) & last) {
    const held = slots6[slot]!;
    if (held === 0) return ~slot;
    if ((held ^ hash) >>> TAG_SHIFT !== 0) continue;
    const entry = (held & (MAX_ENTRIES + 1)) - 1;
    const at = entry * ENTRY6;
    if (
      entries6[at] === w0 &&
      entries6[at + 1] === w1 &&
      entries6[at + 2] === w2 &&
      entries6[at + 3] === w3 &&
      (entries6[at + META6]! & 0xff) === length
    )
      return entry;
  }
}

/** Puts a prefix's entry into the slot that `find4` named. */
export function take4({ slots4, seed }: Regions, slot: number, entry: number, w0: number, length: number): void {
  slots4[slot] = (hash4(w0, length, seed) & (-1 << TAG_SHIFT)) | (entry + 1);
}

/** The same for IPv6. */
export function take6(
  { slots6, seed }: Regions,
  slot: number,
  entry: number,
  w0: number,
  w1: number,
  w2: number,
  w3: number,
  length: number,
): void {
  slots6[slot] = (hash6(w0, w1, w2, w3, length, seed) & (-1 << TAG_SHIFT)) | (entry + 1);
}

/** The bits of an address word that a prefix length leaves when the word begins at bit `from`. */
export function keep(word: number, length: number, from: number): number {
  const bits = length - from;
  return bits <= 0 ? 0 : bits >= 32 ? word : word & (-1 << (32 - bits));
}

/**
 * Number of the most specific entry whose prefix is the one asked for or covers it, `length` at the most; -1 when none does.
 * Words signed; host bits behind `length` need not be clear.
 */
export function findCovering4(r: Regions, w0: number, length: number): number {
  const { masks } = r;
  const long = masks[at16(w0)]!;
  if (length === 32 && (long & 1) !== 0) {
    const entry = find4(r, w0, 32);
    if (entry >= 0) return entry;
  }
  let lengths = masks[SHORT4]! | masks[at12(w0)]! | (long & ~1);
  if (length < 31) lengths &= (2 << length) - 1;
  while (lengths !== 0) {
    const l = 31 - Math.clz32(lengths);
    lengths &= ~(1 << l);
    const entry = find4(r, keep(w0, l, 0), l);
    if (entry >= 0) return entry;
  }
  return -1;
}

/** The same for IPv6. */
export function findCovering6(r: Regions, w0: number, w1: number, w2: number, w3: number, length: number): number {
  const { masks } = r;
  const long = at32(w0) - 1;
  for (let word = length >> 5; word >= 0; word--) {
    let lengths = word > 0 ? masks[long + word]! : masks[SHORT6]! | masks[at20(w0)]!;
    if (word === length >> 5) lengths &= (2 << (length & 31)) - 1;
    while (lengths !== 0) {
      const bit = 31 - Math.clz32(lengths);
      lengths &= ~(1 << bit);
      const l = word * 32 + bit;
      const entry = find6(r, keep(w0, l, 0), keep(w1, l, 32), keep(w2, l, 64), keep(w3, l, 96), l);
      if (entry >= 0) return entry;
    }
  }
  return -1;
}
