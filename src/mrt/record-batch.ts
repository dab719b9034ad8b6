/** Records on their way from a collector to the archive: many in one buffer, which is handed over, not copied. */
import { windowOf } from './archive-name.ts';
import {
  type ArchivedPeer,
  messageRecordLength,
  stateRecordLength,
  writeMessageRecord,
  writeStateRecord,
} from './bgp4mp.ts';
import { HEADER_LENGTH } from './records.ts';

export interface RecordBatch {
  /** A whole BGP message of a peer. `time` is microseconds since the epoch. */
  message(peer: ArchivedPeer, time: number, message: Uint8Array): void;
  /**
   * The same on the hot path: the message is `bytes[start]` to `bytes[end - 1]`, `head` is the session's `messageHead`, and
   * `time` is milliseconds since the epoch.
   */
  copy(head: Uint8Array, time: number, bytes: Uint8Array, start: number, end: number): void;
  /** A change of the session's state: 1 Idle to 6 Established. */
  state(peer: ArchivedPeer, time: number, from: number, to: number): void;
  /** Octets held. */
  readonly length: () => number;
  /** The records so far, in a buffer of their own; the batch is empty then. */
  take(): Uint8Array<ArrayBuffer>;
}

/** Octets up to which a loop copies faster than the runtime does. */
const SHORT = 256;

/** An empty batch with room for `size` octets; it grows when that is not enough. */
export function recordBatch(size: number): RecordBatch {
  let octets = new Uint8Array(size);
  let length = 0;

  function room(needed: number): void {
    if (length + needed <= octets.length) return;
    const larger = new Uint8Array(Math.max(2 * octets.length, length + needed));
    larger.set(octets.subarray(0, length));
    octets = larger;
  }

  function put32(at: number, value: number): void {
    octets[at] = value >>> 24;
    octets[at + 1] = value >>> 16;
    octets[at + 2] = value >>> 8;
    octets[at + 3] = value;
  }

  return {
    message(peer, time, message) {
      room(messageRecordLength(peer, message));
      length = writeMessageRecord(octets, length, peer, time, message);
    },
    copy(head, time, bytes, start, end) {
      const message = end - start;
      room(head.length + message);
      // Loops: most messages are short, and a view of each costs more than its octets.
      for (let i = 0; i < head.length; i++) octets[length + i] = head[i]!;
      const seconds = Math.floor(time / 1000);
      put32(length, seconds);
      put32(length + 8, head.length - HEADER_LENGTH + message);
      put32(length + HEADER_LENGTH, (time - seconds * 1000) * 1000);
      length += head.length;
      if (message > SHORT) octets.set(bytes.subarray(start, end), length);
      else for (let i = 0; i < message; i++) octets[length + i] = bytes[start + i]!;
      length += message;
    },
    state(peer, time, from, to) {
      room(stateRecordLength(peer));
      length = writeStateRecord(octets, length, peer, time, from, to);
    },
    length: () => length,
    take() {
      const taken = octets.subarray(0, length);
      octets = new Uint8Array(size);
      length = 0;
      return taken;
    },
  };
}

/** Gets a run of records of one window: its octets, how many records, and the time of the first, milliseconds. */
export type OnRun = (octets: Uint8Array, records: number, time: number) => void;

/** Splits whole records where a window of `length` milliseconds ends: at the first record of the next. */
export function splitByWindow(octets: Uint8Array, length: number, onRun: OnRun): void {
  const fields = new DataView(octets.buffer, octets.byteOffset, octets.length);
  let from = 0;
  let records = 0;
  let begun = 0;
  for (let at = 0; at + HEADER_LENGTH <= octets.length; ) {
    const time = fields.getUint32(at) * 1000;
    if (records === 0) begun = time;
    else if (windowOf(time, length) > windowOf(begun, length)) {
      onRun(octets.subarray(from, at), records, begun);
      from = at;
      records = 0;
      begun = time;
    }
    at += HEADER_LENGTH + fields.getUint32(at + 8);
    records++;
  }
  if (records > 0) onRun(octets.subarray(from), records, begun);
}

/** Numbers the RIB records of a chunk from `sequence` on (RFC 6396 section 4.3.2); returns how many they are. */
export function numberRecords(chunk: Uint8Array, sequence: number): number {
  const fields = new DataView(chunk.buffer, chunk.byteOffset, chunk.length);
  let count = 0;
  for (let at = 0; at + HEADER_LENGTH + 4 <= chunk.length; at += HEADER_LENGTH + fields.getUint32(at + 8)) {
    fields.setUint32(at + HEADER_LENGTH, sequence + count);
    count++;
  }
  return count;
}
