import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import pg from 'pg';
import { checkAudit } from '../../../src/store/audit-chain.ts';
import type { Database } from '../../../src/store/postgresql/database.ts';
import { openDeliveries } from '../../../src/store/postgresql/deliveries.ts';
import { openScope, type ScopeStore } from '../../../src/store/postgresql/scope.ts';
import type { StoreWrite } from '../../../src/store/records.ts';
import { until } from '../../interop/bgp-peers.ts';
import { caseRecord, caseWithNotice, outboxRecord } from '../batches.ts';
import { rejection } from '../fixture.ts';
import { databasesOfSuite } from './databases.ts';

const LEASE = 60_000;

describe('store/postgresql', function () {
  this.timeout(240_000);
  const databases = databasesOfSuite();
  const { fresh, connect } = databases;
  /** Ends all leases, as time does. */
  const expire = (name: string) => databases.server.query(`UPDATE leases SET until = '-infinity'`, [], name);
  async function scoped(database: Database, scope = 'cases/0') {
    const lease = await database.take(scope, LEASE);
    return openScope(database, scope, lease!);
  }

  it('knows a database whose tables are gone for one that is away, until they are back', async () => {
    const name = await fresh();
    const database = await connect(name);
    expect(database.contact.away()).to.equal(null);
    await databases.server.query('ALTER TABLE leases RENAME TO gone', [], name);
    expect(await rejection(database.holdings())).to.match(
      /"leases" does not exist .*42P01\): tables are missing: put the/,
    );
    expect(database.contact.away()!.why).to.contain('tables are missing');
    expect(database.contact.away()!.answered).to.be.a('number');
    await databases.server.query('ALTER TABLE gone RENAME TO leases', [], name);
    await database.holdings();
    expect(database.contact.away()).to.equal(null);
  });

  it('lends a lease to one life of a name at a time', async () => {
    const name = await fresh();
    const [first, second] = [await connect(name, 'a'), await connect(name, 'a')];
    const lease = await first.take('cases/7', LEASE);
    expect(await second.take('cases/7', LEASE)).to.equal(null);
    await second.releaseAll();
    expect(await first.renew([lease!], LEASE)).to.have.length(1); // nobody has taken it meanwhile
    await second.releaseAll();
    const next = await second.take('cases/7', LEASE);
    expect(next!.fence).to.equal(lease!.fence + 1);
    expect(await first.renew([lease!], LEASE)).to.deep.equal([]);
  });

  it('keeps what it was given, as SQLite does', async () => {
    const store = await scoped(await connect(await fresh()));
    await store.write(caseWithNotice('2026-01-01-01', '{"a":"日本\\u0000"}'));
    await store.write([
      { op: 'case.put', record: { ...caseRecord('2026-01-01-01', 'changed'), state: 'resolved' } },
      {
        op: 'outbox.update',
        id: '2026-01-01-01.begin.1',
        state: 'sent',
        attempts: 2,
        due: 9,
        lastError: 'a\0b',
        doubt: null,
      },
      { op: 'outbox.add', record: { ...outboxRecord('2026-01-01-01.begin.1', '2026-01-01-01'), body: 'again' } },
    ]);
    expect(await store.read('case.all', {})).to.deep.equal([
      { ...caseRecord('2026-01-01-01', 'changed'), state: 'resolved' },
    ]);
    expect(await store.read('outbox.of-case', { caseId: '2026-01-01-01' })).to.deep.equal([
      {
        ...outboxRecord('2026-01-01-01.begin.1', '2026-01-01-01', 9),
        state: 'sent',
        attempts: 2,
        lastError: 'a\ufffdb',
      },
    ]);
    expect(await store.read('outbox.pending', {})).to.deep.equal([]);
    await store.write(caseWithNotice('2026-01-01-12'));
    await store.write([
      {
        op: 'outbox.add',
        record: { ...outboxRecord('2026-01-01-12.change-3.1', '2026-01-01-12'), event: 'change', created: 7 },
      },
      { op: 'owed.add', caseId: '2026-01-01-12', event: 'end', time: 3 },
      { op: 'owed.add', caseId: '2026-01-01-12', event: 'end', time: 4 },
      { op: 'told.add', caseId: '2026-01-01-12', notice: '2026-01-01-01.begin.1' },
      { op: 'evidence.add', record: { caseId: '2026-01-01-12', number: 1, time: 1, hash: 'h1', body: '{}' } },
      { op: 'evidence.add', record: { caseId: '2026-01-01-12', number: 2, time: 2, hash: 'h2', body: '{}' } },
      { op: 'cursor.put', record: { collector: 'tyo', life: 1, sequence: 5 } },
      { op: 'cursor.put', record: { collector: 'tyo', life: 2, sequence: 1 } },
    ]);
    expect(await store.read('case.last-ids', {})).to.deep.equal([{ id: '2026-01-01-12' }]);
    expect(await store.read('evidence.heads', {})).to.deep.equal([{ caseId: '2026-01-01-12', number: 2, hash: 'h2' }]);
    expect(await store.read('owed.all', {})).to.deep.equal([{ caseId: '2026-01-01-12', event: 'end', time: 3 }]);
    expect(await store.read('told.open', {})).to.deep.equal([{ caseId: '2026-01-01-12' }]);
    expect(await store.read('outbox.told', {})).to.have.deep.members([
      { caseId: '2026-01-01-12', event: 'begin', first: 1, last: 1, ordinal: 0 },
      { caseId: '2026-01-01-12', event: 'change', first: 7, last: 7, ordinal: 3 },
    ]);
    expect(await store.read('outbox.lanes', {})).to.deep.equal([{ channel: 'mail', recipient: null }]);
    expect(await store.read('outbox.pending', { limit: 1, channel: 'mail' })).to.have.length(1);
    expect(await store.read('cursor.all', {})).to.deep.equal([{ collector: 'tyo', life: 2, sequence: 1 }]);
    const before = { opened: Number.MAX_SAFE_INTEGER, id: '', limit: 1 };
    expect((await store.read('case.before', before)).map(({ id }) => id)).to.deep.equal(['2026-01-01-12']);
  });

  it('writes many rows at once, whatever stands in them, and none of another scope', async () => {
    const database = await connect(await fresh());
    const [here, there] = [await scoped(database), await scoped(database, 'cases/1')];
    const texts = ['', '"', '\\', '{,}', 'NULL', '日本\u{1f409}', 'a\0b', '\r\n'];
    const ids = texts.map((_, i) => `2026-01-01-${i + 1}`);
    await here.write([
      ...ids.map(id => ({ op: 'case.put', record: caseRecord(id) }) as const),
      ...ids.map(
        (id, i) => ({ op: 'outbox.add', record: { ...outboxRecord(`${id}.begin.1`, id), body: texts[i]! } }) as const,
      ),
      ...ids.map(
        (id, i) =>
          ({
            op: 'evidence.add',
            record: { caseId: id, number: 1, time: -(2 ** 53) + 1 + i, hash: '', body: '' },
          }) as const,
      ),
      { op: 'case.put', record: { ...caseRecord(ids[0]!), prefix: 'the last word' } },
    ]);
    const bodies = (await here.read('outbox.pending', {})).map(({ body }) => body);
    expect(bodies).to.deep.equal(texts.map(text => text.replace('\0', '\ufffd')));
    expect((await here.read('case.get', { id: ids[0]! }))[0]!.prefix).to.equal('the last word');
    expect((await here.read('evidence.of-case', { caseId: ids[7]! }))[0]!.time).to.equal(-(2 ** 53) + 8);
    const theirs = [caseRecord('2026-01-01-99'), caseRecord(ids[3]!, 'taken')].map(
      record => ({ op: 'case.put', record }) as const,
    );
    expect(await rejection(there.write(theirs))).to.contain("is another partition's");
    expect(await there.read('case.all', {})).to.deep.equal([]);
    await there.write([theirs[0]!]);
    expect(await there.read('case.all', {})).to.have.length(1);
  });

  it('keeps the order of what is owed and done with in one transaction', async () => {
    const store = await scoped(await connect(await fresh()));
    const add = (caseId: string, time: number) => ({ op: 'owed.add', caseId, event: 'end', time }) as const;
    const done = (caseId: string) => ({ op: 'owed.done', caseId, event: 'end' }) as const;
    const put = ['c1', 'c2', 'c3'].map(id => ({ op: 'case.put', record: caseRecord(id) }) as const);
    await store.write([...put, add('c1', 1), add('c2', 2), add('c3', 3), add('c3', 4), done('c2')]);
    expect((await store.read('owed.all', {})).map(({ time }) => time)).to.deep.equal([1, 3]);
    await store.write([done('c1'), add('c1', 5), done('c3')]);
    expect((await store.read('owed.all', {})).map(({ time }) => time)).to.deep.equal([5]);
  });

  it('keeps traces of each machine apart', async () => {
    const database = await connect(await fresh());
    const [here, there] = [await scoped(database, 'machine/a'), await scoped(database, 'machine/b')];
    const trace = (id: string, asked: number) =>
      ({ op: 'trace.put', record: { id, asked, body: `{"caseId":"c${asked}"}` } }) as const;
    await here.write([trace('1', 1), trace('2', 2), { op: 'trace.begun', id: '2', body: '{"x":1}' }]);
    await there.write([trace('1', 3), { op: 'trace.rests-on', id: '1', body: '{}' }]);
    expect((await here.read('trace.latest', { limit: 5 })).map(({ id }) => id)).to.deep.equal(['2', '1']);
    expect((await here.read('trace.work', {})).map(({ work }) => work)).to.deep.equal(['{"x":1}']);
    await here.write([{ op: 'trace.over', id: '2' }]);
    expect(await here.read('trace.work', {})).to.deep.equal([]);
    expect((await there.read('trace.get', { id: '1' }))[0]!.asked).to.equal(3);
    expect(await here.read('trace.evidence', { id: '1' })).to.deep.equal([]);
    expect(await there.read('trace.evidence', { id: '1' })).to.deep.equal([{ id: '1', body: '{}' }]);
    const all = openScope(database, null, null);
    expect(await all.read('trace.of-case', { caseId: 'c3', limit: 9 })).to.have.length(1);
    expect(await rejection(all.write([trace('9', 9)]))).to.contain('nothing can be written without a lease');
  });

  it('chains the audit log of each scope, and forgets its beginning', async () => {
    const store = await scoped(await connect(await fresh()), 'machine/a');
    const line = (time: number, what: string, body = '{"peer":64510,"id":"7"}') =>
      ({ op: 'audit.add', record: { time, what, body } }) as const;
    await store.write([line(1, 'trace.start'), line(2, 'query.refused'), line(3, 'asked', '{"x":"a\0b"}')]);
    await store.write([line(4, 'asked')]);
    const all = async (filter: { as?: number | null; trace?: string | null; denied?: 0 | 1 } = {}) =>
      store.read('audit.among', { as: null, trace: null, denied: 0, ...filter, from: 0, to: 100 });
    const rows = await all();
    expect(checkAudit(() => rows, []).faults).to.deep.equal([]);
    expect((await all({ denied: 1 })).map(({ what }) => what)).to.deep.equal(['query.refused']);
    expect(await all({ as: 64510 })).to.have.length(3);
    expect(await all({ trace: '7' })).to.have.length(3);
    expect((await store.read('audit.first', { since: 3 }))[0]!.number).to.equal(3);
    await store.write([{ op: 'audit.forget', before: 3, time: 9 }]);
    const rest = await all();
    expect(rest.map(({ number }) => number)).to.deep.equal([3, 4, 5]);
    expect(checkAudit(() => rest, []).faults).to.deep.equal([]);
    expect((await store.read('audit.head', {}))[0]!.what).to.equal('audit.forgotten');
  });

  it('writes a batch whole or not at all, and says in words why not', async () => {
    const store = await scoped(await connect(await fresh()));
    await store.write(caseWithNotice('c1').reverse());
    const orphan: StoreWrite[] = [...caseWithNotice('c2'), { op: 'outbox.add', record: outboxRecord('x', 'none') }];
    expect(await rejection(store.write(orphan))).to.match(
      /^postgresql 127\S+\/t\d+: .*foreign key.* \(SQLSTATE 23503\)/,
    );
    const missing = {
      op: 'outbox.update',
      id: 'none',
      state: 'sent',
      attempts: 1,
      due: 0,
      lastError: '',
      doubt: null,
    } as const;
    expect(await rejection(store.write([...caseWithNotice('c3'), missing]))).to.contain('has no message none');
    expect(await rejection(store.write([{ op: 'mark.put', name: 'x', time: 1 }]))).to.contain('not kept in a shared');
    expect((await store.read('case.all', {})).map(({ id }) => id)).to.deep.equal(['c1']);
  });

  it('writes of a delivery that it begins while the lease lasts, and that it is done whoever has the lease then', async () => {
    const name = await fresh();
    const [a, b] = [await connect(name, 'a'), await connect(name, 'b')];
    const lent = (await a.take('cases/0', LEASE))!;
    const first = openScope(a, 'cases/0', lent);
    await first.write([...caseWithNotice('c1'), { op: 'outbox.add', record: outboxRecord('c1.begin.2', 'c1') }]);
    const mine = openDeliveries(a, lent);
    expect(await mine.begin('c1.begin.1', 7)).to.equal(true);
    expect(await mine.begin('none', 7)).to.equal(false);
    await expire(name);
    const taken = (await b.take('cases/0', LEASE))!;
    const second = openScope(b, 'cases/0', taken);
    const rows = async () =>
      (await second.read('outbox.of-case', { caseId: 'c1' })).map(({ state, doubt }) => `${state} ${doubt}`);
    expect(await rows(), 'who comes after knows what is in doubt').to.deep.equal(['pending 7', 'pending null']);
    expect(await mine.begin('c1.begin.2', 8), 'the lease is over').to.equal(false);
    await mine.sent({ id: 'c1.begin.1', attempts: 1, due: 9, doubt: null });
    expect(await rows()).to.deep.equal(['sent null', 'pending null']);
    const theirs = openDeliveries(b, taken);
    expect(await theirs.begin('c1.begin.1', 10), 'it has been sent').to.equal(false);
    const late = {
      op: 'outbox.update',
      id: 'c1.begin.1',
      state: 'pending',
      attempts: 3,
      due: 0,
      lastError: '',
    } as const;
    await second.write([{ ...late, doubt: null }]);
    expect(await rows(), 'and stays so').to.deep.equal(['sent null', 'pending null']);
  });

  it('lets one machine write into a scope, and the old holder no more once another has taken it', async () => {
    const name = await fresh();
    const [a, b] = [await connect(name, 'a'), await connect(name, 'b')];
    const lent = await a.take('cases/0', LEASE);
    const first = openScope(a, 'cases/0', lent!);
    await first.write(caseWithNotice('c1'));
    expect(await b.take('cases/0', LEASE), 'it is held').to.equal(null);
    expect((await a.holdings()).map(({ scope, holder }) => `${scope} ${holder}`)).to.deep.equal(['cases/0 a']);
    await expire(name);
    const taken = (await b.take('cases/0', LEASE))!;
    expect(taken).to.deep.equal({ scope: 'cases/0', fence: 2, written: 1 });
    const second = openScope(b, 'cases/0', taken);
    expect(await rejection(first.write(caseWithNotice('c2')))).to.contain("another machine's now");
    expect(first.lost).to.equal(true);
    expect(await a.renew([lent!], LEASE)).to.deep.equal([]);
    await second.write(caseWithNotice('c3'));
    expect((await second.read('case.all', {})).map(({ id }) => id)).to.deep.equal(['c1', 'c3']);
    await b.release(taken);
    expect(await a.take('cases/0', LEASE)).to.include({ fence: 3, written: 2 });
  });

  it('does not write twice when the answer to a COMMIT was lost', async () => {
    const name = await fresh();
    const store = await scoped(await connect(name));
    await store.write([{ op: 'case.put', record: caseRecord('c1') }]);
    // Each connection is cut in the moment of its COMMIT, or of the statement that is all, before or after that takes place.
    let cut = 0;
    let together = false;
    const proto = pg.Client.prototype as { query: (...args: unknown[]) => unknown };
    const original = proto.query;
    proto.query = function (this: { connection: { stream: Socket } }, ...args) {
      const [what] = args as [string | { readonly name: string }];
      if (what === 'COMMIT' || (typeof what === 'object' && what.name.startsWith('rows') && !together))
        setTimeout(() => this.connection.stream.destroy(), cut++ % 4);
      return Reflect.apply(original, this, args);
    };
    try {
      for (let number = 1; number <= 20; number++) {
        const record = { caseId: 'c1', number, time: 1, hash: `h${number}`, body: '{}' };
        // What is of the audit log too is more than one statement.
        together = number % 2 === 0;
        const line = { op: 'audit.add', record: { time: number, what: 'asked', body: '{}' } } as const;
        const write = () =>
          store.write([{ op: 'evidence.add', record }, ...(together ? [line] : [])]).then(
            () => true,
            () => false,
          );
        while (!(await write())) await new Promise(resolve => setTimeout(resolve, 1));
      }
    } finally {
      proto.query = original;
    }
    expect(cut).to.be.at.least(20);
    const numbers = (await store.read('evidence.of-case', { caseId: 'c1' })).map(({ number }) => number);
    expect(numbers).to.deep.equal(Array.from({ length: 20 }, (_, i) => i + 1));
    const lines = await store.read('audit.among', { as: null, trace: null, denied: 0, from: 0, to: 100 });
    expect(lines.map(({ time }) => time)).to.deep.equal(Array.from({ length: 10 }, (_, i) => 2 * i + 2));
  });

  it('waits for a COMMIT that the server has not come to yet', async () => {
    const store = await scoped(await connect(await fresh()));
    const proto = pg.Client.prototype as { query: (...args: unknown[]) => unknown };
    const original = proto.query;
    let late = 0;
    proto.query = function (this: pg.Client, ...args) {
      if (args[0] !== 'COMMIT' || late++ > 0) return Reflect.apply(original, this, args);
      setTimeout(() => Reflect.apply(original, this, args), 200);
      // What was on its way to the server is, whatever becomes of the connection here.
      const end = this.end.bind(this) as (...how: unknown[]) => void;
      this.end = ((...how: unknown[]) => void setTimeout(end, 400, ...how)) as pg.Client['end'];
      return Promise.reject(new Error('Connection terminated unexpectedly'));
    };
    try {
      // With a line of the audit log it is more than one statement, and has a COMMIT.
      const line = { op: 'audit.add', record: { time: 1, what: 'asked', body: '{}' } } as const;
      await store.write([{ op: 'case.put', record: caseRecord('c1') }, line]);
      await store.write([{ op: 'case.put', record: caseRecord('c2') }, line]);
    } finally {
      proto.query = original;
    }
    expect(store.lost).to.equal(false);
    expect(late).to.equal(2);
    expect((await store.read('case.all', {})).map(({ id }) => id)).to.deep.equal(['c1', 'c2']);
  });

  it('waits for a server that was killed, and is right about what took place', async () => {
    const name = await fresh();
    const store = await scoped(await connect(name));
    const stored: string[] = [];
    let running = true;
    const writing = (async () => {
      for (let i = 0; running; i++) {
        const id = `2026-01-01-${i}`;
        try {
          await store.write(caseWithNotice(id));
          stored.push(id);
        } catch {
          i--; // it did not take place: once more
          await new Promise(resolve => setTimeout(resolve, 20));
        }
      }
    })();
    for (let round = 0; round < 3; round++) {
      const upto = stored.length + 30;
      while (stored.length < upto) await new Promise(resolve => setTimeout(resolve, 5));
      await databases.server.kill();
      await databases.server.start();
    }
    running = false;
    await writing;
    const kept = (await store.read('case.all', {})).map(({ id }) => id);
    expect(kept.sort()).to.deep.equal(stored.sort());
    // Whether any write failed depends on where in it the server died: most are found out about once it is back.
    expect(stored.length).to.be.at.least(90);
  });

  it('is right about what took place in more scopes than it may have connections, all of them cut off in one moment', async () => {
    const name = await fresh();
    const database = await connect(name);
    const scopes = await Promise.all(Array.from({ length: 14 }, (_, i) => scoped(database, `cases/${i}`)));
    const blocker = new pg.Client({ connectionString: databases.server.url(name) });
    blocker.on('error', () => {});
    await blocker.connect();
    await blocker.query('BEGIN');
    await blocker.query('LOCK TABLE cursors');
    // Those that have no connection yet are told that there is no server, and try again.
    const insisted = async (one: ScopeStore, sequence: number): Promise<void> => {
      const write = () => one.write([{ op: 'cursor.put', record: { collector: 'tyo', life: 1, sequence } }]);
      await until('it is written', () =>
        write().then(
          () => true,
          () => false,
        ),
      );
    };
    const writing = scopes.map(insisted);
    const waiting = `SELECT count(*)::int AS many FROM pg_stat_activity WHERE datname = '${name}' AND wait_event_type = 'Lock'`;
    await until('all connections wait', async () => (await databases.server.query(waiting))[0]!.many >= 10);
    await databases.server.kill();
    await databases.server.start();
    await Promise.all(writing);
    const written = await Promise.all(scopes.map(one => one.read('cursor.all', {})));
    expect(written.map(([cursor]) => cursor!.sequence)).to.deep.equal(scopes.map((_, i) => i));
  });

  it('frees a scope whose holder froze in the middle of a transaction', async () => {
    const name = await fresh();
    const [a, b] = [await connect(name, 'a'), await connect(name, 'b')];
    const lease = await a.take('cases/0', 500);
    const frozen = await a.pool.connect();
    frozen.on('error', () => {});
    await frozen.query('BEGIN');
    await frozen.query('UPDATE leases SET written = written + 1 WHERE scope = $1', [lease!.scope]);
    let taken = null;
    while (taken === null) taken = await b.take('cases/0', LEASE);
    expect(taken).to.deep.equal({ scope: 'cases/0', fence: 2, written: 0 });
    frozen.release(true);
  });

  it('says which database cannot be reached, is not there, or refuses, without a secret', async () => {
    const at = (url: string) => rejection(connect('', 'a', { url }));
    expect(await at(`postgres://x:secret@${databases.server.host}:1/db`)).to.match(
      /^postgresql \S+\/db: .*ECONNREFUSED/,
    );
    expect(await at(databases.server.url('nowhere'))).to.match(
      /nowhere" does not exist \(SQLSTATE 3D000\): make the database/,
    );
    expect(await at(`postgres://x:secret@${databases.server.host}:1/db`)).not.to.contain('secret');
    expect(await rejection(connect('t0', 'a', { passwordFile: '/nowhere' }))).to.contain('ENOENT');
    const file = join(mkdtempSync(join(tmpdir(), 'intertrack-password-')), 'password');
    try {
      writeFileSync(file, 's3cret\n', { mode: 0o644 });
      for (const of of [
        { passwordFile: file },
        { authorities: null, key: file, url: `${databases.server.url()}?sslmode=verify-full` },
      ])
        expect(await rejection(connect('t0', 'a', of))).to.match(
          /password: others than its owner can read it .*chmod 600/,
        );
    } finally {
      rmSync(dirname(file), { recursive: true });
    }
  });
});
