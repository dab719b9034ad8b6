import { expect } from 'chai';
import { arrayOctets, heapRow, memoryReport } from '../../src/collector/memory.ts';
import { VerdictMemo } from '../../src/collector/verdict-memo.ts';
import { openSnapshot } from '../../src/registry/snapshot.ts';
import { snapshotBuilder } from '../../src/registry/snapshot-builder.ts';
import { extendColumn, newPeerTable, newRib } from '../../src/rib/adj-rib-in.ts';

describe('collector/memory', () => {
  it('counts each buffer once, however many views, lists and maps lead to it', () => {
    const buffer = new ArrayBuffer(100);
    const list = [new Uint8Array(buffer, 0, 10), new Int32Array(buffer, 0, 2)];
    const map = new Map([['a', new Uint8Array(7)]]);
    const root: Record<string, unknown> = { list, map, words: 'x', none: null, inner: { column: new Int32Array(5) } };
    root.itself = root;
    const seen = new Set<object>();
    expect(arrayOctets(root, seen)).to.equal(100 + 7 + 20);
    expect(arrayOctets([root, new Uint8Array(3)], seen)).to.equal(3);
  });

  it('adds up to the arrays that there are', () => {
    const rib = newRib();
    const memo = new VerdictMemo(rib);
    memo.snapshot = openSnapshot(snapshotBuilder().freeze());
    for (let i = 0; i < 50_000; i++) rib.ids4.intern(i << 8, 24);
    const octets = new DataView(new ArrayBuffer(64));
    const ids = Array.from({ length: 1000 }, (_, i) => {
      octets.setInt32(0, i);
      const hash = rib.attributes.hash(octets, 0, 64, 0);
      return rib.attributes.add(hash, octets, 0, 64, 0, 0, 64500);
    });
    for (const peer of [0, 1]) {
      const table = newPeerTable();
      rib.tables[peer] = table;
      const column = extendColumn(rib, table, 1);
      for (let id = 0; id < 50_000; id++) column[id] = ids[id % ids.length]!;
      table.count4 = 50_000;
    }
    for (const id of ids) rib.attributes.retain(id, 100);
    const report = memoryReport(rib, memo, 0, number => `p${number}`);
    const of = (name: string) => report.parts.find(({ part }) => part === name)!;
    expect(report.peers.map(({ peer, octets: size, routes }) => [peer, size, routes])).to.deep.equal([
      ['p0', rib.tables[0]!.ipv4.byteLength, 50_000],
      ['p1', rib.tables[1]!.ipv4.byteLength, 50_000],
    ]);
    expect(of("peers' tables")).to.include({ octets: 2 * rib.tables[0]!.ipv4.byteLength, holds: 100_000 });
    expect(of('attribute sets')).to.include({ holds: 1000 });
    expect(of('attribute sets').octets).to.equal(rib.attributes.arenaOctets + rib.attributes.tableOctets);
    expect(report.setsInUse).to.be.within(1000 * 76, 1000 * 76 + 64);
    const before = report.setsInUse;
    rib.attributes.release(ids[0]!); // the first of many references
    expect(rib.attributes.usedOctets).to.equal(before);
    for (let i = 1; i < 100; i++) rib.attributes.release(ids[0]!);
    expect(rib.attributes.usedOctets).to.equal(before - 76);
    expect(of('IPv4 prefix table').octets).to.be.greaterThan(rib.ids4.capacity * 5);
    expect(report.snapshot).to.be.greaterThan(0);
    expect(report.forecast).to.deep.equal({
      prefixes: 50_000,
      columns: 50_000 * 4,
      ownSets: Math.round(before / 2),
    });
    const { arrays } = heapRow();
    expect(report.parts.reduce((sum, { octets: size }) => sum + size, 0)).to.be.at.most(arrays);
  });
});
