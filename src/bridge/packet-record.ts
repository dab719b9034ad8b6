/**
 * A packet as a record of an incident: its keyed digest as one line of text, for other ASes; inside one's own organisation
 * the packet itself (intertrack-protocol(7) says what a digest is; RFC 5070 section 3.19 what a record).
 */

export interface DigestRecord {
  readonly kind: 'digest';
  /** Which packet of the incident it is, from 0. */
  readonly packet: number;
  /** Hour of the key that made the digest. */
  readonly epoch: number;
  /** 16 hex digits. */
  readonly digest: string;
  /** When the packet was seen, ms since the epoch. */
  readonly time: number;
  /** Whose key it is. */
  readonly federation: string;
}

export interface RawRecord {
  readonly kind: 'packet';
  readonly version: 4 | 6;
  /** From the IP header on. */
  readonly octets: Uint8Array;
  /** When it was seen, ms; null: not stated. */
  readonly time: number | null;
}

export type PacketRecord = DigestRecord | RawRecord;

/** What the `formatid` of a digest's record is. */
export const DIGEST_FORMAT = 'intertrack-digest-1';
/** What its columns are; the last may have commas. */
export const DIGEST_COLUMNS = 'packet,epoch,digest,time,federation';

/** The line of a digest. */
export function encodeDigest({ packet, epoch, digest, time, federation }: DigestRecord): string {
  return [packet, epoch, digest, new Date(time).toISOString(), federation].join(',');
}

/** The digest of a line; a string says what is wrong with it. */
export function decodeDigest(line: string): DigestRecord | string {
  const found = /^(\d{1,2}),(\d{1,7}),([0-9a-f]{16}),([^,]{1,40}),([^\n\r]{0,64})$/.exec(line.trim());
  if (found === null) return `a digest's record is ${DIGEST_COLUMNS}`;
  const [packet, epoch, digest, instant, federation] = found.slice(1) as [string, string, string, string, string];
  const time = readInstant(instant);
  if (Number(packet) >= 64) return `${packet} is no packet's number`;
  if (time === null) return `${instant} is no time`;
  return { kind: 'digest', packet: Number(packet), epoch: Number(epoch), digest, time, federation };
}

/** The hex of a packet (RFC 5070 section 3.19.1, `ipv4-packet` and `ipv6-packet`). */
export function encodePacket({ octets }: RawRecord): string {
  return Buffer.from(octets).toString('hex');
}

/** The packet of a hex text; a string says what is wrong with it. */
export function decodePacket(text: string, version: 4 | 6, time: number | null): RawRecord | string {
  const hex = text.replace(/\s+/g, '');
  if (hex.length > 2 * 0xffff) return 'a packet has at most 65535 octets';
  if (hex.length < 40 || hex.length % 2 === 1 || !/^[0-9A-Fa-f]*$/.test(hex))
    return 'a packet is hex, 20 octets at least';
  const octets = new Uint8Array(Buffer.from(hex, 'hex'));
  if (octets[0]! >> 4 !== version) return `a packet of IPv${version} does not begin so`;
  return { kind: 'packet', version, octets, time };
}

/** An instant of XML Schema (`dateTime` with its zone), ms since the epoch; null when it is none. */
export function readInstant(text: string): number | null {
  const trimmed = text.trim();
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/.test(trimmed)) return null;
  const time = Date.parse(trimmed);
  return Number.isNaN(time) || time < 0 ? null : time;
}
