/** SipHash-2-4 in plain TypeScript, from the paper: what the kernels are compared to. */
const MASK = (1n << 64n) - 1n;
const rotate = (x: bigint, by: bigint) => ((x << by) | (x >> (64n - by))) & MASK;

function word(bytes: Uint8Array, at: number, count: number): bigint {
  let value = 0n;
  for (let i = count - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i]!);
  return value;
}

/** 16 octets. */
export const sipHash128 = (key: Uint8Array, input: Uint8Array): Uint8Array => sipHash(key, input, 16);

/** 8 octets. */
export const sipHash64 = (key: Uint8Array, input: Uint8Array): Uint8Array => sipHash(key, input, 8);

function sipHash(key: Uint8Array, input: Uint8Array, length: 8 | 16): Uint8Array {
  const k0 = word(key, 0, 8);
  const k1 = word(key, 8, 8);
  let v0 = k0 ^ 0x736f6d6570736575n;
  let v1 = k1 ^ 0x646f72616e646f6dn ^ (length === 16 ? 0xeen : 0n);
  let v2 = k0 ^ 0x6c7967656e657261n;
  let v3 = k1 ^ 0x7465646279746573n;
  const rounds = (count: number) => {
    for (let i = 0; i < count; i++) {
      v0 = (v0 + v1) & MASK;
      v2 = (v2 + v3) & MASK;
      v1 = rotate(v1, 13n) ^ v0;
      v3 = rotate(v3, 16n) ^ v2;
      v0 = rotate(v0, 32n);
      v2 = (v2 + v1) & MASK;
      v0 = (v0 + v3) & MASK;
      v1 = rotate(v1, 17n) ^ v2;
      v3 = rotate(v3, 21n) ^ v0;
      v2 = rotate(v2, 32n);
    }
  };
  const whole = input.length >> 3;
  for (let i = 0; i <= whole; i++) {
    const m =
      i < whole ? word(input, i * 8, 8) : word(input, i * 8, input.length & 7) | (BigInt(input.length & 255) << 56n);
    v3 ^= m;
    rounds(2);
    v0 ^= m;
  }
  const output = new DataView(new ArrayBuffer(length));
  v2 ^= length === 16 ? 0xeen : 0xffn;
  rounds(4);
  output.setBigUint64(0, v0 ^ v1 ^ v2 ^ v3, true);
  if (length === 8) return new Uint8Array(output.buffer);
  v1 ^= 0xddn;
  rounds(4);
  output.setBigUint64(8, v0 ^ v1 ^ v2 ^ v3, true);
  return new Uint8Array(output.buffer);
}
