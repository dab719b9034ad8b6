import { spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { BATCH, BLOCK_OCTETS, KEEP_ALL, loadKernel, SLICE_WORDS, SLOT_OCTETS } from '../../src/packet/digest-kernel.ts';
import { digestPacket, digestText, epochKey, epochOf } from '../../src/packet/itk1.ts';
import { ETHER4, ETHERNET, hex, IPV4, inputsOf } from './packets.ts';
import { sipHash128 } from './siphash.ts';

const KEY = Uint8Array.from({ length: 16 }, (_, i) => i);
const counting = (length: number) => Uint8Array.from({ length }, (_, i) => i);

/** The SipHash authors' test set for 128-bit output: key 00 to 0f, input 00, 01, … of the length given. */
const VECTORS: [number, string][] = [
  [0, 'a3817f04ba25a8e66df67214c7550293'],
  [1, 'da87c1d86b99af44347659119b22fc45'],
  [7, 'a1f1ebbed8dbc153c0b84aa61ff08239'],
  [8, '3b62a9ba6258f5610f83e264f31497b4'],
  [15, '5493e99933b0a8117e08ec0f97cfc3d9'],
  [16, '6ee2a4ca67b054bbfd3315bf85230577'],
  [31, '2939b0183223fafc1723de4f52c43d35'],
  [63, '5150d1772f50834a503e069a973fbd7c'],
];

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('packet/itk1', () => {
  const kernel = loadKernel();
  const digest = (key: Uint8Array, input: Uint8Array) => {
    kernel.setKey(key);
    kernel.memory.set(input, kernel.slot(0));
    return kernel.digest(input.length);
  };

  it('is SipHash-2-4 with 128 bits, by the test set of its authors', () => {
    for (const [length, output] of VECTORS) {
      expect(text(digest(KEY, counting(length))), `${length} octets`).to.equal(output);
      expect(text(sipHash128(KEY, counting(length))), `reference, ${length} octets`).to.equal(output);
    }
  });

  it('agrees with OpenSSL', function () {
    const key = text(KEY);
    const openssl = (input: Uint8Array) =>
      spawnSync('openssl', ['mac', '-macopt', `hexkey:${key}`, '-macopt', 'size:16', 'SIPHASH'], { input });
    if (openssl(counting(1)).status !== 0) this.skip();
    const input = counting(89);
    expect(String(openssl(input).stdout).trim().toLowerCase()).to.equal(text(digest(KEY, input)));
  });

  it('gives, in the kernel, what the reference gives, whatever stood in the slot before', () => {
    const octets = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
    fc.assert(
      fc.property(octets(16), fc.uint8Array({ maxLength: 89 }), octets(SLOT_OCTETS), (key, input, before) => {
        kernel.memory.set(before, kernel.slot(0));
        expect(text(digest(key, input))).to.equal(text(sipHash128(key, input)));
      }),
    );
  });

  it('hashes a batch, keeps the digests and finds each in its filter', () => {
    const blocks = 16;
    const places = [0, 1].map(() => ({
      filter: kernel.allocate(blocks * BLOCK_OCTETS)!,
      keys: kernel.allocate(BATCH * 8)!,
    }));
    places.forEach(({ filter, keys }, vantage) => {
      kernel.slices.set([filter, blocks, keys, BATCH], vantage * SLICE_WORDS);
    });
    const inputs = Array.from({ length: BATCH }, (_, i) => counting(i % 90).map(octet => octet ^ i));
    kernel.setKey(KEY);
    inputs.forEach((input, i) => {
      kernel.memory.fill(i, kernel.slot(i), kernel.slot(i) + SLOT_OCTETS);
      kernel.memory.set(input, kernel.slot(i));
      kernel.enqueue(i, input.length, i & 1);
    });
    expect(kernel.insert(BATCH)).to.equal(BATCH);
    inputs.forEach((input, i) => {
      const expected = sipHash128(KEY, input);
      const { filter, keys } = places[i & 1]!;
      const stored = kernel.memory.subarray(keys + (i >> 1) * 8);
      expect(digestText(stored), `input ${i}`).to.equal(digestText(expected));
      expect(kernel.holds(filter, blocks, keys, BATCH / 2, expected)).to.equal(true);
    });
    const { filter, keys } = places[0]!;
    expect(kernel.holds(filter, blocks, keys, BATCH / 2, counting(8))).to.equal(false);
  });

  it('keeps of a sample the digests up to a number', () => {
    const keys = kernel.allocate(BATCH * 8)!;
    kernel.slices.set([kernel.allocate(BLOCK_OCTETS)!, 1, keys, 0], 0);
    const inputs = Array.from({ length: BATCH }, (_, i) => counting(20).map(octet => octet ^ i));
    kernel.setKey(KEY);
    inputs.forEach((input, i) => {
      kernel.memory.set(input, kernel.slot(i));
      kernel.enqueue(i, input.length, 0);
    });
    const digests = inputs.map(input => Buffer.from(sipHash128(KEY, input)).readBigUInt64BE());
    const most = [...digests].sort((a, b) => (a < b ? -1 : 1))[100]!;
    const expected = digests.filter(digest => digest <= most);
    kernel.sample(most);
    expect(kernel.insert(BATCH)).to.equal(101);
    kernel.sample(KEEP_ALL);
    const kept = Buffer.from(kernel.memory.buffer, keys, 101 * 8);
    expect(expected.map((_, i) => kept.readBigUInt64BE(i * 8))).to.deep.equal(expected);
    // The row: room that was taken for the others is given back, and they are counted.
    expect([...kernel.slices.subarray(2, 6)]).to.deep.equal([keys + 101 * 8, 155, 0, 155]);
  });

  it('derives the key of an epoch by HKDF-SHA-256', () => {
    const secret = counting(32);
    const hour = epochOf(Date.UTC(2010, 1, 8, 12, 30));
    expect(hour).to.equal(351564);
    // RFC 5869 by hand: extract with 32 zero octets of salt, then the first block of expand.
    const extracted = createHmac('sha256', new Uint8Array(32)).update(secret).digest();
    const info = Uint8Array.from([0x69, 0x74, 0x6b, 0x31, 0, 5, 0x5d, 0x4c, 1]);
    const block = createHmac('sha256', extracted).update(info).digest();
    expect(text(epochKey(secret, hour))).to.equal(block.subarray(0, 16).toString('hex'));
  });

  it('digests every layer of a packet, and says why not', () => {
    const frame = hex(ETHER4, IPV4);
    const input = hex(inputsOf(frame, ETHERNET)[0]!);
    expect(digestPacket(kernel, frame, ETHERNET, KEY)).to.deep.equal({
      layers: [{ layer: 0, digest: digestText(sipHash128(KEY, input)), entropy: 'guessable', fragment: false }],
      stop: 'end',
    });
    for (const [at, octet] of [
      [20, 0x20],
      [21, 0x01],
    ] as const) {
      const fragment = frame.slice();
      fragment[at]! |= octet; // MF, or an offset of 8
      expect(digestPacket(kernel, fragment, ETHERNET, KEY).layers[0]).to.deep.include({ fragment: true });
    }
    expect(digestPacket(kernel, frame.subarray(0, 40), ETHERNET, KEY, 58)).to.deep.equal({
      layers: [{ layer: 0, reason: 'snaplen' }],
      stop: 'end',
    });
    expect(digestPacket(kernel, frame, 9999, KEY)).to.deep.equal({ layers: [], stop: 'link-type' });
  });
});
