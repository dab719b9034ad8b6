import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import fc from 'fast-check';
import { openAudit } from '../../src/daemon/audit.ts';
import {
  auditHash,
  type ChainedEntry,
  checkAudit,
  NO_HASH,
  readAuditLine,
  readHead,
  writeAuditLine,
} from '../../src/store/audit-chain.ts';
import { openAuditFile } from '../../src/store/audit-file.ts';
import { migrate, migrations } from '../../src/store/migrations.ts';
import type { Store, StoreWrite } from '../../src/store/records.ts';
import { exportAudit, headsOf, verifyAudit } from '../../src/vty/audit.ts';
import { until } from '../traceback/ases.ts';
import { open, rejection, scratch } from './fixture.ts';

const NOON = Date.UTC(2026, 2, 1, 12);
const line = (i: number) => ({
  time: NOON + i * 1000,
  what: 'query.refused',
  body: JSON.stringify({ peer: 64500 + i, reason: `ü ${i}` }),
});
const add = (i: number): StoreWrite => ({ op: 'audit.add', record: line(i) });

/** What a command prints, and its exit code. */
async function run(
  command: (streams: { stdin: PassThrough; stdout: PassThrough; err(text: string): void }) => number | Promise<number>,
) {
  const stdout = new PassThrough();
  const err: string[] = [];
  const code = await command({ stdin: new PassThrough(), stdout, err: text => err.push(text) });
  stdout.end();
  return { code, out: (await stdout.toArray()).join(''), err: err.join('\n') };
}

