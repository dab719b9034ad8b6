import { createHash } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { buildFuseFilter, fuseMayHold } from '../../src/probe/fuse-filter.ts';
import { sealDigests, windowMayHold, windowOctets } from '../../src/probe/sealed-window.ts';

/** `count` different digests, as even as those of a keyed hash. */
function digests(count: number, name: string): Uint32Array<ArrayBuffer> {
  const bytes = createHash('shake256', { outputLength: count * 8 })
    .update(name)
    .digest();
  return new Uint32Array(Uint8Array.from(bytes).buffer);
}

describe('probe/fuse-filter', () => {
  it('holds what was put in, whatever the number', () => {
    for (const bits of [8, 16] as const)
      for (const count of [0, 1, 2, 3, 4, 5, 7, 10, 33, 100, 1000, 5000]) {
        const keys = digests(count, 'in');
        const filter = buildFuseFilter(keys, bits)!;
        expect(filter, `${count} keys`).to.not.equal(null);
        for (let i = 0; i < keys.length; i += 2)
          expect(fuseMayHold(filter, keys[i]!, keys[i + 1]!), `${bits} bits, ${count} keys`).to.equal(true);
      }
  });

  it('holds digests that are not even at all', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { maxLength: 300 }), values => {
        const keys = new Uint32Array(BigUint64Array.from(values).buffer);
        const filter = buildFuseFilter(keys, 16)!;
        for (let i = 0; i < keys.length; i += 2) expect(fuseMayHold(filter, keys[i]!, keys[i + 1]!)).to.equal(true);
      }),
    );
  });

  it('takes about 9 and 18 bits a digest, and is wrong about 1 in 256 and 1 in 65536 times', () => {
    const count = 200_000;
    const keys = digests(count, 'in');
    const others = digests(count, 'out');
    for (const bits of [8, 16] as const) {
      const filter = buildFuseFilter(keys, bits)!;
      expect((filter.fingerprints.byteLength * 8) / count, 'bits a digest').to.be.lessThan(bits * 1.18);
      let wrong = 0;
      for (let i = 0; i < others.length; i += 2) if (fuseMayHold(filter, others[i]!, others[i + 1]!)) wrong++;
      // Expected 781 and 3; six standard deviations on either side.
      if (bits === 8) expect(wrong).to.be.within(613, 949);
      else expect(wrong).to.be.at.most(14);
    }
  });

  it('gives up on digests that stand twice, and sealing takes them out', () => {
    const twice = BigUint64Array.from([7n, 7n, 7n, 9n, 7n]);
    expect(buildFuseFilter(new Uint32Array(twice.buffer), 8)).to.equal(null);
    const filters = sealDigests(twice, 8);
    expect(filters.map(filter => filter.keys)).to.deep.equal([2]);
  });

  it('spreads many digests over several filters', () => {
    const keys = digests(600_000, 'many');
    const filters = sealDigests(new BigUint64Array(Uint32Array.from(keys).buffer), 16);
    expect(filters.length).to.equal(2);
    const window = { vantage: 0, first: 0, last: 9, packets: 0, lost: 0, filters, octets: windowOctets(filters) };
    for (let i = 0; i < keys.length; i += 2)
      if (!windowMayHold(window, keys[i]!, keys[i + 1]!)) expect.fail(`digest ${i / 2} is not found`);
  });
});
