/** Codes of path attributes that readers of dumps look for: RFC 4271, 1997, 4760, 6793, 8092. */
export const ORIGIN = 1;
export const AS_PATH = 2;
export const NEXT_HOP = 3;
export const MULTI_EXIT_DISC = 4;
export const LOCAL_PREF = 5;
export const ATOMIC_AGGREGATE = 6;
export const AGGREGATOR = 7;
export const COMMUNITIES = 8;
export const MP_REACH_NLRI = 14;
export const MP_UNREACH_NLRI = 15;
export const AS4_PATH = 17;
export const AS4_AGGREGATOR = 18;

const CODES = 64;
const EXTENDED_LENGTH = 0x10;

/** Where the value of each path attribute of a list stands: `starts[code]` is -1 when there is none. Codes up to 63. */
export interface AttributePlaces {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** Places to be filled by `locateAttributes`, again and again. */
export function emptyPlaces(): AttributePlaces {
  return { starts: new Int32Array(CODES).fill(-1), ends: new Int32Array(CODES) };
}

/**
 * Finds the attributes at `start` to `end` without judging them: an archive shows what was received, right or wrong. Of an
 * attribute that stands twice the first counts. Returns the offset where the list cannot be framed any further, or -1.
 */
export function locateAttributes(bytes: Uint8Array, start: number, end: number, places: AttributePlaces): number {
  const { starts, ends } = places;
  starts.fill(-1);
  let at = start;
  while (at < end) {
    const extended = (bytes[at]! & EXTENDED_LENGTH) !== 0;
    const value = at + (extended ? 4 : 3);
    if (value > end) return at;
    const code = bytes[at + 1]!;
    const next = value + (extended ? (bytes[at + 2]! << 8) | bytes[at + 3]! : bytes[at + 2]!);
    if (next > end) return at;
    if (code < CODES && starts[code]! < 0) {
      starts[code] = value;
      ends[code] = next;
    }
    at = next;
  }
  return -1;
}
