import { expect } from 'chai';
import type { Config } from '../../src/config/tree.ts';
import { createDrift, type DriftParts } from '../../src/daemon/drift.ts';
import { compileRegistry } from '../../src/registry/compile.ts';
import { vrpTable } from '../../src/registry/rpki/vrp-table.ts';
import { readRpslObject } from '../../src/registry/rpsl.ts';
import { WATCHED_FLAG } from '../../src/registry/snapshot.ts';
import { NO_ORIGIN } from '../../src/registry/snapshot-builder.ts';
import { sourceBook } from '../../src/registry/source-book.ts';
import type { SightingRecord, StoreWrite } from '../../src/store/records.ts';
import { watchOf } from '../config/watch.ts';

const DAY = 24 * 3_600_000;

const watch = watchOf('ours', {
  maintainers: [{ maintainer: 'M-OURS', source: null }],
  prefixes: [{ prefix: '198.51.100.0/24', origins: [64501] }],
});

/** A registry of four objects, a collector that holds nothing, and a store that remembers. */
async function world(sightings: readonly SightingRecord[], began: number) {
  const book = sourceBook('JPIRR');
  for (const [prefix, origin, mntner] of [
    ['192.0.2.0/24', 64501, 'M-OURS'],
    ['192.0.2.0/25', 64502, 'M-OTHER'],
    ['198.51.100.0/24', 64501, 'M-OTHER'],
    ['203.0.113.0/24', 64502, 'M-OTHER'],
  ] as const)
    book.apply('add', readRpslObject(Buffer.from(`route: ${prefix}\norigin: AS${origin}\nmnt-by: ${mntner}\n`))!);
  const source = { name: 'JPIRR', store: book.routes, authoritative: true };
  const {
    snapshot,
    watches: { declaredCovering },
  } = await compileRegistry([source], [watch]);
  const written: StoreWrite[] = [];
  const asked: unknown[] = [];
  const parts = {
    config: () => ({ localAs: 64500, watches: [watch], irr: [] }) as unknown as Config,
    collector: {
      async query(query: unknown) {
        asked.push(query);
        const { registered } = query as { registered: unknown[] };
        return { rows: [{ held: registered.map(() => 0), unregistered: [], more: 2 }] };
      },
    },
    registry: {
      books: () => [book],
      isWatched: (...[afi, w0, w1, w2, w3, length]: Parameters<DriftParts['registry']['isWatched']>) =>
        (snapshot.judge(afi, w0, w1, w2, w3, length, NO_ORIGIN) & WATCHED_FLAG) !== 0,
      decide: snapshot.decide,
      declaredCovering,
    },
    originated: { held: () => [] },
    rpki: { view: () => ({ vrps: vrpTable(), aspas: new Map() }) },
    store: {
      async write(batch: readonly StoreWrite[]) {
        written.push(...batch);
      },
      async read(what: string) {
        if (what === 'mark.get') return [{ name: 'drift', time: began }];
        return what === 'sighting.all' ? sightings : [];
      },
      close: async () => {},
    },
    log: () => {},
  } as unknown as DriftParts;
  const drift = createDrift(parts);
  after(() => drift.close());
  return { drift, asked, written };
}

describe('daemon/drift', () => {
  it('calls a route silent when the days have passed since it was seen, or since anybody looked', async () => {
    const now = Date.now();
    const seen = { prefix: '192.0.2.0/24', origin: 64501, first: now - 300 * DAY, last: now - 50 * DAY };
    const { drift } = await world([seen], now - 100 * DAY);
    const silent = async (days: number) => (await drift.report(days)).silent.map(({ prefix }) => prefix);
    // The watch declares 198.51.100.0/24 itself, and the object says the same.
    expect(await silent(90)).to.deep.equal(['198.51.100.0/24', '198.51.100.0/24']);
    expect(await silent(40)).to.deep.equal(['198.51.100.0/24', '192.0.2.0/24', '198.51.100.0/24']);
    const report = await drift.report(101);
    expect(report).to.include({ watched: 3, waiting: 3 });
    expect(report.silent).to.deep.equal([]);
  });
  it('asks the collector about our routes and our ASes, and nothing else', async () => {
    const { drift, asked, written } = await world([], Date.now() - 1);
    const report = await drift.report(90);
    expect(asked).to.have.length(1);
    expect(asked[0]).to.deep.include({ about: 'drift', origins: [64500, 64501] });
    expect(report.strangers.map(({ prefix, origin, earlier }) => [prefix, origin, earlier])).to.deep.equal([
      ['192.0.2.0/25', 64502, false],
    ]);
    expect(report.remarks).to.deep.equal(['2 more routes without an object are not shown']);
    expect(written.map(({ op }) => op)).to.deep.equal(['mark.put', 'stranger.put']);
  });
  it('looks once for all who ask at a time', async () => {
    const { drift, asked } = await world([], Date.now());
    await Promise.all([drift.report(90), drift.report(30)]);
    expect(asked).to.have.length(1);
  });
});
