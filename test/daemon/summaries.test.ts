import { expect } from 'chai';
import type { Config } from '../../src/config/tree.ts';
import { openSoleHolder } from '../../src/daemon/sole-holder.ts';
import { sumUp } from '../../src/daemon/summaries.ts';
import type { Case } from '../../src/hijack/case.ts';
import { readMail } from '../../src/notify/notices.ts';
import { beginsOf, SUMMARY_WAIT } from '../../src/notify/storm.ts';
import { openTelling } from '../../src/notify/telling.ts';
import type { Database } from '../../src/store/postgresql/database.ts';
import { openScope, type ScopeStore } from '../../src/store/postgresql/scope.ts';
import type { OutboxRecord, Store, StoreReads } from '../../src/store/records.ts';
import { until } from '../interop/bgp-peers.ts';
import { begun, settings } from '../notify/cases.ts';
import { rejection } from '../store/fixture.ts';
import { databasesOfSuite } from '../store/postgresql/databases.ts';
import { noLog } from './one-watch.ts';

const NOW = Date.UTC(2026, 10, 22, 5);
const BOOKS = 4;
/** Begins of each of two books: so many are told one by one, and so many more are not. */
const MORE = 3;
const MANY = beginsOf(BOOKS) + MORE;
const recipients = begun.recipients.slice(0, 2);

