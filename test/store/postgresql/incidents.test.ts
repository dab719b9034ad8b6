import { expect } from 'chai';
import fc from 'fast-check';
import { AGREED, WINDOW } from '../../../src/hijack/incident.ts';
import type { Database } from '../../../src/store/postgresql/database.ts';
import { steps as schema } from '../../../src/store/postgresql/schema.ts';
import { openScope, type ScopeStore } from '../../../src/store/postgresql/scope.ts';
import type { IncidentAsk } from '../../../src/store/records.ts';
import { type Agreement, BOOKS, play, steps } from '../../hijack/incident-histories.ts';
import { caseRecord } from '../batches.ts';
import { rejection } from '../fixture.ts';
import { databasesOfSuite } from './databases.ts';

const LEASE = 60_000;
const T0 = Date.UTC(2026, 10, 22, 4);

describe('store/postgresql/incidents', function () {
  this.timeout(240_000);
  const databases = databasesOfSuite();
  const { fresh, connect } = databases;
  const scoped = async (database: Database, place: number): Promise<ScopeStore> =>
    openScope(database, `cases/${place}`, await database.take(`cases/${place}`, LEASE));

  let number = 0;
  const ask = (more: Partial<IncidentAsk> = {}): IncidentAsk => {
    const incident = `I2026-11-22-${String(++number).padStart(2, '0')}`;
    const what = { keys: ['o64666', 'u64510', 'v64496'], offender: 64666, opened: T0, runs: false };
    return { incident, otherwise: incident, ...what, ...more };
  };
  const linked = async (store: ScopeStore, ...asks: readonly IncidentAsk[]): Promise<readonly string[]> => {
    const answer = await store.link(asks);
    if ('refused' in answer) throw new Error(answer.refused);
    return answer.incidents;
  };
  const written = (store: ScopeStore, id: string, incident: string, offender: number | null, state = 'ongoing') =>
    store.write([{ op: 'case.put', record: { ...caseRecord(id), state, incident }, offender }]);

  it('lets of two that ask in one moment the first decide', async () => {
    const database = await connect(await fresh());
    const stores = await Promise.all([0, 1, 2, 3].map(place => scoped(database, place)));
    for (let round = 0; round < 10; round++) {
      const offender = 64700 + round;
      const of = { keys: [`o${offender}`, 'u64510'], offender, opened: T0 + round * 2 * WINDOW };
      const answers = await Promise.all(stores.map(store => linked(store, ask(of), ask(of))));
      expect(new Set(answers.flat()).size, `round ${round}`).to.equal(1);
    }
  });

  it('answers by what counts most, and by nothing that is too old', async () => {
    const store = await scoped(await connect(await fresh()), 0);
    const [first] = await linked(store, ask());
    const [other] = await linked(store, ask({ keys: ['o64667', 'u64511', 'v64497'], offender: 64667 }));
    expect(other).to.not.equal(first);
    // By the upstream it would be the first, by the offender it is the other one.
    expect(await linked(store, ask({ keys: ['o64667', 'u64510'], offender: 64667, opened: T0 + 1 }))).to.deep.equal([
      other,
    ]);
    const late = ask({ keys: ['v64496'], offender: null, opened: T0 + WINDOW + 1 });
    expect(await linked(store, late)).to.deep.equal([late.otherwise]);
    const fallback = ask({ keys: ['v64499'], offender: null, otherwise: 'I2026-11-21-03' });
    expect(await linked(store, fallback)).to.deep.equal(['I2026-11-21-03']);
  });

  it('goes on with an offender for as long as a case of it is not over, wherever that is', async () => {
    const database = await connect(await fresh());
    const [here, there] = [await scoped(database, 0), await scoped(database, 1)];
    const [incident] = await linked(here, ask());
    await written(here, '2026-11-22-01', incident!, 64666);
    const later = (hours: number) => ask({ keys: ['o64666'], opened: T0 + hours * 3_600_000 });
    expect(await linked(there, later(5))).to.deep.equal([incident]);
    await written(here, '2026-11-22-01', incident!, 64666, 'resolved');
    // The first of the same batch is not written down yet: who asks knows that it goes on.
    expect(await linked(there, { ...later(10), runs: true })).to.deep.equal([incident]);
    const next = later(15);
    expect(await linked(there, next)).to.deep.equal([next.otherwise]);
  });

  it('comes to what one book with all cases would', async () => {
    const name = await fresh();
    const database = await connect(name);
    const stores = await Promise.all(Array.from({ length: BOOKS }, (_, place) => scoped(database, place)));
    const agreement: Agreement = {
      link: (asks, book) => linked(stores[book]!, ...asks),
      wrote: (one, over) =>
        written(stores[one.book]!, one.id, one.incident, one.offender, over ? 'resolved' : 'ongoing'),
    };
    await fc.assert(
      fc
        .asyncProperty(steps(fc.integer({ min: AGREED + 1, max: WINDOW })), async history => {
          const [alone, together] = [await play(history, null), await play(history, agreement)];
          expect(together.map(({ incident }) => incident)).to.deep.equal(alone.map(({ incident }) => incident));
        })
        .afterEach(() => databases.server.query('TRUNCATE incidents, cases CASCADE', [], name).then(() => {})),
      { numRuns: 60 },
    );
  });

  it('decides of many that are asked at once what it would of one after the other', async () => {
    const [one, other] = [await fresh(), await fresh()];
    const stores = [await scoped(await connect(one), 0), await scoped(await connect(other), 0)] as const;
    const tables = () =>
      Promise.all([one, other].map(name => databases.server.query('SELECT * FROM incidents ORDER BY key', [], name)));
    const asked = fc.record({
      offender: fc.option(fc.integer({ min: 64601, max: 64603 }), { freq: 9 }),
      upstream: fc.integer({ min: 64510, max: 64512 }),
      victim: fc.integer({ min: 64496, max: 64498 }),
      after: fc.integer({ min: -WINDOW / 4, max: WINDOW }),
      runs: fc.boolean(),
    });
    const over = fc.record({ offender: fc.integer({ min: 64601, max: 64603 }), asked: fc.nat(30), over: fc.boolean() });
    await fc.assert(
      fc
        .asyncProperty(fc.array(asked, { maxLength: 20 }), fc.array(over, { maxLength: 3 }), async (all, cases) => {
          let opened = T0;
          const asks = all.map(({ offender, upstream, victim, after, runs }) => {
            opened += after;
            const keys = [...(offender === null ? [] : [`o${offender}`]), `u${upstream}`, `v${victim}`];
            return ask({ keys, offender, opened, runs: runs && offender !== null });
          });
          // Some of them go on in the database.
          for (const store of stores)
            for (const [i, { offender, asked: of, over: isOver }] of cases.entries()) {
              const incident = asks[of % Math.max(1, asks.length)]?.otherwise ?? 'I0';
              await written(store, `2026-11-22-0${i}`, incident, offender, isOver ? 'resolved' : 'ongoing');
            }
          const single: string[] = [];
          for (const each of asks) single.push(...(await linked(stores[0], each)));
          const cut = asks.length >> 2;
          const together = [
            ...(cut === 0 ? [] : await linked(stores[1], ...asks.slice(0, cut))),
            ...(asks.length === 0 ? [] : await linked(stores[1], ...asks.slice(cut))),
          ];
          expect(together).to.deep.equal(single);
          const [of, ofMany] = await tables();
          expect(ofMany).to.deep.equal(of);
        })
        .afterEach(async () => {
          for (const name of [one, other]) await databases.server.query('TRUNCATE incidents, cases CASCADE', [], name);
        }),
      { numRuns: 15 },
    );
  });

  it('gives nothing to who has lost the lease, and tells the next holder what was named', async () => {
    const name = await fresh();
    const mine = await scoped(await connect(name), 0);
    const [incident] = await linked(mine, ask());
    await databases.server.query(`UPDATE leases SET until = '-infinity'`, [], name);
    const next = await scoped(await connect(name, 'b'), 0);
    expect(await rejection(linked(mine, ask({ keys: ['o64999'], offender: 64999 })))).to.match(/another machine's now/);
    expect(mine.lost).to.equal(true);
    expect(await databases.server.query('SELECT key FROM incidents ORDER BY key', [], name)).to.have.length(3);
    expect(await next.read('incident.names', { since: T0 })).to.deep.equal([{ incident }]);
    expect(await next.read('incident.names', { since: T0 + 1 })).to.deep.equal([]);
  });

  it('says what it may not do, and goes on where the table cannot be used', async () => {
    const name = await fresh();
    const mine = await scoped(await connect(name), 0);
    await databases.server.query('ALTER TABLE incidents RENAME TO elsewhere', [], name);
    expect(await mine.link([ask()])).to.deep.equal({ refused: 'relation "incidents" does not exist' });
    await databases.server.query('ALTER TABLE elsewhere RENAME TO incidents', [], name);
    expect(await linked(mine, ask())).to.have.length(1);
    expect(mine.lost).to.equal(false);
  });

  it('lets a program that knows nothing of it go on with the database', async () => {
    const name = await fresh();
    const before = schema.slice(0, 1);
    const old = await connect(name, 'old', { steps: before });
    await written(await scoped(await connect(name, 'new'), 0), '2026-11-22-01', 'I2026-11-22-01', 64666);
    expect(await old.take('cases/1', LEASE)).to.include({ scope: 'cases/1' });
    // As it wrote a case: it names the columns that it knows.
    await databases.server.query(
      `INSERT INTO cases (scope, id, state, prefix, opened, changed, incident, body)
       VALUES ('cases/1', '2026-11-22-02', 'ongoing', '', 0, 0, 'I2026-11-22-02', '{}')`,
      [],
      name,
    );
    await connect(name, 'older', { steps: before });
    const rows = await databases.server.query('SELECT id, offender FROM cases ORDER BY id', [], name);
    expect(rows).to.deep.equal([
      { id: '2026-11-22-01', offender: '64666' },
      { id: '2026-11-22-02', offender: null },
    ]);
  });
});
