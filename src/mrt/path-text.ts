/** AS paths as bgpdump prints them, straight from the octets of AS_PATH and AS4_PATH. */
import { AS_CONFED_SEQUENCE, AS_CONFED_SET, AS_SEQUENCE, AS_SET } from '../bgp/as-path.ts';
import { ascii, writeNumber, writeText } from './text-octets.ts';

const SPACE = 0x20;
/** What stands before, between and behind the AS numbers of a segment of each type; 0 for nothing. */
const OPENS = new Uint8Array(256);
const BETWEEN = new Uint8Array(256).fill(SPACE);
const CLOSES = new Uint8Array(256);
for (const [type, marks] of [
  [AS_SET, '{,}'],
  [AS_CONFED_SEQUENCE, '( )'],
  [AS_CONFED_SET, '[,]'],
] as const) {
  OPENS[type] = marks.charCodeAt(0);
  BETWEEN[type] = marks.charCodeAt(1);
  CLOSES[type] = marks.charCodeAt(2);
}
const ERROR = ascii('! Error !');
const MORE = ascii('...');
/** A text longer than this is cut behind the AS number that made it so. */
const LONGEST_TEXT = 7900;
/** Room that suffices for the text of any path. */
export const MOST_TEXT = 8192;

/**
 * ASes of a path, a set counted as one, confederation segments like others; 0 when the octets `start` to `end` are no path
 * of AS numbers of `width` octets. This is how bgpdump counts, which differs from RFC 6793 for confederations.
 */
export function countPath(bytes: Uint8Array, start: number, end: number, width: 2 | 4): number {
  let count = 0;
  for (let at = start; at < end; ) {
    const type = bytes[at]!;
    const ases = at + 1 < end ? bytes[at + 1]! : -1;
    if (type < AS_SET || type > AS_CONFED_SET || ases < 0 || at + 2 + ases * width > end) return 0;
    count += type === AS_SET || type === AS_CONFED_SET ? 1 : ases;
    at += 2 + ases * width;
  }
  return count;
}

/**
 * The text of a path with AS numbers of `width` octets: `64496 {64497,64498}`, `! Error !` for what is no path. Room of
 * `MOST_TEXT` octets and four for each octet of the path suffices.
 */
export function writePath(
  out: DataView,
  at: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  width: 2 | 4,
): number {
  let next = at;
  let type = AS_SEQUENCE;
  let space = false;
  for (let i = start; i < end; ) {
    const before = type;
    type = bytes[i]!;
    const ases = i + 1 < end ? bytes[i + 1]! : -1;
    if (type < AS_SET || type > AS_CONFED_SET || ases < 0 || i + 2 + ases * width > end)
      return writeText(out, at, ERROR);
    if (before !== AS_SEQUENCE) out.setUint8(next++, CLOSES[before]!);
    if (space) out.setUint8(next++, SPACE);
    if (type !== AS_SEQUENCE) out.setUint8(next++, OPENS[type]!);
    const between = BETWEEN[type]!;
    space = ases > 0;
    i += 2;
    for (let n = 0; n < ases; n++) {
      if (n > 0) out.setUint8(next++, between);
      let as = (bytes[i]! << 8) | bytes[i + 1]!;
      if (width === 4) as = as * 65536 + ((bytes[i + 2]! << 8) | bytes[i + 3]!);
      i += width;
      next = writeNumber(out, next, as);
      if (next - at > LONGEST_TEXT) return writeText(out, next, MORE);
    }
  }
  if (type !== AS_SEQUENCE) out.setUint8(next++, CLOSES[type]!);
  return next;
}

/** The octets of a path. */
export interface PathOctets {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/**
 * AS_PATH of 2-octet AS numbers and AS4_PATH as one path of 4-octet ones (RFC 6793 section 4.2.3): the leading ASes that
 * AS4_PATH lacks are taken from AS_PATH. Null when AS4_PATH is the longer one and thus ignored. * As bgpdump does it: where
 * the first segment has fewer ASes than are lacking it is taken again and again, instead of the next one. The right way is
 * `mergePaths` of bgp/as-path.ts.
 */
export function mergePathOctets(path: PathOctets, path4: PathOctets): Uint8Array | null {
  const { bytes, start } = path;
  let missing = countPath(bytes, start, path.end, 2) - countPath(path4.bytes, path4.start, path4.end, 4);
  if (missing < 0) return null;
  const merged: number[] = [];
  const type = bytes[start]!;
  const set = type === AS_SET || type === AS_CONFED_SET;
  const ases = bytes[start + 1]!;
  // A path that is longer than its text may be needs no more of it.
  while (missing > 0 && ases > 0 && merged.length < 4 * LONGEST_TEXT) {
    const taken = set ? ases : Math.min(ases, missing);
    missing -= set ? 1 : taken;
    merged.push(type, taken);
    for (let i = start + 2; i < start + 2 + 2 * taken; i += 2) merged.push(0, 0, bytes[i]!, bytes[i + 1]!);
  }
  const octets = new Uint8Array(merged.length + path4.end - path4.start);
  octets.set(merged);
  octets.set(path4.bytes.subarray(path4.start, path4.end), merged.length);
  return octets;
}