describe('daemon/summaries', function () {
  this.timeout(120_000);
  const databases = databasesOfSuite();
  const { fresh, connect } = databases;

  const scoped = async (database: Database, scope: string): Promise<ScopeStore> =>
    openScope(database, scope, await database.take(scope, 60_000));

  /** A partition that tells of its cases, as one that is opened. */
  async function tellingOf(store: ScopeStore) {
    const running = (await store.read('case.open', {})).map(({ body }) => JSON.parse(body) as Case);
    const telling = await openTelling(
      {
        ...{ store, settings: () => settings, caseOf: async () => null, log: () => {} },
        summaries: { books: BOOKS, scope: 'summaries' },
      },
      running,
    );
    return async (number: number, notice: 'begin' | 'end', now: number, more: Partial<Case> = {}) => {
      const id = `2026-11-22-${String(number).padStart(2, '0')}`;
      const told = notice === 'begin' ? (['begin'] as const) : (['begin', 'end'] as const);
      const of: Case = { ...begun, recipients, id, told, incident: 'I2026-11-22-01', ...more };
      const { state, prefix, opened, changed } = of;
      const record = { id, state, prefix, opened, changed, incident: of.incident!, body: JSON.stringify(of) };
      const said = telling.of({ case: of, notice }, now);
      await store.write([{ op: 'case.put', record }, ...said.writes]);
      return said.records.length;
    };
  }
  const config = () => ({ ...settings, routerId: '192.0.2.10' }) as unknown as Config;
  const company = { mailDomain: 'first.example.net' };
  async function sent(store: Store, now: number): Promise<readonly OutboxRecord[]> {
    const rows: OutboxRecord[] = [];
    const outbox = { added: (added: readonly OutboxRecord[]) => void rows.push(...added) };
    await sumUp({ store, company, config, log: () => {} }, outbox, now);
    return rows;
  }
  async function storm(name: string) {
    const database = await connect(name, 'a');
    const stores = [await scoped(database, 'cases/0'), await scoped(database, 'cases/1')] as const;
    const counts: number[] = [];
    for (const [place, store] of stores.entries()) {
      const tell = await tellingOf(store);
      // The clock of the second machine is ahead.
      for (let i = 0; i < MANY; i++) counts.push(await tell(1 + place + i * BOOKS, 'begin', NOW + place * 3000 + i));
    }
    return { stores, counts };
  }

  it('sends one summary to each recipient, of what began in all partitions', async () => {
    const name = await fresh();
    const { counts } = await storm(name);
    expect(
      counts.filter(count => count > 0),
      'told one by one',
    ).to.have.length(2 * beginsOf(BOOKS));
    const store = await scoped(await connect(name, 'b'), 'summaries');
    expect(await sent(store, NOW), 'not at once').to.deep.equal([]);
    expect(await sent(store, NOW + SUMMARY_WAIT - 1)).to.deep.equal([]);
    const rows = await sent(store, NOW + SUMMARY_WAIT + MANY);
    const mails = rows.filter(({ channel }) => channel === 'mail');
    expect(mails.map(({ recipient }) => recipient)).to.deep.equal(recipients.map(({ address }) => address));
    for (const row of mails) {
      const mail = readMail(row)!;
      expect(mail.subject).to.include(`[storm] ${2 * MORE} routes contradict`);
      expect(mail.references).to.equal('<I2026-11-22-01.incident@first.example.net>');
    }
    expect(await store.read('outbox.pending', {})).to.have.length(rows.length);
    expect(await sent(store, NOW + 9 * SUMMARY_WAIT), 'once').to.deep.equal([]);
  });

  it('tells the ends the same way, whoever has the partition by then', async () => {
    const name = await fresh();
    const { stores } = await storm(name);
    // Before its summary is sent, and after.
    const last = 1 + (MANY - 1) * BOOKS;
    const resolved = { state: 'resolved', ended: NOW } as const;
    expect(await (await tellingOf(stores[0]))(last, 'end', NOW + 10_000, resolved)).to.equal(0);
    const store = await scoped(await connect(name, 'b'), 'summaries');
    const first = await sent(store, NOW + 2 * SUMMARY_WAIT);
    expect(new Set(first.map(({ event }) => event))).to.deep.equal(new Set(['storm', 'end']));
    // Its begin and its end are due at once, and its begin is told in no mail of its own.
    const told = new Map(first.map(row => [`${row.event} ${row.recipient}`, readMail(row)]));
    for (const { address } of recipients) {
      const { messageId } = told.get(`storm ${address}`)!;
      expect(told.get(`end ${address}`)!.follows).to.equal(messageId);
    }
    expect(await (await tellingOf(stores[1]))(last + 1, 'end', NOW + 3 * SUMMARY_WAIT, resolved)).to.equal(0);
    expect(await (await tellingOf(stores[1]))(last + 1 - BOOKS, 'end', NOW + 3 * SUMMARY_WAIT, resolved)).to.equal(0);
    const ends = await sent(store, NOW + 4 * SUMMARY_WAIT);
    expect(ends.map(({ event }) => event)).to.deep.equal(['storm-end', 'storm-end']);
    expect(readMail(ends[0]!)!.subject).to.include('[resolved] 2 cases are over');
  });

  it('tells the next time what comes to be owed while it reads', async () => {
    const name = await fresh();
    const { stores } = await storm(name);
    const store = await scoped(await connect(name, 'b'), 'summaries');
    await sent(store, NOW + 2 * SUMMARY_WAIT);
    const last = 1 + (MANY - 1) * BOOKS;
    const ends = async (place: 0 | 1) =>
      (await tellingOf(stores[place]))(last + place, 'end', NOW + 3 * SUMMARY_WAIT, { state: 'resolved', ended: NOW });
    await ends(0);
    const summaries = new Map((await store.read('outbox.pending', {})).map(row => [row.recipient, readMail(row)]));
    const meanwhile: Store = {
      ...store,
      async read<K extends keyof StoreReads>(what: K, args: StoreReads[K]['args']) {
        const rows = await store.read(what, args);
        if (what === 'owed.cases') await ends(1);
        return rows;
      },
    };
    const idsOf = (rows: readonly OutboxRecord[]) => [...new Set(rows.map(({ caseId }) => caseId))];
    const alone = await sent(meanwhile, NOW + 4 * SUMMARY_WAIT);
    expect(idsOf(alone)).to.deep.equal([`2026-11-22-${last}`]);
    for (const row of alone) expect(readMail(row)?.follows).to.equal(summaries.get(row.recipient)?.messageId);
    expect(idsOf(await sent(store, NOW + 4 * SUMMARY_WAIT))).to.deep.equal([`2026-11-22-${last + 1}`]);
  });

  it('is sent by one machine, whatever the other still believes', async () => {
    const name = await fresh();
    await storm(name);
    const late = await scoped(await connect(name, 'b'), 'summaries');
    await databases.server.query(`UPDATE leases SET until = '-infinity' WHERE scope = 'summaries'`, [], name);
    const store = await scoped(await connect(name, 'c'), 'summaries');
    expect(await rejection(sent(late, NOW + SUMMARY_WAIT + MANY))).to.match(/another machine's now/);
    expect((await sent(store, NOW + SUMMARY_WAIT + MANY)).length).to.be.above(0);
    expect(await sent(store, NOW + 2 * SUMMARY_WAIT)).to.deep.equal([]);
  });

  it('has its scope at one machine, and at another one when that is not heard any more', async () => {
    const name = await fresh();
    const heard: string[] = [];
    const holder = async (by: string) => {
      const tenant = { close: async () => void heard.push(`${by} ends`) };
      return openSoleHolder({
        ...{ database: await connect(name, by), scope: 'summaries', log: noLog },
        open: async () => {
          heard.push(`${by} begins`);
          return tenant;
        },
      });
    };
    const first = await holder('a');
    const second = await holder('b');
    expect([first.running() !== null, second.running()]).to.deep.equal([true, null]);
    await first.close();
    await until('the other one has it', () => second.running() !== null);
    // As when another one has taken it meanwhile.
    const taken = `UPDATE leases SET fence = fence + 1, until = 'infinity', holder = 'c' WHERE scope = 'summaries'`;
    await databases.server.query(taken, [], name);
    await until('it has lost it', () => second.running() === null);
    await second.close();
    expect(heard).to.deep.equal(['a begins', 'a ends', 'b begins', 'b ends']);
  });
});
