/**
 * Texts that were made of octets, kept as octets: most routes of a table carry an attribute list that another one carried
 * shortly before. What is kept is bounded: when it is full all of it is dropped, and what is still wanted comes back by
 * itself. No object is kept, for the collector of garbage would have to walk over all of them.
 */
import { writeCopy } from './text-octets.ts';

/** Places of the hash table, a power of two; at most half of them are taken. */
const SLOTS = 1 << 15;
/** Of each place: hash, kind and lengths of octets and text, and where both are kept. */
const FIELDS = 3;
/** Octets kept, their texts among them. */
const ROOM = 1 << 22;
/** Longer octets, and longer texts, are not kept. */
export const LONGEST_TEXT = 0xfff;
const GOLDEN = 0x9e3779b1;

export interface TextMemo {
  /**
   * Writes the text of the octets `start` to `end`, made under the same `kind` (0 to 127), at `at`. Returns the offset
   * behind it, or -1 when the caller has to make the text and may hand it to `keep`. Up to three octets more are written.
   */
  write(out: DataView, at: number, bytes: Uint8Array, start: number, end: number, kind: number): number;
  /** Keeps what stands at `from` to `to` as the text of the octets that `write` was asked for last. */
  keep(out: DataView, from: number, to: number): void;
}

/** Mixes the octets, four at a time. It need not withstand an adversary: a bad file costs its reader time. */
function hashOf(octets: DataView, start: number, end: number): number {
  let hash = end - start;
  let at = start;
  for (; at + 4 <= end; at += 4) hash = (Math.imul(hash, GOLDEN) + octets.getInt32(at, true)) ^ (hash >>> 15);
  for (; at < end; at++) hash = Math.imul(hash, GOLDEN) + octets.getUint8(at);
  hash = Math.imul(hash, GOLDEN);
  return hash ^ (hash >>> 15);
}

function isSame(a: Uint8Array, aStart: number, b: Uint8Array, bStart: number, length: number): boolean {
  let same = 0;
  while (same < length && a[aStart + same] === b[bStart + same]) same++;
  return same === length;
}

/** An empty memo. */
export function textMemo(): TextMemo {
  const slots = new Int32Array(FIELDS * SLOTS);
  const kept = new Uint8Array(ROOM);
  const view = new DataView(kept.buffer);
  let entries = 0;
  let used = 0;
  // The chunk that was read last, and what of it `write` was asked for and did not find.
  let chunk: Uint8Array = kept;
  let octets = view;
  let askedStart = 0;
  let askedEnd = 0;
  let askedKind = 0;
  let askedHash = 0;

  return {
    write(out, at, bytes, start, end, kind) {
      if (bytes !== chunk) {
        chunk = bytes;
        octets = new DataView(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length);
      }
      const length = end - start;
      askedStart = start;
      askedEnd = end;
      askedKind = kind;
      if (length > LONGEST_TEXT) return -1;
      askedHash = hashOf(octets, start, end);
      const wanted = (kind << 12) | length;
      for (let slot = askedHash & (SLOTS - 1); ; slot = (slot + 1) & (SLOTS - 1)) {
        const sizes = slots[FIELDS * slot + 1]!;
        if (sizes === 0) return -1;
        if (slots[FIELDS * slot] !== askedHash || sizes >>> 12 !== wanted) continue;
        const place = slots[FIELDS * slot + 2]!;
        if (isSame(kept, place, bytes, start, length))
          return writeCopy(out, at, view, place + length, sizes & LONGEST_TEXT);
      }
    },

    keep(out, from, to) {
      const length = askedEnd - askedStart;
      const text = to - from;
      if (length > LONGEST_TEXT || text > LONGEST_TEXT || text === 0) return;
      if (entries >= SLOTS / 2 || used + length + text + 4 > ROOM) {
        slots.fill(0);
        entries = 0;
        used = 0;
      }
      let slot = askedHash & (SLOTS - 1);
      while (slots[FIELDS * slot + 1] !== 0) slot = (slot + 1) & (SLOTS - 1);
      slots[FIELDS * slot] = askedHash;
      slots[FIELDS * slot + 1] = (askedKind << 24) | (length << 12) | text;
      slots[FIELDS * slot + 2] = used;
      entries++;
      kept.set(chunk.subarray(askedStart, askedEnd), used);
      used = writeCopy(view, used + length, out, from, text);
    },
  };
}
