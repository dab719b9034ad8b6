import { expect } from 'chai';
import fc from 'fast-check';
import { PrefixIds4, PrefixIds6 } from '../../src/net/prefix-ids.ts';

describe('net/prefix-ids', () => {
  it('gives each IPv4 prefix one id, whatever the order and however often the table grows', () => {
    const ids = new PrefixIds4(16);
    const model = new Map<string, number>();
    let x = 1;
    for (let i = 0; i < 10_000; i++) {
      x = (Math.imul(x, 1664525) + 1013904223) | 0;
      const length = x >>> 27;
      const address = length === 0 ? 0 : (x * 3) & (-1 << (32 - length));
      const key = `${address}/${length}`;
      const id = ids.intern(address, length);
      if (!model.has(key)) model.set(key, id);
      expect(id, key).to.equal(model.get(key));
    }
    expect(ids.size).to.equal(model.size);
    for (const [key, id] of model) {
      const [address, length] = key.split('/').map(Number);
      expect(ids.find(address!, length!)).to.equal(id);
      expect([ids.address[id], ids.length[id]]).to.deep.equal([address, length]);
    }
    expect(ids.ofLength.reduce((a, b) => a + b)).to.equal(ids.size);
    expect(ids.find(0x7f000001, 31)).to.equal(-1);
  });

  it('keeps 0.0.0.0/0 and the length apart from the address', () => {
    const ids = new PrefixIds4();
    expect([ids.intern(0, 0), ids.intern(0, 8), ids.intern(0, 32), ids.find(0, 0), ids.find(0, 1)]).to.deep.equal([
      0, 1, 2, 0, -1,
    ]);
  });

  it('gives each IPv6 prefix one id', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.integer(), fc.constantFrom(0, 1, -1), fc.constantFrom(0, 7), fc.constantFrom(0, 9), fc.nat(128)),
          {
            maxLength: 300,
          },
        ),
        prefixes => {
          const ids = new PrefixIds6(16);
          const model = new Map<string, number>();
          for (const [a, b, c, d, length] of prefixes) {
            const id = ids.intern(a, b, c, d, length);
            const key = [a, b, c, d, length].join();
            if (!model.has(key)) model.set(key, id);
            expect(id).to.equal(model.get(key));
            expect(ids.find(a, b, c, d, length)).to.equal(id);
          }
          expect(ids.size).to.equal(model.size);
        },
      ),
    );
  });

  it('gives ids that nobody holds to other prefixes, and grows only when they are few', () => {
    const ids = new PrefixIds4(1024);
    const { capacity } = ids;
    const held = new Map<number, string>();
    const bits = () => {
      const octets = new Uint8Array((ids.size + 7) >> 3);
      for (const id of held.keys()) octets[id >> 3]! |= 1 << (id & 7);
      return octets;
    };
    ids.held = bits;
    for (let i = 1; i < 50_000; i++) {
      const id = ids.intern(i << 8, 24);
      expect(held.has(id)).to.equal(false);
      held.set(id, `${i << 8}`);
      if (held.size > capacity / 2) {
        const [oldest] = held.keys();
        held.delete(oldest!);
      }
    }
    expect(ids.capacity).to.equal(capacity);
    for (const [id, address] of held)
      expect([ids.find(Number(address), 24), `${ids.address[id]}`]).to.deep.equal([id, address]);
    expect(ids.ofLength[24]).to.equal(ids.live);
    ids.held = size => new Uint8Array((size + 7) >> 3).fill(0xff);
    for (let i = 50_000; i < 53_000; i++) ids.intern(i << 8, 24);
    expect(ids.capacity).to.be.greaterThan(capacity);
  });

  it('does so for IPv6', () => {
    const ids = new PrefixIds6(1024);
    const { capacity } = ids;
    const held = new Map<number, number>();
    ids.held = size => {
      const octets = new Uint8Array((size + 7) >> 3);
      for (const id of held.keys()) octets[id >> 3]! |= 1 << (id & 7);
      return octets;
    };
    for (let i = 1; i < 20_000; i++) {
      const id = ids.intern(0x20010db8, i, 0, 0, 64);
      expect(held.has(id)).to.equal(false);
      held.set(id, i);
      if (held.size > 100) held.delete([...held.keys()][0]!);
    }
    expect(ids.capacity).to.equal(capacity);
    for (const [id, i] of held) expect(ids.find(0x20010db8, i, 0, 0, 64)).to.equal(id);
    expect([ids.ofLength[64], ids.live <= capacity]).to.deep.equal([ids.live, true]);
  });
});
