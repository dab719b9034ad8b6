/** An unsigned integer of 1 to 8 octets in network byte order; beyond 2^53 the lowest bits are lost. The caller checks bounds. */
export function unsigned(bytes: Uint8Array, at: number, octets: number): number {
  switch (octets) {
    case 1:
      return bytes[at]!;
    case 2:
      return (bytes[at]! << 8) | bytes[at + 1]!;
    case 4:
      return u32(bytes, at);
    default: {
      let value = 0;
      for (let i = 0; i < octets; i++) value = value * 256 + bytes[at + i]!;
      return value;
    }
  }
}

/** The 16 bits at an offset. */
export function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

/** The 32 bits at an offset, unsigned. */
export function u32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
