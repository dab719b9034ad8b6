// The digest kernel (AssemblyScript, built to build/itk1.wasm): SipHash-2-4 with 128-bit output over queued itk1 inputs,
// and Bloom filters of 512-bit blocks. It keeps no state: every address is given by packet/digest-kernel.ts, which owns
// the memory.
//
// A batch is worked off in passes, not packet by packet: hash all, touch all blocks, set all bits. The cache misses of
// the second pass overlap, and with a filter larger than the cache that is worth a factor of five.

/** Octets from one queued input to the next; the longest input is 89 octets. */
const SLOT: usize = 96;

/**
 * SipHash-2-4, 128-bit form (Aumasson and Bernstein, "SipHash: a fast short-input PRF", section 2, and their reference
 * code for the longer output), of `length` octets at `input`; what follows them is not looked at beyond the last
 * 8-octet word. Returns output octets 0 to 7 as a little-endian number; with `second` not 0, octets 8 to 15 go there.
 */
// @ts-ignore: decorator
@inline
function sipHash(k0: u64, k1: u64, input: usize, length: usize, second: usize): u64 {
  let v0: u64 = k0 ^ 0x736f6d6570736575;
  let v1: u64 = k1 ^ 0x646f72616e646f6d ^ 0xee;
  let v2: u64 = k0 ^ 0x6c7967656e657261;
  let v3: u64 = k1 ^ 0x7465646279746573;
  const last: usize = length >> 3;
  let result: u64 = 0;
  // Words 0 to `last` are the input and its length. Two words of zero more are the four rounds of finalization; two
  // beyond those are the four rounds to the second half.
  const words: usize = last + (second != 0 ? 5 : 3);
  for (let i: usize = 0; i < words; i++) {
    let m: u64 = 0;
    if (i < last) m = load<u64>(input + (i << 3));
    else if (i == last) {
      const rest: u64 = (length & 7) << 3;
      m = (load<u64>(input + (i << 3)) & (((<u64>1) << rest) - 1)) | ((<u64>length) << 56);
    } else if (i == last + 1) v2 ^= 0xee;
    else if (i == last + 3) {
      result = v0 ^ v1 ^ v2 ^ v3;
      v1 ^= 0xdd;
    }
    v3 ^= m;
    v0 += v1; v1 = rotl<u64>(v1, 13); v1 ^= v0; v0 = rotl<u64>(v0, 32);
    v2 += v3; v3 = rotl<u64>(v3, 16); v3 ^= v2;
    v0 += v3; v3 = rotl<u64>(v3, 21); v3 ^= v0;
    v2 += v1; v1 = rotl<u64>(v1, 17); v1 ^= v2; v2 = rotl<u64>(v2, 32);
    v0 += v1; v1 = rotl<u64>(v1, 13); v1 ^= v0; v0 = rotl<u64>(v0, 32);
    v2 += v3; v3 = rotl<u64>(v3, 16); v3 ^= v2;
    v0 += v3; v3 = rotl<u64>(v3, 21); v3 ^= v0;
    v2 += v1; v1 = rotl<u64>(v1, 17); v1 ^= v2; v2 = rotl<u64>(v2, 32);
    v0 ^= m;
  }
  if (second == 0) return v0 ^ v1 ^ v2 ^ v3;
  store<u64>(second, v0 ^ v1 ^ v2 ^ v3);
  return result;
}

/** All 16 octets of one input's digest, to `output`: the form kept in evidence. */
export function digest128(key: usize, input: usize, length: usize, output: usize): void {
  store<u64>(output, sipHash(load<u64>(key), load<u64>(key, 8), input, length, output + 8));
}

/** First pass: the low 64 bits of the digests of `count` queued inputs, whose lengths are the octets at `lengths`. */
export function hash(key: usize, queue: usize, lengths: usize, digests: usize, count: i32): void {
  const k0 = load<u64>(key);
  const k1 = load<u64>(key, 8);
  for (let i = 0; i < count; i++) {
    const digest = sipHash(k0, k1, queue + <usize>i * SLOT, load<u8>(lengths + <usize>i), 0);
    store<u64>(digests + ((<usize>i) << 3), digest);
  }
}

/** The 64-octet block of a digest, in a filter of `blocks` blocks: its high 32 bits, scaled. */
// @ts-ignore: decorator
@inline
function blockOf(filter: usize, blocks: u32, digest: u64): usize {
  return filter + ((<usize>(((digest >> 32) * <u64>blocks) >> 32)) << 6);
}

/** Seven bit numbers of 9 bits each. The multiplication makes them independent of the bits that chose the block. */
// @ts-ignore: decorator
@inline
function bitsOf(digest: u64): u64 {
  const product: u64 = digest * 0x9e3779b97f4a7c15;
  return product ^ (product >> 32) ^ (digest << 32);
}

/**
 * Second and third pass: digest i is put into the filter that starts at the i-th address of `filters`, each of `blocks`
 * blocks, and stored at the i-th address of `keys`. Returns a sum of no meaning, so that the loads of the second pass
 * are not optimised away.
 */
export function insert(digests: usize, filters: usize, keys: usize, blocks: u32, count: i32): u64 {
  let touched: u64 = 0;
  for (let i = 0; i < count; i++) {
    const filter = load<u32>(filters + ((<usize>i) << 2));
    touched += load<u64>(blockOf(filter, blocks, load<u64>(digests + ((<usize>i) << 3))));
  }
  for (let i = 0; i < count; i++) {
    const digest = load<u64>(digests + ((<usize>i) << 3));
    const block = blockOf(load<u32>(filters + ((<usize>i) << 2)), blocks, digest);
    let bits = bitsOf(digest);
    for (let k = 0; k < 7; k++) {
      const word = block + <usize>(((bits >> 6) & 7) << 3);
      store<u64>(word, load<u64>(word) | ((<u64>1) << (bits & 63)));
      bits >>= 9;
    }
    store<u64>(load<u32>(keys + ((<usize>i) << 2)), digest);
  }
  return touched;
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
