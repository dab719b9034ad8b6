import { type Address, type Afi, formatAddress, parseAddress } from './address.ts';

/** An address prefix (CIDR). Octets behind the prefix length are zero. */
export interface Prefix {
  readonly afi: Afi;
  /** 4 or 16 octets, network byte order. */
  readonly bytes: Uint8Array;
  /** Prefix length in bits. */
  readonly length: number;
}

/** Clears the host bits of an address; `length` must be 0 to 32 or 0 to 128. */
export function prefixOf(address: Address, length: number): Prefix {
  const bytes = Uint8Array.from(address.bytes);
  for (let i = 0; i < bytes.length; i++) {
    const keep = Math.max(0, Math.min(8, length - i * 8));
    bytes[i]! &= (0xff00 >> keep) & 0xff;
  }
  return { afi: address.afi, bytes, length };
}

/**
 * Parses `192.0.2.0/24` or `2001:db8::/32`; a bare address is a host prefix. Host bits must be zero.
 * Returns null when the text is no prefix. Each IPv4 octet must be plain decimal (net/address.ts).
 */
export function parsePrefix(text: string): Prefix | null {
  const slash = text.indexOf('/');
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === null) return null;
  const bits = address.bytes.length * 8;
  if (slash < 0) return { afi: address.afi, bytes: address.bytes, length: bits };
  const digits = text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(digits) || Number(digits) > bits) return null;
  const prefix = prefixOf(address, Number(digits));
  return prefix.bytes.every((octet, i) => octet === address.bytes[i]) ? prefix : null;
}

/** Why a text that `parsePrefix` refuses is none, as the end of the sentence `"TEXT" is no …`. */
export function whyNoPrefix(text: string): string {
  const slash = text.indexOf('/');
  const address = slash < 0 ? null : parseAddress(text.slice(0, slash));
  const digits = text.slice(slash + 1);
  if (address === null || !/^\d{1,3}$/.test(digits)) return 'prefix or address';
  const bits = address.bytes.length * 8;
  if (Number(digits) > bits) return `prefix: IPv${address.afi === 1 ? 4 : 6} has ${bits} bits`;
  return `prefix: it has host bits; its network is ${formatPrefix(prefixOf(address, Number(digits)))}`;
}

/** Canonical text: dotted quad, or RFC 5952, then `/length`. */
export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress(prefix)}/${prefix.length}`;
}

/** True when `inner` equals `outer` or lies inside it. */
export function covers(outer: Prefix, inner: Prefix): boolean {
  if (outer.afi !== inner.afi || outer.length > inner.length) return false;
  const whole = outer.length >> 3;
  for (let i = 0; i < whole; i++) if (outer.bytes[i] !== inner.bytes[i]) return false;
  const rest = outer.length & 7;
  if (rest === 0) return true;
  const mask = (0xff00 >> rest) & 0xff;
  return (outer.bytes[whole]! & mask) === (inner.bytes[whole]! & mask);
}

/** True when no address of it is any but a multicast one: 224.0.0.0/4 (RFC 5771), ff00::/8 (RFC 4291 section 2.7). */
export function isMulticast({ afi, bytes, length }: Prefix): boolean {
  return afi === 1 ? length >= 4 && bytes[0]! >> 4 === 14 : length >= 8 && bytes[0] === 0xff;
}

/** The address of a prefix as 32-bit words, signed, most significant first; IPv4 stands in the first. */
export function wordsOf({ afi, bytes: b }: Prefix): readonly [number, number, number, number] {
  const word = (i: number) => (b[i]! << 24) | (b[i + 1]! << 16) | (b[i + 2]! << 8) | b[i + 3]!;
  return afi === 1 ? [word(0), 0, 0, 0] : [word(0), word(4), word(8), word(12)];
}

/** The prefix whose address is these words: what `wordsOf` makes of it. */
export function prefixOfWords(afi: Afi, w0: number, w1: number, w2: number, w3: number, length: number): Prefix {
  const bytes = new Uint8Array(afi === 1 ? 4 : 16);
  const words = [w0, w1, w2, w3];
  for (let i = 0; i < bytes.length; i++) bytes[i] = words[i >> 2]! >>> (24 - (i & 3) * 8);
  return { afi, bytes, length };
}
