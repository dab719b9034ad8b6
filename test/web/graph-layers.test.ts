import { expect } from 'chai';
import fc from 'fast-check';
import { layersOf } from '../../src/web/page/graph-layers.ts';

describe('web/page/graph-layers', () => {
  it('has each AS in the column of its distance, and no two in one place', () => {
    const sketch = fc.uniqueArray(fc.record({ as: fc.nat(500), distance: fc.nat(5) }), {
      selector: ({ as }) => as,
      maxLength: 60,
    });
    const links = fc.array(fc.record({ from: fc.nat(500), to: fc.nat(500) }), { maxLength: 200 });
    fc.assert(
      fc.property(sketch, links, (ases, all) => {
        const placed = layersOf(ases, all);
        expect(placed.ases).to.have.length(ases.length);
        expect(new Set(placed.ases.map(({ column, row }) => `${column} ${row}`)).size).to.equal(ases.length);
        for (const { as, column, row } of placed.ases) {
          expect(column).to.equal(ases.find(one => one.as === as)!.distance);
          expect(row).to.be.within(0, placed.rows - 1);
        }
      }),
    );
  });

  it('puts ASes beside those that they are linked with', () => {
    const ases = [0, 1, 2, 3, 4, 5, 6].map(as => ({ as, distance: as === 0 ? 0 : as <= 3 ? 1 : 2 }));
    const links = [
      ...[1, 2, 3].map(to => ({ from: 0, to })),
      { from: 1, to: 6 },
      { from: 2, to: 5 },
      { from: 3, to: 4 },
    ];
    const rows = new Map(layersOf(ases, links).ases.map(({ as, row }) => [as, row]));
    for (const [near, far] of [
      [1, 6],
      [2, 5],
      [3, 4],
    ] as const)
      expect(rows.get(near)).to.equal(rows.get(far));
  });
});
