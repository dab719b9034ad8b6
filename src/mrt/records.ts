/**
 * MRT files, read as they come: the common header (RFC 6396 sections 2 and 3) and the way back into step in a torn file.
 *
 * Nothing in an MRT file says where a record begins. A writer that died left half a record, and the next one began after
 * it; whoever trusts the length field then reads noise to the end. So a record is believed at once only when a likely header
 * stands behind it, or the file ends there. Where none does, a pair of such headers is looked for inside it, and what lies
 * before the pair is told as a gap.
 */
import { Cursor } from '../net/cursor.ts';
import { isBgpSubtype, isExtended, isKnownType } from './record-types.ts';

/** Octets of the common header. */
export const HEADER_LENGTH = 12;
/** Longest body that is believed, octets. A RIB record of 5,000 peers with 200 octets of attributes each is 1 MB. */
export const LONGEST_RECORD = 1 << 24;
/** While searching: how far the time of a record may be from that of the last one, seconds. */
const NEAR = 7 * 86400;

/** One record. The object is the reader's own and is overwritten by the next one. */
export interface MrtRecord {
  /** Number of what was fed, from 1: while it stays, so does what stands in `bytes`. */
  chunk: number;
  /** The body, behind header and microseconds, is `bytes[start]` to `bytes[end - 1]`. */
  bytes: Uint8Array;
  start: number;
  end: number;
  type: number;
  subtype: number;
  /** Since the epoch. */
  seconds: number;
  /** Within the second; 0 for types without them. */
  microseconds: number;
  /** Position among the records read, from 1. */
  number: number;
  /** Offset of the header in the (uncompressed) file. */
  offset: number;
}

/** Octets that belong to no record. */
export interface MrtGap {
  /** The record before it; 0 when there is none. */
  readonly after: number;
  /** In the (uncompressed) file. */
  readonly offset: number;
  readonly octets: number;
  readonly reason: string;
}

export interface MrtReader {
  /** The record that `next` found last. */
  readonly record: MrtRecord;
  /** Gives the reader the next octets. They are kept, not copied, until their records were read. */
  feed(chunk: Uint8Array): void;
  /** Says that no more octets come. */
  finish(): void;
  /** `more`: feed or finish first. Records and gaps come in the order of the file. */
  next(): 'record' | 'more' | 'end' | MrtGap;
}

const u16 = (bytes: Uint8Array, at: number) => (bytes[at]! << 8) | bytes[at + 1]!;
const u32 = (bytes: Uint8Array, at: number) => (u16(bytes, at) << 16) | u16(bytes, at + 2);

/** Octets of the record whose header stands at `at` (12 octets must be there); 0 when no record begins so. */
function recordLength(bytes: Uint8Array, at: number): number {
  const type = u16(bytes, at + 4);
  const length = u32(bytes, at + 8) >>> 0;
  const sound = isKnownType(type) && length <= LONGEST_RECORD && (length >= 4 || !isExtended(type));
  return sound ? HEADER_LENGTH + length : 0;
}

/** Stricter, for the search: a type that carries BGP, and a time near that of the last record. */
function isLikelyHeader(bytes: Uint8Array, at: number, time: number): boolean {
  if (!isBgpSubtype(u16(bytes, at + 4), u16(bytes, at + 6)) || recordLength(bytes, at) === 0) return false;
  return time === 0 || Math.abs((u32(bytes, at) >>> 0) - time) <= NEAR;
}

