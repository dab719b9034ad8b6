/** Whether a layer is a fragment (RFC 791 section 3.1, RFC 8200 section 4.5). */
import type { Layers } from './layers.ts';
import { u16 } from './octets.ts';

/** MF is set, or the offset is not 0. An atomic fragment (RFC 6946) is none. */
export function isFragment(bytes: Uint8Array, layers: Layers, i: number): boolean {
  if (layers.family[i] === 6) return layers.fragment[i]! >= 0;
  return (u16(bytes, layers.start[i]! + 6) & 0x3fff) !== 0;
}

/** The offset is not 0: there is no transport header in it. */
export function isLaterFragment(bytes: Uint8Array, layers: Layers, i: number): boolean {
  const fragment = layers.fragment[i]!;
  if (layers.family[i] === 6) return fragment >= 0 && u16(bytes, fragment + 2) >> 3 !== 0;
  return (u16(bytes, layers.start[i]! + 6) & 0x1fff) !== 0;
}
