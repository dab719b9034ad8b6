import { expect } from 'chai';
import fc from 'fast-check';
import {
  ask,
  decodeFilter,
  falsePositiveRate,
  falseSightings,
  filterOctets,
  keysOf,
  type SealedFilter,
} from '../../src/probe/sealed-filter.ts';
import { openSealer, type Sealed, type SeenKeys, storageKey } from '../../src/probe/sealer.ts';
import { sipHash64 } from '../packet/siphash.ts';
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

describe('probe/sealed-filter', () => {
  const { filter } = sealed([{ vantage: 5, keys: Uint32Array.of(1, 2) }]);

  it('is octets', () => {
    // prettier-ignore
    const expected = [
      0x49,
      0x54,
      0x46,
      0x31, // ITF1
      0,
      8,
      1,
      0, // a filter a vantage, 8 bits, 1 table
      1,
      0,
      0,
      0, // vantages
      20,
      0,
      0,
      0, // words
      5,
      0,
      0,
      0, // the vantage
      15,
      0,
      0,
      0, // words of the table
      1,
      0,
      0,
      0, // digests
      1,
      0,
      0,
      0, // values
      0,
      8,
      0,
      0, // 2^0 shards, 8 columns
      0,
      0,
      0,
      0, // shards with one more
      0,
      0,
      0,
      0, // where the rows of the shard begin
      0,
      1,
      0,
      0, // its seed, its blocks
    ];
    expect([...filter.octets.subarray(0, expected.length)]).to.deep.equal(expected);
    expect(filter.octets.length).to.equal(expected.length + 8 * 4);
  });

  it('is asked where it lies, in shared memory too', () => {
    const keys = digestsOf(3000, 'in');
    const { octets } = sealed([{ vantage: 8, keys }]).filter;
    for (const at of [0, 4, 5]) {
      const shared = new Uint8Array(new SharedArrayBuffer(octets.length + 8), at, octets.length);
      shared.set(octets);
      const read = decodeFilter(shared) as SealedFilter;
      expect(missing(read, [{ vantage: 8, keys }])).to.equal(null);
      expect(read.octets.buffer === shared.buffer).to.equal(at % 4 === 0);
    }
  });

  it('says where octets are no filter', () => {
    const change = (at: number, value: number) => {
      const octets = filter.octets.slice();
      octets[at] = value;
      return decodeFilter(octets);
    };
    expect(decodeFilter(filter.octets.subarray(0, 12))).to.deep.equal({ offset: 0, wrong: '12 octets are no filter' });
    expect(change(0, 0)).to.deep.equal({ offset: 0, wrong: 'not a filter' });
    expect(change(4, 9)).to.deep.equal({ offset: 4, wrong: 'kind 9' });
    expect(change(5, 9)).to.deep.equal({ offset: 5, wrong: '9 bits' });
    expect(change(6, 2)).to.deep.equal({ offset: 6, wrong: '2 tables for 1 vantages' });
    expect(change(8, 90)).to.deep.equal({ offset: 8, wrong: '90 vantages in 20 words' });
    expect(change(12, 19)).to.deep.equal({ offset: 12, wrong: '19 words said to be in 20' });
    expect(change(20, 16)).to.deep.equal({ offset: 20, wrong: 'a table of 16 words where there are 15' });
    expect(change(20, 7)).to.deep.equal({ offset: 40, wrong: "shard 0 lies behind the table's end" });
    expect(change(28, 0)).to.deep.equal({ offset: 28, wrong: 'a table of no values' });
    expect(change(28, 2)).to.deep.equal({ offset: 28, wrong: '2 values instead of 1' });
    expect(change(32, 200)).to.deep.equal({ offset: 32, wrong: '2^200 shards' });
    expect(change(33, 33)).to.deep.equal({ offset: 32, wrong: '33 columns' });
    expect(change(36, 2)).to.deep.equal({ offset: 36, wrong: '2 of 1 shards are wide' });
    expect(change(45, 2)).to.deep.equal({ offset: 40, wrong: "shard 0 lies behind the table's end" });
  });

  it('is decoded or refused, and asked, whatever the octets', () => {
    const several = Array.from({ length: 20 }, (_, vantage) => ({ vantage, keys: digestsOf(9, `${vantage % 19}`) }));
    const bases = [filter.octets, sealed(several).filter.octets, sealed(several.slice(12)).filter.octets];
    const edits = fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.constantFrom(...bases), edits, fc.nat(40), fc.nat(0xffffffff), (base, changes, cut, half) => {
        const octets = base.slice(0, base.length - (cut > 20 ? cut : 0));
        for (const [at, value] of changes) octets[at % octets.length] = value;
        const read = decodeFilter(octets);
        if ('wrong' in read) expect(read.offset).to.be.within(0, octets.length);
        else expect(ask(read, half, half ^ 0x55555555)).to.be.an('array');
      }),
      { numRuns: 2000 },
    );
  });
});
