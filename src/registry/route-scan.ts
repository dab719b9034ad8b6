/**
 * The plain route object, read from its octets without making a string of it: nine in ten of a registry, and what makes a
 * dump of a million objects a matter of seconds. Whatever is not plain (X-Keiro, holes, set membership, an odd line, a
 * value that is wrong) is left to the reader that has words for it (rpsl.ts, route-object.ts); where this one says yes,
 * that one would say the same.
 */
import type { Afi } from '../net/address.ts';
import { keep } from './snapshot-layout.ts';

/** What a plain object says. The fields are good until the next `scan`. */
export interface RouteScan {
  /**
   * True when `octets[from..to)` is a plain object of the class, which is its first attribute, complete with its prefix
   * and origin. Allocates next to nothing.
   */
  scan(octets: Buffer, from: number, to: number, afi: Afi): boolean;
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
  readonly length: number;
  readonly origin: number;
  /** Values of `mnt-by`, parted by newlines. */
  readonly mntBy: string;
}

const LF = 0x0a;
const CR = 0x0d;
const TAB = 0x09;
const BLANK = 0x20;
const HASH = 0x23;
const PERCENT = 0x25;
const PLUS = 0x2b;
const COMMA = 0x2c;
const DASH = 0x2d;
const DOT = 0x2e;
const SLASH = 0x2f;
const COLON = 0x3a;
const AT = 0x40;
const LETTER_A = 0x61;
const LETTER_L = 0x6c;
const LETTER_S = 0x73;
const LETTER_X = 0x78;

/** RFC 5321 section 4.5.3.1: octets of a local part; and of a name in the DNS. */
const MAX_LOCAL = 64;
const MAX_DOMAIN = 180;
/** More of them than this are counted by the other reader. */
const MAX_NOTIFY = 8;

