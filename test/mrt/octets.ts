import { ribRecordWriter } from '../../src/mrt/rib.ts';
import { parseAddress } from '../../src/net/address.ts';
import type { Prefix } from '../../src/net/prefix.ts';
import { parsePrefix } from '../../src/net/prefix.ts';
import { attribute, MARKER } from '../bgp/octets.ts';

/** A number in hex, of so many octets. */
export const number = (value: number, octets: number): string => value.toString(16).padStart(octets * 2, '0');

/** An address in hex. */
export const address = (text: string): string => Buffer.from(parseAddress(text)!.bytes).toString('hex');

/** NLRI in hex: length octet and as many octets as hold the prefix. */
export const nlri = (text: string): string => {
  const { bytes, length } = parsePrefix(text)!;
  return number(length, 1) + Buffer.from(bytes.subarray(0, (length + 7) >> 3)).toString('hex');
};

const octets = (hex: string) => hex.replace(/\s+/g, '').length / 2;

/** A record in hex: common header and body (RFC 6396 section 2). */
export const record = (type: number, subtype: number, body: string, seconds = 1700000000): string =>
  number(seconds, 4) + number(type, 2) + number(subtype, 2) + number(octets(body), 4) + body;

/** A BGP message in hex. */
export const message = (type: number, body: string): string =>
  MARKER + number(19 + octets(body), 2) + number(type, 1) + body;

/** An UPDATE in hex. */
export const update = (withdrawn: string, attributes: string, routes: string): string =>
  message(2, number(octets(withdrawn), 2) + withdrawn + number(octets(attributes), 2) + attributes + routes);

/** The begin of a BGP4MP body: both ends of a session. */
export const ends = (peer = '192.0.2.1', local = '192.0.2.2', as4 = true): string =>
  `${number(64496, as4 ? 4 : 2)}${number(64500, as4 ? 4 : 2)}0000${peer.includes(':') ? '0002' : '0001'}${address(peer)}${address(local)}`;

/** AS_PATH of one sequence. */
export const path = (asns: readonly number[], width: 2 | 4 = 4, code = 2): string =>
  attribute(code === 2 ? 0x40 : 0xc0, code, `02${number(asns.length, 1)}${asns.map(as => number(as, width)).join('')}`);

export const ORIGIN_IGP = '40010100';
export const nextHop = (text: string): string => attribute(0x40, 3, address(text));

/** MP_REACH_NLRI, whole (RFC 4760 section 3). */
export const reach = (afi: number, hops: readonly string[], routes: string, safi = 1): string => {
  const hop = hops.map(address).join('');
  return attribute(0x80, 14, `${number(afi, 2)}${number(safi, 1)}${number(octets(hop), 1)}${hop}00${routes}`);
};
/** MP_REACH_NLRI as RFC 6396 section 4.3.4 has it in RIB entries. */
export const shortReach = (...hops: string[]): string => {
  const hop = hops.map(address).join('');
  return attribute(0x80, 14, number(octets(hop), 1) + hop);
};
export const unreach = (afi: number, routes: string, safi = 1): string =>
  attribute(0x80, 15, `${number(afi, 2)}${number(safi, 1)}${routes}`);

/** A PEER_INDEX_TABLE of three peers: IPv4 with 4-octet AS, IPv6 with 4, IPv4 with 2. */
export const PEERS = record(
  13,
  1,
  `c0000263 0004 76696577 0003
   02 01010101 0a000001 fa56ea00
   03 02020202 20010db800000000000000000000000a 0000fbf1
   00 03030303 0a000003 fbf2`,
);

/** One RIB entry: peer, attributes, path identifier. */
export const entry = (peer: number, attributes: string, pathId?: number): string =>
  `${number(peer, 2)}5f5e1000${pathId === undefined ? '' : number(pathId, 4)}${number(octets(attributes), 2)}${attributes}`;

/** A RIB record of TABLE_DUMP_V2. */
export const rib = (subtype: number, prefix: string, ...entries: string[]): string =>
  record(13, subtype, `00000007${nlri(prefix)}${number(entries.length, 2)}${entries.join('')}`);

/** What a peer says of a prefix. */
export interface RibRoute {
  readonly peerIndex: number;
  readonly originated: number;
  readonly pathId?: number;
  readonly attributes: Uint8Array;
}

/** A RIB record as a table dump writes it; `seconds` since the epoch. */
export function ribRecord(seconds: number, prefix: Prefix, addPath: boolean, routes: readonly RibRoute[]): Uint8Array {
  const record = ribRecordWriter();
  record.begin(seconds, prefix, addPath);
  for (const { peerIndex, originated, pathId = 0, attributes } of routes) {
    const { out, at } = record.attributes(attributes.length);
    out.set(attributes, at);
    record.entry(peerIndex, originated, pathId, at + attributes.length);
  }
  return record.end();
}
