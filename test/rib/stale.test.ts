import { expect } from 'chai';
import type { Afi } from '../../src/net/address.ts';
import { addCount, newPeerTable, newRib, type PeerTable, type Rib, routesOf } from '../../src/rib/adj-rib-in.ts';
import { CONTEXT_AS4 } from '../../src/rib/attribute-store.ts';
import { putPath } from '../../src/rib/paths.ts';
import { beginSweep, countStale, isUnseen, markAll, unmark } from '../../src/rib/stale.ts';

const ROUTES = 200_000;

/** A peer with one route for each of so many prefix ids, all of one attribute set. */
function full(addPath: boolean): { rib: Rib; table: PeerTable; hold(id: number): void } {
  const rib = newRib();
  const table = newPeerTable(addPath ? [1] : []);
  rib.tables[0] = table;
  const octets = Uint8Array.of(0x40, 1, 1, 0);
  const view = new DataView(octets.buffer);
  const hash = rib.attributes.hash(view, 0, 4, CONTEXT_AS4);
  const attribute = rib.attributes.add(hash, view, 0, 4, CONTEXT_AS4, 0, 64496);
  if (!addPath) table.ipv4 = new Int32Array(ROUTES);
  const hold = (id: number) => {
    const before = addPath ? putPath(table.paths4!, ROUTES, id, 1, attribute) : table.ipv4[id]!;
    if (!addPath) {
      table.ipv4[id] = attribute;
      if (table.stale4 !== null) table.stale4.marks[id] = 0;
    }
    if (before !== 0) return;
    rib.attributes.retain(attribute, 1);
    addCount(table, 1, 1);
  };
  for (let id = 0; id < ROUTES; id++) hold(id);
  return { rib, table, hold };
}

const AFI: Afi = 1;
const all = () => true;

describe('rib/stale', () => {
  for (const addPath of [false, true]) {
    const what = addPath ? 'a path table' : 'a column';

    it(`sweeps ${what} in slices, and leaves alone what comes between them`, () => {
      const { rib, table, hold } = full(addPath);
      markAll(table, AFI, 'stale', 5);
      expect([countStale(table, AFI), isUnseen(table.stale4), table.stale4?.since]).to.deep.equal([ROUTES, true, 5]);
      let gone = 0;
      const sweep = beginSweep(rib, table, AFI, all, () => void gone++);
      expect(sweep.step()).to.equal(false);
      const first = sweep.swept;
      expect(first).to.be.greaterThan(0).and.lessThan(ROUTES);
      hold(0); // behind the slice, and again before it
      hold(ROUTES - 1);
      while (!sweep.step());
      unmark(table, AFI);
      expect([table.count4, sweep.swept, gone]).to.deep.equal([2, ROUTES - 1, ROUTES - 1]);
      for (const id of [0, ROUTES - 1]) expect(routesOf(table, AFI, id)).to.have.length(1);
      expect(routesOf(table, AFI, 1)).to.deep.equal([]);
    });

    it(`ends a sweep of ${what} when other marks, or none, have come in the place of its own`, () => {
      const { rib, table } = full(addPath);
      markAll(table, AFI, 'stale', 0);
      const sweep = beginSweep(rib, table, AFI, all, () => {});
      sweep.step();
      const held = table.count4;
      markAll(table, AFI, 'stale', 1);
      expect([sweep.step(), table.count4]).to.deep.equal([true, held]);
      // What was stale before is told from what was not.
      const older = beginSweep(
        rib,
        table,
        AFI,
        mark => mark > 1,
        () => {},
      );
      while (!older.step());
      expect(table.count4).to.equal(0);
      expect(rib.attributes.live).to.equal(0);
    });

    it(`calls no route of ${what} older for a route refresh`, () => {
      const { rib, table, hold } = full(addPath);
      markAll(table, AFI, 'refreshing', 0);
      expect(isUnseen(table.stale4)).to.equal(false);
      hold(7);
      markAll(table, AFI, 'stale', 0);
      const older = beginSweep(
        rib,
        table,
        AFI,
        mark => mark > 1,
        () => {},
      );
      while (!older.step());
      expect([table.count4, countStale(table, AFI)]).to.deep.equal([ROUTES, ROUTES]);
    });
  }
});
