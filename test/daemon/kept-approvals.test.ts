import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openApprovals } from '../../src/daemon/kept-approvals.ts';
import { openStore } from '../../src/store/store.ts';
import type { Approval } from '../../src/traceback/approval.ts';

const NOW = 1_795_000_000_000;
const HASH = 'ab'.repeat(32);
const QUESTION: Approval = {
  ...{ id: 'p00000001', origin: 64501, peer: 64502, entropy: 'guessable', purpose: 'attack', reference: 'CASE-7' },
  ...{ packets: 1, from: 1, to: 2, first: NOW, last: NOW, asked: 1, state: 'pending', by: '', reason: '' },
  until: NOW + 1000,
};

describe('daemon/kept-approvals', function () {
  this.timeout(60_000);
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'intertrack-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('finds after a restart what waits and what was decided, and nothing that is over', async () => {
    const log: string[] = [];
    const say = (_level: string, text: string) => void log.push(text);
    let now = NOW;
    const clock = () => now;
    const first = await openStore(directory, { onProblem: text => log.push(text) });
    const before = await openApprovals(first, say, clock);
    expect(before.all()).to.deep.equal([]);
    const decided = { ...QUESTION, id: 'p00000002', state: 'approved' as const, by: 'uid 0', until: NOW + 5000 };
    for (const approval of [QUESTION, { ...decided, state: 'pending' as const }, decided])
      before.keep({ hash: HASH, approval });
    await first.close();

    const second = await openStore(directory, { onProblem: text => log.push(text) });
    const after = await openApprovals(second, say, clock);
    expect(after.all()).to.deep.equal([
      { hash: HASH, approval: QUESTION },
      { hash: HASH, approval: decided },
    ]);
    expect(log).to.deep.equal(['traceback: 1 question waits for a person: `show traceback pending`']);
    now += 1000;
    expect(after.all().map(({ approval }) => approval.id)).to.deep.equal(['p00000002']);
    after.keep({ hash: HASH, approval: { ...decided, state: 'denied' } });
    await second.close();
    const third = await openStore(directory, { onProblem: text => log.push(text) });
    expect((await third.read('approval.all', {})).map(({ id }) => id)).to.deep.equal(['p00000002']);
    await third.close();
  });

  it('leaves out what cannot be read, and says so', async () => {
    const log: string[] = [];
    const store = await openStore(directory, { onProblem: text => log.push(text) });
    const body = JSON.stringify(QUESTION);
    const { until } = QUESTION;
    await store.write([
      { op: 'approval.put', id: 'p1', hash: HASH, until, body: 'nothing' },
      { op: 'approval.put', id: 'p2', hash: HASH, until, body },
      { op: 'approval.put', id: 'p00000001', hash: 'short', until, body },
      { op: 'approval.put', id: 'p4', hash: HASH, until, body: JSON.stringify({ ...QUESTION, id: 'p4', state: 'x' }) },
    ]);
    const kept = await openApprovals(
      store,
      (_level, text) => void log.push(text),
      () => NOW,
    );
    expect(kept.all()).to.deep.equal([]);
    expect(log).to.have.length(4);
    await store.close();
  });
});
