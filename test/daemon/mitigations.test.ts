import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseConfig } from '../../src/config/index.ts';
import type { Config } from '../../src/config/tree.ts';
import type { Log } from '../../src/daemon/log.ts';
import { type Mitigations, openMitigations } from '../../src/daemon/mitigations.ts';
import type { Case } from '../../src/hijack/case.ts';
import type { OpenStore } from '../../src/store/store.ts';
import { openStore } from '../../src/store/store.ts';
import { until } from '../interop/bgp-peers.ts';
import { begun } from '../notify/cases.ts';

const ORIGIN = 64500;
const PERMIT = 'mitigate { prefix 192.0.2.0/23 next hop 203.0.113.9; maximum prefixes 2; }';
const HALVES = ['192.0.2.0/24', '192.0.3.0/24'];

function configOf(edge: string, more = ''): Config {
  const parsed = parseConfig(
    `router id 192.0.2.10; local as ${ORIGIN};
     protocol bgp edge { neighbor 203.0.113.1 as 64500; ${edge} }
     protocol bgp other { neighbor 203.0.113.2 as 64501; announce { prefix 198.51.100.0/24; } } ${more}`,
    'c',
  );
  if (!parsed.ok) throw new Error(parsed.errors.map(({ message }) => message).join());
  return parsed.config;
}

