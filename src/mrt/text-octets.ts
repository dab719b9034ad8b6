/**
 * Numbers and addresses as ASCII octets, written in place. A table dump is a hundred characters a route: no string is made
 * of them, and four octets are written at a time, so that up to three behind a field are overwritten, which the next field
 * covers. Each function writes at `at` and returns the offset behind what it wrote; the caller keeps the room.
 */

const COLON = 0x3a;

/** Up to four octets as a word, the first lowest: a view writes it in that order. */
const wordOf = (text: string) => text.split('').reduce((word, c, i) => word | (c.charCodeAt(0) << (8 * i)), 0) >>> 0;
const THOUSAND = Array.from({ length: 1000 }, (_, i) => String(i));
/** The digits of 0 to 999, how many they are, and the same with leading zeros. */
const DIGITS = Uint32Array.from(THOUSAND, wordOf);
const LENGTHS = Uint8Array.from(THOUSAND, text => text.length);
const PADDED = Uint32Array.from(THOUSAND, text => wordOf(text.padStart(3, '0')));
/** The digits of an octet and a dot. */
const DOTTED = Uint32Array.from(THOUSAND.slice(0, 256), text => wordOf(`${text}.`));
/** The hexadecimal digits, lower case. */
const HEX = Uint8Array.from('0123456789abcdef', character => character.charCodeAt(0));

/** A text that is written again and again. */
export interface Ascii {
  readonly words: Uint32Array;
  readonly length: number;
}

/** Makes an ASCII text ready to be written. */
export const ascii = (text: string): Ascii => ({
  words: Uint32Array.from(text.match(/.{1,4}/gs) ?? [], wordOf),
  length: text.length,
});

/** Writes a text. */
export function writeText(out: DataView, at: number, { words, length }: Ascii): number {
  for (let i = 0; i < words.length; i++) out.setUint32(at + 4 * i, words[i]!, true);
  return at + length;
}

/** Writes an ASCII text that was not made ready. */
export function writeString(out: DataView, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) out.setUint8(at + i, text.charCodeAt(i));
  return at + text.length;
}

/** Copies octets of a scratch, which holds a few more than are wanted. */
export function writeCopy(out: DataView, at: number, from: DataView, start: number, length: number): number {
  for (let i = 0; i < length; i += 4) out.setUint32(at + i, from.getUint32(start + i, true), true);
  return at + length;
}

/** Three digits with leading zeros. */
function writeThree(out: DataView, at: number, value: number): number {
  out.setUint32(at, PADDED[value]!, true);
  return at + 3;
}

/** A number of 0 to 999. */
function writeShort(out: DataView, at: number, value: number): number {
  out.setUint32(at, DIGITS[value]!, true);
  return at + LENGTHS[value]!;
}

/** A number of 0 to 4294967295 in decimal. */
export function writeNumber(out: DataView, at: number, value: number): number {
  if (value < 1000) return writeShort(out, at, value);
  return value < 1_000_000 ? writeMiddle(out, at, value | 0) : writeLong(out, at, value);
}

function writeMiddle(out: DataView, at: number, value: number): number {
  const thousands = (value / 1000) | 0;
  return writeThree(out, writeShort(out, at, thousands), value - thousands * 1000);
}

function writeLong(out: DataView, at: number, value: number): number {
  const thousands = Math.floor(value / 1000);
  return writeThree(out, writeNumber(out, at, thousands), value - thousands * 1000);
}

/** A number of 0 to 999999 with leading zeros: microseconds. */
export function writeSix(out: DataView, at: number, value: number): number {
  const thousands = Math.floor(value / 1000);
  return writeThree(out, writeThree(out, at, thousands), value - thousands * 1000);
}

/** The address of 4 octets at `from`. */
export function writeIPv4(out: DataView, at: number, bytes: Uint8Array, from: number): number {
  let next = at;
  for (let i = from; i < from + 3; i++) {
    out.setUint32(next, DOTTED[bytes[i]!]!, true);
    next += LENGTHS[bytes[i]!]! + 1;
  }
  return writeShort(out, next, bytes[from + 3]!);
}

function writeGroup(out: DataView, at: number, group: number): number {
  let next = at;
  if (group > 0xfff) out.setUint8(next++, HEX[group >> 12]!);
  if (group > 0xff) out.setUint8(next++, HEX[(group >> 8) & 15]!);
  if (group > 0xf) out.setUint8(next++, HEX[(group >> 4) & 15]!);
  out.setUint8(next, HEX[group & 15]!);
  return next + 1;
}

/**
 * The address of 16 octets at `from`, as inet_ntop(3) of the BSDs writes it: the longest run of zero groups (one is a
 * run), the first of equals, becomes `::`; what is left of an IPv4-mapped or IPv4-compatible address stands in dotted quad.
 */
export function writeIPv6(out: DataView, at: number, bytes: Uint8Array, from: number): number {
  const group = (i: number) => (bytes[from + 2 * i]! << 8) | bytes[from + 2 * i + 1]!;
  let start = -1;
  let longest = 0;
  for (let i = 0; i < 8; i++) {
    let run = 0;
    while (i + run < 8 && group(i + run) === 0) run++;
    if (run > longest) {
      start = i;
      longest = run;
    }
    i += run;
  }
  let next = at;
  for (let i = 0; i < 8; ) {
    if (i === start) {
      out.setUint8(next, COLON);
      out.setUint8(next + 1, COLON);
      next += 2;
      i += longest;
      continue;
    }
    if (i > 0 && i !== start + longest) out.setUint8(next++, COLON);
    if (start === 0 && i === 6 && (longest === 6 || (longest === 5 && group(5) === 0xffff)))
      return writeIPv4(out, next, bytes, from + 12);
    next = writeGroup(out, next, group(i));
    i++;
  }
  return next;
}

/** An address of either family. */
export function writeAddress(out: DataView, at: number, afi: 1 | 2, bytes: Uint8Array, from: number): number {
  return afi === 1 ? writeIPv4(out, at, bytes, from) : writeIPv6(out, at, bytes, from);
}
