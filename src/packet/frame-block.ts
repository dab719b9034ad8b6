/**
 * Many captured frames at once, as they lie in memory: a block of a capture ring, or a stretch of a pcap file. Who has
 * them hands over the block (probe/intake/tap.ts `takeBlock`) and no frame by itself; it is read during that call only, so
 * that a ring's block may go back to the kernel afterwards.
 */
import { emptyRecord, LONGEST_FRAME, type PcapRecord } from './capture.ts';

/** How the frames of a block follow each other. */
export type FrameLayout =
  /**
   * A block of a TPACKET_V3 ring, from its struct tpacket_block_desc on (linux/if_packet.h), in the byte order of a
   * little-endian machine.
   */
  | 'tpacket-v3'
  /** Records of a pcap file, each with its header of 16 octets; little-endian or big-endian, micro- or nanoseconds. */
  | 'pcap-le-us'
  | 'pcap-le-ns'
  | 'pcap-be-us'
  | 'pcap-be-ns';

export interface FrameBlock {
  /** The block begins at `bytes[0]`. What lies behind the last whole frame is not looked at. */
  readonly bytes: Uint8Array;
  readonly layout: FrameLayout;
  /** LINKTYPE_ value of all its frames. */
  readonly linkType: number;
  /** Number of the interface, as VantageMap's `interfaceNumber` gave it. */
  readonly interface: number;
  /** Offset of the header of the first frame that was not taken yet, and how many were: taking moves both. */
  at: number;
  frames: number;
}

// struct tpacket_block_desc: version, offset to private data, then struct tpacket_hdr_v1: status, number of packets, offset
// to the first, octets in use, sequence number, times.
const BLOCK_PACKETS = 12;
const BLOCK_FIRST = 16;
const BLOCK_USED = 20;
const BLOCK_HEADER = 48;

// struct tpacket3_hdr: offset to the next, seconds, nanoseconds, captured, wire, status, offsets of the link and of the
// network header (16 bits each), then rxhash and tag control information; struct sockaddr_ll follows behind 48 octets.
const RING_MAC = 24;
const RING_TAG = 32;
const RING_ADDRESS = 48;
const RING_PACKET_TYPE = RING_ADDRESS + 10;
const RING_HEADER = RING_ADDRESS + 20;
const STATUS = 20;
/** TP_STATUS_VLAN_VALID: the driver took a tag out of the frame. */
const TAGGED = 1 << 4;
const PACKET_OUTGOING = 4;

const PCAP_HEADER = 16;

/** A block none of whose frames is taken. `bytes` of a ring are those of one block, used or not. */
export function frameBlock(
  bytes: Uint8Array,
  layout: FrameLayout,
  linkType: number,
  interfaceNumber: number,
): FrameBlock {
  const ring = layout === 'tpacket-v3';
  const at = ring ? (bytes.length < BLOCK_HEADER ? bytes.length : u32(bytes, BLOCK_FIRST)) : 0;
  return { bytes, layout, linkType, interface: interfaceNumber, at, frames: 0 };
}

/** Octets of a ring's block that the kernel has written; all of another block. */
export function usedOctets({ bytes, layout }: FrameBlock): number {
  if (layout !== 'tpacket-v3') return bytes.length;
  return bytes.length < BLOCK_HEADER ? 0 : Math.min(bytes.length, u32(bytes, BLOCK_USED));
}

/** Frames of a block that may still be there; of a pcap file nothing says how many. */
export function framesLeft(block: FrameBlock): number {
  if (block.layout !== 'tpacket-v3') return 0xffffffff;
  return block.bytes.length < BLOCK_HEADER ? 0 : Math.max(0, u32(block.bytes, BLOCK_PACKETS) - block.frames);
}

/** What a frame says besides its octets. */
export interface BlockRecord extends PcapRecord {
  /** Tag control information of the 802.1Q tag that a network card took out of the frame; -1 when it did not. */
  tag: number;
}

/** A record for `nextFrame` to fill, again and again. */
export function blockRecord(): BlockRecord {
  return { ...emptyRecord(), tag: -1 };
}

/**
 * Reads the next frame of a block into `record`, and takes it. False when there is none, or not all of it: a pcap file
 * goes on in another chunk, or its next header is one that no reader believes (packet/pcap.ts tells).
 */
export function nextFrame(block: FrameBlock, record: BlockRecord): boolean {
  record.bytes = block.bytes;
  record.linkType = block.linkType;
  record.interface = block.interface;
  const found = block.layout === 'tpacket-v3' ? nextOfRing(block, record) : nextOfPcap(block, record);
  if (found) record.number = ++block.frames;
  return found;
}

function nextOfPcap(block: FrameBlock, record: BlockRecord): boolean {
  const { bytes, at, layout } = block;
  const big = layout === 'pcap-be-us' || layout === 'pcap-be-ns';
  const read = big ? u32be : u32;
  if (bytes.length - at < PCAP_HEADER) return false;
  const captured = read(bytes, at + 8);
  if (captured > LONGEST_FRAME || bytes.length - at - PCAP_HEADER < captured) return false;
  const fraction = read(bytes, at + 4);
  record.seconds = read(bytes, at);
  record.nanoseconds = layout === 'pcap-le-ns' || layout === 'pcap-be-ns' ? fraction : fraction * 1000;
  record.captured = captured;
  record.wire = read(bytes, at + 12);
  record.offset = at + PCAP_HEADER;
  record.outgoing = false;
  record.tag = -1;
  block.at = record.offset + captured;
  return true;
}

function nextOfRing(block: FrameBlock, record: BlockRecord): boolean {
  const { bytes, at } = block;
  const used = usedOctets(block);
  if (used < BLOCK_HEADER || block.frames >= u32(bytes, BLOCK_PACKETS) || used - at < RING_HEADER) return false;
  const offset = at + bytes[at + RING_MAC]! + (bytes[at + RING_MAC + 1]! << 8);
  const captured = u32(bytes, at + 12);
  // The kernel does not lie; should the ring be another than was thought, nothing is read that is not there.
  if (captured > LONGEST_FRAME || offset + captured > used) return false;
  record.seconds = u32(bytes, at + 4);
  record.nanoseconds = u32(bytes, at + 8);
  record.captured = captured;
  record.wire = u32(bytes, at + 16);
  record.offset = offset;
  record.outgoing = bytes[at + RING_PACKET_TYPE] === PACKET_OUTGOING;
  record.tag = (u32(bytes, at + STATUS) & TAGGED) === 0 ? -1 : u32(bytes, at + RING_TAG) & 0xffff;
  // 0 stands at the last frame of a block.
  block.at = at + (u32(bytes, at) || used - at);
  return true;
}

function u32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

function u32be(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
