/** The 16 bits at an offset, in network byte order. The caller has checked that they are there. */
export function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

/** A copy of the octets from one offset to before another: `slice` of a Buffer would be none. */
export function copyOf(bytes: Uint8Array, from: number, to: number): Uint8Array {
  return Uint8Array.from(bytes.subarray(from, to));
}