describe('the audit log', () => {
  const directory = scratch();
  const database = join(directory, 'a', 'intertrack.db');
  const text = join(directory, 'audit.txt');
  let chain: ChainedEntry[] = [];

  before(async () => {
    const store = await open(join(directory, 'a'));
    for (let i = 1; i <= 3; i++) await store.write([add(i)]);
    await store.write([add(4), add(5)]);
    await store.close();
    const log = openAuditFile(database);
    if (typeof log === 'string') throw new Error(log);
    chain = [...log.read()].map(entry => ({ ...entry }));
    log.close();
    writeFileSync(text, (await run(streams => exportAudit(database, streams))).out);
  });

  it('has the hash of the text before and of its own in each line', () => {
    expect(chain.map(({ number }) => number)).to.deep.equal([1, 2, 3, 4, 5]);
    // By hand: SHA-256 of 64 zeros and the text.
    expect(auditHash(NO_HASH, { number: 1, time: 0, what: 'x', body: '{}' })).to.equal(
      'f7de71d49dac61e521905d928baa25a9229c72bbb941bb1b849a7bd023036800',
    );
    for (const [i, entry] of chain.entries())
      expect(entry.hash).to.equal(auditHash(chain[i - 1]?.hash ?? NO_HASH, entry));
  });

  it('is checked by a shell too', () => {
    const page = readFileSync(new URL('../../man/intertrackd.8', import.meta.url), 'utf8');
    const sum = /itctl audit export intertrack.db \| (\((?:.|\n)*?\))\n\.Ed/.exec(page)![1]!.replaceAll('\\e', '\\');
    const lines = readFileSync(text, 'utf8');
    const shell = (input: string) => spawnSync('sh', ['-c', sum], { input, encoding: 'utf8' });
    expect(shell(lines).stdout).to.equal('');
    expect(shell(lines.replace('ü 3', 'ü 7')).stdout).to.match(/^3 2026-03-01T12:00:03\.000Z query\.refused/);
  });

  it('is read back from its lines, and what is no line is none', () => {
    const lines = readFileSync(text, 'utf8').trimEnd().split('\n');
    expect(lines.map(readAuditLine)).to.deep.equal(chain);
    for (const bad of [
      '',
      'x',
      lines[0]!.slice(1),
      lines[0]!.replace('.000Z', 'Z'),
      lines[0]!.replace('2026-03', '2026-13'),
    ])
      expect(readAuditLine(bad)).to.equal(null);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map(more => lines[0]! + more),
        ),
        any => {
          const got = readAuditLine(any);
          if (got !== null) expect(writeAuditLine(got)).to.equal(any);
        },
      ),
    );
  });

  const head = (i: number) => ({ number: chain[i - 1]!.number, hash: chain[i - 1]!.hash });
  const faults = (entries: readonly ChainedEntry[], kept: { number: number; hash: string }[] = []) =>
    checkAudit(() => entries, kept).faults.join('; ');

  it('proves what was changed, left out, put in between or cut off', () => {
    expect(faults(chain)).to.equal('');
    expect(faults(chain, [head(2), head(5)])).to.equal('');
    expect(faults(chain.map(one => (one.number === 3 ? { ...one, body: '{}' } : one)))).to.match(
      /^record 3 is changed/,
    );
    expect(faults(chain.map(one => (one.number === 3 ? { ...one, time: 0 } : one)))).to.match(/^record 3 is changed/);
    expect(faults(chain.filter(one => one.number !== 3))).to.match(/^record 3 is missing: record 4 follows/);
    expect(faults(chain.slice(1))).to.match(/^what stood before record 2 is gone, and no record says so/);
    expect(faults(chain.slice(0, 3))).to.equal('');
    expect(faults(chain.slice(0, 3), [head(5)])).to.match(
      /^the log ends with record 3, but there was a record 5: its end is cut off/,
    );
    expect(faults([], [head(5)])).to.match(/the log ends with record 0/);
    // Made anew from record 3 on: whole in itself, but not the one whose head was kept.
    const forged = chain.map(one => ({ ...one }));
    for (let i = 2; i < 5; i++) {
      const entry = { ...forged[i]!, body: i === 2 ? '{}' : forged[i]!.body };
      forged[i] = { ...entry, hash: auditHash(forged[i - 1]!.hash, entry) };
    }
    expect(faults(forged)).to.equal('');
    expect(faults(forged, [head(4)])).to.match(/^record 4 is not the one whose hash was kept/);
  });

  it('is verified and exported by itctl, in a database and as text', async () => {
    const kept = headsOf(['--head', `5:${chain[4]!.hash}`]);
    if (typeof kept === 'string') throw new Error(kept);
    for (const file of [database, text]) {
      const good = await run(streams => verifyAudit(file, kept, false, streams));
      expect(good).to.deep.equal({
        code: 0,
        err: '',
        out: `5 lines, 1 of 2026-03-01 12:00:01Z to 5 of 2026-03-01 12:00:05Z\nhead 5:${chain[4]!.hash}\nthe chain is whole, and 1 kept head of it\n`,
      });
    }
    const copy = join(directory, 'copy.db');
    copyFileSync(database, copy);
    const db = new DatabaseSync(copy);
    db.exec(`UPDATE audit SET body = '{}' WHERE number = 2`);
    db.close();
    const bad = await run(streams => verifyAudit(copy, [], false, streams));
    expect(bad.code).to.equal(1);
    expect(bad.out).to.match(/^BROKEN: record 2 is changed/m);
    expect(bad.err).to.match(/--head/);
    expect(JSON.parse((await run(streams => verifyAudit(copy, [], true, streams))).out).faults).to.have.length(1);
    const other = join(directory, 'other.txt');
    writeFileSync(other, 'no log\n');
    expect(await run(streams => verifyAudit(other, [], false, streams))).to.deep.equal({
      code: 1,
      out: '',
      err: `${other}: line 1: is no line of an audit log`,
    });
    expect((await run(streams => exportAudit(join(directory, 'none'), streams))).err).to.match(/none: .*no such file/);
    const theirs = join(directory, 'theirs.db');
    new DatabaseSync(theirs).exec('CREATE TABLE x (y)');
    expect((await run(streams => verifyAudit(theirs, [], false, streams))).err).to.match(
      /is no database of intertrackd/,
    );
    expect(headsOf(['--head', '5'])).to.match(/NUMBER:HASH/);
    expect(readHead(`7:${'0'.repeat(63)}`)).to.equal(null);
  });

  it('forgets what is old, says so, and stays whole', async () => {
    const store = await open(join(directory, 'b'));
    for (let i = 1; i <= 5; i++) await store.write([add(i)]);
    const [fifth] = await store.read('audit.head', {});
    const [third] = await store.read('audit.among', { as: 64503, trace: null, denied: 1, from: 1, to: 9 });
    await store.write([{ op: 'audit.forget', before: NOON + 3500, time: NOON + 9000 }]);
    await store.write([{ op: 'audit.forget', before: NOON + 3500, time: NOON + 9500 }]);
    const rows = await store.read('audit.among', { as: null, trace: null, denied: 0, from: 1, to: 99 });
    expect(rows.map(({ number, what }) => `${number} ${what}`)).to.deep.equal([
      '4 query.refused',
      '5 query.refused',
      '6 audit.forgotten',
    ]);
    expect(JSON.parse(rows[2]!.body)).to.deep.equal({ through: 3, hash: third!.hash });
    // What was kept of the time before can still be compared where the rest begins.
    expect(faults(rows, [third!, fifth!])).to.equal('');
    expect(faults(rows, [{ number: 3, hash: NO_HASH }])).to.match(/record 3 is not the one/);
    await store.write([{ op: 'audit.forget', before: NOON + 99_000, time: NOON + 99_000 }]);
    const all = await store.read('audit.among', { as: null, trace: null, denied: 0, from: 1, to: 99 });
    expect(all.map(({ number, what }) => `${number} ${what}`)).to.deep.equal(['7 audit.forgotten']);
    expect(faults(all, [fifth!])).to.equal('');
  });

  it('finds lines by AS, by trace and by what was refused', async () => {
    const store = await open(join(directory, 'c'));
    const put = (what: string, body: object, time = NOON) =>
      store.write([{ op: 'audit.add', record: { time, what, body: JSON.stringify(body) } }]);
    await put('trace.start', { id: 't20260301-120000-abcd', trace: 'abcd000000000000' });
    await put('query.sent', { peer: 64501, trace: 'abcd000000000000' });
    await put('query.sent', { peer: 64502, trace: 'ffff000000000000' });
    await put('query.refused', { peer: 64501, origin: 64509 }, NOON + 1000);
    await put('mitigation', { caseId: 'x' }, NOON + 2000);
    const numbers = async (filter: { as?: number; trace?: string; denied?: 1 }) =>
      (await store.read('audit.among', { as: null, trace: null, denied: 0, from: 1, to: 99, ...filter })).map(
        ({ number }) => number,
      );
    expect(await numbers({})).to.deep.equal([1, 2, 3, 4, 5]);
    expect(await numbers({ as: 64501 })).to.deep.equal([2, 4]);
    expect(await numbers({ as: 64509 })).to.deep.equal([4]);
    expect(await numbers({ trace: 't20260301-120000-abcd' })).to.deep.equal([1, 2]);
    expect(await numbers({ denied: 1 })).to.deep.equal([4]);
    expect(await store.read('audit.first', { since: NOON + 1 })).to.deep.equal([{ number: 4 }]);
  });

  it('is chained as it stands when it comes from an older version', () => {
    const db = new DatabaseSync(':memory:');
    const before = migrations.findIndex(step => typeof step === 'function');
    expect(migrate(db, migrations.slice(0, before))).to.equal(null);
    const put = db.prepare('INSERT INTO audit (number, time, what, body) VALUES (?, ?, ?, ?)');
    for (let i = 1; i <= 2500; i++) put.run(i < 7 ? i : i + 3, NOON + i, 'query.sent', `{"peer":${i}}`);
    expect(migrate(db)).to.equal(null);
    const rows = db
      .prepare('SELECT number, time, what, body, hash FROM audit ORDER BY number')
      .all() as unknown as ChainedEntry[];
    expect(rows).to.have.length(2500);
    expect(rows.at(-1)!.body).to.equal('{"peer":2500}');
    expect(faults(rows)).to.equal('');
  });
});

