import { AFI_IPV4, AFI_IPV6, formatAddress, parseAddress } from '../net/address.ts';
import { Cursor } from '../net/cursor.ts';
import { HEADER_LENGTH } from './framer.ts';

/** Octets of the per-peer header (RFC 7854 section 4.2). */
export const PEER_HEADER_LENGTH = 42;

/** Peer types: RFC 7854 section 4.2, Loc-RIB RFC 9069 section 4.1. */
export const GLOBAL_INSTANCE = 0;
export const RD_INSTANCE = 1;
export const LOCAL_INSTANCE = 2;
export const LOC_RIB = 3;

/** Peer flags of the types 0 to 2: RFC 7854 section 4.2, O is RFC 8671 section 4. */
export const FLAG_V = 0x80;
export const FLAG_L = 0x40;
export const FLAG_A = 0x20;
export const FLAG_O = 0x10;
/** Peer flag of Loc-RIB: only a part of the table is shown (RFC 9069 section 4.2). */
export const FLAG_F = 0x80;

/** A table that Route Monitoring shows (RFC 7854 section 2, RFC 8671, RFC 9069). */
export type ShownRib = 'pre-policy' | 'post-policy' | 'adj-rib-out' | 'loc-rib';

/** The table that a message with this peer type and these flags is about. */
export function ribOf(type: number, flags: number): ShownRib {
  if (type === LOC_RIB) return 'loc-rib';
  if (flags & FLAG_O) return 'adj-rib-out';
  return flags & FLAG_L ? 'post-policy' : 'pre-policy';
}

/** Whom a message is about (RFC 7854 section 4.2). */
export interface PeerHeader {
  readonly type: number;
  readonly flags: number;
  /** 8 octets: a route distinguisher (type 1, and 3 for a VRF), or a number that the router gave (type 2). */
  readonly distinguisher: Uint8Array;
  /** Canonical text; `0.0.0.0` for Loc-RIB, which has no peer. */
  readonly address: string;
  readonly as: number;
  /** BGP Identifier, dotted quad. */
  readonly id: string;
  /** When the router received it, milliseconds since the epoch; 0 when it does not tell. */
  readonly time: number;
}

/** Reads the per-peer header; the caller checks `failed`. Octets are copied. */
export function decodePeerHeader(c: Cursor): PeerHeader {
  const type = c.u8();
  const flags = c.u8();
  const distinguisher = new Uint8Array(c.view(8));
  const address = decodePeerAddress(c, type !== LOC_RIB && (flags & FLAG_V) !== 0);
  const as = c.u32();
  const id = formatAddress({ afi: AFI_IPV4, bytes: c.sub(4).view(4) });
  const time = c.u32() * 1000 + c.u32() / 1000;
  return { type, flags, distinguisher, address, as, id, time };
}

/** 16 octets: an IPv6 address, or an IPv4 address behind 12 octets that say nothing. */
export function decodePeerAddress(c: Cursor, ipv6: boolean): string {
  if (!ipv6) c.skip(12);
  const bytes = c.view(ipv6 ? 16 : 4);
  if (c.failed) return '';
  return formatAddress({ afi: ipv6 ? AFI_IPV6 : AFI_IPV4, bytes });
}

/** The same 16 octets of an address; of one that is none, zeros. */
export function encodePeerAddress(address: string): Uint8Array {
  const octets = new Uint8Array(16);
  const bytes = parseAddress(address)?.bytes ?? new Uint8Array(0);
  octets.set(bytes, 16 - bytes.length);
  return octets;
}

/** The 42 octets of a per-peer header. */
export function encodePeerHeader(header: PeerHeader): Uint8Array {
  const octets = new Uint8Array(PEER_HEADER_LENGTH);
  const view = new DataView(octets.buffer);
  octets[0] = header.type;
  octets[1] = header.flags;
  octets.set(header.distinguisher, 2);
  octets.set(encodePeerAddress(header.address), 10);
  view.setUint32(26, header.as);
  octets.set(parseAddress(header.id)?.bytes ?? [], 30);
  view.setUint32(34, Math.floor(header.time / 1000));
  view.setUint32(38, Math.round((header.time % 1000) * 1000));
  return octets;
}

/** Flags of the per-peer header in a message that stands at `start`; it must be long enough. */
export function flagsAt(buffer: Uint8Array, start: number): number {
  return buffer[start + HEADER_LENGTH + 1]!;
}

/**
 * What tells a monitored peer from the others of its router: type, distinguisher and address (RFC 7854 section 4.2), for a
 * message that stands at `start` and is long enough. Made for each Route Monitoring message, hence not text for people.
 */
export function peerKeyAt(buffer: Uint8Array, start: number): string {
  const at = buffer.byteOffset + start + HEADER_LENGTH;
  const type = buffer[start + HEADER_LENGTH]!;
  const family = type !== LOC_RIB && buffer[start + HEADER_LENGTH + 1]! & FLAG_V ? 6 : 4;
  return `${type} ${family} ${Buffer.from(buffer.buffer, at + 2, 24).toString('latin1')}`;
}

/** Text of a route distinguisher: `64496:1`, `192.0.2.1:1` (RFC 4364 section 4.2); hex for other types. */
export function formatDistinguisher(distinguisher: Uint8Array): string {
  const c = new Cursor(distinguisher);
  switch (c.u16()) {
    case 0:
      return `${c.u16()}:${c.u32()}`;
    case 1:
      return `${formatAddress({ afi: AFI_IPV4, bytes: c.view(4) })}:${c.u16()}`;
    case 2:
      return `${c.u32()}:${c.u16()}`;
    default:
      return Buffer.from(distinguisher).toString('hex');
  }
}
