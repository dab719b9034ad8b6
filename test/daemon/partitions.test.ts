import { expect } from 'chai';
import fc from 'fast-check';
import { openPartitions, type Partitions } from '../../src/daemon/partitions.ts';
import type { Database, Lease } from '../../src/store/postgresql/database.ts';
import { until } from '../interop/bgp-peers.ts';

/** Leases in memory: whose they are, until the test says that a holder is dead. */
function leases() {
  const held = new Map<string, { holder: string; fence: number }>();
  const dead = new Set<string>();
  const database = (holder: string): Database =>
    ({
      ...{ place: 'a test', holder, pool: {} },
      async take(scope: string): Promise<Lease | null> {
        const now = held.get(scope);
        if (now !== undefined && now.holder !== holder && !dead.has(now.holder)) return null;
        const fence = (now?.fence ?? 0) + 1;
        held.set(scope, { holder, fence });
        return { scope, fence, written: 0 };
      },
      async renew(of: readonly Lease[]) {
        return of.filter(({ scope, fence }) => held.get(scope)?.fence === fence);
      },
      async release({ scope, fence }: Lease) {
        if (held.get(scope)?.fence === fence) held.delete(scope);
      },
      async holdings() {
        return [...held].map(([scope, { holder: of }]) => ({ scope, holder: of, left: dead.has(of) ? -1 : 1 }));
      },
    }) as unknown as Database;
  return { database, dead, held };
}

type Opened = Partitions<{ close(): Promise<void> }>;

