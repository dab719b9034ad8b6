import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { CaseEvent } from '../../src/bus/case-event.ts';
import type { Publisher } from '../../src/bus/publisher.ts';
import { agreeOnPartitions } from '../../src/daemon/agreed-partitions.ts';
import type { SharedDatabase } from '../../src/daemon/shared-database.ts';
import { createTeller } from '../../src/daemon/teller.ts';
import { openStore } from '../../src/store/store.ts';
import { judgedChange } from '../bus/judged.ts';
import { until } from '../interop/bgp-peers.ts';
import { noLog } from './one-watch.ts';

const judged = (...numbers: number[]): CaseEvent => ({
  what: 'judged',
  changes: numbers.map(one => judgedChange(one)),
});

/** A publisher that keeps what it is told. */
function told() {
  const events: CaseEvent[] = [];
  const publisher = {
    tell: async (event: CaseEvent) => void events.push(event),
    report: () => ({ published: events.length, again: 0, waiting: 0, dropped: 0, room: 1 }),
    problems: () => [],
    close: async () => {},
  } as unknown as Publisher;
  return { events, publisher };
}

describe('daemon/teller', () => {
  it('keeps what is told until it is known where it goes, in its order', async () => {
    const { events, publisher } = told();
    const { promise, resolve } = Promise.withResolvers<Publisher>();
    let retold = 0;
    const teller = createTeller({ publisher: promise, retell: () => retold++, log: noLog });
    const [hello, first, second] = [{ what: 'hello' } as const, judged(1, 2), judged(3)];
    for (const one of [hello, first]) await teller.tell(one);
    expect(teller.report()).to.include({ waiting: 3, published: 0 });
    expect(teller.problems()[0]).to.contain('nothing is published');
    resolve(publisher);
    await promise;
    await teller.tell(second);
    expect(events).to.deep.equal([hello, first, second]);
    expect(retold).to.equal(0);
    expect(teller.problems()).to.deep.equal([]);
  });

  it('drops what is too much, and has all told anew', async () => {
    const { events, publisher } = told();
    const { promise, resolve } = Promise.withResolvers<Publisher>();
    let retold = 0;
    const teller = createTeller({ publisher: promise, retell: () => retold++, log: noLog, most: 10 });
    await teller.tell({ what: 'hello' });
    for (let i = 0; i < 100; i++) await teller.tell(judged(i, i + 1));
    expect(teller.report().waiting).to.be.at.most(10);
    expect(teller.report().dropped).to.be.at.least(180);
    resolve(publisher);
    await until('it is told anew', () => retold === 1);
    expect(events[0]).to.deep.equal({ what: 'hello' });
  });
});

describe('daemon/agreed-partitions', () => {
  const directories: string[] = [];
  after(() => {
    for (const one of directories) rmSync(one, { recursive: true, force: true });
  });
  /** A database that says a number, or is away until it comes. */
  const shared = (says: () => string, away: string | null, there: Promise<void>): SharedDatabase =>
    ({
      database: { place: 'a test', agree: async () => says() },
      ...{ away: () => away, there, close: async () => {} },
    }) as unknown as SharedDatabase;

  it('remembers what the first machine decided, and ends a daemon that remembered what is not so any more', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'intertrack-agreed-'));
    directories.push(directory);
    const own = await openStore(directory, { onProblem: () => {} });
    const fatal: string[] = [];
    const parts = { own, wanted: 4, log: noLog, onFatal: (why: string) => void fatal.push(why) };
    const never = new Promise<void>(() => {});
    const unknown = await agreeOnPartitions({ ...parts, shared: shared(() => '', 'away', never) });
    expect(unknown.now()).to.equal(null);
    const asked = await agreeOnPartitions({ ...parts, shared: shared(() => '8', null, Promise.resolve()) });
    expect(asked.now()).to.equal(8);
    const remembered = await agreeOnPartitions({ ...parts, shared: shared(() => '', 'away', never) });
    expect(await remembered.known).to.equal(8);
    expect(fatal).to.deep.equal([]);
    await agreeOnPartitions({ ...parts, shared: shared(() => '16', 'away', Promise.resolve()) });
    await until('it ends', () => fatal.length === 1);
    expect(fatal[0]).to.equal('the machines share out 16 partitions, not 8 as when this one was there last');
    const again = await agreeOnPartitions({ ...parts, shared: shared(() => '', 'away', never) });
    expect(await again.known).to.equal(16);
    await own.close();
  });
});
