import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseConfig } from '../../src/config/index.ts';
import type { Config } from '../../src/config/tree.ts';
import type { CaseOrder } from '../../src/control/daemon.ts';
import { type CasesOfStore, openCases } from '../../src/daemon/cases.ts';
import type { Log } from '../../src/daemon/log.ts';
import type { Case } from '../../src/hijack/case.ts';
import { checkChain, readEvidence } from '../../src/hijack/evidence-chain.ts';
import type { Judged } from '../../src/hijack/judged.ts';
import { readMail } from '../../src/notify/notices.ts';
import type { Outbox } from '../../src/notify/outbox.ts';
import type { CutOff } from '../../src/notify/reach.ts';
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
  offender: more.origin === undefined ? 64666 : more.origin,
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
  let cases: CasesOfStore;
  let diskFull: boolean;
  let batches: (readonly StoreWrite[])[];
  let added: string[];
  let logged: string[];

  const log = Object.assign((_level: string, text: string) => void logged.push(text), {
    configure: () => {},
    problems: () => [],
    close: async () => {},
  }) satisfies Log;

  /** Mail hosts that lie inside the prefix, by recipient. */
  let cut: readonly CutOff[];

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
    const reach = { cutOff: async () => cut, close: () => {} };
    cases = await openCases(store, outbox as unknown as Outbox, registry, () => config, log, null, { reach });
  }

  function configWith(holds: string): Config {
    const loaded = parseConfig(
      `router id 192.0.2.10; local as 64500; irr JPIRR { dump "${join(directory, 'jpirr.db')}"; }
       watch ours { maintainer MAINT-OWNER; group noc; ${holds}; }
       group noc { mail "noc@example.net"; }
       notify mail { from "keiro@example.net"; smtp "127.0.0.1"; language en; }`,
      'conf',
    );
    if (!loaded.ok) throw new Error(loaded.errors.map(({ message }) => message).join());
    return loaded.config;
  }

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'cases-'));
    const dump = join(directory, 'jpirr.db');
    writeFileSync(dump, 'route: 192.0.2.0/24\norigin: AS64501\nmnt-by: MAINT-OWNER\nsource: JPIRR\n');
    config = configWith('hold down 0s');
    registry = await openRegistry(
      { onRefresh: () => {}, onTrouble: () => {}, onAlarm: () => {}, onWhole: () => {} },
      { directory },
    );
    await registry.reload(config.irr, config.watches);
    [diskFull, batches, added, logged, cut] = [false, [], [], [], []];
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
    expect(batches.map(batch => batch.map(({ op }) => op))).to.deep.equal([['case.put', 'evidence.add', 'outbox.add']]);
    expect(added).to.have.length(1);
    expect(cases.open()[0]).to.include({ state: 'ongoing', prefix: '192.0.2.0/24' });
  });

  it('writes what is due together with what is told, in its transaction', async () => {
    config = configWith('hold up 10s; hold down 10s');
    const write: StoreWrite = { op: 'source.put', record: { name: 'JPIRR', file: 'jpirr.db', objects: 1 } };
    await cases.together(() => void cases.judged([held('a', { time: Date.now() - 60_000 })]), [write]);
    expect(batches).to.have.length(1);
    expect(batches[0]!.map(({ op }) => op)).to.include.members(['source.put', 'outbox.add']);
    expect(cases.open()[0]).to.include({ state: 'ongoing' });
  });

  it('looks at what is due some times a second at most, however often something is told', async () => {
    config = configWith('hold up 10s; hold down 10s');
    const began = performance.now();
    const written: Promise<void>[] = [];
    let looks = 0;
    for (let i = 0; i < 50; i++) {
      const of = { origin: 64601 + i, time: Date.now() - 60_000 };
      written.push(cases.together(() => void cases.judged([held(`p${i}`, of)]), []));
      if (cases.open().some(({ offender, state }) => offender === of.origin && state === 'ongoing')) looks++;
    }
    expect(looks).to.be.within(1, 1 + Math.floor((performance.now() - began) / 250));
    await Promise.all(written);
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
    expect(cases.open()[0]!.recipients).to.deep.equal([
      { address: 'keiro@example.jp', because: 'x-keiro of MAINT-OWNER' },
    ]);
    const notice = batches[0]!.find(one => one.op === 'outbox.add');
    const text = readMail(notice!.record)!.text.replace(/\s+/g, ' ');
    expect(text).to.include('X-Keiro contact of MAINT-OWNER, the maintainer of this route.');
  });

  it('warns the group, the log and the timeline when all mail servers of a recipient lie inside the prefix', async () => {
    cut = [{ address: 'keiro@example.jp', hosts: ['mx.example.jp'] }];
    await cases.judged([held('a')]);
    await until('it is told', () => added.some(id => id.includes('.cut-off.')));
    const [one] = cases.open();
    expect(added).to.deep.equal([`${one!.id}.begin.1`, `${one!.id}.cut-off.1`]);
    const words = 'all mail servers of keiro@example.jp lie inside 192.0.2.0/24';
    expect(logged).to.include(`case ${one!.id}: ${words}`);
    await until('it is noted', () => cases.open()[0]!.timeline.some(({ what }) => what.includes(words)));
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
    expect(JSON.parse(record!.body)).to.deep.equal(JSON.parse(JSON.stringify(cases.open()[0])));
    expect(cases.open()[0]?.witnesses.map(({ peer, state }) => `${peer} ${state}`)).to.deep.equal([
      'a gone',
      'b holds',
    ]);
  });

  it('keeps in memory what is not over, and reads the rest', async () => {
    for (const origin of [64601, 64602, 64603]) {
      await cases.judged([held('a', { origin })]);
      await cases.judged([held('a', { origin, what: 'gone', path: [] })]);
    }
    await cases.judged([held('a', { origin: 64604 })]);
    expect(cases.open().map(({ offender }) => offender)).to.deep.equal([64604]);
    const offenders = async (...from: Parameters<CasesOfStore['before']>) =>
      (await cases.before(...from)).map(({ offender }) => offender);
    expect(await offenders(null, 10)).to.deep.equal([64604, 64603, 64602, 64601]);
    const [first, second] = await cases.before(null, 2);
    expect([first?.offender, second?.offender]).to.deep.equal([64604, 64603]);
    expect(await offenders(second!, 2)).to.deep.equal([64602, 64601]);
    expect(await offenders((await cases.before(second!, 2))[1]!, 2)).to.deep.equal([]);
    expect(await cases.get(second!.id)).to.include({ offender: 64603, state: 'resolved' });
    expect(await cases.get('2026-01-01-01')).to.equal(null);
    const ids = (await cases.before(null, 10)).map(({ id }) => id);
    await cases.close();
    await store.close();
    await open();
    expect(cases.open().map(({ offender }) => offender)).to.deep.equal([64604]);
    await cases.judged([held('a', { origin: 64605 })]);
    const [next] = await cases.before(null, 1);
    expect(ids, 'an id is never used again').to.not.include(next!.id);
    expect([next!.offender, Number(next!.id.slice(11))]).to.deep.equal([64605, 5]);
  });

  it('freezes evidence with each change, as a chain that goes on after a restart', async () => {
    await cases.judged([held('a')]);
    const [{ id }] = cases.open() as [Case];
    await cases.close();
    await store.close();
    await open();
    await until('it is out of sight', () => cases.open()[0]?.state === 'unseen');
    await cases.judged([held('a')]);
    cases.endOfRib('a', Date.now());
    await cases.judged([held('a', { what: 'gone', path: [] })]);
    const records = await cases.evidence(id);
    expect(checkChain(id, records)).to.include({ fault: null, records: records.length });
    const [first, ...more] = records.map(({ body }) => readEvidence(body)!);
    expect(first).to.deep.include({
      case: id,
      number: 1,
      state: 'ongoing',
      prefix: '192.0.2.0/24',
      offender: 64666,
      mrt: null,
    });
    expect(first!.witnesses!.map(({ peer, path }) => [peer, path])).to.deep.equal([['a', [64496, 64666]]]);
    expect(first!.objects!.map(({ text }) => text)).to.deep.equal([
      'route: 192.0.2.0/24\norigin: AS64501\nmnt-by: MAINT-OWNER\nsource: JPIRR',
    ]);
    expect(more.at(-1)).to.include({ state: 'resolved' });
    expect(more.at(-1)!.objects, 'as in the record before').to.equal(undefined);
  });

  it('does what people want with a case, and answers when it is on disk', async () => {
    await cases.judged([held('a')]);
    const [{ id }] = cases.open() as [Case];
    const order = (what: CaseOrder['what'], reason: string, until: number | null = null) =>
      cases.mark(id, { what, by: 'uid 1000, pid 4711', reason, until });
    const stored = async () => JSON.parse((await store.read('case.get', { id }))[0]!.body) as Case;
    expect((await order('ack', 'called them')).acknowledged).to.include({ reason: 'called them' });
    expect((await stored()).acknowledged).to.include({ by: 'uid 1000, pid 4711', reason: 'called them' });
    expect(await order('dismiss', 'a customer', Date.now() + 3_600_000)).to.include({ state: 'dismissed' });
    expect(await stored()).to.include({ state: 'dismissed' });
    await cases.close();
    await store.close();
    await open();
    expect(cases.open()[0]).to.deep.include({ state: 'dismissed', acknowledged: (await stored()).acknowledged });
    await cases.judged([held('a')]);
    await order('reopen', 'no customer');
    await until('it goes on', () => cases.open()[0]?.state === 'ongoing');
    cases.endOfRib('a', Date.now());
    await cases.judged([held('a', { what: 'gone', path: [] })]);
    expect(await stored()).to.include({ state: 'resolved' });
    const told = added.length;
    expect((await order('note', 'it was a typing error')).timeline.at(-1)).to.deep.include({
      what: 'note: it was a typing error',
      by: 'uid 1000, pid 4711',
    });
    expect((await stored()).timeline.at(-1)).to.include({ what: 'note: it was a typing error' });
    expect([added.length, cases.openCount()]).to.deep.equal([told, 0]);
    expect(checkChain(id, await cases.evidence(id)).fault).to.equal(null);
    for (const [what, error] of [
      ['ack', `case ${id} is over: only a note can be written`],
      ['dismiss', `case ${id} is over: only a note can be written`],
    ] as const)
      expect(await order(what, 'x').catch((e: Error) => e.message)).to.equal(error);
    const none = await cases
      .mark('2026-01-01-77', { what: 'ack', by: 'x', reason: '', until: null })
      .catch((e: Error) => e.message);
    expect(none).to.equal('there is no case 2026-01-01-77');
  });

  it('finds the cases of an incident, over or not', async () => {
    await cases.judged([held('a'), held('b', { origin: 64667 })]);
    await cases.judged([held('a', { what: 'gone', path: [] })]);
    const [{ incident }] = cases.open() as [Case];
    const all = await cases.ofIncident(incident!);
    expect(all.map(({ offender, state }) => [offender, state])).to.deep.equal([
      [64666, 'resolved'],
      [64667, 'ongoing'],
    ]);
    expect(await cases.ofIncident('I2026-01-01-77')).to.deep.equal([]);
  });

  it('takes its cases up again, and forgets peers that are no longer configured', async () => {
    await cases.judged([held('a'), held('b')]);
    const [before] = cases.open();
    await cases.close();
    await store.close();
    added = [];
    await open();
    await until('it is out of sight', () => cases.open()[0]?.state === 'unseen');
    expect(cases.open()[0]).to.include({ id: before!.id, opened: before!.opened });
    cases.peersAre(['a']);
    await until('b is gone', () => cases.open()[0]?.witnesses[1]?.state === 'gone');
    expect(cases.open()[0]).to.deep.include({ state: 'unseen' });
    cases.peersAre([]);
    await until('it is over', () => cases.openCount() === 0);
    await until('the end is told', () => added.length === 1);
    expect(added[0]).to.equal(`${before!.id}.end.1`);
  });

  it('forgets a peer that a router reports only when it is told to, or no router can report any more', async () => {
    await cases.judged([held('edge1/192.0.2.1'), held('edge1/192.0.2.2'), held('a')]);
    cases.peersAre([], name => name.includes('/'));
    await until('a is gone', () => cases.open()[0]?.witnesses[2]?.state === 'gone');
    cases.peerForgotten('edge1/192.0.2.1');
    await until('one is gone', () => cases.open()[0]?.witnesses[0]?.state === 'gone');
    expect(cases.open()[0]?.witnesses[1]).to.include({ state: 'holds' });
    cases.peersAre([]);
    await until('it is over', () => cases.openCount() === 0);
  });
});
