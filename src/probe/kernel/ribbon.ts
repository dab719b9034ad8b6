// The sealing kernel (AssemblyScript, built to build/ribbon.wasm): the storage key's mix, sorting digests into shards,
// taking out what stands twice, and solving a shard's equations. It keeps no state: every address is given by
// probe/filters/sealing-kernel.ts, which owns the memory. What a table is stands in probe/filters/ribbon-table.ts; the
// functions `mix`, `shardHash` and those of a row agree with it bit for bit.

/** Finalizer of MurmurHash3: every bit of the input moves every bit of the output. */
// @ts-ignore: decorator
@inline
function mix(x: u32): u32 {
  let h = x;
  h = (h ^ (h >> 16)) * 0x85ebca6b;
  h = (h ^ (h >> 13)) * 0xc2b2ae35;
  return h ^ (h >> 16);
}

/** Which shard, by its upper bits: a bijection of a digest's upper half for each lower half. */
// @ts-ignore: decorator
@inline
function shardHash(low: u32, high: u32): u32 {
  return high ^ mix(low);
}

/**
 * SipHash-2-4 (Aumasson and Bernstein, section 2) of each of `count` digests, 8 octets of message, under the key k0, k1;
 * the results take their places. No permutation of 64 bits: there is none whose strength is known as well at this speed,
 * and that two digests fall together, once in 2^64 pairs, makes one wrong yes more and no wrong no.
 */
