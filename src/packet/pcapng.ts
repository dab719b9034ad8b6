/** pcapng (draft-ietf-opsawg-pcapng): blocks, in sections, each section in the byte order of its writer. */
import type { Cursor } from '../net/cursor.ts';
import { type InterfaceNumber, LONGEST_FRAME, type PcapFormat, type PcapRecord, type PcapStep } from './capture.ts';

// Block types, section 11.1.
const INTERFACE_DESCRIPTION = 1;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;

const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

/** Blocks are refused above this, for a block is kept until it is whole; name lists and keys may be large. */
const LONGEST_BLOCK = 4 * 1024 * 1024;
/** Interfaces of one section that are remembered. */
const MOST_INTERFACES = 4096;

interface Interface {
  readonly linkType: number;
  readonly snapLength: number;
  /** Ticks of a timestamp in a second. */
  readonly ticks: bigint;
  /** What `numberOf` said of its name. */
  readonly number: number;
}

/** Longest interface name that is looked at; Linux allows 15 octets, Windows has GUIDs. */
const LONGEST_NAME = 256;

/** True when the octets at the cursor are the type of a Section Header Block, which is the same in both byte orders. */
export function isPcapng(cursor: Cursor): boolean {
  const { bytes, offset } = cursor;
  return (
    bytes[offset] === 0x0a && bytes[offset + 1] === 0x0d && bytes[offset + 2] === 0x0d && bytes[offset + 3] === 0x0a
  );
}

/** The format behind `pcapReader` for pcapng: block by block; blocks of other types are passed over. */
export function pcapngFormat(numberOf: InterfaceNumber): PcapFormat {
  let little = true;
  let interfaces: Interface[] = [];
  const u16 = (cursor: Cursor) => (little ? cursor.u16le() : cursor.u16());
  const u32 = (cursor: Cursor) => (little ? cursor.u32le() : cursor.u32());

  const frame = (body: Cursor, captured: number, wire: number, from: Interface, record: PcapRecord): PcapStep => {
    if (captured > LONGEST_FRAME) return { reason: `captured length ${captured} is longer than any frame` };
    if (captured > body.left) return { reason: `captured length ${captured} does not fit into its block` };
    record.bytes = body.bytes;
    record.offset = body.offset;
    record.captured = captured;
    record.wire = wire;
    record.linkType = from.linkType;
    record.interface = from.number;
    record.outgoing = false;
    return 'record';
  };

  // Section 4.2: link type, reserved, snapshot length, options.
  const describe = (body: Cursor): PcapStep => {
    const linkType = u16(body);
    body.skip(2);
    const snapLength = u32(body);
    if (body.failed) return { reason: 'an Interface Description Block is too short' };
    let ticks = 1_000_000n;
    let name = '';
    while (body.left >= 4) {
      const code = u16(body);
      const length = u16(body);
      if (code === 0) break;
      const value = body.view(length);
      body.skip(-length & 3);
      // if_name
      if (code === 2 && length <= LONGEST_NAME) name = Buffer.from(value).toString('utf8');
      // if_tsresol: a power of 10, or with the top bit set a power of 2. Beyond 2^63 no 64-bit clock could tick.
      if (code === 9 && length === 1) {
        const power = value[0]! & 0x7f;
        if (power > 63) return { reason: `a timestamp resolution of ${value[0]} is not possible` };
        ticks = (value[0]! & 0x80 ? 2n : 10n) ** BigInt(power);
      }
    }
    if (interfaces.length >= MOST_INTERFACES) return { reason: `more than ${MOST_INTERFACES} interfaces in a section` };
    interfaces.push({ linkType, snapLength, ticks, number: numberOf(name) });
    return 'skip';
  };

  // Section 4.3: interface, timestamp (upper, lower), captured length, original length, the frame, options.
  const enhanced = (body: Cursor, record: PcapRecord): PcapStep => {
    const number = u32(body);
    const high = u32(body);
    const low = u32(body);
    const captured = u32(body);
    const wire = u32(body);
    if (body.failed) return { reason: 'an Enhanced Packet Block is too short' };
    const from = interfaces[number];
    if (from === undefined) return { reason: `a packet of interface ${number}, which is not described` };
    if (from.ticks === 1_000_000n) {
      // The usual resolution, without a big integer for each packet: high * 2^32 stays exact up to the year 2255.
      const micros = high * 4294967296 + low;
      record.seconds = Math.floor(micros / 1_000_000);
      record.nanoseconds = (micros % 1_000_000) * 1000;
    } else {
      const stamp = (BigInt(high) << 32n) | BigInt(low);
      record.seconds = Number(stamp / from.ticks);
      record.nanoseconds = Number(((stamp % from.ticks) * 1_000_000_000n) / from.ticks);
    }
    const step = frame(body, captured, wire, from, record);
    if (step === 'record') {
      body.skip(captured + (-captured & 3));
      record.outgoing = isOutbound(body);
    }
    return step;
  };

  /** Section 4.3.1: the lower two bits of the option epb_flags are 1 for a frame that was received, 2 for one sent. */
  const isOutbound = (options: Cursor): boolean => {
    while (options.left >= 4) {
      const code = u16(options);
      const length = u16(options);
      if (code === 0) break;
      if (code === 2 && length === 4 && options.left >= 4) return (u32(options) & 3) === 2;
      options.skip(length + (-length & 3));
    }
    return false;
  };

  // Section 4.4: original length, then as much of the frame as the snapshot length allows. It has no timestamp: the one of
  // the packet before it stands.
  const simple = (body: Cursor, record: PcapRecord): PcapStep => {
    const wire = u32(body);
    const from = interfaces[0];
    if (body.failed) return { reason: 'a Simple Packet Block is too short' };
    if (from === undefined) return { reason: 'a packet of interface 0, which is not described' };
    const captured = Math.min(wire, from.snapLength === 0 ? wire : from.snapLength);
    return frame(body, captured, wire, from, record);
  };

  return {
    step(cursor, record) {
      if (cursor.left < 12) return 'more';
      const section = isPcapng(cursor);
      const type = u32(cursor);
      if (section) {
        // The byte order of this section stands behind a length that is written in it.
        const { bytes, offset } = cursor;
        little = bytes[offset + 4] === 0x4d;
      }
      const length = u32(cursor);
      if (section) {
        const magic = u32(cursor);
        if (magic !== BYTE_ORDER_MAGIC) return { reason: `a section with byte-order magic ${magic.toString(16)}` };
        cursor.offset -= 4;
      }
      if (length < 12 || length % 4 !== 0 || length > LONGEST_BLOCK)
        return { reason: `a block of type ${type} with length ${length}` };
      if (cursor.left < length - 8) return 'more';
      const body = cursor.sub(length - 12);
      if (u32(cursor) !== length) return { reason: `a block of type ${type} whose two lengths differ` };
      if (section) {
        interfaces = [];
        return 'skip';
      }
      if (type === INTERFACE_DESCRIPTION) return describe(body);
      if (type === ENHANCED_PACKET) return enhanced(body, record);
      if (type === SIMPLE_PACKET) return simple(body, record);
      return 'skip';
    },
  };
}
