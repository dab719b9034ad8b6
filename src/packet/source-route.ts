/** IPv4 source routes (RFC 791 section 3.1): the destination address in the header is the next stop, not the last. */
import type { Layers } from './layers.ts';

const END = 0;
const NO_OPERATION = 1;
const LOOSE = 131;
const STRICT = 137;

/** True when the IPv4 header of a layer has the option Loose or Strict Source Route. */
export function isSourceRouted(bytes: Uint8Array, layers: Layers, i: number): boolean {
  if (layers.family[i] !== 4 || layers.fault[i] !== null) return false;
  const end = layers.upper[i]!;
  for (let at = layers.start[i]! + 20; at < end; ) {
    const kind = bytes[at]!;
    if (kind === END) return false;
    if (kind === LOOSE || kind === STRICT) return true;
    // An option of less than 2 octets contradicts itself: nothing behind it can be told.
    const octets = kind === NO_OPERATION ? 1 : at + 1 < end && bytes[at + 1]! >= 2 ? bytes[at + 1]! : end;
    at += octets;
  }
  return false;
}
