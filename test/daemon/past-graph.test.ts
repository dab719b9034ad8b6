import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { FrontierRow } from '../../src/collector/frontier-row.ts';
import type { Config } from '../../src/config/tree.ts';
import { createPastGraph, OLD, type PastGraph } from '../../src/daemon/past-graph.ts';
import { graphOf } from '../../src/daemon/rib-graph.ts';
import { openArchive } from '../../src/mrt/archive.ts';
import { parseAddress } from '../../src/net/address.ts';
import { parsePrefix } from '../../src/net/prefix.ts';
import { hex } from '../bgp/octets.ts';
import { nextHop, ORIGIN_IGP, path, ribRecord } from '../mrt/octets.ts';

const NOON = Date.UTC(2026, 2, 1, 12, 0);
const HOUR = 3_600_000;

describe('daemon/past-graph', function () {
  this.timeout(240_000);
  let directory: string;
  let past: PastGraph;

  /** A table of one peer, AS 64496, at noon: it had the prefix over AS 64510 from AS 64511. */
  async function archived(...asns: number[]): Promise<void> {
    const silent = { closed() {}, alarm: (text: string) => expect.fail(text), note() {}, ribDue() {} };
    const clock = { now: () => NOON, after: () => () => {} };
    const options = { directory, updates: 300_000, rib: 0, retain: 0, compress: 'gzip' as const };
    const archive = await openArchive(options, clock, silent);
    const peers = [{ id: hex('01010101'), address: parseAddress('192.0.2.1')!, as: 64496 }];
    const attributes = hex(ORIGIN_IGP + path(asns) + nextHop('192.0.2.1'));
    const routes = [{ peerIndex: 0, originated: NOON / 1000, attributes }];
    const records = [ribRecord(NOON / 1000, parsePrefix('10.0.0.0/8')!, false, routes)];
    await archive.rib(NOON, { collector: hex('c0000209'), view: '', peers }, records);
    await archive.close();
  }
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'intertrack-past-'));
    const archive = { directory } as Config['archive'];
    past = createPastGraph(
      () => ({ archive, localAs: 64500 }),
      () => NOON + 3 * HOUR,
    );
  });
  afterEach(() => {
    past.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('answers of the last table before the time, once it is read', async () => {
    await archived(64496, 64510, 64511);
    const time = NOON + HOUR;
    expect(await past.frontier(time, 64496, [64500], [64511])).to.equal(null);
    await past.prepare(time);
    expect(await past.frontier(time, 64496, [64500], [64511])).to.deep.equal({
      ...{ frontier: [{ as: 64511, cone: 1 }], passed: [64510], beyond: 0 },
    });
    // Another time is another graph.
    expect(await past.frontier(time - 2 * OLD, 64496, [64500], [64511])).to.equal(null);
  });

  it('says nothing where no table is of before, and reads none for a packet of now', async () => {
    await archived(64496, 64510, 64511);
    await past.prepare(NOON - HOUR);
    expect(await past.frontier(NOON - HOUR, 64496, [], [64511])).to.equal(null);
    await past.prepare(NOON + 3 * HOUR - OLD + 1);
    expect(await past.frontier(NOON + 3 * HOUR, 64496, [], [64511])).to.equal(null);
    const without = createPastGraph(() => ({ archive: null, localAs: 64500 }));
    await without.prepare(NOON);
    expect(await without.frontier(NOON, 64496, [], [])).to.equal(null);
    without.close();
  });

  it('goes before the graph of now for an old packet, and it is told which it was', async () => {
    const now: FrontierRow = { frontier: [], passed: [], beyond: 0 };
    const then = { ...now, passed: [64510] };
    const query = async () => ({ rows: [now] });
    const of = (row: FrontierRow | null) => graphOf(query, { frontier: async () => row });
    expect(await of(then).frontier(1, [], [])).to.deep.equal(now);
    expect(await of(then).frontier(1, [], [], undefined, Date.now())).to.deep.equal(now);
    expect(await of(then).frontier(1, [], [], undefined, NOON)).to.deep.equal({ ...then, of: 'then' });
    expect(await of(null).frontier(1, [], [], undefined, NOON)).to.deep.equal({ ...now, of: 'now' });
  });
});
