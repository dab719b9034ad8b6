import { expect } from 'chai';
import fc from 'fast-check';
import {
  ask,
  falsePositiveRate,
  falseSightings,
  filterOctets,
  filtersAsked,
  keysOf,
  type SealedFilter,
} from '../../../src/probe/filters/sealed-filter.ts';
import { openSealer, type Sealed, type SeenKeys } from '../../../src/probe/filters/sealer.ts';
import { storageKey } from '../../../src/probe/filters/storage-key.ts';
import { sipHash64 } from '../../packet/siphash.ts';
import { digestsOf } from './digests.ts';

const sealer = openSealer();

/** The first of what was put in that is not found at its vantage. */
function missing(filter: SealedFilter, seen: readonly SeenKeys[]): string | null {
  for (const { vantage, keys } of seen) {
    const halves = new Uint32Array(keys.buffer, keys.byteOffset, keys.byteLength / 4);
    for (let i = 0; i < halves.length; i += 2)
      if (!ask(filter, halves[i]!, halves[i + 1]!).includes(vantage)) return `digest ${i / 2} of vantage ${vantage}`;
  }
  return null;
}

const sealed = (seen: readonly SeenKeys[], bits: 8 | 16 = 8): Sealed => sealer.seal(seen, bits)!;

describe('probe/sealer', () => {
  it('holds what was put in, whatever the number', () => {
    for (const bits of [8, 16] as const)
      for (const count of [0, 1, 2, 3, 5, 10, 26, 27, 33, 56, 57, 58, 100, 1000, 5000, 20_000]) {
        const seen = [{ vantage: 4, keys: digestsOf(count, 'in') }];
        const { filter } = sealed(seen, bits);
        expect(missing(filter, seen), `${bits} bits, ${count} digests`).to.equal(null);
        expect(keysOf(filter)).to.equal(count);
      }
  });

  it('holds any digests, in any order and with repetitions, at any vantages', () => {
    // A quarter has one upper half, a quarter one lower half, some are one digest: nothing is even.
    const half = fc.oneof(fc.constant(0), fc.constant(0xffffffff), fc.nat(3), fc.nat(0xffffffff));
    const digest = fc.tuple(half, half).map(([low, high]) => (BigInt(high) << 32n) | BigInt(low));
    const vantages = fc.uniqueArray(fc.tuple(fc.nat(70_000), fc.array(digest, { maxLength: 120 })), {
      maxLength: 24,
      selector: ([vantage]) => vantage,
    });
    fc.assert(
      fc.property(vantages, fc.constantFrom(8 as const, 16 as const), (given, bits) => {
        const seen = given.map(([vantage, digests]) => ({ vantage, keys: BigUint64Array.from(digests) }));
        const { filter } = sealed(seen, bits);
        expect(missing(filter, seen)).to.equal(null);
        const pairs = new Set(given.flatMap(([vantage, digests]) => digests.map(value => `${vantage} ${value}`)));
        expect(keysOf(filter)).to.equal(pairs.size);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps digests apart that share a half', () => {
    const rising = Uint32Array.from({ length: 60_000 }, (_, i) => i);
    for (const shared of [0, 1]) {
      const keys = new Uint32Array(rising.length * 2).fill(7);
      for (const i of rising) keys[i * 2 + shared] = i;
      const seen = [{ vantage: 0, keys }];
      expect(missing(sealed(seen).filter, seen)).to.equal(null);
    }
  });

  it('holds a digest at each of the vantages that saw it, few or all of them', () => {
    const common = digestsOf(300, 'common');
    for (const count of [3, 20, 100]) {
      const seen = Array.from({ length: count }, (_, vantage) => {
        const own = digestsOf(200, `own ${vantage}`);
        // Each saw its own, half saw the first of the common ones, two of them the rest.
        const shared = vantage < 2 ? common : vantage % 2 === 0 ? common.subarray(0, 2) : new Uint32Array();
        return { vantage, keys: Uint32Array.from([...own, ...shared, ...own]) };
      });
      const { filter, reason } = sealed(seen);
      expect(filter.kind).to.equal(count > 16 ? 'one' : 'each');
      expect(reason).to.match(/bits a digest/);
      expect(missing(filter, seen)).to.equal(null);
      if (count > 16)
        expect(filter.tables.map(({ keys }) => keys)).to.deep.equal([count * 200 + 300, 300, count / 2 - 1]);
    }
  });

  it('takes about 8.3 and 16.6 bits a digest, and is wrong about 1 in 256 and 1 in 65536 times', () => {
    const count = 200_000;
    const others = digestsOf(count, 'out');
    for (const bits of [8, 16] as const) {
      const { filter } = sealed([{ vantage: 0, keys: digestsOf(count, 'in') }], bits);
      expect((filterOctets(filter) * 8) / count, 'bits a digest').to.be.lessThan(bits * 1.05);
      expect(falsePositiveRate(filter)).to.equal(2 ** -bits);
      let wrong = 0;
      for (let i = 0; i < others.length; i += 2) wrong += ask(filter, others[i]!, others[i + 1]!).length;
      // Expected 781 and 3; six standard deviations on either side.
      if (bits === 8) expect(wrong).to.be.within(613, 949);
      else expect(wrong).to.be.at.most(14);
    }
  });

  it('returns the vantage in 1.13 (8 + log2 V) bits, wrong about 1 in 256 times', () => {
    const count = 100_000;
    const others = digestsOf(count, 'out');
    for (const vantages of [17, 33, 100, 300, 1000]) {
      const each = Math.ceil(count / vantages);
      const seen = Array.from({ length: vantages }, (_, vantage) => ({ vantage, keys: digestsOf(each, `${vantage}`) }));
      const { filter } = sealed(seen);
      expect(filter.kind).to.equal('one');
      const bound = 8 + Math.log2(vantages);
      expect((filterOctets(filter) * 8) / (each * vantages) / bound, `${vantages} vantages`).to.be.lessThan(1.13);
      expect(falseSightings(filter)).to.be.within(0.97 / 256, 1 / 256);
      expect(filtersAsked(filter)).to.equal(1);
      let wrong = 0;
      for (let i = 0; i < others.length; i += 2) wrong += ask(filter, others[i]!, others[i + 1]!).length;
      expect(wrong, `${vantages} vantages`).to.be.within(270, 512);
    }
  });

  it('makes the same octets of the same digests, in whatever order they came', () => {
    const keys = new BigUint64Array(digestsOf(30_000, 'in').buffer);
    const turned = Uint32Array.from(new Uint32Array(BigUint64Array.from(keys).reverse().buffer));
    const other = digestsOf(100, 'other');
    const one = sealed([
      { vantage: 1, keys },
      { vantage: 2, keys: other },
    ]);
    const two = openSealer().seal(
      [
        { vantage: 2, keys: other },
        { vantage: 9, keys: new Uint32Array() },
        { vantage: 1, keys: turned.subarray(0, 20) },
        { vantage: 1, keys: turned.subarray(10) },
      ],
      8,
    )!;
    expect(Buffer.compare(one.filter.octets, two.filter.octets)).to.equal(0);
  });

  it('takes floods of one packet', () => {
    const keys = new BigUint64Array(500_000).fill(42n);
    keys.set([1n, 0n], 250_000);
    const { filter } = sealed([{ vantage: 3, keys }]);
    expect(keysOf(filter)).to.equal(3);
    for (const low of [0, 1, 42]) expect(ask(filter, low, 0)).to.deep.equal([3]);
  });

  it('mixes digests under a storage key by SipHash-2-4', () => {
    const octets = Uint8Array.from({ length: 16 }, (_, i) => i);
    const key = storageKey(octets);
    // The paper's appendix has key 00..0f and messages 00, 00 01, ...; of 8 octets: 62 24 93 9a 79 f5 f5 93.
    expect(sealer.mixed(key, 0x03020100, 0x07060504)).to.deep.equal({ low: 0x9a932462, high: 0x93f5f579 });
    const keys = digestsOf(1000, 'in');
    const filter = sealer.seal([{ vantage: 0, keys }], 16, key)!.filter;
    for (let i = 0; i < keys.length; i += 2) {
      const { low, high } = sealer.mixed(key, keys[i]!, keys[i + 1]!);
      const [digest, mixed] = [Buffer.alloc(8), Buffer.alloc(8)];
      digest.writeUInt32LE(keys[i]!);
      digest.writeUInt32LE(keys[i + 1]!, 4);
      mixed.writeUInt32LE(low);
      mixed.writeUInt32LE(high, 4);
      expect(mixed.equals(sipHash64(octets, digest))).to.equal(true);
      expect(ask(filter, low, high)).to.deep.equal([0]);
    }
  });

  it('gives memory back after a large window', () => {
    const own = openSealer();
    own.seal([{ vantage: 0, keys: new BigUint64Array(4_000_000) }], 8);
    expect(own.octets).to.be.at.most(64 * 1024 * 1024);
  });
});
