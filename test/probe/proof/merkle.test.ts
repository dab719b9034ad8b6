import { createHash } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  boundHash,
  leafHash,
  merkleProof,
  merkleRoot,
  proofPath,
  provenRoot,
} from '../../../src/probe/proof/merkle.ts';

describe('probe/merkle', () => {
  const sha = (...pieces: Uint8Array[]) => createHash('sha256').update(Buffer.concat(pieces)).digest();
  const node = (left: Uint8Array, right: Uint8Array) => sha(Buffer.from([1]), left, right);
  const leavesOf = (count: number) =>
    Array.from({ length: count }, (_, i) => leafHash(Buffer.from([i]), Buffer.from('x')));

  it('hashes trees as RFC 9162 section 2.1.1 does', () => {
    const leaves = leavesOf(7);
    expect(leaves[3]).to.deep.equal(sha(Buffer.from([0, 3]), Buffer.from('x')));
    const [a, b, c, d, e, f, g] = leaves as [Buffer, Buffer, Buffer, Buffer, Buffer, Buffer, Buffer];
    expect(merkleRoot([])).to.deep.equal(sha());
    expect(merkleRoot([a])).to.deep.equal(a);
    expect(merkleRoot([a, b, c])).to.deep.equal(node(node(a, b), c));
    expect(merkleRoot(leaves)).to.deep.equal(node(node(node(a, b), node(c, d)), node(node(e, f), g)));
  });

  it('proves inclusion as the examples of RFC 9162 section 2.1.5 do', () => {
    const leaves = leavesOf(7);
    const [a, b, c, d, e, f, j] = leaves as [Buffer, Buffer, Buffer, Buffer, Buffer, Buffer, Buffer];
    const [g, h, i] = [node(a, b), node(c, d), node(e, f)];
    const [k, l] = [node(g, h), node(i, j)];
    // Of the tree with the leaves d0 to d6: a b c d e f j there.
    expect(merkleProof(leaves, [0])).to.deep.equal([b, h, l]);
    expect(merkleProof(leaves, [3])).to.deep.equal([c, g, l]);
    expect(merkleProof(leaves, [4])).to.deep.equal([f, j, k]);
    expect(merkleProof(leaves, [6])).to.deep.equal([i, k]);
    expect(merkleProof(leaves, [])).to.deep.equal([node(k, l)]);
    // Two that are beside each other share their way.
    expect(merkleProof(leaves, [2, 3])).to.deep.equal([g, l]);
    expect(merkleProof(leaves, [1, 2])).to.deep.equal([a, d, l]);
  });

  it('leads from any leaves to the root, and from no others', () => {
    const trees = fc.integer({ min: 1, max: 80 }).chain(count =>
      fc.record({
        count: fc.constant(count),
        places: fc.uniqueArray(fc.nat(count - 1), { minLength: 1, maxLength: 6 }).map(all => all.sort((a, b) => a - b)),
        spoil: fc.nat(4000),
      }),
    );
    fc.assert(
      fc.property(trees, ({ count, places, spoil }) => {
        const leaves = leavesOf(count);
        const octets = Buffer.concat(merkleProof(leaves, places));
        const hashes = places.map(place => leaves[place]!);
        const lead = (of: readonly Buffer[], by: Buffer) => {
          const path = proofPath(by);
          const root = provenRoot(count, places, of, path);
          return { root: root && Buffer.from(root).toString('hex'), used: path.used };
        };
        const root = merkleRoot(leaves).toString('hex');
        expect(lead(hashes, octets)).to.deep.equal({ root, used: true });
        const other = hashes.map((hash, i) => (i === spoil % hashes.length ? sha(hash) : hash));
        expect(lead(other, octets).root).to.not.equal(root);
        expect(lead(hashes, Buffer.concat([octets, Buffer.alloc(32)])).used).to.equal(false);
        if (octets.length === 0) return;
        const damaged = Buffer.from(octets);
        damaged[spoil % damaged.length]! ^= 1;
        expect(lead(hashes, damaged).root).to.not.equal(root);
        expect(lead(hashes, octets.subarray(32)).root).to.not.equal(root);
      }),
    );
  });

  it('refuses places that are none, and takes no time over a tree that is claimed to be large', () => {
    const path = proofPath(new Uint8Array(0));
    const leaf = leafHash();
    for (const places of [[], [0, 0], [1, 0], [-1], [0.5], [3], [Number.NaN]])
      expect(
        provenRoot(
          3,
          places,
          places.map(() => leaf),
          path,
        ),
        String(places),
      ).to.equal(null);
    expect(provenRoot(3, [0, 1], [leaf], path)).to.equal(null);
    expect(provenRoot(0, [0], [leaf], path)).to.equal(null);
    expect(provenRoot(2 ** 52, [7], [leaf], path)).to.equal(null);
    expect(provenRoot(2 ** 48, [7], [leaf], proofPath(new Uint8Array(32 * 60)))).to.have.length(32);
  });

  it('binds facts to a root', () => {
    const root = leafHash();
    expect(boundHash([1, 0x01020304], root, Buffer.from('k'))).to.deep.equal(
      sha(Buffer.from([2, 1, 0, 0, 0, 4, 3, 2, 1]), Buffer.from('k'), root),
    );
  });
});
