/** The 16 bits at an offset, in network byte order. The caller has checked that they are there. */
export function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}
