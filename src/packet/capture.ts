/** What a capture file holds, whatever its format. */
import type { Cursor } from '../net/cursor.ts';
import type { FrameBlock } from './frame-block.ts';

/** Longest frame that is believed: what libpcap allows too (MAXIMUM_SNAPLEN). */
export const LONGEST_FRAME = 262144;

/** One captured frame. The object is the reader's own and is overwritten by the next record. */
export interface PcapRecord {
  /** The frame is `bytes[offset]` to `bytes[offset + captured - 1]`. */
  bytes: Uint8Array;
  offset: number;
  captured: number;
  /** Octets the frame had on the wire: more than `captured` when the capture cut it. */
  wire: number;
  /** Seconds since the epoch, and nanoseconds within the second. */
  seconds: number;
  nanoseconds: number;
  /** LINKTYPE_ value (https://www.tcpdump.org/linktypes.html). */
  linkType: number;
  /** Where it was captured: a number that whoever opened the capture gave to the interface's name (PcapReader). */
  interface: number;
  /** The capture says that the machine it was made on has sent the frame. */
  outgoing: boolean;
  /** Position in the file, from 1. */
  number: number;
}

/** A record for a reader to fill, again and again. */
export function emptyRecord(): PcapRecord {
  return {
    bytes: new Uint8Array(0),
    offset: 0,
    captured: 0,
    wire: 0,
    seconds: 0,
    nanoseconds: 0,
    linkType: 0,
    interface: 0,
    outgoing: false,
    number: 0,
  };
}

/** What is wrong with a file, and where. `record` is 0 before the first record; `offset` counts octets of the file. */
export interface PcapError {
  readonly record: number;
  readonly offset: number;
  readonly reason: string;
}

/** What a step of a format found: a record, nothing to show (a header), too few octets yet, or an error in words. */
export type PcapStep = 'record' | 'skip' | 'more' | { readonly reason: string };

/** The number under which an interface is known; the name is empty where a capture does not tell it. */
export type InterfaceNumber = (name: string) => number;

/** One file format: reads what stands at the cursor, moves it past that, and fills the record. */
export interface PcapFormat {
  step(cursor: Cursor, record: PcapRecord): PcapStep;
  /** The octets that follow as a block of frames; null where a format has none, or none yet. */
  block?(octets: Uint8Array): FrameBlock | null;
}
