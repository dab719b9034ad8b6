/** Link addresses of IEEE 802 (EUI-48), as numbers below 2^48 whose highest octet is the first. */
import { u16 } from './octets.ts';

/** The link address at an offset. The caller has checked that its six octets are there. */
export function macAt(bytes: Uint8Array, at: number): number {
  return u16(bytes, at) * 0x1_0000_0000 + ((u16(bytes, at + 2) << 16) | u16(bytes, at + 4)) + sign(bytes[at + 2]!);
}

/** A 32-bit word whose first octet has its top bit set came out negative. */
const sign = (octet: number): number => (octet > 0x7f ? 0x1_0000_0000 : 0);

/** A link address as text. */
export function formatMac(mac: number): string {
  return mac
    .toString(16)
    .padStart(12, '0')
    .replace(/(..)(?=.)/g, '$1:');
}

/** A link address in any usual spelling: octets with colons or hyphens, groups of four with dots, or none; null otherwise. */
export function parseMac(text: string): number | null {
  const plain = /^[0-9a-f]{1,2}([:-][0-9a-f]{1,2}){5}$/i.test(text)
    ? text
        .split(/[:-]/)
        .map(octet => octet.padStart(2, '0'))
        .join('')
    : /^([0-9a-f]{4}[.:-]){2}[0-9a-f]{4}$/i.test(text)
      ? text.replace(/[.:-]/g, '')
      : text;
  return /^[0-9a-f]{12}$/i.test(plain) ? Number.parseInt(plain, 16) : null;
}

/** True of an address that is a group's. */
export const isGroupMac = (mac: number): boolean => Math.floor(mac / 0x100_0000_0000) % 2 === 1;
