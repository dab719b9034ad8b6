/**
 * The first `bits` bits of an address whose octets begin at `at`, in the word that they stand in; 0 when `bits` is 0 or less,
 * the whole word when it is 32 or more. Reads no octet behind the last of these bits.
 */
export function leadingBits(bytes: Uint8Array, at: number, bits: number): number {
  if (bits <= 0) return 0;
  let word = bytes[at]! << 24;
  if (bits > 8) word |= bytes[at + 1]! << 16;
  if (bits > 16) word |= bytes[at + 2]! << 8;
  if (bits > 24) word |= bytes[at + 3]!;
  return bits >= 32 ? word : word & (-1 << (32 - bits));
}