describe('daemon/audit', () => {
  /** A store that takes nothing while `full` holds. */
  function scripted() {
    const written: StoreWrite[][] = [];
    const slow = null as PromiseWithResolvers<void> | null;
    const state = { full: false, slow, written, log: [] as string[] };
    const store = {
      write(batch: readonly StoreWrite[]) {
        if (state.full) return Promise.reject(new Error('database or disk is full'));
        if (batch[0]!.op === 'audit.add') written.push([...batch]);
        return state.slow?.promise ?? new Promise<void>(done => setImmediate(done));
      },
      read: () => Promise.resolve([]),
      close: () => Promise.resolve(),
    } as unknown as Store;
    const log = Object.assign((_level: string, words: string) => void state.log.push(words), {}) as never;
    return { state, audit: openAudit({ store, retain: null, log, retry: 5 }) };
  }
  const what = (batch: readonly StoreWrite[]) => batch.map(one => (one.op === 'audit.add' ? one.record.what : one.op));

  it('writes together what comes while the disk is busy, in its order, and tells when it is done', async () => {
    const { state, audit } = scripted();
    audit.add({ time: 1, what: 'a', body: '{}' });
    await Promise.resolve();
    await Promise.resolve();
    audit.add({ time: 2, what: 'b', body: '{}' });
    audit.add({ time: 3, what: 'c', body: '{}' });
    await audit.recorded();
    expect(state.written.map(what)).to.deep.equal([['a'], ['b', 'c']]);
    await audit.recorded();
    await audit.close();
  });

  it('writes what is added as soon as the line before is on disk', async () => {
    const { state, audit } = scripted();
    for (let i = 0; i < 50; i++) {
      audit.add({ time: i, what: 'a', body: '{}' });
      await audit.recorded();
    }
    expect(state.written).to.have.length(50);
    await audit.close();
  });

  it('lets nobody go on whose line a slow disk has no room for, and says how many were left out', async () => {
    const { state, audit } = scripted();
    state.slow = Promise.withResolvers<void>();
    audit.add({ time: 1, what: 'a', body: '{}' });
    await until(() => state.written.length === 1, 'the first line on its way');
    for (let i = 0; i < 10_000; i++) audit.add({ time: 2, what: 'b', body: '{}' });
    const kept = audit.recorded();
    audit.add({ time: 3, what: 'c', body: '{}' });
    expect(await rejection(audit.recorded())).to.equal('the audit log cannot be written: 10000 lines wait already');
    expect(state.log.join('\n')).to.contain('the disk is slow, 10000 lines wait for it');
    state.slow.resolve();
    await kept;
    await until(() => state.written.flatMap(what).includes('audit.lost'), 'the line that says so');
    await audit.recorded();
    const all = state.written.flatMap(what);
    expect([all.length, all.includes('c'), all.at(-1)]).to.deep.equal([10_002, false, 'audit.lost']);
    await audit.close();
  });

  it('says that it cannot be written, keeps the lines, and goes on when it can', async () => {
    const { state, audit } = scripted();
    state.full = true;
    audit.add({ time: 1, what: 'a', body: '{}' });
    expect(await rejection(audit.recorded())).to.equal('the audit log cannot be written: database or disk is full');
    expect(await rejection(audit.recorded())).to.match(/cannot be written/);
    expect(audit.problems()).to.have.length(1);
    for (let i = 0; i < 10_005; i++) audit.add({ time: 2, what: 'b', body: '{}' });
    state.full = false;
    for (let i = 0; i < 6000 && audit.problems().length > 0; i++) await new Promise(resolve => setTimeout(resolve, 5));
    await audit.recorded();
    const all = state.written.flatMap(what);
    expect([all.length, all[0], all.at(-1)]).to.deep.equal([10_001, 'a', 'audit.lost']);
    const last = state.written.at(-1)!.at(-1)!;
    expect(last.op === 'audit.add' && last.record.body).to.equal('{"lines":6}');
    expect(state.log.join('\n')).to.match(/no question is asked or answered\n.*can be written again/);
    await audit.close();
  });
});
