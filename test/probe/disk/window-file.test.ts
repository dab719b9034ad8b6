import { createHash } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { decodeWindow, encodeWindow } from '../../../src/probe/disk/window-file.ts';
import { ask } from '../../../src/probe/filters/sealed-filter.ts';
import { partOf, sealed } from '../sealing.ts';

const NUMBER = 126_563_040;

describe('probe/window-file', () => {
  const window = sealed(partOf(NUMBER, [300, 0, 40]));
  const { pieces, root } = encodeWindow(window);
  const file = Buffer.concat(pieces);

  it('is laid out as itprobe(8) says', () => {
    expect(file.toString('latin1', 0, 4)).to.equal('itw2');
    const length = file.readUInt32LE(4);
    const text = file.subarray(64, 64 + length);
    const header = JSON.parse(text.toString());
    expect(header).to.deep.include({ number: NUMBER, part: 0, sampling: 1, digestKey: '0123456789abcdef', bits: 16 });
    const filters = Math.ceil((64 + length) / 64) * 64;
    expect(header.filters).to.have.length(1);
    const filter = file.subarray(filters, filters + header.filters[0]);
    expect(file.toString('hex', 32, 64)).to.equal(root);

    // The tree, step by step: two tables of one shard each, whose rows are in pieces of eight blocks of 16 columns.
    const sha = (prefix: number, ...pieces: Uint8Array[]) =>
      createHash('sha256')
        .update(Buffer.concat([Buffer.of(prefix), ...pieces]))
        .digest();
    const words = (...numbers: number[]) => Buffer.from(Uint32Array.from(numbers).buffer);
    const tree = (leaves: Buffer[]): Buffer => {
      if (leaves.length === 1) return leaves[0]!;
      let left = 1;
      while (left * 2 < leaves.length) left *= 2;
      return sha(1, tree(leaves.slice(0, left)), tree(leaves.slice(left)));
    };
    const shards: Buffer[] = [];
    let at = 24;
    for (let table = 0; table < 2; table++) {
      const length = filter.readUInt32LE(at) * 4;
      const rows = filter.subarray(at + 28, at + length);
      const entry = filter.readUInt32LE(at + 24);
      const pieces: Buffer[] = [];
      for (let from = 0; from < rows.length; from += 512) pieces.push(sha(0, rows.subarray(from, from + 512)));
      shards.push(sha(2, words(entry >>> 8, entry & 0xff), tree(pieces)));
      at += length;
    }
    const tables = shards.map(shard => sha(2, words(1, 0, 16, 0), shard));
    const hidden = Buffer.from(header.hiddenKey, 'hex');
    const top = sha(2, words(NUMBER, 0, 1), hidden, sha(2, words(0, 2), tree(tables)));
    const beside = sha(1, sha(0, text), sha(0, filter));
    expect(sha(1, beside, top).toString('hex')).to.equal(root);
    const hashes = Math.ceil((filters + header.filters[0]) / 64) * 64;
    expect(file.subarray(hashes, hashes + 96)).to.deep.equal(Buffer.concat([...shards, beside]));
    expect(file.length % 64).to.equal(0);
  });

  it('is read where it lies', () => {
    const decoded = decodeWindow(file);
    if (typeof decoded === 'string') expect.fail(decoded);
    expect(decoded.root).to.equal(root);
    expect(decoded.verify()).to.equal(true);
    expect(decoded.window.vantages).to.deep.equal(window.vantages);
    expect(decoded.window.filters[0]!.octets.buffer).to.equal(file.buffer);
    expect(ask(decoded.window.filters[0]!, 1, 2)).to.deep.equal(ask(window.filters[0]!, 1, 2));
  });

  it('keeps a window in which nothing was digested', () => {
    const empty = sealed(partOf(NUMBER, [0]));
    const decoded = decodeWindow(Buffer.concat(encodeWindow(empty).pieces));
    if (typeof decoded === 'string') expect.fail(decoded);
    expect(decoded.verify()).to.equal(true);
    expect(decoded.window.filters).to.have.length(0);
  });

  it('is refused when it is torn, at whichever octet', () => {
    for (let length = 0; length < file.length; length++)
      expect(decodeWindow(file.subarray(0, length)), `${length} octets`).to.be.a('string');
    expect(decodeWindow(Buffer.concat([file, Buffer.alloc(64)]))).to.be.a('string');
  });

  it('is refused when a bit is another one, whichever it is', () => {
    for (let octet = 0; octet < file.length; octet++) {
      const damaged = Buffer.from(file);
      damaged[octet]! ^= 1 << (octet % 8);
      const decoded = decodeWindow(damaged);
      if (typeof decoded !== 'string' && decoded.verify()) expect.fail(`octet ${octet}`);
    }
  });

  it('never throws, whatever the octets are', () => {
    const replaced = fc.record({ at: fc.nat(file.length - 1), octets: fc.uint8Array({ maxLength: 40 }) });
    fc.assert(
      fc.property(fc.array(replaced, { maxLength: 5 }), list => {
        const damaged = Buffer.from(file);
        for (const { at, octets } of list) damaged.set(octets.subarray(0, damaged.length - at), at);
        const decoded = decodeWindow(damaged);
        if (typeof decoded === 'string') return;
        const whole = decoded.verify();
        if (!damaged.equals(file)) expect(whole).to.equal(false);
      }),
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), octets => void decodeWindow(octets)));
    // A header that says anything at all, under a length that is right.
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        const text = Buffer.from(JSON.stringify(value));
        const octets = Buffer.alloc(64 + Math.ceil(text.length / 64) * 64);
        octets.write('itw2');
        octets.writeUInt32LE(text.length, 4);
        octets.set(text, 64);
        expect(decodeWindow(octets)).to.be.a('string');
      }),
    );
  });
});