describe('daemon/partitions', () => {
  const open: Opened[] = [];
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });
  const start = async (database: Database, more: object = {}): Promise<Opened> => {
    const made = await openPartitions({
      ...{ database, count: 4, log: () => {}, every: 20, open: async () => ({ close: async () => {} }) },
      ...more,
    } as unknown as Parameters<typeof openPartitions>[0]);
    open.push(made as Opened);
    return made as Opened;
  };
  const of = (one: Opened) => [...one.running().keys()].sort((a, b) => a - b);

  it('takes all of them alone, gives back what is more than its share, and takes what a dead machine had', async () => {
    const { database, dead } = leases();
    const closed: number[] = [];
    const a = await start(database('a'), {
      open: async (partition: number) => ({ close: async () => void closed.push(partition) }),
    });
    expect(of(a)).to.deep.equal([0, 1, 2, 3]);
    const b = await start(database('b'));
    await until('they share', () => of(a).length === 2 && of(b).length === 2);
    expect([...of(a), ...of(b)].sort()).to.deep.equal([0, 1, 2, 3]);
    expect(closed).to.have.length(2);
    dead.add('a');
    await until('the other one has all of them', () => of(b).length === 4);
    await until('the dead one knows, when it wakes', () => of(a).length === 0);
  });

  it('looks at the moment in which the lease of a dead machine ends, and not only when it would look anyway', async () => {
    const { database, held, dead } = leases();
    for (let i = 0; i < 4; i++) held.set(`cases/${i}`, { holder: 'a', fence: 1 });
    const mine = database('b');
    let asked = 0;
    const b = await start(
      {
        ...mine,
        async holdings() {
          if (asked++ > 0) dead.add('a');
          return (await mine.holdings()).map(one => ({ ...one, left: Math.min(one.left, 1) * 30 }));
        },
      },
      { every: 3_600_000 },
    );
    await until('it has them', () => of(b).length === 4);
    expect(asked).to.equal(2);
  });

  it('opens some partitions at a time', async () => {
    const { database } = leases();
    let [now, most] = [0, 0];
    const a = await start(database('a'), {
      count: 9,
      async open() {
        most = Math.max(most, ++now);
        await new Promise(resolve => setTimeout(resolve, 5));
        now--;
        return { close: async () => {} };
      },
    });
    expect([of(a).length, most]).to.deep.equal([9, 4]);
  });

  it('has opened what it took before it looks again, where the database fails meanwhile', async () => {
    const mine = leases().database('a');
    let asked = 0;
    const a = await start(
      {
        ...mine,
        async take(scope: string, milliseconds: number) {
          if (scope.startsWith('cases/') && ++asked > 1) throw new Error('it is away');
          return mine.take(scope, milliseconds);
        },
      },
      {
        every: 3_600_000,
        async open() {
          await new Promise(resolve => setTimeout(resolve, 30));
          return { close: async () => {} };
        },
      },
    );
    expect(of(a)).to.have.length(1);
    expect(a.problems().join()).to.contain('it is away');
  });

  it('opens a partition once, however long that takes', async () => {
    const quick = leases().database('a');
    const slow: Database = {
      ...quick,
      async take(...args) {
        await new Promise(resolve => setTimeout(resolve, 60));
        return quick.take(...args);
      },
    };
    const opened: number[] = [];
    await start(slow, {
      async open(partition: number) {
        opened.push(partition);
        await new Promise(resolve => setTimeout(resolve, 60));
        return { close: async () => {} };
      },
    });
    expect(opened.sort()).to.deep.equal([0, 1, 2, 3]);
  });

  it('closes what it has opened of a partition that another machine has by then', async () => {
    const { database, held } = leases();
    const opening = Promise.withResolvers<void>();
    const closed: string[] = [];
    const lines: string[] = [];
    const starting = start(database('a'), {
      count: 1,
      log: (_level: string, text: string) => lines.push(text),
      async open() {
        await opening.promise;
        return { close: async () => void closed.push('closed') };
      },
    });
    await until('it is being opened', () => held.has('cases/0'));
    held.set('cases/0', { holder: 'b', fence: 99 });
    await until('it is known to be lost', () => lines.some(one => one.includes('another machine has it now')));
    opening.resolve();
    const a = await starting;
    expect(closed).to.deep.equal(['closed']);
    expect([of(a), a.taken()]).to.deep.equal([[], 0]);
  });

  it('takes what nobody else takes, though it is beyond its share, and does not give it back at once', async () => {
    const { database, held } = leases();
    // It says that it shares, and takes nothing.
    held.set('sharer/b', { holder: 'b', fence: 1 });
    let closes = 0;
    const a = await start(database('a'), { open: async () => ({ close: async () => void closes++ }) });
    expect(of(a)).to.have.length(2);
    await until('nobody else has come', () => of(a).length === 4);
    await new Promise(resolve => setTimeout(resolve, 200));
    expect(closes).to.equal(0);
  });

  it('leaves no partition to nobody, none to two, and none of those who share with two less than another', async () => {
    const machine = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const steps = fc.array(fc.record({ name: machine, dies: fc.boolean() }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 9 }), steps, async (count, script) => {
        const { database, dead, held } = leases();
        const living = new Map<string, Opened>();
        const owners = new Map<number, string>();
        const comes = async (name: string) => {
          dead.delete(name);
          const made = await start(database(name), {
            count,
            async open(partition: number) {
              const owner = owners.get(partition);
              if (owner !== undefined)
                expect(living.has(owner), `${partition} is ${owner}'s and ${name}'s`).to.equal(false);
              owners.set(partition, name);
              return { close: async () => void (owners.get(partition) === name && owners.delete(partition)) };
            },
          });
          living.set(name, made);
        };
        await comes('z');
        for (const { name, dies } of script) {
          const one = living.get(name);
          if (one === undefined) await comes(name);
          else {
            living.delete(name);
            if (dies) dead.add(name);
            await one.close();
            if (dies)
              for (const [scope, { holder }] of held) if (holder === name) held.set(scope, { holder, fence: 99 });
          }
        }
        const [least, most] = [Math.floor(count / living.size), Math.ceil(count / living.size)];
        await until(
          'all is shared out',
          () => {
            const all = [...living.values()].map(of);
            return (
              all
                .flat()
                .sort((x, y) => x - y)
                .join() === Array.from({ length: count }, (_, i) => i).join() &&
              all.every(({ length }) => length >= least && length <= most)
            );
          },
          90_000,
        ); // what was taken beyond a share is kept for half a minute
        for (const one of open.splice(0)) await one.close();
      }),
      { numRuns: 20 },
    );
  });
});
