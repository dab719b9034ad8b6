import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openHonesty } from '../../src/daemon/honesty.ts';
import { openStore } from '../../src/store/store.ts';

describe('daemon/honesty', function () {
  this.timeout(240_000);
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'intertrack-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('keeps what was measured and what proves it, says a contradiction once, and goes on after a restart', async () => {
    const log: string[] = [];
    const say = (_level: string, text: string) => void log.push(text);
    // What was measured weighs less with each millisecond.
    const clock = () => 1_795_000_000_000;
    const first = await openStore(directory, { onProblem: text => log.push(text) });
    const before = await openHonesty(first, say, clock);
    for (let i = 0; i < 3; i++) before.book.decoy(64501, true, 0.001);
    before.book.canary(64502, true, { coverage: 1, held: 1 });
    const evidence = { request: { octets: '', signature: '', record: 0 }, statements: [], records: [] };
    for (let i = 0; i < 20; i++) before.keepFalseYes({ as: 64501, time: i, trace: `${i}`, seed: '07', evidence });
    expect(log).to.have.length(1);
    expect(log[0]).to.match(/^traceback: AS 64501 says yes falsely: of 2 decoys it saw 2, so at least 16 %/);
    await first.close();

    const second = await openStore(directory, { onProblem: text => log.push(text) });
    const after = await openHonesty(second, say, clock);
    expect(after.book.of(64501)!.yes).to.be.closeTo(3, 1e-3);
    expect(after.book.all().map(({ as }) => as)).to.deep.equal([64501, 64502]);
    const proofs = await second.read('false-yes.of', { asn: 64501 });
    expect(proofs.map(({ time }) => time)).to.deep.equal(Array.from({ length: 16 }, (_, i) => 19 - i));
    after.book.decoy(64501, true, 0.001);
    expect(log, 'said before').to.have.length(1);
    await second.close();
  });

  it('leaves out what cannot be read', async () => {
    const log: string[] = [];
    const store = await openStore(directory, { onProblem: text => log.push(text) });
    await store.write([
      { op: 'honesty.put', asn: 1, body: '{"as":1}' },
      { op: 'honesty.put', asn: 2, body: 'nothing' },
    ]);
    const { book } = await openHonesty(store, (_level, text) => void log.push(text));
    expect(book.all()).to.deep.equal([]);
    expect(log).to.have.length(2);
    await store.close();
  });
});
