/** How hard a packet is to guess: a question about one that is not tells its answerer what the packet was. */

/** For one who knows its addresses and what kind it is. */
export type Entropy = 'guessable' | 'fair' | 'high';

/** Bits below which a packet is guessable, and from which its class is high. */
const FAIR = 80;
const HIGH = 104;

/** Bits of an octet that nothing before it suggests; a letter or digit is part of a word that many know. */
const BITS_OF_OCTET = 6;
const BITS_OF_LETTER = 2;
/** Distances to the octets that suggest one: in runs, counters and tables of 2, 4 and 8 octets. */
const BEFORE = [1, 2, 4, 8] as const;

const ICMP = 1;
const TCP = 6;
const UDP = 17;
const ICMPV6 = 58;

/**
 * Fields at the begin of a header that the kind of packet tells, or that are made of the rest: first and last octet.
 */
const TOLD: ReadonlyMap<number, readonly (readonly [number, number])[]> = new Map([
  [ICMP, [[0, 3]]], // type, code, checksum
  [ICMPV6, [[0, 3]]],
  [UDP, [[0, 7]]], // ports, length, checksum
  [
    TCP,
    [
      [0, 3],
      [12, 19],
    ],
  ], // ports; header length, flags, window, checksum, urgent pointer
]);

/**
 * The class of the octets that a digest takes, by an estimate of their bits: 6 for an octet that none of those before
 * it suggests, of which letters and digits count 2; none for 0 and 255, for what is the same as the octet 1, 2, 4 or 8
 * before it or one beside that, and for the fields of the upper-layer header that the kind of packet tells, where
 * `protocol` says that one stands at the begin. `guessable`: less than 80 bits; `high`: 104 and more. One packet alone
 * does not show what repeats from packet to packet.
 */
export function entropyOf(octets: Uint8Array, protocol: number | null): Entropy {
  const told = (protocol !== null && TOLD.get(protocol)) || [];
  let bits = 0;
  for (let i = 0; i < octets.length; i++) {
    if (told.some(([from, to]) => i >= from && i <= to)) continue;
    const octet = octets[i]!;
    if (octet === 0 || octet === 255) continue;
    if (BEFORE.some(distance => i >= distance && Math.abs(octet - octets[i - distance]!) <= 1)) continue;
    bits += octet >= 0x20 && octet < 0x7f ? BITS_OF_LETTER : BITS_OF_OCTET;
  }
  return bits < FAIR ? 'guessable' : bits < HIGH ? 'fair' : 'high';
}
