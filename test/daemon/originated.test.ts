import { expect } from 'chai';
import type { OriginatedMessage } from '../../src/collector/messages.ts';
import { openOriginated } from '../../src/daemon/originated.ts';
import { formatPrefix } from '../../src/net/prefix.ts';
import type { OriginatedRecord, StoreWrite } from '../../src/store/records.ts';
import { watchOf } from '../config/watch.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const week = watchOf('week', { originated: 7 * DAY });
const day = watchOf('day', { originated: DAY });
const other = watchOf('other', { ases: [64500] });

/** What outlives a process: the table of the store. `start` is a process of its own. */
function world(watches = [week, day, other]) {
  const table = new Map<string, OriginatedRecord>();
  let time = 1000 * DAY;
  let changes = 0;
  const log: string[] = [];
  const store = {
    async write(batch: readonly StoreWrite[]) {
      for (const one of batch)
        if (one.op === 'originated.put') {
          const { op: _, ...record } = one;
          table.set(`${one.prefix} ${one.origin}`, record);
        } else if (one.op === 'originated.forget') table.delete(`${one.prefix} ${one.origin}`);
    },
    async read() {
      return [...table.values()];
    },
  };
  return {
    table,
    log,
    go: (by: number) => {
      time += by;
    },
    changes: () => changes,
    start: () =>
      openOriginated({
        config: () => ({ watches }),
        store: store as never,
        changed: () => {
          changes++;
        },
        log: Object.assign((_: string, text: string) => log.push(text), {
          configure() {},
          problems: () => [],
        }) as never,
        now: () => time,
      }),
  };
}

const set = (prefixes: readonly string[], more: Partial<OriginatedMessage> = {}) => ({
  ...{ origin: 64500, prefixes, more: 0, whole: true },
  ...more,
});

type Open = Awaited<ReturnType<typeof openOriginated>>;
const guarded = (one: Open, watch = week) =>
  one.of(watch).map(({ prefix, origin }) => `${formatPrefix(prefix)} ${origin}`);

describe('daemon/originated', () => {
  it('gives what is held to the watches that want it', async () => {
    const { start, changes } = world();
    const one = await start();
    expect([one.count(), guarded(one)]).to.deep.equal([0, []]);
    one.heard(set(['150.0.0.0/16', '2a00:1::/32']));
    expect(guarded(one)).to.deep.equal(['150.0.0.0/16 64500', '2a00:1::/32 64500']);
    expect(guarded(one, day)).to.have.length(2);
    expect(guarded(one, other)).to.deep.equal([]);
    expect([one.count(), changes()]).to.deep.equal([2, 1]);
    one.close();
  });

  it('says that nothing is counted where no watch wants it', async () => {
    const one = await world([other]).start();
    expect(one.count()).to.equal(null);
    one.close();
  });

  it('has the registry made anew once a minute, and only for another set', async () => {
    const { start, changes, go } = world();
    const one = await start();
    one.heard(set(['150.0.0.0/16']));
    one.heard(set(['150.0.0.0/16', '150.1.0.0/16']));
    expect(changes()).to.equal(1); // it waits for the minute
    one.close();
    const again = await start();
    go(120_000);
    again.heard(set(['150.0.0.0/16', '150.1.0.0/16'], { whole: false }));
    again.heard(set(['150.0.0.0/16']));
    expect(changes()).to.equal(1); // known before, and still guarded
    again.close();
  });

  it('forgets what was not seen for as long as each watch says', async () => {
    const { start, go, table } = world();
    const one = await start();
    one.heard(set(['150.0.0.0/16', '150.1.0.0/16']));
    go(30 * DAY);
    one.heard(set(['150.0.0.0/16']));
    go(DAY - 1);
    one.refresh();
    expect([guarded(one).length, guarded(one, day).length]).to.deep.equal([2, 2]);
    go(1);
    one.refresh();
    expect([guarded(one).length, guarded(one, day).length]).to.deep.equal([2, 1]);
    go(6 * DAY);
    one.refresh();
    expect(guarded(one)).to.deep.equal(['150.0.0.0/16 64500']);
    expect([...table.keys()]).to.deep.equal(['150.0.0.0/16 64500']);
    one.close();
  });

  it('forgets nothing while sessions are down, however long, and over a restart', async () => {
    const { start, go } = world();
    const one = await start();
    one.heard(set(['150.0.0.0/16', '150.1.0.0/16']));
    one.heard(set([], { whole: false }));
    go(30 * DAY);
    one.refresh();
    expect(guarded(one)).to.have.length(2);
    one.close();
    go(30 * DAY);
    const again = await start();
    expect(guarded(again)).to.have.length(2);
    again.heard(set(['150.0.0.0/16'], { whole: false }));
    again.refresh();
    expect(guarded(again)).to.have.length(2);
    // Now it is known to be gone, and long since.
    again.heard(set(['150.0.0.0/16']));
    expect(guarded(again)).to.deep.equal(['150.0.0.0/16 64500']);
    again.close();
  });

  it('keeps to its bound, and says what is beyond it', async () => {
    const { start, log } = world();
    const one = await start();
    const real = Array.from({ length: 50_000 }, (_, i) => `150.${i >> 8}.${i & 255}.0/24`);
    one.heard(set(real, { more: 3 }));
    expect(one.problems()).to.deep.equal(['3 prefixes of our own routers are not watched: 50000 are learned at most']);
    expect(log.join()).to.include('more than 50000 prefixes: 3 are not watched');
    one.heard(set(real.map(text => text.replace(/^150/, '151'))));
    expect(one.count()).to.equal(50_000);
    expect(one.problems()).to.deep.equal([
      '50000 prefixes of our own routers are not watched: 50000 are learned at most',
    ]);
    one.close();
  });
});
