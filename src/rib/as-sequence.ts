/** The ASes of a path, and the one that let it go to customers only, from the octets of path attributes. */

/** Calls `visit` with each AS of the AS_SEQUENCEs of an AS_PATH, and with 0 for each segment of another type. */
export function eachSequenceAs(bytes: Uint8Array, as4: boolean, visit: (as: number) => void): void {
  const width = as4 ? 4 : 2;
  let at = 0;
  while (at + 3 <= bytes.length) {
    const long = (bytes[at]! & 0x10) !== 0;
    const length = long ? (bytes[at + 2]! << 8) | bytes[at + 3]! : bytes[at + 2]!;
    const value = at + (long ? 4 : 3);
    const end = Math.min(value + length, bytes.length);
    if (bytes[at + 1] === 2) {
      for (let p = value; p + 2 <= end; ) {
        const type = bytes[p]!;
        const behind = Math.min(p + 2 + bytes[p + 1]! * width, end);
        if (type !== 2) visit(0);
        else
          for (let q = p + 2; q + width <= behind; q += width)
            visit(
              as4
                ? ((bytes[q]! << 24) | (bytes[q + 1]! << 16) | (bytes[q + 2]! << 8) | bytes[q + 3]!) >>> 0
                : (bytes[q]! << 8) | bytes[q + 1]!,
            );
        p = Math.max(behind, p + 2);
      }
      return;
    }
    at = end;
  }
}

const ONLY_TO_CUSTOMER = 35;

/** The AS in the Only to Customer attribute of a set that was found acceptable; null without one. */
export function onlyToCustomer(octets: Uint8Array): number | null {
  for (let at = 0; at + 4 <= octets.length; ) {
    const long = (octets[at]! & 0x10) !== 0;
    const value = at + (long ? 4 : 3);
    const length = long ? (octets[at + 2]! << 8) | octets[at + 3]! : octets[at + 2]!;
    if (octets[at + 1] === ONLY_TO_CUSTOMER && length === 4 && value + 4 <= octets.length)
      return new DataView(octets.buffer, octets.byteOffset + value, 4).getUint32(0);
    at = value + length;
  }
  return null;
}