/** Kinds of octets. */
const NAME = 1;
const SPACE = 2;
/** Begins what JavaScript may take for white space, in UTF-8. */
const WIDE_SPACE = 4;
const KINDS = new Uint8Array(256);
for (const c of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-') KINDS[c.charCodeAt(0)]! |= NAME;
for (const c of [TAB, 0x0b, 0x0c, CR, BLANK]) KINDS[c]! |= SPACE;
for (const c of [0xc2, 0xe1, 0xe2, 0xe3, 0xef]) KINDS[c]! |= WIDE_SPACE;

const HEX = new Int8Array(256).fill(-1);
for (let i = 0; i < 16; i++) {
  const digit = i.toString(16);
  HEX[digit.charCodeAt(0)] = i;
  HEX[digit.toUpperCase().charCodeAt(0)] = i;
}

const isDigit = (c: number) => c >= 0x30 && c <= 0x39;

class Scanner implements RouteScan {
  w0 = 0;
  w1 = 0;
  w2 = 0;
  w3 = 0;
  length = 0;
  origin = 0;
  mntBy = '';
  private readonly groups = new Uint16Array(8);

  scan(octets: Buffer, from: number, to: number, afi: Afi): boolean {
    this.mntBy = '';
    let origin = -1;
    let notified = 0;
    let first = true;
    /** Whether lines may go on the attribute in hand. */
    let free = false;
    let at = from;
    while (at < to) {
      const c = octets[at]!;
      let value = at + 1;
      let kind = 0;
      if (c === BLANK || c === TAB || c === PLUS) {
        if (!free) return false;
      } else if (c === PERCENT || c === HASH) {
        while (at < to && octets[at] !== LF) at++;
        at++;
        continue;
      } else {
        let end = at;
        while (end < to && (KINDS[octets[end]!]! & NAME) !== 0) end++;
        const lower = c | 0x20;
        if (octets[end] !== COLON || end >= to || end - at > MAX_LOCAL || lower < LETTER_A || lower > 0x7a)
          return false;
        kind = first ? CLASS : kindOf(octets, at, end - at);
        first = false;
        free = kind === OTHER;
        value = end + 1;
      }
      let end = value;
      if (kind === OTHER) {
        // An X may begin X-Keiro.
        while (end < to && (KINDS[octets[end]!]! & SPACE) !== 0) end++;
        if (end < to && ((octets[end]! | 0x20) === LETTER_X || (KINDS[octets[end]!]! & WIDE_SPACE) !== 0)) return false;
        while (end < to && octets[end] !== LF) end++;
        at = end + 1;
        continue;
      }
      while (end < to && octets[end] !== LF) end++;
      at = end + 1;
      while (value < end && (octets[value] === BLANK || octets[value] === TAB)) value++;
      while (end > value && (KINDS[octets[end - 1]!]! & SPACE) !== 0) end--;
      if (kind === CLASS) {
        if (afi === 1 ? !this.prefix4(octets, value, end) : !this.prefix6(octets, value, end)) return false;
      } else if (kind === ORIGIN) {
        if (origin >= 0) return false;
        origin = asNumber(octets, value, end);
        if (origin < 0) return false;
      } else if (kind === MNT_BY) {
        if (!isList(octets, value, end)) return false;
        const names = octets.toString('latin1', value, end);
        this.mntBy = this.mntBy === '' ? names : `${this.mntBy}\n${names}`;
      } else if (kind === NOTIFY) {
        if (++notified > MAX_NOTIFY || !isPlainAddress(octets, value, end)) return false;
      } else return false;
    }
    this.origin = origin;
    return origin >= 0;
  }

  /** As parseRpslPrefix reads it; false when that would refuse it. */
  private prefix4(octets: Buffer, from: number, to: number): boolean {
    let at = from;
    let word = 0;
    for (let octet = 0; octet < 5; octet++) {
      const begun = at;
      let value = 0;
      while (at < to && at < begun + 3 && isDigit(octets[at]!)) value = value * 10 + octets[at++]! - 0x30;
      if (at === begun) return false;
      if (octet === 4) {
        if (at !== to || value > 32 || value === 0) return false;
        this.length = value;
        this.w0 = word;
        this.w1 = this.w2 = this.w3 = 0;
        return value === 32 || (word & (-1 >>> value)) === 0;
      }
      if (value > 255 || at >= to || octets[at] !== (octet === 3 ? SLASH : DOT)) return false;
      word = (word << 8) | value;
      at++;
    }
    return false;
  }

  /** Groups of four digits, `::` for groups of zeros at one place, and a length: RFC 4291 section 2.2, less IPv4 in it. */
  private prefix6(octets: Buffer, from: number, to: number): boolean {
    const { groups } = this;
    let count = 0;
    /** How many groups came before `::`. */
    let gap = -1;
    let at = from;
    for (;;) {
      const begun = at;
      let group = 0;
      while (at < to && at < begun + 4 && HEX[octets[at]!]! >= 0) group = (group << 4) | HEX[octets[at++]!]!;
      if (at > begun) {
        if (count === 8) return false;
        groups[count++] = group;
      } else if (octets[at] !== COLON || (at !== from && gap !== count)) return false;
      if (at >= to) return false;
      if (octets[at] === SLASH) break;
      if (octets[at] !== COLON) return false;
      at++;
      if (octets[at] === COLON && at < to) {
        if (gap >= 0) return false;
        gap = count;
        at++;
        if (octets[at] === SLASH && at < to) break;
      } else if (begun === at - 1) return false;
    }
    if (gap < 0 ? count !== 8 : count > 7) return false;
    if (gap >= 0) {
      groups.copyWithin(gap + 8 - count, gap, count);
      groups.fill(0, gap, gap + 8 - count);
    }
    let length = 0;
    const digits = at + 1;
    for (at = digits; at < to && at < digits + 3 && isDigit(octets[at]!); at++)
      length = length * 10 + octets[at]! - 0x30;
    if (at !== to || at === digits || length === 0 || length > 128) return false;
    this.w0 = (groups[0]! << 16) | groups[1]!;
    this.w1 = (groups[2]! << 16) | groups[3]!;
    this.w2 = (groups[4]! << 16) | groups[5]!;
    this.w3 = (groups[6]! << 16) | groups[7]!;
    this.length = length;
    return (
      keep(this.w0, length, 0) === this.w0 &&
      keep(this.w1, length, 32) === this.w1 &&
      keep(this.w2, length, 64) === this.w2 &&
      keep(this.w3, length, 96) === this.w3
    );
  }
}

/** A scanner; it is used for one object after the other. */
export function routeScan(): RouteScan {
  return new Scanner();
}

/** Kinds of attributes. */
const OTHER = 0;
const CLASS = 1;
const ORIGIN = 2;
const MNT_BY = 3;
const NOTIFY = 4;
/** For the other reader. */
const SPECIAL = 5;
const BY_LENGTH: readonly (readonly (readonly [string, number])[])[] = [
  [],
  [],
  [],
  [],
  [],
  [['holes', SPECIAL]],
  [
    ['origin', ORIGIN],
    ['mnt-by', MNT_BY],
    ['notify', NOTIFY],
  ],
  [['x-keiro', SPECIAL]],
  [],
  [['member-of', SPECIAL]],
];

function kindOf(octets: Buffer, at: number, length: number): number {
  const names = BY_LENGTH[length];
  if (names === undefined) return OTHER;
  for (const [name, kind] of names) {
    let i = 0;
    while (i < length && (octets[at + i]! | 0x20) === (name.charCodeAt(i) | 0x20)) i++;
    if (i === length) return kind;
  }
  return OTHER;
}

/** `AS64496` as a number, -1 when it is not plainly that. */
function asNumber(octets: Buffer, from: number, to: number): number {
  if (to - from < 3 || to - from > 12) return -1;
  if ((octets[from]! | 0x20) !== LETTER_A || (octets[from + 1]! | 0x20) !== LETTER_S) return -1;
  let number = 0;
  for (let at = from + 2; at < to; at++) {
    if (!isDigit(octets[at]!)) return -1;
    number = number * 10 + octets[at]! - 0x30;
  }
  return number <= 0xffffffff ? number : -1;
}

/** A list of names: no comment, nothing odd. */
function isList(octets: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const c = octets[at]!;
    if ((KINDS[c]! & NAME) === 0 && c !== BLANK && c !== COMMA && c !== TAB) return false;
  }
  return to > from;
}