describe('daemon/mitigations', () => {
  let directory = '';
  let store: OpenStore;
  let config: Config;
  let cases: readonly Case[];
  let mitigations: Mitigations;
  let applied: number;
  let diskFull: boolean;
  let logged: string[];
  let notes: string[];
  const log = Object.assign((_: string, text: string) => void logged.push(text), {
    configure: () => {},
    problems: () => [],
    close: async () => {},
  }) satisfies Log;

  const open = async () => {
    const write: OpenStore['write'] = async batch => {
      if (diskFull) throw new Error('database or disk is full');
      await store.write(batch);
    };
    mitigations = await openMitigations({
      store: { read: store.read, write },
      config: () => config,
      cases: () => cases,
      apply: async () => void applied++,
      note: (caseId, words, by) => void notes.push(`${caseId} ${by}: ${words}`),
      log,
    });
  };
  const announce = (caseId: string, prefixes: readonly string[], origin = ORIGIN) =>
    mitigations.announce({ caseId, peer: 'edge', prefixes, by: 'user root' }, origin);
  const refused = (promise: Promise<unknown>) =>
    promise.then(
      () => 'done',
      (e: Error) => e.message,
    );
  const told = (peer = 'edge') =>
    mitigations
      .peers()
      .find(({ name }) => name === peer)!
      .announce?.map(({ prefix, nextHop }) => `${prefix} ${nextHop ?? '-'}`);

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'mitigations-'));
    store = await openStore(directory, { onProblem: () => {} });
    config = configOf(PERMIT);
    cases = [
      { ...begun, id: '2026-03-01-01', state: 'ongoing' },
      { ...begun, id: '2026-03-01-02', state: 'unseen' },
      { ...begun, id: '2026-03-01-03', state: 'resolved' },
    ];
    [applied, diskFull, logged, notes] = [0, false, [], []];
    await open();
  });
  afterEach(async () => {
    diskFull = false;
    await mitigations.close();
    await store.close();
    rmSync(directory, { recursive: true });
  });

  it('announces nothing by itself', () => {
    expect(told()).to.equal(undefined);
    expect(told('other')).to.deep.equal(['198.51.100.0/24 -']);
    expect(mitigations.peers()).to.deep.equal(config.peers);
  });

  it('announces what is ordered with the next hop of the permit, and withdraws it on order', async () => {
    await announce('2026-03-01-01', HALVES);
    expect(told()).to.deep.equal(['192.0.2.0/24 203.0.113.9', '192.0.3.0/24 203.0.113.9']);
    expect(told('other')).to.deep.equal(['198.51.100.0/24 -']);
    expect(applied).to.equal(1);
    expect(logged[0]).to.equal('case 2026-03-01-01: 192.0.2.0/24, 192.0.3.0/24 announced over edge by user root');
    expect((await mitigations.stop('2026-03-01-01', 'stopped by user root')).map(one => one.ended)).to.deep.equal([
      'stopped by user root',
    ]);
    expect(told()).to.equal(undefined);
    expect(applied).to.equal(2);
    expect(await mitigations.stop('2026-03-01-01', 'again')).to.deep.equal([]);
    expect(notes).to.deep.equal([
      '2026-03-01-01 user root: announced over edge: 192.0.2.0/24, 192.0.3.0/24',
      '2026-03-01-01 intertrackd: no longer announced over edge: 192.0.2.0/24, 192.0.3.0/24: stopped by user root',
    ]);
  });

  it('keeps to the limits over all cases, and to the AS of the session', async () => {
    await announce('2026-03-01-01', ['192.0.2.0/24']);
    expect(await refused(announce('2026-03-01-02', HALVES))).to.equal('done');
    expect(told(), 'each prefix once').to.have.length(2);
    config = configOf(
      'mitigate { prefix 192.0.2.0/23 next hop 203.0.113.9; prefix 198.51.100.0/24 next hop 203.0.113.9; maximum prefixes 2; }',
    );
    expect(await refused(announce('2026-03-01-01', ['192.0.2.0/24', '198.51.100.0/24']))).to.match(
      /permits 2 prefixes at a time, not 3$/,
    );
    expect(await refused(announce('2026-03-01-01', ['203.0.113.0/24']))).to.match(/does not permit 203.0.113.0\/24$/);
    expect(await refused(announce('2026-03-01-01', HALVES, 64999))).to.equal(
      'the session of edge announces as AS64500, and not as AS64999',
    );
    expect(mitigations.waysFor('2026-03-01-01', HALVES, 64999)).to.deep.equal([
      { peer: 'edge', why: 'its session announces as AS64500, and not as AS64999' },
    ]);
    expect(
      await refused(
        mitigations.announce({ caseId: '2026-03-01-01', peer: 'other', prefixes: HALVES, by: 'x' }, ORIGIN),
      ),
    ).to.equal('other has no `mitigate` block');
  });

  it('ends with its case, and with no other', async () => {
    await announce('2026-03-01-01', ['192.0.2.0/24']);
    await announce('2026-03-01-02', ['192.0.3.0/24']);
    mitigations.changed({ ...cases[0]!, state: 'unseen' });
    mitigations.changed({ ...cases[0]!, state: 'dormant' });
    expect(told()).to.have.length(2);
    mitigations.changed({ ...cases[0]!, state: 'resolved' });
    await until('it is withdrawn', () => applied === 3);
    expect(told()).to.deep.equal(['192.0.3.0/24 203.0.113.9']);
    mitigations.changed({ ...cases[1]!, state: 'dismissed' });
    expect(told()).to.equal(undefined);
    expect(mitigations.all().map(({ ended }) => ended)).to.deep.equal([
      'the case is resolved',
      'the case is dismissed',
    ]);
  });

  it('announces again after a restart what goes on, and nothing that is over', async () => {
    await announce('2026-03-01-01', ['192.0.2.0/24']);
    await announce('2026-03-01-02', ['192.0.3.0/24']);
    await mitigations.stop('2026-03-01-02', 'stopped');
    await mitigations.close();
    await open();
    expect(told()).to.deep.equal(['192.0.2.0/24 203.0.113.9']);
    cases = [{ ...begun, id: '2026-03-01-01', state: 'resolved' }];
    await mitigations.close();
    await open();
    expect(told(), 'the case ended while it was down').to.equal(undefined);
    await mitigations.close();
    const rows = await store.read('mitigation.all', {});
    expect(rows.map(({ body }) => JSON.parse(body).ended)).to.deep.equal(['the case is resolved', 'stopped']);
  });

  it('ends what a configuration no longer permits, and goes by its next hop', async () => {
    await announce('2026-03-01-01', HALVES);
    config = configOf('mitigate { prefix 192.0.2.0/23 community 64500:9 next hop 203.0.113.8; maximum prefixes 2; }');
    mitigations.reconfigured();
    expect(told()).to.deep.equal(['192.0.2.0/24 203.0.113.8', '192.0.3.0/24 203.0.113.8']);
    config = configOf('mitigate { prefix 192.0.2.0/24 next hop 203.0.113.8; }');
    mitigations.reconfigured();
    expect(told()).to.equal(undefined);
    expect(mitigations.all()[0]!.ended).to.match(
      /^the configuration does not permit it: .* does not permit 192.0.3.0\/24$/,
    );
    config = configOf('');
    await mitigations.close();
    await open();
    expect(mitigations.peers()).to.deep.equal(config.peers);
  });

  it('says twice what stands in `announce` too only once', async () => {
    config = configOf(`${PERMIT} announce { prefix 192.0.2.0/24 next hop 203.0.113.7; }`);
    await announce('2026-03-01-01', HALVES);
    expect(told()).to.deep.equal(['192.0.2.0/24 203.0.113.7', '192.0.3.0/24 203.0.113.9']);
  });

  it('announces nothing that cannot be kept, and withdraws though the end cannot be', async () => {
    diskFull = true;
    expect(await refused(announce('2026-03-01-01', HALVES))).to.equal('database or disk is full');
    expect(told()).to.equal(undefined);
    expect(applied).to.equal(0);
    diskFull = false;
    await announce('2026-03-01-01', HALVES);
    diskFull = true;
    await mitigations.stop('2026-03-01-01', 'stopped');
    expect(told()).to.equal(undefined);
    await until('it is said', () => mitigations.problems().length === 1);
    expect(mitigations.problems()[0]).to.match(/^the end of a mitigation cannot be written: .*disk is full/);
    diskFull = false;
    await until('it is written', () => mitigations.problems().length === 0);
    const [row] = await store.read('mitigation.all', {});
    expect(JSON.parse(row!.body).ended).to.equal('stopped');
  });

  it('announces nothing for a case that is over by the time', async () => {
    await announce('2026-03-01-03', HALVES);
    expect(told()).to.equal(undefined);
    expect(mitigations.all()[0]!.ended).to.equal('the case is over');
  });
});
