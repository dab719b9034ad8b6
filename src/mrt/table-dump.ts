import type { Cursor } from '../net/cursor.ts';

/** A TABLE_DUMP record (RFC 6396 section 4.2): one route of one peer. Offsets are those of the buffer. */
export interface TableDump {
  readonly view: number;
  readonly sequence: number;
  readonly afi: 1 | 2;
  readonly prefix: number;
  readonly prefixLength: number;
  /** Seconds since the epoch. */
  readonly originated: number;
  readonly peerAddress: number;
  readonly peerAs: number;
  /** AS numbers of 4 octets: the subtypes 3 and 4 of some early writers; the RFC has 2 octets only. */
  readonly as4: boolean;
  readonly attributesStart: number;
  readonly attributesEnd: number;
}

/** Reads the body of a TABLE_DUMP record, or says what is wrong. */
export function decodeTableDump(body: Cursor, subtype: number): TableDump | string {
  if (subtype < 1 || subtype > 4) return `subtype ${subtype}`;
  const afi = subtype % 2 === 1 ? 1 : 2;
  const as4 = subtype > 2;
  const octets = afi === 1 ? 4 : 16;
  const view = body.u16();
  const sequence = body.u16();
  const prefix = body.offset;
  body.skip(octets);
  const prefixLength = body.u8();
  body.skip(1); // Status: unused, always 1
  const originated = body.u32();
  const peerAddress = body.offset;
  body.skip(octets);
  const peerAs = as4 ? body.u32() : body.u16();
  const length = body.u16();
  const attributesStart = body.offset;
  body.skip(length);
  if (body.failed) return 'the record is cut off';
  if (prefixLength > octets * 8) return `prefix length ${prefixLength}`;
  return {
    view,
    sequence,
    afi,
    prefix,
    prefixLength,
    originated,
    peerAddress,
    peerAs,
    as4,
    attributesStart,
    attributesEnd: body.offset,
  };
}
