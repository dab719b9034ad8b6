/** What earlier systems hashed of a packet: for comparison with what they kept, not for identification. */
import { copy, writeHead } from './invariant.ts';
import { type Layers, missing, type ProfileRefusal } from './layers.ts';

const SPIE = 7;
/** Octets behind the header that both take. */
const BEHIND = 8;

/**
 * Where the octets behind the header begin: of IPv6, behind the first 40 octets, whatever they are. Or why they are
 * not there: neither system hashed a shorter packet, or it hashed the padding behind it.
 */
function behindHeader(layers: Layers, i: number): number | ProfileRefusal {
  const fault = layers.fault[i]!;
  if (fault !== null) return fault;
  const six = layers.family[i] === 6;
  const upper = layers.upper[i]!;
  const from = six ? layers.start[i]! + 40 : upper;
  // The packet's own end: what lies behind its upper-layer header, and before it the extension headers.
  if (upper + layers.length[i]! - from < BEHIND) return 'short';
  return layers.end[i]! - from < BEHIND ? missing(layers) : from;
}

/**
 * The octets that PACKTER, and by it InterTrack's clients, put through MD5: the header and 8 octets, of IPv4 with zero
 * for DSCP and ECN, total length, flags and fragment offset, TTL, checksum and options; of IPv6 with zero for the
 * upper half of the traffic class and the hop limit. At most 68 octets at `input[at]`; returns their number, or why
 * there are none.
 */
export function packterInput(
  bytes: Uint8Array,
  layers: Layers,
  i: number,
  input: Uint8Array,
  at: number,
): number | ProfileRefusal {
  const from = behindHeader(layers, i);
  if (typeof from !== 'number') return from;
  const start = layers.start[i]!;
  const header = from - start;
  copy(bytes, start, header + BEHIND, input, at);
  if (layers.family[i] === 6) {
    input[at]! &= 0xf0;
    input[at + 7] = 0;
  } else {
    input[at + 1] = 0;
    input.fill(0, at + 2, at + 4);
    input.fill(0, at + 6, at + 9);
    input.fill(0, at + 10, at + 12);
    input.fill(0, at + 20, at + header);
  }
  return header + BEHIND;
}

/**
 * The packet prefix of SPIE (Snoeren et al., "Hash-based IP traceback", section 3.1): of IPv4 the header without its
 * options and 8 octets, with zero for DSCP and ECN, TTL and checksum: 28 octets. Of IPv6 likewise 48, with zero for
 * traffic class, flow label and hop limit. SPIE fixed no hash function, so that the prefix is hashed like the other
 * profiles, behind "itk1" and the profile.
 */
export function spieInput(
  bytes: Uint8Array,
  layers: Layers,
  i: number,
  input: Uint8Array,
  at: number,
): number | ProfileRefusal {
  const from = behindHeader(layers, i);
  if (typeof from !== 'number') return from;
  const prefix = writeHead(SPIE, input, at);
  const six = layers.family[i] === 6;
  const to = copy(bytes, layers.start[i]!, six ? 40 : 20, input, prefix);
  if (six) {
    input[prefix] = 0x60;
    input.fill(0, prefix + 1, prefix + 4);
    input[prefix + 7] = 0;
  } else {
    input[prefix + 1] = 0;
    input[prefix + 8] = 0;
    input.fill(0, prefix + 10, prefix + 12);
  }
  return copy(bytes, from, BEHIND, input, to) - at;
}
