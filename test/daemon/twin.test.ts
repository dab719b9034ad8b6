import { expect } from 'chai';
import type { Bus } from '../../src/bus/connection.ts';
import { type Alive, openPresence } from '../../src/bus/presence.ts';
import { countRefused } from '../../src/bus/refused.ts';
import { openPartitions } from '../../src/daemon/partitions.ts';
import type { SharedDatabase } from '../../src/daemon/shared-database.ts';
import { admitted, createTwinWatch, leasedTwin } from '../../src/daemon/twin.ts';
import type { Database, Holding } from '../../src/store/postgresql/database.ts';
import { until } from '../interop/bgp-peers.ts';
import { noLog } from './one-watch.ts';

const HOLDER = '192.0.2.1 at tokyo';
const lease = (scope: string, holder: string, left: number): Holding => ({ scope, holder, left });

/** A database whose leases are, at each look, the next of these. */
function looks(...each: readonly (readonly Holding[])[]) {
  let look = 0;
  let released = 0;
  return {
    ...{ holder: HOLDER, holdings: async () => each[Math.min(look++, each.length - 1)]! },
    releaseAll: async () => void released++,
    released: () => released,
  };
}

describe('daemon/twin', () => {
  it('is who lengthens leases under this name, at whatever host, and not who has died', async () => {
    const others = [lease('cases/1', '192.0.2.11 at osaka', 5_000), lease('cases/2', HOLDER, -4)];
    const none = looks(others);
    expect(await leasedTwin(none, 40)).to.equal(null);
    const mine = lease('cases/0', '192.0.2.1 at osaka', 5_000);
    const lives = looks(
      [...others, mine],
      [...others, { ...mine, left: 4_700 }],
      [...others, { ...mine, left: 5_900 }],
    );
    expect(await leasedTwin(lives, 10_000)).to.equal('192.0.2.1 at osaka');
    // Lengthened just before the first look and just before the third one.
    const alike = looks([{ ...mine, left: 5_990 }], [{ ...mine, left: 5_740 }], [{ ...mine, left: 5_985 }]);
    expect(await leasedTwin(alike, 10_000)).to.equal('192.0.2.1 at osaka');
    const takes = looks([mine], [mine, lease('cases/3', '192.0.2.1 at osaka', 6_000)]);
    expect(await leasedTwin(takes, 10_000)).to.equal('192.0.2.1 at osaka');
    const died = looks([mine], [{ ...mine, left: 4_700 }]);
    expect(await leasedTwin(died, 40)).to.equal(null);
    const over = looks([mine], [{ ...mine, left: 1 }], [{ ...mine, left: -1 }]);
    expect(await leasedTwin(over, 10_000)).to.equal(null);
    // What is left of an earlier life need not be waited for.
    expect([none, lives, alike, died, over].map(({ released }) => released())).to.deep.equal([0, 0, 0, 1, 0]);
  });

  it('is looked for until the database answers, and why it does not is said', async () => {
    const said: string[] = [];
    const log = Object.assign((_level: string, text: string) => void said.push(text), noLog);
    let asked = 0;
    const database = {
      ...{ place: 'a test', holder: HOLDER, releaseAll: async () => {} },
      async holdings() {
        if (asked++ === 0) throw new Error('a test: permission denied');
        return [];
      },
    } as unknown as Database;
    const shared: SharedDatabase = {
      ...{ database, away: () => 'it is away', there: Promise.resolve(), close: async () => {} },
    };
    const fatal = (why: string) => void said.push(why);
    await (await admitted(shared, '192.0.2.1', log, fatal)).there;
    expect(said).to.have.length(1);
    expect(said[0]).to.match(
      /^whether another daemon has the router id 192\.0\.2\.1 is not known.*: a test: permission denied$/,
    );
  });

  it('ends the younger of two that hear each other, and is told for a while by the older one', () => {
    const watched = (started: number) => {
      const said: string[] = [];
      const ends: string[] = [];
      const log = Object.assign((_level: string, text: string) => void said.push(text), noLog);
      const watch = createTwinWatch('192-0-2-1', started, log, why => void ends.push(why));
      return { watch, said, ends };
    };
    const [older, younger] = [watched(1_000), watched(2_000)];
    older.watch.heard(2_000);
    younger.watch.heard(1_000);
    expect([older.ends, younger.said]).to.deep.equal([[], []]);
    expect(younger.ends.join()).to.match(
      /has the router id 192\.0\.2\.1 too.* since 1970-01-01T00:00:01.* this one ends$/,
    );
    expect(older.said.join()).to.contain('is the one to end');
    for (let i = 0; i < 5; i++) older.watch.asked();
    expect(older.said).to.have.length(2);
    expect(older.watch.problems().join()).to.match(/each machine needs its own: it was not let in$/);
  });

  it('is heard on the bus once it says more than an earlier life may have left', async () => {
    const alive: Alive = {
      ...{ version: '1', roles: ['cases'], started: 5, peers: 0, established: 0, routes: 0, published: 0 },
      ...{ waiting: 0, dropped: 0, partitions: [], problems: [], time: 1 },
    };
    const heard: ((started: number) => void)[] = [];
    const connection = {
      publish() {},
      subscribe: () => ({
        unsubscribe() {},
        async *[Symbol.asyncIterator]() {
          for (;;) {
            const started = await new Promise<number>(resolve => void heard.push(resolve));
            yield { subject: 'intertrack.alive.10-0-0-1', data: Buffer.from(JSON.stringify({ ...alive, started })) };
          }
        },
      }),
    };
    const bus = { machine: '10-0-0-1', ready: Promise.resolve(connection), up: true, refused: countRefused(() => {}) };
    let told = 0;
    const twins: number[] = [];
    const presence = openPresence({
      ...{ bus: bus as unknown as Bus, onChange: () => {}, every: 5, onTwin: began => void twins.push(began) },
      self: async () => {
        told++;
        return alive;
      },
    });
    const say = async (started: number) => {
      await until('it listens', () => heard.length > 0);
      heard.shift()!(started);
      await until('it has heard it', () => heard.length > 0);
    };
    await until('it has said who it is', () => told > 1);
    for (const started of [4, 5, 5]) await say(started);
    expect(twins).to.deep.equal([]);
    for (const started of [4, 5, 4]) await say(started);
    expect(twins).to.deep.equal([4]);
    presence.close();
  });

  it('is known by a lease that only this name can have, where it goes on being another life that has it', async () => {
    let twins = 0;
    const database = {
      ...{ place: 'a test', holder: HOLDER, pool: {} },
      take: async () => null,
      renew: async () => [],
      release: async () => {},
      holdings: async () => [],
    } as unknown as Database;
    const partitions = await openPartitions({
      ...{ database, count: 1, log: () => {}, every: 5, patience: 30, onTwin: () => void twins++ },
      open: async () => ({ close: async () => {} }),
    } as unknown as Parameters<typeof openPartitions>[0]);
    await until('it is known', () => twins > 0);
    await new Promise(resolve => setTimeout(resolve, 50));
    await partitions.close();
    expect(twins).to.equal(1);
  });
});