/** A reader of one file. Never throws; memory is bounded by one record of `LONGEST_RECORD` and one chunk. */
export function mrtReader(): MrtReader {
  const none = new Uint8Array(0);
  const record: MrtRecord = {
    chunk: 0,
    bytes: none,
    start: 0,
    end: 0,
    type: 0,
    subtype: 0,
    seconds: 0,
    microseconds: 0,
    number: 0,
    offset: 0,
  };
  let bytes: Uint8Array = none;
  /** Joined from chunks by this reader: what lies behind `end` is its own to fill. */
  let owned: Uint8Array = none;
  /** Octets of the file before `bytes`. */
  let before = 0;
  /** First octet not yet delivered, and first behind what was fed. */
  let at = 0;
  let end = 0;
  let finished = false;
  /** Start and reason of a gap whose end is being looked for. */
  let lost: { readonly offset: number; readonly reason: string } | null = null;
  /** Where the search inside a record that is doubted goes on. */
  let searched = 0;

  const gap = (to: number): MrtGap => {
    const { offset, reason } = lost!;
    lost = null;
    at = to;
    searched = 0;
    return { after: record.number, offset, octets: before + to - offset, reason };
  };

  function deliver(length: number): 'record' {
    record.bytes = bytes;
    record.seconds = u32(bytes, at) >>> 0;
    record.type = u16(bytes, at + 4);
    record.subtype = u16(bytes, at + 6);
    const extended = isExtended(record.type);
    record.start = at + HEADER_LENGTH + (extended ? 4 : 0);
    record.microseconds = extended ? u32(bytes, at + HEADER_LENGTH) >>> 0 : 0;
    record.end = at + length;
    record.offset = before + at;
    record.number++;
    at += length;
    searched = 0;
    return 'record';
  }

  /** The place in `from` to `to` where a record begins with another behind it; -1 for none, `more` when it depends. */
  function search(from: number, to: number): number | 'more' {
    for (let i = from; i < to; i++) {
      if (i + HEADER_LENGTH > end) {
        if (finished) return -1;
        searched = i;
        return 'more';
      }
      if (!isLikelyHeader(bytes, i, record.seconds)) continue;
      const next = i + recordLength(bytes, i);
      if (next + HEADER_LENGTH <= end ? isLikelyHeader(bytes, next, record.seconds) : finished && next === end)
        return i;
      if (next + HEADER_LENGTH > end && !finished) {
        searched = i;
        return 'more';
      }
    }
    return -1;
  }

  /** Inside a gap: looks on, and lets go of what was looked through. */
  function skip(): MrtGap | 'more' {
    const found = search(at, end);
    if (found === 'more') {
      at = searched;
      return 'more';
    }
    if (found >= 0) return gap(found);
    at = end;
    return finished ? gap(end) : 'more';
  }

  function lose(reason: string): MrtGap | 'more' {
    lost = { offset: before + at, reason };
    at++;
    return skip();
  }

  return {
    record,
    feed(octets) {
      record.chunk++;
      // A plain view, whatever the source: one kind of array keeps the readers behind this fast.
      const chunk = new Uint8Array(octets.buffer, octets.byteOffset, octets.length);
      const left = end - at;
      if (bytes === owned && left > 0 && end + chunk.length <= owned.length) {
        owned.set(chunk, end);
        end += chunk.length;
        return;
      }
      if (left === 0) bytes = chunk;
      else {
        if (left + chunk.length <= owned.length) owned.set(bytes.subarray(at, end));
        else {
          const held = bytes.subarray(at, end);
          // Twice what is held, so that a long record that comes in small pieces is not copied for each of them.
          owned = new Uint8Array(Math.max(left + chunk.length, 2 * left));
          owned.set(held);
        }
        owned.set(chunk, left);
        bytes = owned;
      }
      before += at;
      searched = Math.max(0, searched - at);
      at = 0;
      end = left + chunk.length;
    },
    finish() {
      finished = true;
    },
    next() {
      if (lost !== null) return skip();
      const left = end - at;
      if (left === 0) return finished ? 'end' : 'more';
      if (left < HEADER_LENGTH) return finished ? lose(`the file ends inside a header: ${left} octets`) : 'more';
      const length = recordLength(bytes, at);
      if (length === 0) return lose('no record begins here');
      if (left < length && !finished) return 'more';
      const next = at + length;
      // Of BGP's records nearly every header is likely: one that is sound and no more may be octets that happen to look so.
      if (left < length || (next + HEADER_LENGTH <= end && !isLikelyHeader(bytes, next, record.seconds))) {
        const inside = search(Math.max(at + 1, searched), Math.min(next, end));
        if (inside === 'more') return 'more';
        const claimed = `a record of ${length} octets`;
        if (inside >= 0) {
          lost = { offset: before + at, reason: `another record begins inside ${claimed}` };
          return gap(inside);
        }
        if (left < length) {
          lost = { offset: before + at, reason: `the file ends inside ${claimed}` };
          return gap(end);
        }
      } else if (next + HEADER_LENGTH > end && !finished) return 'more';
      return deliver(length);
    },
  };
}

/** Writes the common header, and the microseconds where the type has them; returns the offset of the body. */
export function writeHeader(
  out: Uint8Array,
  at: number,
  type: number,
  subtype: number,
  seconds: number,
  microseconds: number,
  bodyLength: number,
): number {
  const extended = isExtended(type);
  const view = new DataView(out.buffer, out.byteOffset);
  view.setUint32(at, seconds);
  view.setUint16(at + 4, type);
  view.setUint16(at + 6, subtype);
  view.setUint32(at + 8, bodyLength + (extended ? 4 : 0));
  if (extended) view.setUint32(at + HEADER_LENGTH, microseconds);
  return at + HEADER_LENGTH + (extended ? 4 : 0);
}

/** A cursor over the body of a record. */
export const bodyOf = (record: MrtRecord) => new Cursor(record.bytes, record.start, record.end);
