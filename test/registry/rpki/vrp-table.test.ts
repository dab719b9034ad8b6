import { expect } from 'chai';
import fc from 'fast-check';
import type { Afi } from '../../../src/net/address.ts';
import { type VrpTable, vrpTable } from '../../../src/registry/rpki/vrp-table.ts';

type Vrp = readonly [Afi, number, number, number, number, number, number, number];

const all = (table: VrpTable, from?: number, to?: number): string[] => {
  const found: string[] = [];
  table.forEach(
    (...vrp) => {
      found.push(vrp.join(' '));
    },
    from,
    to,
  );
  return found.sort();
};

/** Few prefixes, lengths and ASes, so that what is generated meets itself. */
const someVrp: fc.Arbitrary<Vrp> = fc
  .record({
    afi: fc.constantFrom<Afi>(1, 2),
    block: fc.integer({ min: 0, max: 40 }),
    length: fc.constantFrom(8, 16, 24),
    more: fc.constantFrom(0, 0, 1, 8),
    asn: fc.constantFrom(0, 1, 64496, 0x80000000, 0xffffffff),
  })
  .map(({ afi, block, length, more, asn }) => {
    const w0 = (block << 24) | 0;
    return [afi, w0, afi === 1 ? 0 : block, 0, afi === 1 ? 0 : -block | 0, length, length + more, asn];
  });

describe('the table of VRPs', () => {
  it('adds, finds and removes, each VRP once', () => {
    const table = vrpTable();
    const w0 = 0xc0000200 | 0;
    expect(table.add(1, w0, 0, 0, 0, 24, 24, 64496)).to.equal(true);
    expect(table.add(1, w0, 0, 0, 0, 24, 24, 64496)).to.equal(false);
    expect(table.add(1, w0, 0, 0, 0, 24, 28, 4294967295)).to.equal(true);
    expect(table.add(2, w0, 0, 0, 0, 24, 28, 4294967295)).to.equal(true);
    expect(table.count).to.equal(3);
    const found: [number, number][] = [];
    table.of(1, w0, 0, 0, 0, 24, (maxLength, asn) => {
      found.push([maxLength, asn]);
    });
    expect(found).to.have.deep.members([
      [24, 64496],
      [28, 4294967295],
    ]);
    expect(table.has(1, w0, 0, 0, 0, 24, 28, 4294967295)).to.equal(true);
    expect(table.remove(1, w0, 0, 0, 0, 24, 28, 4294967295)).to.equal(true);
    expect(table.remove(1, w0, 0, 0, 0, 24, 28, 4294967295)).to.equal(false);
    expect(table.remove(1, w0, 0, 0, 0, 25, 28, 4294967295)).to.equal(false);
    expect(table.has(1, w0, 0, 0, 0, 24, 28, 4294967295)).to.equal(false);
    expect(all(table)).to.deep.equal([`1 ${w0} 0 0 0 24 24 64496`, `2 ${w0} 0 0 0 24 28 4294967295`]);
  });

  it('holds what a set holds, whatever is added and removed', () => {
    const operation = fc.tuple(fc.boolean(), someVrp);
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 400 }), operations => {
        const table = vrpTable();
        const naive = new Set<string>();
        for (const [adds, vrp] of operations) {
          const key = vrp.join(' ');
          expect(table.has(...vrp)).to.equal(naive.has(key));
          if (adds) expect(table.add(...vrp)).to.equal(!naive.has(key));
          else expect(table.remove(...vrp)).to.equal(naive.has(key));
          if (adds) naive.add(key);
          else naive.delete(key);
        }
        expect(table.count).to.equal(naive.size);
        expect(all(table)).to.deep.equal([...naive].sort());
        const half = table.places >> 1;
        expect([...all(table, 0, half), ...all(table, half)].sort()).to.deep.equal([...naive].sort());
      }),
    );
  });

  it('grows, and gives the places of prefixes that are gone to others', () => {
    const table = vrpTable();
    const fill = (from: number, to: number) => {
      for (let i = from; i < to; i++) table.add(1, i << 8, 0, 0, 0, 24, 24, i);
    };
    fill(0, 20_000);
    for (let i = 0; i < 20_000; i++) expect(table.remove(1, i << 8, 0, 0, 0, 24, 24, i)).to.equal(true);
    const { places } = table;
    for (let turn = 1; turn < 20; turn++) {
      fill(turn * 20_000, turn * 20_000 + 10_000);
      for (let i = turn * 20_000; i < turn * 20_000 + 10_000; i++) table.remove(1, i << 8, 0, 0, 0, 24, 24, i);
    }
    expect(table.count).to.equal(0);
    expect(table.places).to.be.below(places * 3);
    for (let i = 0; i < 3000; i++) table.add(2, i, i, -i | 0, i, 128, 128, 1);
    expect(table.count).to.equal(3000);
    expect(all(table)).to.have.length(3000);
  });
});