/** One mail address of letters, digits, dots and dashes, which addr-spec.ts takes for one. */
function isPlainAddress(octets: Buffer, from: number, to: number): boolean {
  let sign = from;
  let before = DOT;
  for (; sign < to && octets[sign] !== AT; sign++) {
    const c = octets[sign]!;
    if ((KINDS[c]! & NAME) === 0 && c !== DOT) return false;
    if (c === DOT && before === DOT) return false;
    before = c;
  }
  if (sign === from || sign - from > MAX_LOCAL || before === DOT || octets[from] === DASH) return false;
  let labels = 0;
  let label = 0;
  let digits = true;
  if (to - sign > MAX_DOMAIN) return false;
  before = DOT;
  for (let at = sign + 1; at <= to; at++) {
    const c = at === to ? DOT : octets[at]!;
    if (c === DOT) {
      if (label === 0 || label > 63 || before === DASH) return false;
      labels++;
      // Of the last labels that are local by their name the shortest has five letters; they begin with an L.
      if (at === to) return labels > 1 && !digits && (label < 5 || (octets[to - label]! | 0x20) !== LETTER_L);
      label = 0;
      digits = true;
    } else {
      if ((KINDS[c]! & NAME) === 0 || c === 0x5f || (label === 0 && c === DASH)) return false;
      if (!isDigit(c)) digits = false;
      label++;
    }
    before = c;
  }
  return false;
}
