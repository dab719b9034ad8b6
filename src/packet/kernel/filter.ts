// Bloom filters of 512-bit blocks: all seven bits of a digest lie in one cache line.

/** Octets of a block. */
// @ts-ignore: decorator
@inline
export const BLOCK_SHIFT: u32 = 6;

/**
 * The 64-octet block of a digest, in a filter of `blocks` blocks: its upper 32 bits, scaled. Sampling (batch.ts) looks at
 * the octets the other way round, so that it takes from the lowest bits first.
 */
// @ts-ignore: decorator
@inline
export function blockOf(filter: usize, blocks: u32, digest: u64): usize {
  return filter + ((<usize>(((digest >> 32) * <u64>blocks) >> 32)) << BLOCK_SHIFT);
}

/** Seven bit numbers of 9 bits each. The multiplication makes them independent of the bits that chose the block. */
// @ts-ignore: decorator
@inline
function bitsOf(digest: u64): u64 {
  const product: u64 = digest * 0x9e3779b97f4a7c15;
  return product ^ (product >> 32);
}

// @ts-ignore: decorator
@inline
function setBit(block: usize, bits: u64): void {
  const word = block + <usize>((bits >> 3) & 56);
  store<u64>(word, load<u64>(word) | ((<u64>1) << (bits & 63)));
}

/** Sets the seven bits of a digest in its block. */
// @ts-ignore: decorator
@inline
export function setBits(block: usize, digest: u64): void {
  const bits = bitsOf(digest);
  setBit(block, bits);
  setBit(block, bits >> 9);
  setBit(block, bits >> 18);
  setBit(block, bits >> 27);
  setBit(block, bits >> 36);
  setBit(block, bits >> 45);
  setBit(block, bits >> 54);
}

/** 1 when the filter may hold the digest at address `digest`, 0 when it certainly does not. */
export function mayHold(filter: usize, blocks: u32, digest: usize): i32 {
  const d = load<u64>(digest);
  const block = blockOf(filter, blocks, d);
  let bits = bitsOf(d);
  for (let k = 0; k < 7; k++) {
    if ((load<u64>(block + <usize>(((bits >> 6) & 7) << 3)) & ((<u64>1) << (bits & 63))) == 0) return 0;
    bits >>= 9;
  }
  return 1;
}

/** 1 when one of the `count` digests stored from `keys` on equals the digest at address `digest`. */
export function holds(keys: usize, count: i32, digest: usize): i32 {
  const d = load<u64>(digest);
  for (let i = 0; i < count; i++) if (load<u64>(keys + ((<usize>i) << 3)) == d) return 1;
  return 0;
}