export function mixKeys(k0: u64, k1: u64, keys: usize, count: i32): void {
  const end = keys + ((<usize>count) << 3);
  for (let at = keys; at < end; at += 8) {
    let v0: u64 = k0 ^ 0x736f6d6570736575;
    let v1: u64 = k1 ^ 0x646f72616e646f6d;
    let v2: u64 = k0 ^ 0x6c7967656e657261;
    let v3: u64 = k1 ^ 0x7465646279746573;
    // The digest, the length in the last word's upper octet, and the four rounds at the end.
    for (let i: i32 = 0; i < 4; i++) {
      const m: u64 = i == 0 ? load<u64>(at) : i == 1 ? (<u64>8) << 56 : 0;
      if (i == 2) v2 ^= 0xff;
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
    store<u64>(at, v0 ^ v1 ^ v2 ^ v3);
  }
}

/** Adds to the counts at `counts`, 4 octets for each bucket, how many of the digests fall into it. */
export function count(keys: usize, keyCount: i32, counts: usize, shift: u32): void {
  const end = keys + ((<usize>keyCount) << 3);
  for (let at = keys; at < end; at += 8) {
    const bucket = counts + (<usize>(shardHash(load<u32>(at), load<u32>(at, 4)) >> shift) << 2);
    store<u32>(bucket, load<u32>(bucket) + 1);
  }
}

/** Copies digests, and their tags unless `tags` is 0, to where their buckets' places are, which move on. */
export function scatter(
  keys: usize, tags: usize, keyCount: i32, places: usize, shift: u32, toKeys: usize, toTags: usize,
): void {
  for (let i: usize = 0; i < <usize>keyCount; i++) {
    const key = load<u64>(keys + (i << 3));
    const bucket = places + (<usize>(shardHash(<u32>key, <u32>(key >> 32)) >> shift) << 2);
    const place: usize = load<u32>(bucket);
    store<u32>(bucket, <u32>place + 1);
    store<u64>(toKeys + (place << 3), key);
    if (tags != 0) store<u32>(toTags + (place << 2), load<u32>(tags + (i << 2)));
  }
}

/** Where in a table of `mask` + 1 numbers the search for a digest begins. */
// @ts-ignore: decorator
@inline
function slotOf(key: u64, mask: u32): u32 {
  return mix(<u32>key * 0x9e3779b1 + <u32>(key >> 32)) & mask;
}

/** A table of `bits` bits, empty, at an address beyond which nothing lies; false when there is no memory for it. */
function clearTable(table: usize, bits: u32): bool {
  const octets: usize = (<usize>4) << bits;
  const pages = (table + octets + 65535) >> 16;
  const there: usize = memory.size();
  if (pages > there && memory.grow(<i32>(pages - there)) < 0) return false;
  memory.fill(table, 0, octets);
  return true;
}

/**
 * Takes out, of `bucketCount` digests from number `from` on, what stands there twice with the same tag; the rest moves to
 * number `to` and on, not behind `from`. A digest that comes again with another tag goes to `overKeys` and `overTags`.
 * The table of what was met lies at `table`, behind all else, and grows with the digests that differ, not with those that
 * are alike. Returns how many stay in the low 32 bits and how many went over in the high ones; -1 without memory.
 */
export function unique(
  keys: usize, tags: usize, from: u32, bucketCount: u32, to: u32, overKeys: usize, overTags: usize, table: usize,
): i64 {
  let bits: u32 = 12;
  let mask: u32 = (1 << bits) - 1;
  if (!clearTable(table, bits)) return -1;
  const kept0 = keys + ((<usize>to) << 3);
  let kept: u32 = 0;
  let over: u32 = 0;
  for (let i: u32 = 0; i < bucketCount; i++) {
    const key = load<u64>(keys + ((<usize>(from + i)) << 3));
    let slot = slotOf(key, mask);
    let found: u32;
    while ((found = load<u32>(table + ((<usize>slot) << 2))) != 0) {
      if (load<u64>(kept0 + ((<usize>(found - 1)) << 3)) == key) break;
      slot = (slot + 1) & mask;
    }
    if (found == 0) {
      store<u64>(kept0 + ((<usize>kept) << 3), key);
      if (tags != 0) {
        store<u32>(tags + ((<usize>(to + kept)) << 2), load<u32>(tags + ((<usize>(from + i)) << 2)));
      }
      store<u32>(table + ((<usize>slot) << 2), ++kept);
      if (kept > (mask >> 1)) {
        mask = (1 << ++bits) - 1;
        if (!clearTable(table, bits)) return -1;
        for (let k: u32 = 0; k < kept; k++) {
          slot = slotOf(load<u64>(kept0 + ((<usize>k) << 3)), mask);
          while (load<u32>(table + ((<usize>slot) << 2)) != 0) slot = (slot + 1) & mask;
          store<u32>(table + ((<usize>slot) << 2), k + 1);
        }
      }
    } else if (tags != 0) {
      const tag = load<u32>(tags + ((<usize>(from + i)) << 2));
      if (tag != load<u32>(tags + ((<usize>(to + found - 1)) << 2))) {
        store<u64>(overKeys + ((<usize>over) << 3), key);
        store<u32>(overTags + ((<usize>over) << 2), tag);
        over++;
      }
    }
  }
  return (<i64>kept) | ((<i64>over) << 32);
}

/**
 * Puts the equations of `keyCount` digests into band form: for each of `blocks` * 32 rows a coefficient of 64 bits at
 * `coefficients`, whose lowest is 1, or 0 where there is no equation, and its right side of `width` bits at `sides`. A
 * digest's number is its tag, or 0 when `tags` is 0. Returns 0 when two equations contradict each other.
 */
export function solve(
  keys: usize, tags: usize, keyCount: i32, seed: u32, blocks: u32, width: u32, coefficients: usize, sides: usize,
): i32 {
  const rows: u32 = blocks << 5;
  const starts: u64 = rows > 64 ? rows - 63 : 1;
  const salt: u32 = seed * 0x9e3779b9;
  const narrow = blocks == 1;
  memory.fill(coefficients, 0, (<usize>rows) << 3);
  for (let i: usize = 0; i < <usize>keyCount; i++) {
    const low = load<u32>(keys + (i << 3));
    const y = shardHash(low, load<u32>(keys + (i << 3), 4));
    const a = mix((low ^ salt) + y * 0x9e3779b1);
    let coefficient: u64 = <u64>(mix(a ^ y) | 1);
    if (!narrow) coefficient |= (<u64>mix(a * 0x85ebca6b + y)) << 32;
    let side: u32 = (mix(a + y * 0xc2b2ae35) >> (32 - width)) ^ (tags == 0 ? 0 : load<u32>(tags + (i << 2)));
    let row: usize = <usize>((<u64>a * starts) >> 32);
    for (;;) {
      const there = load<u64>(coefficients + (row << 3));
      if (there == 0) {
        store<u64>(coefficients + (row << 3), coefficient);
        store<u32>(sides + (row << 2), side);
        break;
      }
      coefficient ^= there;
      side ^= load<u32>(sides + (row << 2));
      if (coefficient == 0) {
        if (side != 0) return 0;
        break;
      }
      const shift = ctz<u64>(coefficient);
      coefficient >>= shift;
      row += <usize>shift;
    }
  }
  return 1;
}

/**
 * From the last row to the first, what each row's `width` bits have to be. They go to `output` in blocks of 32 rows: a
 * 4-octet number for each bit, lowest first, that holds this bit of row i of the block as its bit i.
 */
export function substitute(blocks: u32, width: u32, coefficients: usize, sides: usize, output: usize): void {
  // A bit at a time, so that the rows in reach of a coefficient stay in one register.
  for (let column: u32 = 0; column < width; column++) {
    let reach: u64 = 0;
    for (let block: i32 = blocks - 1; block >= 0; block--) {
      const first: usize = (<usize>block) << 5;
      for (let i: i32 = 31; i >= 0; i--) {
        const row: usize = first + <usize>i;
        const coefficient = load<u64>(coefficients + (row << 3));
        reach <<= 1;
        if (coefficient != 0) {
          const side: u64 = <u64>(load<u32>(sides + (row << 2)) >> column);
          reach |= (popcnt<u64>(reach & coefficient) ^ side) & 1;
        }
      }
      store<u32>(output + (((<usize>block) * <usize>width + <usize>column) << 2), <u32>reach);
    }
  }
}
