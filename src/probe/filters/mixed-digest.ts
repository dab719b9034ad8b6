/**
 * What is stored for a digest, and the key of a window, in plain TypeScript: for one digest at a time. Those of whole
 * windows are mixed by the kernel (probe/filters/sealer.ts).
 */
import type { StorageKey } from './storage-key.ts';

const MASK = (1n << 64n) - 1n;
const turned = (x: bigint, by: bigint) => ((x << by) | (x >> (64n - by))) & MASK;

/** SipHash-2-4 with 64 bits of output, of 8 octets: a digest's halves, the lower first. */
export function mixedDigest({ k0, k1 }: StorageKey, low: number, high: number): { low: number; high: number } {
  let v0 = k0 ^ 0x736f6d6570736575n;
  let v1 = k1 ^ 0x646f72616e646f6dn;
  let v2 = k0 ^ 0x6c7967656e657261n;
  let v3 = k1 ^ 0x7465646279746573n;
  const rounds = (count: number, word: bigint) => {
    v3 ^= word;
    for (let i = 0; i < count; i++) {
      v0 = (v0 + v1) & MASK;
      v1 = turned(v1, 13n) ^ v0;
      v0 = turned(v0, 32n);
      v2 = (v2 + v3) & MASK;
      v3 = turned(v3, 16n) ^ v2;
      v0 = (v0 + v3) & MASK;
      v3 = turned(v3, 21n) ^ v0;
      v2 = (v2 + v1) & MASK;
      v1 = turned(v1, 17n) ^ v2;
      v2 = turned(v2, 32n);
    }
    v0 ^= word;
  };
  rounds(2, (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0));
  rounds(2, 8n << 56n);
  v2 ^= 0xffn;
  rounds(4, 0n);
  const mixed = v0 ^ v1 ^ v2 ^ v3;
  return { low: Number(mixed & 0xffffffffn), high: Number(mixed >> 32n) };
}

/**
 * The key that the digests of one window are stored under, made of that of its hour: SipHash-2-4 of the number and twice the
 * part is its first half, of the number and one more its second. Who is told it learns nothing of other windows. `mixed`:
 * another way to the same.
 */
export function windowKey(hour: StorageKey, number: number, part: number, mixed = mixedDigest): StorageKey {
  const half = (which: number) => {
    const { low, high } = mixed(hour, number, part * 2 + which);
    return (BigInt(high) << 32n) | BigInt(low);
  };
  return { k0: half(0), k1: half(1) };
}
