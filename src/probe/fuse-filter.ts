/**
 * Binary fuse filters (Graf and Lemire, "Binary Fuse Filters: Fast and Smaller Than Xor Filters", 2022), 3-wise: a set of
 * 64-bit digests that can't be changed any more, in about 9 bits a digest with fingerprints of 8 bits (1 in 256 asked for
 * in vain is found all the same), or 18 with 16 (1 in 65,536).
 *
 * Digests are pairs of 32-bit halves, low half first, as they lie in memory. They come from a keyed hash, so nobody can
 * choose them; mixing only serves to try again with another seed.
 */

export type FingerprintBits = 8 | 16;

export interface FuseFilter {
  readonly bits: FingerprintBits;
  /** Digests in the filter. */
  readonly keys: number;
  readonly seed: number;
  /** A power of two. */
  readonly segmentLength: number;
  /** Places that a digest's first position is drawn from: all but those of the last two segments. */
  readonly firstPlaces: number;
  readonly fingerprints: Uint8Array | Uint16Array;
}

/** Digests that one filter takes; more are spread over several. */
export const MOST_KEYS = 1 << 20;

/** With the paper's sizes one try in a few fails at worst; so many in a row means that digests stand twice. */
const TRIES = 100;

/** Finalizer of MurmurHash3: every bit of the input moves every bit of the output. */
function mix(x: number): number {
  let h = x;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

// What `locate` found: three places and the fingerprint. Kept here, for it is asked for each digest of each window.
let place0 = 0;
let place1 = 0;
let place2 = 0;
let fingerprint = 0;

/** The places lie in three segments that follow each other: that is what makes the filter small. */
function locate(low: number, high: number, seed: number, segmentLength: number, firstPlaces: number): void {
  // Two rounds of a Feistel network: different digests stay different.
  const y = high ^ mix(low ^ seed);
  const x = low ^ mix(y ^ ~seed);
  const mask = segmentLength - 1;
  place0 = Math.floor(((y >>> 0) / 4294967296) * firstPlaces);
  place1 = (place0 + segmentLength) ^ (x & mask);
  place2 = (place0 + 2 * segmentLength) ^ ((x >>> 16) & mask);
  fingerprint = mix(x + Math.imul(y, 0x9e3779b1)) >>> 0;
}

/** Section 4 of the paper: segment length and slack for `keys` digests. */
function shape(keys: number): { segmentLength: number; firstPlaces: number } {
  if (keys < 2) return { segmentLength: 4, firstPlaces: 4 };
  const exponent = Math.floor(Math.log(keys) / Math.log(3.33) + 2.25);
  const segmentLength = 2 ** Math.min(16, Math.max(2, exponent));
  const slack = Math.max(1.125, 0.875 + (0.25 * Math.log(1e6)) / Math.log(keys));
  const segments = Math.max(1, Math.ceil((keys * slack) / segmentLength) - 2);
  return { segmentLength, firstPlaces: segments * segmentLength };
}

/**
 * A filter of the `keys.length / 2` digests in `keys`, no two of them equal, MOST_KEYS at most. Null when they can't be
 * placed, which happens only to digests that stand twice.
 */
export function buildFuseFilter(keys: Uint32Array, bits: FingerprintBits): FuseFilter | null {
  const count = keys.length >> 1;
  const { segmentLength, firstPlaces } = shape(count);
  const places = firstPlaces + 2 * segmentLength;
  // For each place: how many digests that are not placed yet point at it, and the exclusive or of their numbers.
  const degree = new Uint32Array(places);
  const members = new Uint32Array(places);
  const alone = new Uint32Array(places);
  const order = new Uint32Array(count);
  const orderPlace = new Uint32Array(count);

  for (let seed = 1; seed <= TRIES; seed++) {
    degree.fill(0);
    members.fill(0);
    for (let i = 0; i < count; i++) {
      locate(keys[i * 2]!, keys[i * 2 + 1]!, seed, segmentLength, firstPlaces);
      degree[place0]!++;
      degree[place1]!++;
      degree[place2]!++;
      members[place0]! ^= i;
      members[place1]! ^= i;
      members[place2]! ^= i;
    }
    // Peel: a digest that is alone at one of its places can be settled there, after all others.
    let waiting = 0;
    for (let place = 0; place < places; place++) if (degree[place] === 1) alone[waiting++] = place;
    let peeled = 0;
    while (waiting > 0) {
      const place = alone[--waiting]!;
      if (degree[place] !== 1) continue;
      const i = members[place]!;
      order[peeled] = i;
      orderPlace[peeled++] = place;
      locate(keys[i * 2]!, keys[i * 2 + 1]!, seed, segmentLength, firstPlaces);
      members[place0]! ^= i;
      members[place1]! ^= i;
      members[place2]! ^= i;
      if (--degree[place0]! === 1) alone[waiting++] = place0;
      if (--degree[place1]! === 1) alone[waiting++] = place1;
      if (--degree[place2]! === 1) alone[waiting++] = place2;
    }
    if (peeled < count) continue;

    const fingerprints = bits === 8 ? new Uint8Array(places) : new Uint16Array(places);
    for (let k = count - 1; k >= 0; k--) {
      const i = order[k]!;
      locate(keys[i * 2]!, keys[i * 2 + 1]!, seed, segmentLength, firstPlaces);
      // The place itself is still 0, whichever of the three it is.
      fingerprints[orderPlace[k]!] =
        fingerprint ^ fingerprints[place0]! ^ fingerprints[place1]! ^ fingerprints[place2]!;
    }
    return { bits, keys: count, seed, segmentLength, firstPlaces, fingerprints };
  }
  return null;
}

/** False when the digest is certainly not in the filter. */
export function fuseMayHold(filter: FuseFilter, low: number, high: number): boolean {
  const { fingerprints } = filter;
  locate(low, high, filter.seed, filter.segmentLength, filter.firstPlaces);
  const stored = fingerprints[place0]! ^ fingerprints[place1]! ^ fingerprints[place2]!;
  return stored === (fingerprint & (filter.bits === 8 ? 0xff : 0xffff));
}
