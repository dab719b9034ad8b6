/** Packets that a client reads from a file and gives to the daemon. */
import { CHOICE } from '../traceback/evidence.ts';

/** Packets the command needs and only the client can read: ask again with `data.packets` (an array of PacketData). */
export interface PacketsWanted {
  readonly file: string;
  /** Numbers of packets in the file, from 1, as ranges with both ends; null: all. */
  readonly numbers: readonly (readonly [number, number])[] | null;
  /** How many at most are to be given: the best of them to be asked for. */
  readonly most: number;
}

/** One of `data.packets` of `trace packet`. */
export interface PacketData {
  /** LINKTYPE_ value of the file (1 is Ethernet). */
  readonly linkType: number;
  /** Captured octets, base64. */
  readonly frame: string;
  /** Octets on the wire, where the capture cut the frame; as many as were captured when left out. */
  readonly wire?: number;
  /** When it was captured, ms since the epoch. */
  readonly time: number;
  /** Of a fragment, the IP packet that it and others of the file make: others may have seen that one. Base64, as above. */
  readonly whole?: { readonly frame: string; readonly wire?: number };
}

/** Packets of one request. */
const MOST = CHOICE;

/** `data.packets` checked, its octets decoded; or what is wrong with it. */
export function decodePackets(data: unknown): DecodedPacket[] | string {
  if (!Array.isArray(data) || data.length < 1 || data.length > MOST)
    return `"data.packets" must be an array of 1 to ${MOST} packets`;
  const packets: DecodedPacket[] = [];
  for (const [i, one] of data.entries()) {
    const packet = decodePacket(one, `data.packets[${i}]`);
    if (typeof packet === 'string') return packet;
    packets.push(packet);
  }
  return packets;
}

function decodePacket(data: unknown, name: string): DecodedPacket | string {
  if (typeof data !== 'object' || data === null) return `"${name}" must be an object`;
  const { linkType, time, whole } = data as Record<string, unknown>;
  if (!Number.isInteger(linkType) || (linkType as number) < 0 || (linkType as number) > 0xffff)
    return `"${name}.linkType" must be a LINKTYPE_ number, 0 to 65535`;
  if (typeof time !== 'number' || !Number.isFinite(time) || time < 0 || time > 8.64e15)
    return `"${name}.time" must be milliseconds since the epoch`;
  const octets = decodeOctets(data, name);
  if (typeof octets === 'string') return octets;
  const packet = { linkType: linkType as number, ...octets, time };
  if (whole === undefined) return packet;
  const made = decodeOctets(whole, `${name}.whole`);
  return typeof made === 'string' ? made : { ...packet, whole: made };
}

/** Octets that were captured, and how many there were on the wire. */
interface Captured {
  readonly frame: Uint8Array;
  readonly wire: number;
}

/** One of `data.packets`, decoded. */
export interface DecodedPacket extends Captured {
  readonly linkType: number;
  readonly time: number;
  readonly whole?: Captured;
}

function decodeOctets(data: unknown, name: string): Captured | string {
  if (typeof data !== 'object' || data === null) return `"${name}" must be an object`;
  const { frame, wire } = data as Record<string, unknown>;
  if (typeof frame !== 'string' || !/^[A-Za-z0-9+/]+={0,2}$/.test(frame) || frame.length % 4 !== 0)
    return `"${name}.frame" must be base64, not empty`;
  const octets = new Uint8Array(Buffer.from(frame, 'base64'));
  if (wire !== undefined && (!Number.isSafeInteger(wire) || (wire as number) < octets.length))
    return `"${name}.wire" must be a number of octets, not less than "frame" holds`;
  return { frame: octets, wire: (wire as number | undefined) ?? octets.length };
}
