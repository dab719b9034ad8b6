/**
 * Numbers and addresses as ASCII octets, written in place. A table dump is a hundred characters a route: no string is made
 * of them. Each function writes at `at` and returns the offset behind what it wrote; the caller keeps the room.
 */

const DOT = 0x2e;
const COLON = 0x3a;

/** The digits of 0 to 999 with leading zeros, four octets each, the last unused. */
const PADDED = new Uint8Array(4000);
/** The same without leading zeros; the fourth octet is their count. */
const DIGITS = new Uint8Array(4000);
for (let i = 0; i < 1000; i++) {
  const text = String(i);
  for (let n = 0; n < 3; n++) PADDED[i * 4 + n] = text.padStart(3, '0').charCodeAt(n);
  for (let n = 0; n < text.length; n++) DIGITS[i * 4 + n] = text.charCodeAt(n);
  DIGITS[i * 4 + 3] = text.length;
}
/** The hexadecimal digits, lower case. */
const HEX = Uint8Array.from('0123456789abcdef', character => character.charCodeAt(0));

/** The octets of an ASCII text. */
export const ascii = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));

/** Copies `text`. For short ones: a loop beats the call of `set`. */
export function writeText(out: Uint8Array, at: number, text: Uint8Array): number {
  for (let i = 0; i < text.length; i++) out[at + i] = text[i]!;
  return at + text.length;
}

/** Three digits with leading zeros. */
function writeThree(out: Uint8Array, at: number, value: number): number {
  const digits = value * 4;
  out[at] = PADDED[digits]!;
  out[at + 1] = PADDED[digits + 1]!;
  out[at + 2] = PADDED[digits + 2]!;
  return at + 3;
}

/** A number of 0 to 999. Three octets are written whatever it is: no branch, and the next field covers what is too much. */
function writeShort(out: Uint8Array, at: number, value: number): number {
  const digits = value * 4;
  out[at] = DIGITS[digits]!;
  out[at + 1] = DIGITS[digits + 1]!;
  out[at + 2] = DIGITS[digits + 2]!;
  return at + DIGITS[digits + 3]!;
}

/** A number of 0 to 4294967295 in decimal. Up to two octets behind it are overwritten. */
export function writeNumber(out: Uint8Array, at: number, value: number): number {
  if (value < 1000) return writeShort(out, at, value);
  return value < 1_000_000 ? writeMiddle(out, at, value | 0) : writeLong(out, at, value);
}

function writeMiddle(out: Uint8Array, at: number, value: number): number {
  const thousands = (value / 1000) | 0;
  return writeThree(out, writeShort(out, at, thousands), value - thousands * 1000);
}

function writeLong(out: Uint8Array, at: number, value: number): number {
  const thousands = Math.floor(value / 1000);
  return writeThree(out, writeNumber(out, at, thousands), value - thousands * 1000);
}

/** A number of 0 to 999999 with leading zeros: microseconds. */
export function writeSix(out: Uint8Array, at: number, value: number): number {
  const thousands = Math.floor(value / 1000);
  return writeThree(out, writeThree(out, at, thousands), value - thousands * 1000);
}

/** The address of 4 octets at `from`. Up to two octets behind it are overwritten. */
export function writeIPv4(out: Uint8Array, at: number, bytes: Uint8Array, from: number): number {
  let next = writeShort(out, at, bytes[from]!);
  out[next] = DOT;
  next = writeShort(out, next + 1, bytes[from + 1]!);
  out[next] = DOT;
  next = writeShort(out, next + 1, bytes[from + 2]!);
  out[next] = DOT;
  return writeShort(out, next + 1, bytes[from + 3]!);
}

function writeGroup(out: Uint8Array, at: number, group: number): number {
  let next = at;
  if (group > 0xfff) out[next++] = HEX[group >> 12]!;
  if (group > 0xff) out[next++] = HEX[(group >> 8) & 15]!;
  if (group > 0xf) out[next++] = HEX[(group >> 4) & 15]!;
  out[next] = HEX[group & 15]!;
  return next + 1;
}

/**
 * The address of 16 octets at `from`, as inet_ntop(3) of the BSDs writes it: the longest run of zero groups (one is a run), the first of
 * equals, becomes `::`; what is left of an IPv4-mapped or IPv4-compatible address stands in dotted quad.
 */
export function writeIPv6(out: Uint8Array, at: number, bytes: Uint8Array, from: number): number {
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
      out[next] = COLON;
      out[next + 1] = COLON;
      next += 2;
      i += longest;
      continue;
    }
    if (i > 0 && i !== start + longest) out[next++] = COLON;
    if (start === 0 && i === 6 && (longest === 6 || (longest === 5 && group(5) === 0xffff)))
      return writeIPv4(out, next, bytes, from + 12);
    next = writeGroup(out, next, group(i));
    i++;
  }
  return next;
}

/** An address of either family. */
export function writeAddress(out: Uint8Array, at: number, afi: 1 | 2, bytes: Uint8Array, from: number): number {
  return afi === 1 ? writeIPv4(out, at, bytes, from) : writeIPv6(out, at, bytes, from);
}
