/** BGP4MP (RFC 6396 section 4.4, RFC 8050 section 3) and its forerunner BGP (appendix B.2.2): messages and state changes. */
import type { Address } from '../net/address.ts';
import type { Cursor } from '../net/cursor.ts';
import {
  BGP4MP_ET,
  MESSAGE,
  MESSAGE_ADDPATH,
  MESSAGE_AS4,
  MESSAGE_AS4_ADDPATH,
  type MessageSubtype,
  STATE_CHANGE_AS4,
} from './record-types.ts';
import { HEADER_LENGTH, writeHeader } from './records.ts';

/** Where the two ends of a session stand in a record. Offsets are those of the buffer. */
export interface SessionEnds {
  readonly peerAs: number;
  readonly localAs: number;
  readonly afi: 1 | 2;
  readonly peerAddress: number;
  /** -1 where the record has none: a state change of type BGP. */
  readonly localAddress: number;
}

export interface DumpedMessage extends SessionEnds, MessageSubtype {
  /** BGP message type. */
  readonly type: number;
  /** The body of the message, behind its header. */
  readonly start: number;
  readonly end: number;
  /** Octets that the message says it has and the record has not. */
  readonly missing: number;
}

export interface DumpedState extends SessionEnds {
  /** 1 Idle to 6 Established (RFC 6396 section 4.4.1); Quagga adds 7 Clearing and 8 Deleted. */
  readonly from: number;
  readonly to: number;
}

/** The fields before message or states: AS numbers, interface index, family, addresses. */
function readEnds(body: Cursor, as4: boolean): SessionEnds | string {
  const peerAs = as4 ? body.u32() : body.u16();
  const localAs = as4 ? body.u32() : body.u16();
  body.skip(2); // Interface Index
  const afi = body.u16();
  if (body.failed) return 'the record is cut off before its addresses';
  if (afi !== 1 && afi !== 2) return `address family ${afi}`;
  const peerAddress = body.offset;
  body.skip(afi === 1 ? 4 : 16);
  const localAddress = body.offset;
  body.skip(afi === 1 ? 4 : 16);
  return body.failed
    ? 'the record is cut off inside its addresses'
    : { peerAs, localAs, afi, peerAddress, localAddress };
}

function isMarker(bytes: Uint8Array, at: number): boolean {
  let ones = 0xff;
  for (let i = at; i < at + 16; i++) ones &= bytes[i]!;
  return ones === 0xff;
}

/** Reads a MESSAGE of any subtype. A message that the writer cut short is read as far as it goes. */
export function decodeMessage(body: Cursor, { as4, local, addPath }: MessageSubtype): DumpedMessage | string {
  const ends = readEnds(body, as4);
  if (typeof ends === 'string') return ends;
  const marker = body.offset;
  body.skip(16);
  const length = body.u16();
  const type = body.u8();
  if (body.failed) return 'the record is cut off inside the header of its message';
  if (!isMarker(body.bytes, marker)) return 'the marker of the message is not all ones';
  if (length < 19) return `message of ${length} octets`;
  const start = body.offset;
  const end = Math.min(start + length - 19, body.end);
  const missing = start + length - 19 - end;
  const { peerAs, localAs, afi, peerAddress, localAddress } = ends;
  return { peerAs, localAs, afi, peerAddress, localAddress, as4, local, addPath, type, start, end, missing };
}

/** Reads a STATE_CHANGE. */
export function decodeStateChange(body: Cursor, as4: boolean): DumpedState | string {
  const ends = readEnds(body, as4);
  if (typeof ends === 'string') return ends;
  const from = body.u16();
  const to = body.u16();
  if (body.failed) return 'the record is cut off before its states';
  return body.left > 0 ? `${body.left} octets behind the states` : { ...ends, from, to };
}

const OLD_MESSAGE: MessageSubtype = { as4: false, local: false, addPath: false };

/** Reads an UPDATE of type BGP: IPv4 only, and no message header. */
export function decodeOldUpdate(body: Cursor): DumpedMessage | string {
  const peerAs = body.u16();
  const peerAddress = body.offset;
  body.skip(4);
  const localAs = body.u16();
  const localAddress = body.offset;
  body.skip(4);
  if (body.failed) return 'the record is cut off';
  const ends = { peerAs, localAs, afi: 1, peerAddress, localAddress } as const;
  return { ...ends, ...OLD_MESSAGE, type: 2, start: body.offset, end: body.end, missing: 0 };
}

