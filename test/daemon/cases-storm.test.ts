import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadConfig } from '../../src/config/index.ts';
import { openCases } from '../../src/daemon/cases.ts';
import type { Judged } from '../../src/hijack/judged.ts';
import { createOutbox } from '../../src/notify/outbox.ts';
import { openRegistry } from '../../src/registry/registry.ts';
import { openStore } from '../../src/store/store.ts';
import { noLog } from './one-watch.ts';

describe('daemon/cases, many at once', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'intertrack-cases-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  /** Registry, database, outbox and cases of one daemon; no mail server is there. */
  async function open(dump: string) {
    writeFileSync(join(directory, 'irr.db'), dump);
    writeFileSync(
      join(directory, 'conf'),
      `router id 192.0.2.1; local as 64496; log stderr; state "${directory}/state"; control socket "${directory}/ctl";
       irr TEST { dump "${directory}/irr.db"; } watch ours { maintainer MAINT-A in TEST; group noc; }
       group noc { mail "noc@example.net"; } notify mail { from "k@example.net"; smtp "127.0.0.1" port 9; to group; }`,
    );
    const loaded = await loadConfig(join(directory, 'conf'));
    if (!loaded.ok) throw new Error(loaded.errors.map(({ message }) => message).join('\n'));
    const { config } = loaded;
    const store = await openStore(config.state, { onProblem: text => expect.fail(text) });
    const registry = await openRegistry({ onRefresh() {}, onTrouble() {}, onAlarm() {}, onWhole() {} }, { directory });
    await registry.reload(config.irr, config.watches);
    const outbox = createOutbox({ store, notify: config.notify, log: noLog, grace: 0 });
    const cases = await openCases(store, outbox, registry, () => config, noLog);
    return {
      store,
      cases,
      async close() {
        await cases.close();
        registry.close();
        await outbox.close();
        await store.close();
      },
    };
  }

  const route = (prefix: string) => `route: ${prefix}\norigin: AS64496\nmnt-by: MAINT-A\nsource: TEST\n\n`;
  const held = (prefix: string): Judged => ({
    peer: 'tyo1',
    peerAs: 64500,
    peerAddress: '203.0.113.1',
    prefix,
    origin: 64666,
    kind: 'origin',
    offender: 64666,
    ground: '',
    what: 'held',
    why: 'update',
    time: Date.now(),
    path: [64500, 64666],
    state: 'mismatch',
    decidedBy: prefix,
  });

  it('stores each case of a storm with what is to be told of it, and lets others have their turn meanwhile', async () => {
    const prefixes = Array.from({ length: 200 }, (_, i) => `10.0.${i}.0/24`);
    const { store, cases, close } = await open(prefixes.map(route).join(''));
    let turns = 0;
    let done = false;
    const turn = () => {
      turns++;
      if (!done) setImmediate(turn);
    };
    turn();
    await cases.judged(prefixes.map(held));
    done = true;
    expect(turns).to.be.greaterThan(5);
    expect(cases.openCount()).to.equal(200);
    expect(await store.read('case.all', {})).to.have.length(200);
    const pending = await store.read('outbox.pending', {});
    // The first by themselves, the others in a summary to come.
    const owed = await store.read('owed.all', {});
    expect([pending.length, owed.length]).to.deep.equal([20, 180]);
    expect(new Set([...pending, ...owed].map(({ caseId }) => caseId)).size).to.equal(200);
    await close();
  });

  it('waits for no peer that the configuration has lost while the daemon was down', async () => {
    const before = await open(route('10.0.0.0/24'));
    await before.cases.judged([held('10.0.0.0/24'), { ...held('10.0.0.0/24'), peer: 'tyo2' }]);
    await before.close();
    const { cases, close } = await open(route('10.0.0.0/24'));
    cases.peersAre(['tyo2']);
    const states = cases.open().flatMap(({ witnesses }) => witnesses.map(({ peer, state }) => `${peer} ${state}`));
    expect(states.sort()).to.deep.equal(['tyo1 gone', 'tyo2 unseen']);
    await close();
  });
});
