import { isIPv6 } from 'node:net';

/** IANA address family numbers: 1 is IPv4, 2 is IPv6. */
export type Afi = 1 | 2;
export const AFI_IPV4: Afi = 1;
export const AFI_IPV6: Afi = 2;

/** An IP address: 4 octets when `afi` is 1, 16 when it is 2, network byte order. */
export interface Address {
  readonly afi: Afi;
  readonly bytes: Uint8Array;
}

/**
 * Parses an IPv4 address in four-part decimal (no octal, no leading zeros, so that `010.1.2.3` is refused rather than
 * read as 8.1.2.3) or an IPv6 address in any form of RFC 4291 section 2.2, without a zone. Returns null otherwise.
 */
export function parseAddress(text: string): Address | null {
  return text.includes(':') ? parseIPv6(text) : parseIPv4(text);
}

function parseIPv4(text: string): Address | null {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  const bytes = new Uint8Array(4);
  for (let i = 0; i < 4; i++) {
    const part = parts[i]!;
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return null;
    bytes[i] = Number(part);
  }
  return { afi: AFI_IPV4, bytes };
}

function parseIPv6(text: string): Address | null {
  // Node knows the grammar; what is left here is to place the groups.
  if (text.includes('%') || !isIPv6(text)) return null;
  let hex = text;
  const dot = text.lastIndexOf(':');
  if (text.includes('.')) {
    const low = parseIPv4(text.slice(dot + 1));
    if (low === null) return null;
    const b = low.bytes;
    hex = `${text.slice(0, dot + 1)}${((b[0]! << 8) | b[1]!).toString(16)}:${((b[2]! << 8) | b[3]!).toString(16)}`;
  }
  const [head = '', tail] = hex.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  const bytes = new Uint8Array(16);
  groups.forEach((group, i) => {
    const value = Number.parseInt(group, 16);
    bytes[i * 2] = value >> 8;
    bytes[i * 2 + 1] = value & 0xff;
  });
  return { afi: AFI_IPV6, bytes };
}

/** A host, by name or address, and its port: `192.0.2.1:179`, `[2001:db8::1]:179`. */
export const withPort = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** Text of an address: dotted quad, or the canonical form of RFC 5952. */
export function formatAddress(address: Address): string {
  const b = address.bytes;
  if (address.afi === AFI_IPV4) return `${b[0]}.${b[1]}.${b[2]}.${b[3]}`;
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push((b[i]! << 8) | b[i + 1]!);
  // RFC 5952 section 4.2: the longest run of two or more zero groups, the first of equals, becomes `::`.
  let start = -1;
  let longest = 1;
  for (let i = 0; i < 8; i++) {
    let run = 0;
    while (i + run < 8 && groups[i + run] === 0) run++;
    if (run > longest) {
      start = i;
      longest = run;
    }
    if (run > 0) i += run - 1;
  }
  const text = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map(group => group.toString(16))
      .join(':');
  // Section 5: an IPv4-mapped address shows its last 32 bits in dotted quad.
  if (groups.slice(0, 5).every(group => group === 0) && groups[5] === 0xffff)
    return `::ffff:${b[12]}.${b[13]}.${b[14]}.${b[15]}`;
  return start < 0 ? text(0, 8) : `${text(0, start)}::${text(start + longest, 8)}`;
}

/** Canonical text of a socket's address: an IPv4-mapped one becomes IPv4, a zone is dropped. Text that is none stays. */
export function plainAddress(text: string | undefined): string {
  const bare = (text ?? '').replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
  const address = parseAddress(bare);
  return address === null ? bare : formatAddress(address);
}