/** Reads a STATE_CHANGE of type BGP. */
export function decodeOldStateChange(body: Cursor): DumpedState | string {
  const peerAs = body.u16();
  const peerAddress = body.offset;
  body.skip(4);
  const from = body.u16();
  const to = body.u16();
  if (body.failed) return 'the record is cut off';
  return { peerAs, localAs: 0, afi: 1, peerAddress, localAddress: -1, from, to };
}

/** A session as the archive names it. Both addresses are of one family. */
export interface ArchivedPeer {
  readonly address: Address;
  readonly as: number;
  readonly localAddress: Address;
  readonly localAs: number;
  /** What was negotiated, and thus how AS numbers and prefixes stand in the messages. */
  readonly as4: boolean;
  readonly addPath: boolean;
}

/** Octets of a BGP4MP_ET record of a peer, with `octets` of message or states behind the addresses. */
const recordLength = (peer: ArchivedPeer, as4: boolean, octets: number) =>
  HEADER_LENGTH + 4 + (as4 ? 12 : 8) + 2 * peer.address.bytes.length + octets;

/** Octets of the record of a message. */
export const messageRecordLength = (peer: ArchivedPeer, message: Uint8Array) =>
  recordLength(peer, peer.as4, message.length);

/** Octets of the record of a state change. */
export const stateRecordLength = (peer: ArchivedPeer) => recordLength(peer, true, 4);

/** Stands in a field of 2 octets for a longer AS number (RFC 6793 section 9). */
const AS_TRANS = 23456;

function writeEnds(out: Uint8Array, at: number, peer: ArchivedPeer, as4: boolean): number {
  const fields = new DataView(out.buffer, out.byteOffset);
  const short = (as: number) => (as > 0xffff ? AS_TRANS : as);
  if (as4) {
    fields.setUint32(at, peer.as);
    fields.setUint32(at + 4, peer.localAs);
  } else {
    fields.setUint16(at, short(peer.as));
    fields.setUint16(at + 2, short(peer.localAs));
  }
  const next = at + (as4 ? 8 : 4);
  fields.setUint16(next, 0);
  fields.setUint16(next + 2, peer.address.afi);
  out.set(peer.address.bytes, next + 4);
  out.set(peer.localAddress.bytes, next + 4 + peer.address.bytes.length);
  return next + 4 + 2 * peer.address.bytes.length;
}

/**
 * Writes a BGP4MP_ET record of a whole message at `at`: `messageRecordLength` octets. `time` is microseconds since the
 * epoch. The subtype says how the session encoded AS numbers and prefixes. Returns the offset behind the record.
 */
export function writeMessageRecord(
  out: Uint8Array,
  at: number,
  peer: ArchivedPeer,
  time: number,
  message: Uint8Array,
): number {
  const plain = peer.as4 ? MESSAGE_AS4 : MESSAGE;
  const subtype = peer.addPath ? (peer.as4 ? MESSAGE_AS4_ADDPATH : MESSAGE_ADDPATH) : plain;
  const body = messageRecordLength(peer, message) - HEADER_LENGTH - 4;
  const start = writeHeader(out, at, BGP4MP_ET, subtype, Math.floor(time / 1e6), time % 1e6, body);
  const next = writeEnds(out, start, peer, peer.as4);
  out.set(message, next);
  return next + message.length;
}

/** What stands before a message in its record, the same for all messages of a session but for time and length. */
export function messageHead(peer: ArchivedPeer): Uint8Array {
  const none = new Uint8Array(0);
  const head = new Uint8Array(messageRecordLength(peer, none));
  writeMessageRecord(head, 0, peer, 0, none);
  return head;
}

/** Writes a BGP4MP_ET STATE_CHANGE_AS4 record at `at`: `stateRecordLength` octets. Returns the offset behind it. */
export function writeStateRecord(
  out: Uint8Array,
  at: number,
  peer: ArchivedPeer,
  time: number,
  from: number,
  to: number,
): number {
  const body = stateRecordLength(peer) - HEADER_LENGTH - 4;
  const start = writeHeader(out, at, BGP4MP_ET, STATE_CHANGE_AS4, Math.floor(time / 1e6), time % 1e6, body);
  const next = writeEnds(out, start, peer, true);
  const fields = new DataView(out.buffer, out.byteOffset);
  fields.setUint16(next, from);
  fields.setUint16(next + 2, to);
  return next + 4;
}
