/**
 * Addresses as numbers that can be put in order and searched: an IPv4 address whole, of an IPv6 address the first 53 bits, which
 * is what a number holds exactly.
 */
import type { Afi } from './address.ts';

/** Bits of an address that its key has. */
export const KEY_BITS: Readonly<Record<Afi, number>> = { 1: 32, 2: 53 };

/** Key of the address that begins with these 32-bit words, of any sign (IPv4: `w0` alone). */
export const addressKey = (afi: Afi, w0: number, w1: number): number =>
  afi === 1 ? w0 >>> 0 : (w0 >>> 0) * 2 ** 21 + (w1 >>> 11);

/** The key behind the last address of a prefix that begins at `key` and is no longer than KEY_BITS. */
export const keyBehind = (afi: Afi, key: number, length: number): number => key + 2 ** (KEY_BITS[afi] - length);

/** Place of the first of the ascending keys that is not less than `key`, between `low` and `high`. */
export function firstFrom(keys: Float64Array, key: number, low = 0, high = keys.length): number {
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
