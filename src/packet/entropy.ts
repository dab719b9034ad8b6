/** How hard a packet is to guess: a question about one that is not tells its answerer what the packet was. */

/** For one who knows its addresses and what kind it is. */
export type Entropy = 'guessable' | 'fair' | 'high';

/** Bits below which a packet is guessable, and from which its class is high. */
const FAIR = 80;
const HIGH = 104;

/** Bits of an octet that nothing before it suggests; a letter or digit is part of a word that many know. */
const BITS_OF_OCTET = 6;
const BITS_OF_LETTER = 2;
const ICMP = 1;
const TCP = 6;
const UDP = 17;
const ICMPV6 = 58;

/**
 * Fields at the begin of a header that the kind of packet tells, or that are made of the rest: a bit for each octet.
 */
function toldBy(protocol: number | null): number {
  switch (protocol) {
    case ICMP: // type, code, checksum
    case ICMPV6:
      return 0x0f;
    case UDP: // ports, length, checksum
      return 0xff;
    case TCP: // ports; header length, flags, window, checksum, urgent pointer
      return 0xff00f;
    default:
      return 0;
  }
}

/** True when octet `i` is the one `distance` before it, or beside that, as in runs, counters and tables. */
function isSuggested(octets: Uint8Array, i: number, distance: number): boolean {
  return i >= distance && Math.abs(octets[i]! - octets[i - distance]!) <= 1;
}

/**
 * An estimate of the bits of the octets that a digest takes: 6 for an octet that none of those before it suggests, of
 * which letters and digits count 2; none for 0 and 255, for what is the same as the octet 1, 2, 4 or 8 before it or one
 * beside that, and for the fields of the upper-layer header that the kind of packet tells, where `protocol` says that
 * one stands at the begin. One packet alone does not show what repeats from packet to packet.
 */
export function bitsOf(octets: Uint8Array, protocol: number | null): number {
  const told = toldBy(protocol);
  let bits = 0;
  for (let i = 0; i < octets.length; i++) {
    const octet = octets[i]!;
    if (octet === 0 || octet === 255 || (i < 20 && ((told >> i) & 1) === 1)) continue;
    if (isSuggested(octets, i, 1) || isSuggested(octets, i, 2)) continue;
    if (isSuggested(octets, i, 4) || isSuggested(octets, i, 8)) continue;
    bits += octet >= 0x20 && octet < 0x7f ? BITS_OF_LETTER : BITS_OF_OCTET;
  }
  return bits;
}

/** The class of so many bits. `guessable`: less than 80; `high`: 104 and more. */
export function classOfBits(bits: number): Entropy {
  return bits < FAIR ? 'guessable' : bits < HIGH ? 'fair' : 'high';
}

/** The class of the octets that a digest takes; as `bitsOf`. */
export function entropyOf(octets: Uint8Array, protocol: number | null): Entropy {
  return classOfBits(bitsOf(octets, protocol));
}
