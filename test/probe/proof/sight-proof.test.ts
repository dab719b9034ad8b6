import { expect } from 'chai';
import fc from 'fast-check';
import { encodeWindow } from '../../../src/probe/disk/window-file.ts';
import type { KeptWindow } from '../../../src/probe/filters/kept-window.ts';
import { mixedDigest, windowKey } from '../../../src/probe/filters/mixed-digest.ts';
import { falsePositiveRate } from '../../../src/probe/filters/sealed-filter.ts';
import { openSealer } from '../../../src/probe/filters/sealer.ts';
import { storageKey } from '../../../src/probe/filters/storage-key.ts';
import { checkSight, proveSight, type SightProof } from '../../../src/probe/proof/sight-proof.ts';
import { hiddenKey } from '../../../src/probe/proof/window-tree.ts';
import type { WindowPart } from '../../../src/probe/window-messages.ts';
import { sipHash64 } from '../../packet/siphash.ts';
import { digestsOf, partOf, sealed } from '../sealing.ts';

const NUMBER = 126_563_040;
const HOUR = Uint8Array.from({ length: 16 }, (_, i) => i * 7);
const key = windowKey(storageKey(HOUR), NUMBER, 0);

const textOf = (digest: bigint) => {
  const octets = Buffer.alloc(8);
  octets.writeBigUInt64LE(digest);
  return octets.toString('hex');
};

interface Proving {
  readonly part: WindowPart;
  readonly window: KeptWindow;
  readonly root: string;
  prove(digest: string): SightProof | null;
}

function proving(counts: readonly number[]): Proving {
  const part = partOf(NUMBER, counts);
  const window = sealed(part, HOUR);
  const { root } = encodeWindow(window);
  return { part, window, root, prove: digest => proveSight(window, key, digest) };
}

const rootOf = (proof: SightProof, digest: string) => {
  const checked = checkSight(proof, digest);
  return typeof checked === 'string' ? checked : Buffer.from(checked.root).toString('hex');
};

