import { expect } from 'chai';
import fc from 'fast-check';
import { AttributeStore, CONTEXT_AS4, CONTEXT_MP } from '../../src/rib/attribute-store.ts';

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function intern(store: AttributeStore, bytes: Uint8Array, context: number, nextHop = 0): number {
  const view = viewOf(bytes);
  const hash = store.hash(view, 0, bytes.length, context);
  return (
    store.find(hash, view, 0, bytes.length, context, nextHop) ||
    store.add(hash, view, 0, bytes.length, context, nextHop, 64500)
  );
}

describe('rib/attribute-store', () => {
  it('keeps a set once, by octets and context', () => {
    const store = new AttributeStore();
    const a = intern(store, Uint8Array.of(1, 2, 3, 4, 5), CONTEXT_AS4);
    expect(intern(store, Uint8Array.of(1, 2, 3, 4, 5), CONTEXT_AS4)).to.equal(a);
    expect(intern(store, Uint8Array.of(1, 2, 3, 4, 6), CONTEXT_AS4)).to.not.equal(a);
    expect(intern(store, Uint8Array.of(1, 2, 3, 4, 5), 0)).to.not.equal(a);
    expect(store.live).to.equal(3);
  });

  it('gives the octets and the next hop back', () => {
    const store = new AttributeStore();
    const id = intern(store, Uint8Array.of(9, 8, 7, 0xaa, 0xbb), CONTEXT_AS4 | CONTEXT_MP, 2);
    const { attributes, nextHop, context } = store.read(id);
    expect([[...attributes], [...nextHop], context]).to.deep.equal([[9, 8, 7], [0xaa, 0xbb], CONTEXT_AS4 | CONTEXT_MP]);
  });

  it('behaves as a counted map under any sequence of holds and releases', () => {
    const step = fc.record({ set: fc.nat(40), size: fc.integer({ min: 1, max: 70 }), release: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), steps => {
        const store = new AttributeStore(16);
        const model = new Map<string, { id: number; references: number; bytes: Uint8Array }>();
        for (const { set, size, release } of steps) {
          const bytes = new Uint8Array(size).fill(set);
          const key = `${set}/${size}`;
          const known = model.get(key);
          if (release) {
            if (!known) continue;
            store.release(known.id);
            if (--known.references === 0) model.delete(key);
            continue;
          }
          const id = intern(store, bytes, CONTEXT_AS4);
          if (known) expect(id).to.equal(known.id);
          store.retain(id, 1);
          model.set(key, { id, references: (known?.references ?? 0) + 1, bytes });
        }
        expect(store.live).to.equal(model.size);
        const walked: number[] = [];
        for (let at = store.walk(0, 3, id => walked.push(id)); at !== 0; )
          at = store.walk(at, 3, id => walked.push(id));
        expect(walked.sort()).to.deep.equal([...model.values()].map(({ id }) => id).sort());
        for (const { id, bytes } of model.values()) {
          expect(store.originOf(id)).to.equal(64500);
          expect([...store.read(id).attributes]).to.deep.equal([...bytes]);
          expect(intern(store, bytes, CONTEXT_AS4)).to.equal(id);
        }
      }),
    );
  });

  it('takes no more memory after a hundred rounds of churn than after one', () => {
    const store = new AttributeStore();
    const round = (seed: number) => {
      const ids: number[] = [];
      for (let i = 0; i < 2000; i++) {
        const bytes = new Uint8Array(40 + (i % 60));
        viewOf(bytes).setInt32(0, seed * 2000 + i);
        const id = intern(store, bytes, CONTEXT_AS4);
        store.retain(id, 1);
        ids.push(id);
      }
      for (const id of ids) store.release(id);
    };
    round(0);
    const { arenaOctets, tableOctets } = store;
    for (let i = 1; i <= 100; i++) round(i);
    expect([store.live, store.arenaOctets, store.tableOctets]).to.deep.equal([0, arenaOctets, tableOctets]);
  });
});
