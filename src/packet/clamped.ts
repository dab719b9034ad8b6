/** Profile `clamp`: a TCP SYN whose maximum segment size a router on the way may have lowered. */

import { isLaterFragment } from './fragments.ts';
import { refusalOf, UPPER_OCTETS, writeInvariant } from './invariant.ts';
import type { Layers, ProfileRefusal } from './layers.ts';

const CLAMP = 3;
const TCP = 6;
const SYN = 0x02;
/** TCP option kinds (RFC 9293 section 3.2). */
const END = 0;
const NO_OPERATION = 1;
const MAXIMUM_SEGMENT_SIZE = 2;

/**
 * As `strict`, but the checksum and the value of the MSS option are zero: the input of layer `i` at `input[at]`;
 * returns its length or why there is none. Only packets with SYN have it; of all others, which no router clamps,
 * `strict` is the one to ask for.
 */
export function clampInput(
  bytes: Uint8Array,
  layers: Layers,
  i: number,
  input: Uint8Array,
  at: number,
): number | ProfileRefusal {
  const refusal = refusalOf(layers, i);
  if (refusal !== null) return refusal;
  if (isLaterFragment(bytes, layers, i)) return 'fragment';
  const upper = layers.upper[i]!;
  if (layers.protocol[i] !== TCP) return 'not-syn';
  if (layers.length[i]! < 20) return 'transport';
  if ((bytes[upper + 13]! & SYN) === 0) return 'not-syn';
  const header = (bytes[upper + 12]! >> 4) * 4;
  if (header < 20 || header > layers.length[i]!) return 'transport';
  const length = writeInvariant(CLAMP, UPPER_OCTETS, bytes, layers, i, input, at);
  const copied = at + length - Math.min(UPPER_OCTETS, layers.length[i]!);
  const end = Math.min(at + length, copied + header);
  input[copied + 16] = 0;
  input[copied + 17] = 0;
  for (let option = copied + 20; option + 1 < end; ) {
    const kind = input[option]!;
    if (kind === END) break;
    if (kind === NO_OPERATION) {
      option++;
      continue;
    }
    const octets = input[option + 1]!;
    if (octets < 2) break;
    // An option that goes on behind the 40th octet is cut there.
    if (kind === MAXIMUM_SEGMENT_SIZE) input.fill(0, option + 2, Math.min(option + octets, end));
    option += octets;
  }
  return length;
}
