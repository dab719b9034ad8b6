import { createHash } from 'node:crypto';

/** `count` digests as 32-bit halves, low half first, as even as those of a keyed hash; the same for the same name. */
export function digestsOf(count: number, name: string): Uint32Array<ArrayBuffer> {
  const octets = createHash('shake256', { outputLength: count * 8 })
    .update(name)
    .digest();
  return new Uint32Array(Uint8Array.from(octets).buffer);
}
