import { expect } from 'chai';
import fc from 'fast-check';
import { AttributeStore, CONTEXT_AS4, CONTEXT_MP } from '../../src/rib/attribute-store.ts';
import { walkNextHops } from '../../src/rib/next-hops.ts';
import { hex } from '../packet/packets.ts';

/** A store with these sets: attributes, then the next hop of MP_REACH_NLRI, in hex. */
function storeOf(...sets: [attributes: string, nextHop?: string, context?: number][]): AttributeStore {
  const store = new AttributeStore();
  for (const [attributes, hop = '', context = CONTEXT_AS4] of sets) {
    const bytes = hex(attributes, hop);
    const view = new DataView(bytes.buffer);
    const length = hop.replace(/ /g, '').length / 2;
    const of = length > 0 ? context | CONTEXT_MP : context;
    const id = store.add(store.hash(view, 0, bytes.length, of), view, 0, bytes.length, of, length, 1);
    store.retain(id, 1);
  }
  return store;
}

function found(store: AttributeStore, own: string[] = []): Record<string, readonly number[]> {
  const walk = walkNextHops(store, new Set(own));
  while (!walk.step());
  return Object.fromEntries(walk.finish().nextHops.map(({ address, ases }) => [address, ases]));
}

const ORIGIN = '40 01 01 00';
const path = (...ases: number[]) =>
  `40 02 ${(2 + ases.length * 4).toString(16).padStart(2, '0')} 02 0${ases.length} ${ases.map(as => as.toString(16).padStart(8, '0')).join(' ')}`;
const HOP = '40 03 04 c0000201';

describe('rib/next-hops', () => {
  it('tells the first AS of the paths of each next hop', () => {
    const store = storeOf(
      [`${ORIGIN} ${path(64501, 64502)} ${HOP}`],
      [`${ORIGIN} ${path(64501)} ${HOP}`],
      [`${ORIGIN} ${path(4_200_000_000)} 40 03 04 c0000202`],
      [`${ORIGIN} ${path(64503, 1)}`, '20010db8000000000000000000000001'],
      [`${ORIGIN} ${path(64504, 1)}`, '20010db8000000000000000000000002 fe800000000000000000000000000002'],
    );
    expect(found(store)).to.deep.equal({
      '192.0.2.1': [64501],
      '192.0.2.2': [4_200_000_000],
      '2001:db8::1': [64503],
      '2001:db8::2': [64504],
    });
  });

  it('tells all of several first ASes, up to four', () => {
    const sets = [1, 2, 3, 4, 5].map((as): [string] => [`${ORIGIN} ${path(as)} ${HOP}`]);
    expect(found(storeOf(...sets))).to.deep.equal({ '192.0.2.1': [1, 2, 3, 4] });
  });

  it('reads paths of two-octet ASes and long attributes', () => {
    const store = storeOf(
      [`${ORIGIN} 40 02 06 02 02 fbf5 fbf6 ${HOP}`, '', 0],
      [`${ORIGIN} 50 02 0006 02 01 0000fbf7 40 03 04 c0000202`],
    );
    expect(found(store)).to.deep.equal({ '192.0.2.1': [64501], '192.0.2.2': [64503] });
  });

  it('leaves out own addresses, own routes, and paths that begin with no AS', () => {
    const store = storeOf(
      [`${ORIGIN} 40 02 00 40 03 04 c0000203`],
      [`${ORIGIN} 40 02 06 01 01 0000fbf5 40 03 04 c0000204`],
      [`${ORIGIN} 40 02 06 03 01 0000fbf5 40 03 04 c0000205`],
      [`${ORIGIN} ${path(64501)} ${HOP}`],
      [`${ORIGIN} ${path(64501)}`],
    );
    expect(found(store, ['192.0.2.1'])).to.deep.equal({});
    expect(found(store)).to.deep.equal({ '192.0.2.1': [64501] });
  });

  it('has room for so many, and says how many found none', () => {
    const store = storeOf(
      ...Array.from({ length: 9000 }, (_, i): [string] => [
        `${ORIGIN} ${path(1)} 40 03 04 0a00${i.toString(16).padStart(4, '0')}`,
      ]),
    );
    const walk = walkNextHops(store, new Set());
    let steps = 1;
    while (!walk.step()) steps++;
    expect(steps).to.be.greaterThan(2);
    const { nextHops, more } = walk.finish();
    expect([nextHops.length, more]).to.deep.equal([8192, 808]);
  });

  it('never throws, whatever the octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), fc.nat(40), fc.nat(3), (bytes, hop, context) => {
        const store = new AttributeStore();
        const view = new DataView(bytes.buffer, bytes.byteOffset);
        const length = Math.min(hop, bytes.length);
        const id = store.add(store.hash(view, 0, bytes.length, context), view, 0, bytes.length, context, length, 1);
        store.retain(id, 1);
        found(store);
      }),
    );
  });
});
