/**
 * Capture files, read as they come: pcap (draft-ietf-opsawg-pcap) in both byte orders, with micro- and nanoseconds, and
 * pcapng (packet/pcapng.ts). The reader is fed chunks and asked for records; a record is a view of what was fed.
 */
import { Cursor } from '../net/cursor.ts';
import {
  emptyRecord,
  type InterfaceNumber,
  LONGEST_FRAME,
  type PcapError,
  type PcapFormat,
  type PcapRecord,
} from './capture.ts';
import { type FrameBlock, frameBlock } from './frame-block.ts';
import { isPcapng, pcapngFormat } from './pcapng.ts';

export interface PcapReader {
  /** The record that `next` found last. */
  readonly record: PcapRecord;
  /**
   * Gives the reader the next octets of the file. They are kept, not copied, until their records were read. `before`: octets
   * in front of the chunk, in its buffer, that may be overwritten; where the rest of the chunk before fits there, only
   * that is copied.
   */
  feed(chunk: Uint8Array, before?: number): void;
  /** `record`; `more`: feed first; or an error, after which nothing more is read. */
  next(): 'record' | 'more' | PcapError;
  /**
   * All that was fed and not read yet as a block of frames, to be taken many at a time; null where that cannot be: of a
   * pcapng file, before a file's header was read, after an error. `took` has to follow before anything else.
   */
  block(): FrameBlock | null;
  /** Goes on behind the frames of the block that were taken. */
  took(block: FrameBlock): void;
  /** To be asked when the file has ended: null when it ended after a whole record. */
  end(): PcapError | null;
}

/**
 * Reads a pcap or pcapng file; which, its first four octets tell. `numberOf` is asked for each interface that a pcapng file
 * describes, and once with an empty name for a pcap file, which names none. Never throws.
 */
export function pcapReader(numberOf: InterfaceNumber = () => 0): PcapReader {
  const none = new Uint8Array(0);
  const record = emptyRecord();
  let cursor = new Cursor(none);
  /** Octets of the file before the cursor's bytes. */
  let before = 0;
  let format: PcapFormat | null = null;
  let error: PcapError | null = null;

  const fail = (reason: string): PcapError => {
    error = { record: record.number, offset: before + cursor.offset, reason };
    return error;
  };

  return {
    record,
    feed(chunk, room = 0) {
      const rest = cursor.bytes.subarray(cursor.offset);
      before += cursor.offset;
      if (rest.length === 0) {
        cursor = new Cursor(chunk);
        return;
      }
      // The record that lies across two chunks is the only reason to copy.
      if (rest.length <= room) {
        const { buffer, byteOffset, length } = chunk;
        const joined = new Uint8Array(buffer, byteOffset - rest.length, rest.length + length);
        joined.set(rest);
        cursor = new Cursor(joined);
        return;
      }
      const joined = new Uint8Array(rest.length + chunk.length);
      joined.set(rest);
      joined.set(chunk, rest.length);
      cursor = new Cursor(joined);
    },
    next() {
      for (;;) {
        if (error !== null) return error;
        if (format === null) {
          if (cursor.left < 4) return 'more';
          format = isPcapng(cursor) ? pcapngFormat(numberOf) : classicFormat(numberOf(''));
        }
        const at = cursor.offset;
        const step = format.step(cursor, record);
        if (step === 'record') {
          record.number++;
          return step;
        }
        if (step === 'skip') continue;
        // A read that did not fit leaves the cursor failed: start over from here when there is more.
        cursor = new Cursor(cursor.bytes, at);
        if (step === 'more') return step;
        return fail(step.reason);
      }
    },
    block() {
      if (error !== null || format === null || cursor.left === 0) return null;
      return format.block?.(cursor.bytes.subarray(cursor.offset)) ?? null;
    },
    took(block) {
      cursor = new Cursor(cursor.bytes, cursor.offset + block.at);
      record.number += block.frames;
    },
    end() {
      if (error !== null) return error;
      if (cursor.left > 0) return fail(`the file ends inside a record: ${cursor.left} octets are left over`);
      return format === null ? fail('the file is empty') : null;
    },
  };
}

const MICROSECONDS = 0xa1b2c3d4;
const NANOSECONDS = 0xa1b23c4d;

/** pcap: a header of 24 octets, then records with a header of 16 octets each, in the byte order of the writer. */
function classicFormat(number: number): PcapFormat {
  let little: boolean | null = null;
  let nanoseconds = false;
  let linkType = 0;
  const u32 = (cursor: Cursor) => (little ? cursor.u32le() : cursor.u32());

  return {
    step(cursor, record) {
      if (little === null) {
        if (cursor.left < 24) return 'more';
        const magic = cursor.u32();
        const swapped = ((magic & 0xff) << 24) | ((magic & 0xff00) << 8) | ((magic >>> 8) & 0xff00) | (magic >>> 24);
        const known = [MICROSECONDS, NANOSECONDS];
        if (!known.includes(magic) && !known.includes(swapped >>> 0))
          return { reason: `not a pcap or pcapng file: it begins with ${magic.toString(16).padStart(8, '0')}` };
        little = !known.includes(magic);
        nanoseconds = (little ? swapped >>> 0 : magic) === NANOSECONDS;
        cursor.skip(16); // version, two fields always 0, snapshot length: each record tells its own
        // The upper octets may tell the length of a frame check sequence; it lies behind the packet and is never read.
        linkType = u32(cursor) & 0xffff;
        return 'skip';
      }
      if (cursor.left < 16) return 'more';
      const seconds = u32(cursor);
      const fraction = u32(cursor);
      const captured = u32(cursor);
      const wire = u32(cursor);
      if (captured > LONGEST_FRAME)
        return { reason: `captured length ${captured} is longer than any frame (${LONGEST_FRAME})` };
      if (cursor.left < captured) return 'more';
      record.bytes = cursor.bytes;
      record.offset = cursor.offset;
      record.captured = captured;
      record.wire = wire;
      record.seconds = seconds;
      record.nanoseconds = nanoseconds ? fraction : fraction * 1000;
      record.linkType = linkType;
      record.interface = number;
      record.outgoing = false;
      cursor.skip(captured);
      return 'record';
    },
    block(octets) {
      if (little === null) return null;
      return frameBlock(octets, `pcap-${little ? 'le' : 'be'}-${nanoseconds ? 'ns' : 'us'}`, linkType, number);
    },
  };
}

/** A frame to be written: time in nanoseconds since the epoch. */
export interface WrittenFrame {
  readonly time: bigint;
  readonly bytes: Uint8Array;
  /** Octets on the wire, where the frame was cut. */
  readonly wire?: number;
}

/** The frames as a pcap file, in little-endian order with nanoseconds. */
export function writePcap(linkType: number, frames: readonly WrittenFrame[]): Uint8Array {
  const size = frames.reduce((sum, frame) => sum + 16 + frame.bytes.length, 24);
  const file = new Uint8Array(size);
  const view = new DataView(file.buffer);
  view.setUint32(0, NANOSECONDS, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, LONGEST_FRAME, true);
  view.setUint32(20, linkType, true);
  let at = 24;
  for (const { time, bytes, wire } of frames) {
    view.setUint32(at, Number(time / 1_000_000_000n), true);
    view.setUint32(at + 4, Number(time % 1_000_000_000n), true);
    view.setUint32(at + 8, bytes.length, true);
    view.setUint32(at + 12, wire ?? bytes.length, true);
    file.set(bytes, at + 16);
    at += 16 + bytes.length;
  }
  return file;
}
