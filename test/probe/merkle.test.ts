import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { leafHash, merkleRoot } from '../../src/probe/merkle.ts';

describe('probe/merkle', () => {
  const sha = (...pieces: Uint8Array[]) => createHash('sha256').update(Buffer.concat(pieces)).digest();

  it('hashes trees as RFC 9162 section 2.1.1 does', () => {
    const leaves = Array.from({ length: 7 }, (_, i) => leafHash(Buffer.from([i]), Buffer.from('x')));
    expect(leaves[3]).to.deep.equal(sha(Buffer.from([0, 3]), Buffer.from('x')));
    const node = (left: Uint8Array, right: Uint8Array) => sha(Buffer.from([1]), left, right);
    const [a, b, c, d, e, f, g] = leaves as [Buffer, Buffer, Buffer, Buffer, Buffer, Buffer, Buffer];
    expect(merkleRoot([])).to.deep.equal(sha());
    expect(merkleRoot([a])).to.deep.equal(a);
    expect(merkleRoot([a, b, c])).to.deep.equal(node(node(a, b), c));
    expect(merkleRoot(leaves)).to.deep.equal(node(node(node(a, b), node(c, d)), node(node(e, f), g)));
  });
});
