import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseConfig } from '../../src/config/index.ts';
import type { Config } from '../../src/config/tree.ts';
import { type Cases, openCases } from '../../src/daemon/cases.ts';
import type { Log } from '../../src/daemon/log.ts';
import type { Judged } from '../../src/hijack/judged.ts';
import { readMail } from '../../src/notify/notices.ts';
import type { Outbox } from '../../src/notify/outbox.ts';
import { openRegistry, type Registry } from '../../src/registry/registry.ts';
import type { Store, StoreWrite } from '../../src/store/records.ts';
import { openStore } from '../../src/store/store.ts';
import { until } from '../interop/bgp-peers.ts';

const held = (peer: string, more: Partial<Judged> = {}): Judged => ({
  peer,
  peerAs: 64496,
  peerAddress: '203.0.113.1',
  prefix: '192.0.2.0/24',
  origin: 64666,
  kind: 'origin',
  offender: 64666,
  ground: '',
  what: 'held',
  why: 'update',
  time: Date.now(),
  path: [64496, 64666],
  state: 'mismatch',
  decidedBy: '192.0.2.0/24',
  ...more,
});

/** The cases with a real database whose disk can be full. */
describe('daemon/cases', () => {
  let directory: string;
  let config: Config;
  let registry: Registry;
  let store: Store;
  let cases: Cases;
  let diskFull: boolean;
  let batches: (readonly StoreWrite[])[];
  let added: string[];
  let logged: string[];

  const log = Object.assign((_level: string, text: string) => void logged.push(text), {
    configure: () => {},
    problems: () => [],
    close: async () => {},
  }) satisfies Log;

  async function open(): Promise<void> {
    const disk = await openStore(join(directory, 'state'), { onProblem: () => {} });
    store = {
      ...disk,
      async write(batch) {
        if (diskFull) throw new Error('database or disk is full');
        batches.push(batch);
        await disk.write(batch);
      },
    };
    const outbox = { added: records => void added.push(...records.map(({ id }) => id)) } satisfies Partial<Outbox>;
    cases = await openCases(store, outbox as unknown as Outbox, registry, () => config, log);
  }

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'cases-'));
    const dump = join(directory, 'jpirr.db');
    writeFileSync(dump, 'route: 192.0.2.0/24\norigin: AS64501\nmnt-by: MAINT-OWNER\nsource: JPIRR\n');
    const loaded = parseConfig(
      `router id 192.0.2.10; local as 64500; irr JPIRR { dump "${dump}"; }
       watch ours { maintainer MAINT-OWNER; group noc; hold down 0s; }
       group noc { mail "noc@example.net"; }
       notify mail { from "keiro@example.net"; smtp "127.0.0.1"; language en; }`,
      'conf',
    );
    if (!loaded.ok) throw new Error(loaded.errors.map(({ message }) => message).join());
    config = loaded.config;
    registry = await openRegistry(
      { onRefresh: () => {}, onTrouble: () => {}, onAlarm: () => {}, onWhole: () => {} },
      { directory },
    );
    await registry.reload(config.irr, config.watches);
    [diskFull, batches, added, logged] = [false, [], [], []];
    await open();
  });
  afterEach(async () => {
    await cases.close();
    registry.close();
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('writes a case and its notices in one transaction, and only then has them sent', async () => {
    const done = cases.judged([held('a')]);
    expect(added).to.deep.equal([]);
    await done;
    expect(batches.map(batch => batch.map(({ op }) => op))).to.deep.equal([['case.put', 'outbox.add']]);
    expect(added).to.have.length(1);
    expect(cases.all()[0]).to.include({ state: 'ongoing', prefix: '192.0.2.0/24' });
  });

  it('tells whom a maintainer names when its object inherits X-Keiro, and says so', async () => {
    const dump = join(directory, 'inherited.db');
    writeFileSync(
      dump,
      'mntner: MAINT-OWNER\ndescr: A\n X-Keiro: keiro@example.jp\nmnt-by: MAINT-OWNER\n\n' +
        'route: 192.0.2.0/24\norigin: AS64501\nmnt-by: MAINT-OWNER\nsource: JPIRR\n',
    );
    const irr = config.irr.map(one => ({ ...one, dump, keiroInherited: true as const }));
    const watches = config.watches.map(one => ({ ...one, maintainers: [], keiro: [{ source: 'JPIRR' }], group: null }));
    config = { ...config, irr, watches };
    await registry.reload(irr, watches);
    await cases.judged([held('a')]);
    expect(cases.all()[0]!.recipients).to.deep.equal([
      { address: 'keiro@example.jp', because: 'x-keiro of MAINT-OWNER' },
    ]);
    const notice = batches[0]!.find(one => one.op === 'outbox.add');
    const text = readMail(notice!.record)!.text.replace(/\s+/g, ' ');
    expect(text).to.include('X-Keiro contact of MAINT-OWNER, the maintainer of this route.');
  });

  it('keeps what it cannot write, in order, says so, and writes it when it can', async () => {
    diskFull = true;
    let done = 0;
    const all = Promise.all(
      [cases.judged([held('a')]), cases.judged([held('b')]), cases.judged([held('a', { what: 'gone', path: [] })])].map(
        one => one.then(() => done++),
      ),
    );
    await until('it says so', () => cases.problems().length > 0);
    expect(cases.problems()).to.deep.equal(['cases cannot be written: database or disk is full']);
    expect([done, added]).to.deep.equal([0, []]);
    diskFull = false;
    await all;
    expect(cases.problems()).to.deep.equal([]);
    expect(added).to.have.length(1);
    const [record, ...others] = await store.read('case.all', {});
    expect(others).to.deep.equal([]);
    expect(JSON.parse(record!.body)).to.deep.equal(JSON.parse(JSON.stringify(cases.all()[0])));
    expect(cases.all()[0]?.witnesses.map(({ peer, state }) => `${peer} ${state}`)).to.deep.equal(['a gone', 'b holds']);
  });

  it('takes its cases up again, and forgets peers that are no longer configured', async () => {
    await cases.judged([held('a'), held('b')]);
    const [before] = cases.all();
    await cases.close();
    await store.close();
    added = [];
    await open();
    await until('it is out of sight', () => cases.all()[0]?.state === 'unseen');
    expect(cases.all()[0]).to.include({ id: before!.id, opened: before!.opened });
    cases.peersAre(['a']);
    await until('b is gone', () => cases.all()[0]?.witnesses[1]?.state === 'gone');
    expect(cases.all()[0]).to.deep.include({ state: 'unseen' });
    cases.peersAre([]);
    await until('it is over', () => cases.all()[0]?.state === 'resolved');
    await until('the end is told', () => added.length === 1);
    expect(added[0]).to.equal(`${before!.id}.end.1`);
  });

  it('forgets a peer that a router reports only when it is told to, or no router can report any more', async () => {
    await cases.judged([held('edge1/192.0.2.1'), held('edge1/192.0.2.2'), held('a')]);
    cases.peersAre([], name => name.includes('/'));
    await until('a is gone', () => cases.all()[0]?.witnesses[2]?.state === 'gone');
    cases.peerForgotten('edge1/192.0.2.1');
    await until('one is gone', () => cases.all()[0]?.witnesses[0]?.state === 'gone');
    expect(cases.all()[0]?.witnesses[1]).to.include({ state: 'holds' });
    cases.peersAre([]);
    await until('it is over', () => cases.all()[0]?.state === 'resolved');
  });
});
