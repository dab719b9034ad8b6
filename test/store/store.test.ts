import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import type { StoreWrite } from '../../src/store/records.ts';
import { openStore } from '../../src/store/store.ts';
import { caseRecord, caseWithNotice, outboxRecord } from './batches.ts';
import { open, rejection, scratch } from './fixture.ts';

describe('store', () => {
  const directory = scratch();

  it('keeps what it was given, across a close', async () => {
    const path = join(directory, 'kept', 'state');
    const store = await open(path);
    const trace = (id: string, asked: number) => ({ op: 'trace.put', record: { id, asked, body: `"${id}"` } }) as const;
    await store.write([...caseWithNotice('c1', '{"a":"日本\\u0000"}'), trace('t1', 1), trace('t2', 2), trace('t3', 3)]);
    await store.write([{ op: 'audit.add', record: { time: 1, what: 'asked', body: '{}' } }]);
    await store.write([
      { op: 'case.put', record: { ...caseRecord('c1', 'changed'), state: 'resolved' } },
      { op: 'outbox.update', id: 'c1.begin.1', state: 'sent', attempts: 2, due: 9, lastError: '', doubt: null },
      { op: 'outbox.add', record: { ...outboxRecord('c1.begin.1', 'c1'), body: 'added again: ignored' } },
    ]);
    await store.close();

    const again = await open(path);
    expect(await again.read('case.all', {})).to.deep.equal([{ ...caseRecord('c1', 'changed'), state: 'resolved' }]);
    expect(await again.read('outbox.pending', {})).to.deep.equal([]);
    expect(await again.read('outbox.of-case', { caseId: 'c1' })).to.deep.equal([
      { ...outboxRecord('c1.begin.1', 'c1', 9), state: 'sent', attempts: 2 },
    ]);
    expect((await again.read('trace.latest', { limit: 2 })).map(row => row.id)).to.deep.equal(['t3', 't2']);
    expect(await again.read('trace.get', { id: 't1' })).to.deep.equal([{ id: 't1', asked: 1, body: '"t1"' }]);
    await again.write([trace('t4', 4), { op: 'trace.rests-on', id: 't4', body: '{}' }]);
    expect(await again.read('trace.evidence', { id: 't4' })).to.deep.equal([{ id: 't4', body: '{}' }]);
    expect(await again.read('trace.evidence', { id: 't1' })).to.deep.equal([]);
    expect(await again.check()).to.equal('ok');
    await again.close();
    expect(statSync(path).mode & 0o777).to.equal(0o700);
    expect(statSync(join(path, 'intertrack.db')).mode & 0o777).to.equal(0o600);
  });

  it('writes a batch whole or not at all, in any order of its operations', async () => {
    const store = await open(join(directory, 'batch'));
    await store.write(caseWithNotice('c1').reverse());
    const orphan: StoreWrite[] = [
      ...caseWithNotice('c2'),
      { op: 'outbox.add', record: outboxRecord('x', 'no-such-case') },
    ];
    expect(await rejection(store.write(orphan))).to.match(
      /intertrack\.db: FOREIGN KEY constraint failed \(SQLITE_CONS/,
    );
    const missing: StoreWrite[] = [
      ...caseWithNotice('c3'),
      { op: 'outbox.update', id: 'nothing', state: 'sent', attempts: 1, due: 0, lastError: '', doubt: null },
    ];
    expect(await rejection(store.write(missing))).to.contain('the outbox has no message nothing');
    const unsendable = [
      { op: 'case.put', record: { ...caseRecord('c4'), body: (() => 1) as unknown as string } },
    ] as const;
    expect(await rejection(store.write(unsendable))).to.contain('could not be cloned');
    expect((await store.read('case.all', {})).map(row => row.id)).to.deep.equal(['c1']);
    expect((await store.read('outbox.pending', {})).map(row => row.id)).to.deep.equal(['c1.begin.1']);
    await store.close();
  });

  it('gives pending messages by their due time, as many as asked', async () => {
    const store = await open(join(directory, 'pending'));
    await store.write([
      { op: 'case.put', record: caseRecord('c') },
      ...[3, 1, 2].map(due => ({ op: 'outbox.add', record: outboxRecord(`m${due}`, 'c', due) }) as const),
    ]);
    const ids = async (limit?: number) =>
      (await store.read('outbox.pending', limit === undefined ? {} : { limit })).map(row => row.id);
    expect(await ids()).to.deep.equal(['m1', 'm2', 'm3']);
    expect(await ids(2)).to.deep.equal(['m1', 'm2']);
    await store.close();
  });

  it('refuses a second store on the same directory, and frees it on close', async () => {
    const path = join(directory, 'shared');
    const store = await open(path);
    expect(await rejection(open(path))).to.match(/^state directory \S+shared is in use by another process/);
    await store.write(caseWithNotice('c'));
    await store.close();
    const next = await open(path);
    expect(await next.read('case.all', {})).to.have.length(1);
    await next.close();
  });

  it('finishes what was asked before it closes, and refuses afterwards', async () => {
    const store = await open(join(directory, 'closing'));
    const written = Promise.all([1, 2, 3].map(n => store.write(caseWithNotice(`c${n}`))));
    const closed = store.close();
    expect(await rejection(store.read('case.all', {}))).to.contain('the store is closed');
    await written;
    await closed;
    await store.close();
  });

  it('says which file is damaged, foreign, of a newer program or out of reach, and leaves it alone', async () => {
    const at = (name: string, make: (file: string) => void) => {
      const path = join(directory, name);
      mkdirSync(path);
      make(join(path, 'intertrack.db'));
      return path;
    };
    const damaged = at('damaged', file => writeFileSync(file, 'not a database '.repeat(600)));
    expect(await rejection(open(damaged))).to.match(
      /damaged\/intertrack\.db: file is not a database \(SQLITE_NOTADB\): .*restore/,
    );
    expect(readFileSync(join(damaged, 'intertrack.db'), 'utf8')).to.match(/^not a database/);

    const foreign = at('foreign', file => {
      const db = new DatabaseSync(file);
      db.exec('CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)');
      db.close();
    });
    expect(await rejection(open(foreign))).to.contain('a database of some other program');

    const newer = join(directory, 'newer');
    await (await open(newer)).close();
    const db = new DatabaseSync(join(newer, 'intertrack.db'));
    db.exec('PRAGMA user_version = 999');
    db.close();
    expect(await rejection(open(newer))).to.match(/intertrack\.db: written by a newer InterTrack \(schema 999, /);

    const blocked = join(directory, 'blocked');
    writeFileSync(blocked, '');
    expect(await rejection(open(join(blocked, 'state')))).to.match(/^state directory \S+: (ENOTDIR|EEXIST)/);
  });

  it('reports damage inside a file that opens, and goes on with the rest', async () => {
    const path = join(directory, 'holes');
    const first = await open(path);
    for (let i = 0; i < 50; i++) await first.write(caseWithNotice(`c${i}`, 'x'.repeat(8000)));
    await first.close();
    const file = join(path, 'intertrack.db');
    const bytes = readFileSync(file);
    // The middle of the file: pages of bodies, not of the schema.
    bytes.fill(0xff, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 8192);
    writeFileSync(file, bytes);
    const store = await open(path);
    expect(await store.check()).to.contain('malformed');
    expect(await rejection(store.read('case.all', {}))).to.match(
      /holes\/intertrack\.db: .*\(SQLITE_CORRUPT\): .*recover/,
    );
    await store.write([{ op: 'audit.add', record: { time: 1, what: 'still', body: '{}' } }]);
    await store.close();
  });

  it('says that a read-only file is read-only', async function () {
    if (process.getuid?.() === 0) return this.skip();
    const path = join(directory, 'readonly');
    await (await open(path)).close();
    chmodSync(join(path, 'intertrack.db'), 0o400);
    expect(await rejection(open(path))).to.match(/intertrack\.db: .*EACCES/);
  });

  it('refuses what the disk cannot follow instead of growing without bound', async () => {
    const problems: string[] = [];
    const store = await openStore(join(directory, 'flood'), { onProblem: text => problems.push(text) });
    const asked = Array.from({ length: 10_050 }, () => store.read('trace.latest', { limit: 1 }));
    const results = await Promise.allSettled(asked);
    expect(results.filter(result => result.status === 'rejected')).to.have.length(50);
    expect(problems, 'said once').to.have.length(1);
    expect(problems[0]).to.match(/10000 requests of 0 characters wait/);
    const huge = await rejection(
      store.write([{ op: 'case.put', record: caseRecord('c', 'x'.repeat(65 * 1024 * 1024)) }]),
    );
    expect(huge).to.contain('is refused');
    await store.write(caseWithNotice('c'));
    await store.close();
  });

  it('rejects all that is pending when its thread dies, says so, and leaves the directory free', async () => {
    const path = join(directory, 'dying');
    const problems: string[] = [];
    // Reading more than the thread's heap holds kills it.
    const store = await openStore(path, { onProblem: text => problems.push(text), memory: 16 });
    for (let i = 0; i < 40; i++) await store.write(caseWithNotice(`c${i}`, 'x'.repeat(1_000_000)));
    const all = [store.read('case.all', {}), store.write(caseWithNotice('late')), store.check()];
    for (const one of all) expect(await rejection(one)).to.match(/dying: the store's thread died: .*memory/);
    expect(problems).to.have.length(1);
    expect(await rejection(store.write([]))).to.contain('the store');
    await store.close();

    const again = await open(path);
    expect(await again.check()).to.equal('ok');
    expect(await again.read('case.all', {})).to.have.length(40);
    await again.close();
  });
});
