/**
 * The RIB records of TABLE_DUMP_V2 (RFC 6396 sections 4.3.2 to 4.3.4) and their ADD-PATH variants (RFC 8050 section 4): a
 * prefix and what each peer says of it. Entries are walked in place: a table has millions.
 */
import type { Cursor } from '../net/cursor.ts';
import type { Prefix } from '../net/prefix.ts';
import {
  RIB_GENERIC_ADDPATH,
  RIB_IPV4_UNICAST,
  RIB_IPV4_UNICAST_ADDPATH,
  RIB_IPV6_UNICAST,
  RIB_IPV6_UNICAST_ADDPATH,
  type RibSubtype,
  TABLE_DUMP_V2,
} from './record-types.ts';
import { HEADER_LENGTH, writeHeader } from './records.ts';

/** A RIB record without its entries. Offsets are those of the buffer. */
export interface RibHead extends RibSubtype {
  readonly sequence: number;
  readonly prefixLength: number;
  /** Where the octets of the prefix stand. */
  readonly prefix: number;
  readonly entries: number;
}

/** One entry, overwritten by the next. */
export interface RibEntry {
  peerIndex: number;
  /** Seconds since the epoch. */
  originated: number;
  /** Path identifier; 0 without ADD-PATH. */
  pathId: number;
  attributesStart: number;
  attributesEnd: number;
}

/** An entry to be filled by `readRibEntry`. */
export const emptyRibEntry = (): RibEntry => ({
  peerIndex: 0,
  originated: 0,
  pathId: 0,
  attributesStart: 0,
  attributesEnd: 0,
});

/** Reads the body of a RIB record up to its first entry, where the cursor then stands. Else what is wrong, in words. */
export function decodeRibHead(body: Cursor, subtype: RibSubtype): RibHead | string {
  const sequence = body.u32();
  const prefixLength = body.u8();
  const prefix = body.offset;
  if (prefixLength > (subtype.afi === 1 ? 32 : 128)) return `prefix length ${prefixLength}`;
  body.skip((prefixLength + 7) >> 3);
  const entries = body.u16();
  if (body.failed) return 'the record is cut off before its entries';
  return { ...subtype, sequence, prefixLength, prefix, entries };
}

/** Reads the next entry and moves the cursor behind it. False when it does not fit; the cursor has then failed. */
export function readRibEntry(body: Cursor, addPath: boolean, entry: RibEntry): boolean {
  entry.peerIndex = body.u16();
  entry.originated = body.u32();
  entry.pathId = addPath ? body.u32() : 0;
  const length = body.u16();
  entry.attributesStart = body.offset;
  body.skip(length);
  entry.attributesEnd = body.offset;
  return !body.failed;
}

/** A RIB_GENERIC record (RFC 6396 section 4.3.3, RFC 8050 section 4.1): its NLRI is of any family, and stays as it is. */
export interface GenericRib {
  readonly sequence: number;
  readonly afi: number;
  readonly safi: number;
  /** From the NLRI, whose length only its family knows, to the end of the entries. */
  readonly octets: Uint8Array;
  readonly addPath: boolean;
}

/** Reads the body of a RIB_GENERIC record; `octets` is a view. */
export function decodeGenericRib(body: Cursor, subtype: number): GenericRib | string {
  const sequence = body.u32();
  const afi = body.u16();
  const safi = body.u8();
  if (body.failed) return 'the record is cut off before its NLRI';
  return { sequence, afi, safi, octets: body.view(body.left), addPath: subtype === RIB_GENERIC_ADDPATH };
}

const UNICAST = [RIB_IPV4_UNICAST, RIB_IPV6_UNICAST] as const;
const UNICAST_ADDPATH = [RIB_IPV4_UNICAST_ADDPATH, RIB_IPV6_UNICAST_ADDPATH] as const;

/**
 * A RIB record of a unicast prefix that is filled entry by entry, for a table of millions: nothing is made for an entry. The
 * sequence number is 0. `begin` gives the record a prefix, `attributes` a place where those of the next entry go, at most
 * `most` octets; `entry` ends them; `end` gives the record, valid until the next `begin`.
 */
export function ribRecordWriter() {
  let out = new Uint8Array(1 << 16);
  let view = new DataView(out.buffer);
  let countAt = 0;
  let next = 0;
  let count = 0;
  let fixed = 0;
  let header: readonly [subtype: number, seconds: number] = [0, 0];
  return {
    begin(seconds: number, { afi, bytes, length }: Prefix, addPath: boolean): void {
      header = [(addPath ? UNICAST_ADDPATH : UNICAST)[afi - 1]!, seconds];
      const octets = (length + 7) >> 3;
      fixed = addPath ? 12 : 8;
      view.setUint32(HEADER_LENGTH, 0);
      out[HEADER_LENGTH + 4] = length;
      for (let i = 0; i < octets; i++) out[HEADER_LENGTH + 5 + i] = bytes[i]!;
      countAt = HEADER_LENGTH + 5 + octets;
      next = countAt + 2;
      count = 0;
    },
    attributes(most: number): { readonly out: Uint8Array; readonly at: number } {
      if (next + fixed + most > out.length) {
        const larger = new Uint8Array(2 * out.length + most);
        larger.set(out.subarray(0, next));
        out = larger;
        view = new DataView(out.buffer);
      }
      return { out, at: next + fixed };
    },
    /** `end` is the place behind the attributes, which were written at the place that `attributes` gave. */
    entry(peerIndex: number, originated: number, pathId: number, end: number): void {
      view.setUint16(next, peerIndex);
      view.setUint32(next + 2, originated);
      if (fixed === 12) view.setUint32(next + 6, pathId);
      view.setUint16(next + fixed - 2, end - next - fixed);
      next = end;
      count++;
    },
    /** Entries so far. */
    count: () => count,
    end(): Uint8Array {
      view.setUint16(countAt, count);
      writeHeader(out, 0, TABLE_DUMP_V2, header[0], header[1], 0, next - HEADER_LENGTH);
      return out.subarray(0, next);
    },
  };
}
