import { type Address, formatAddress } from '../net/address.ts';
import type { Cursor } from '../net/cursor.ts';

/** One peer of a PEER_INDEX_TABLE. */
export interface IndexedPeer {
  /** BGP identifier, 4 octets. */
  readonly id: Uint8Array;
  readonly address: Address;
  readonly as: number;
}

/** The peers that the RIB entries behind it name by their position (RFC 6396 section 4.3.1). */
export interface PeerIndex {
  /** BGP identifier of the collector, 4 octets. */
  readonly collector: Uint8Array;
  readonly view: string;
  readonly peers: readonly IndexedPeer[];
}

/** Bits of the Peer Type. */
const IPV6 = 1;
const AS4 = 2;

/** Octets of the smallest entry: type, identifier, IPv4 address, 2-octet AS. */
const SMALLEST = 11;

/** Reads the body of a PEER_INDEX_TABLE. Nothing of the buffer is kept. The answer is what is wrong, in words, or the table. */
export function decodePeerIndex(body: Cursor): PeerIndex | string {
  const collector = body.view(4).slice();
  const view = Buffer.from(body.view(body.u16())).toString('utf8');
  const count = body.u16();
  if (body.failed) return 'the table is cut off before its peers';
  if (count * SMALLEST > body.left) return `${count} peers in ${body.left} octets`;
  const peers: IndexedPeer[] = [];
  for (let i = 0; i < count; i++) {
    const type = body.u8();
    const id = body.view(4).slice();
    const afi = (type & IPV6) === 0 ? 1 : 2;
    const bytes = body.view(afi === 1 ? 4 : 16).slice();
    const as = (type & AS4) === 0 ? body.u16() : body.u32();
    if (body.failed) return `the table is cut off inside peer ${i}`;
    peers.push({ id, address: { afi, bytes }, as });
  }
  return { collector, view, peers };
}

/** The body of a PEER_INDEX_TABLE; each AS number takes 4 octets. At most 65,535 peers and octets of name. */
export function encodePeerIndex({ collector, view, peers }: PeerIndex): Uint8Array {
  const name = Buffer.from(view, 'utf8');
  const octets = peers.reduce((sum, peer) => sum + 9 + peer.address.bytes.length, 8 + name.length);
  const body = new Uint8Array(octets);
  const fields = new DataView(body.buffer);
  body.set(collector, 0);
  fields.setUint16(4, name.length);
  body.set(name, 6);
  let at = 6 + name.length;
  fields.setUint16(at, peers.length);
  at += 2;
  for (const { id, address, as } of peers) {
    body[at] = AS4 | (address.afi === 2 ? IPV6 : 0);
    body.set(id, at + 1);
    body.set(address.bytes, at + 5);
    at += 5 + address.bytes.length;
    fields.setUint32(at, as);
    at += 4;
  }
  return body;
}

/** `192.0.2.1 AS64500`, for messages. */
export const formatPeer = ({ address, as }: Pick<IndexedPeer, 'address' | 'as'>) => `${formatAddress(address)} AS${as}`;