describe('probe/sight-proof', () => {
  const few = proving([300, 0, 40]);
  const shards = proving([20_000]);
  const many = proving(Array.from({ length: 40 }, () => 50));

  it('stores digests under a key of each window, which tells nothing of the hour', () => {
    const sealer = openSealer();
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        (octets, digest) => {
          const input = Buffer.from(textOf(digest), 'hex');
          const halves = [input.readUInt32LE(0), input.readUInt32LE(4)] as const;
          const { low, high } = mixedDigest(storageKey(octets), ...halves);
          const expected = Buffer.from(sipHash64(octets, input));
          expect([low, high]).to.deep.equal([expected.readUInt32LE(0), expected.readUInt32LE(4)]);
          expect(sealer.mixed(storageKey(octets), ...halves)).to.deep.equal({ low, high });
        },
      ),
    );
    const message = (number: number, half: number) => {
      const octets = Buffer.alloc(8);
      octets.writeUInt32LE(number);
      octets.writeUInt32LE(half, 4);
      return Buffer.from(sipHash64(HOUR, octets)).readBigUInt64LE();
    };
    expect(windowKey(storageKey(HOUR), NUMBER, 3)).to.deep.equal({ k0: message(NUMBER, 6), k1: message(NUMBER, 7) });
    expect(few.window.hiddenKey).to.deep.equal(Uint8Array.from(hiddenKey(key)));
  });

  it('proves every digest that a window holds, of either kind of filter', () => {
    expect(few.window.filters[0]!.kind).to.equal('each');
    expect(many.window.filters[0]!.kind).to.equal('one');
    expect(shards.window.filters[0]!.tables[0]!.shardBits).to.equal(2);
    for (const { part, root, prove } of [few, many, shards])
      for (const [i, whole] of part.digests.entries()) {
        if (i % 7 !== 0) continue;
        const digest = textOf(whole);
        const proof = prove(digest);
        expect(proof, digest).to.not.equal(null);
        expect(rootOf(proof!, digest)).to.equal(root);
        // Two pieces of eight blocks of 22 columns at most, and what leads from there.
        expect(proof!.rows.length).to.be.within(4, 2 * 8 * 22 * 4);
        expect(proof!.path.length).to.be.below(32 * 24);
      }
  });

  it('proves none that it does not hold, but for the share that filters say yes to falsely', () => {
    const { prove } = few;
    const guesses = [...digestsOf(2000)].map(textOf);
    expect(guesses.filter(digest => prove(digest) !== null)).to.have.length.below(5);
  });

  it('says what the chance of a blind guess is: that of the filter', () => {
    const chanceOf = ({ part, prove }: Proving) => {
      const digest = textOf(part.digests[0]!);
      const checked = checkSight(prove(digest)!, digest);
      if (typeof checked === 'string') expect.fail(checked);
      return checked.chance;
    };
    // Tables of two vantages, each of 16 bits.
    expect(chanceOf(few)).to.equal(2 / 65_536);
    expect(chanceOf(shards)).to.equal(1 / 65_536);
    expect(chanceOf(many)).to.be.at.least(falsePositiveRate(many.window.filters[0]!));
    expect(chanceOf(many)).to.be.at.most(2 / 65_536);
  });

  it('is of its digest, and of others that fall to the rows that it shows', () => {
    const all = [...shards.part.digests].map(textOf);
    const digest = all[0]!;
    const proof = shards.prove(digest)!;
    const others = [...digestsOf(500)].map(textOf).filter(other => rootOf(proof, other) === shards.root);
    expect(others).to.have.length.below(3);
    // Of 20,000 digests in 20,600 rows some two to four hundred and fifty; fewer where the last rows of a shard are shown.
    const shown = all.filter(other => rootOf(proof, other) === shards.root);
    expect(shown).to.include(digest);
    expect(shown.length).to.be.within(1, 600);
    // Rows that are another digest's, under its path.
    const elsewhere = shards.prove(all.find(other => !shown.includes(other))!)!;
    expect(rootOf({ ...proof, rows: elsewhere.rows }, digest)).to.not.equal(shards.root);
  });

  it('leads to another root, or is refused, when anything in it is another', () => {
    const digest = textOf(shards.part.digests[5]!);
    const proof = shards.prove(digest)!;
    const others: Partial<SightProof>[] = [
      { number: proof.number + 1 },
      { part: 1 },
      { key: Uint8Array.from(proof.key, octet => octet ^ 1) },
      { filters: 2 },
      { kind: 'one' },
      { tables: 2 },
      { values: 2, kind: 'one' },
      { shardBits: proof.shardBits + 1 },
      { width: proof.width - 1 },
      { wide: 1 },
      { blocks: proof.blocks + 1 },
      { blocks: proof.blocks - 1 },
      { seed: proof.seed + 1 },
      { rows: proof.rows.subarray(4) },
      { path: proof.path.subarray(32) },
      { path: Uint8Array.from([...proof.path, ...new Uint8Array(32)]) },
      { path: Uint8Array.from([...proof.path, 0]) },
    ];
    for (const change of others)
      expect(rootOf({ ...proof, ...change }, digest), JSON.stringify(Object.keys(change))).to.not.equal(shards.root);
    for (let i = 0; i < proof.rows.length; i++) {
      const rows = Uint8Array.from(proof.rows);
      rows[i]! ^= 1 << (i % 8);
      expect(rootOf({ ...proof, rows }, digest)).to.not.equal(shards.root);
    }
    for (let i = 0; i < proof.path.length; i++) {
      const path = Uint8Array.from(proof.path);
      path[i]! ^= 1 << (i % 8);
      expect(rootOf({ ...proof, path }, digest)).to.not.equal(shards.root);
    }
  });

  it('is checked without a throw and in no time, whatever it says', () => {
    const number = fc.oneof(fc.integer(), fc.double(), fc.nat(20), fc.constantFrom(2 ** 24, 2 ** 32, -1));
    const proofs = fc.record({
      ...{ number, part: number, filters: number, tables: number, table: number, values: number },
      ...{ shardBits: number, width: number, wide: number, blocks: number, seed: number },
      key: fc.uint8Array({ minLength: 0, maxLength: 17 }),
      kind: fc.constantFrom('each' as const, 'one' as const),
      rows: fc.uint8Array({ maxLength: 1200 }),
      path: fc.uint8Array({ maxLength: 400 }),
    });
    const digest = textOf(shards.part.digests[9]!);
    fc.assert(fc.property(proofs, proof => void checkSight(proof, digest)));
    const good = shards.prove(digest)!;
    fc.assert(
      fc.property(proofs, fc.subarray(Object.keys(good) as (keyof SightProof)[], { minLength: 1 }), (proof, names) => {
        const changed = { ...good, ...Object.fromEntries(names.map(name => [name, proof[name]])) };
        const same = names.every(name => Buffer.from(String(proof[name])).equals(Buffer.from(String(good[name]))));
        if (!same) expect(rootOf(changed, digest)).to.not.equal(shards.root);
      }),
    );
    expect(checkSight(good, 'x')).to.equal('the digest is none');
  });
});
