import { expect } from 'chai';
import { openPartitions, type Partitions } from '../../src/daemon/partitions.ts';
import type { Database, Lease } from '../../src/store/postgresql/database.ts';
import { until } from '../interop/bgp-peers.ts';

/** Leases in memory: whose they are, until the test says that a holder is dead. */
function leases() {
  const held = new Map<string, { holder: string; fence: number }>();
  const dead = new Set<string>();
  const database = (holder: string): Database =>
    ({
      place: 'a test',
      pool: {},
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
    }) as unknown as Database;
  return { database, dead, held };
}

describe('daemon/partitions', () => {
  const open: Partitions<{ close(): Promise<void> }>[] = [];
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });
  const machine = async (database: Database, machines: () => number) => {
    const closed: number[] = [];
    const made = await openPartitions({
      ...{ database, count: 4, machines, log: () => {} },
      open: async (partition: number) => ({ close: async () => void closed.push(partition) }),
    } as unknown as Parameters<typeof openPartitions>[0]);
    open.push(made);
    return { running: () => [...made.running().keys()].sort(), closed };
  };

  it('takes all of them alone, gives back what is more than its share, and takes what a dead machine had', async () => {
    const { database, dead } = leases();
    let machines = 1;
    const a = await machine(database('a'), () => machines);
    expect(a.running()).to.deep.equal([0, 1, 2, 3]);
    machines = 2;
    const b = await machine(database('b'), () => machines);
    await until('they share', () => a.running().length === 2 && b.running().length === 2);
    expect([...a.running(), ...b.running()].sort()).to.deep.equal([0, 1, 2, 3]);
    expect(a.closed).to.have.length(2);
    dead.add('a');
    machines = 1;
    await until('the other one has all of them', () => b.running().length === 4);
    await until('the dead one knows, when it wakes', () => a.running().length === 0);
  });

  it('opens a partition once, however long that takes', async () => {
    const quick = leases().database('a');
    const slow: Database = {
      ...quick,
      async take(...of) {
        await new Promise(resolve => setTimeout(resolve, 800));
        return quick.take(...of);
      },
    };
    const opened: number[] = [];
    const made = await openPartitions({
      ...{ database: slow, count: 4, machines: () => 1, log: () => {} },
      async open(partition: number) {
        opened.push(partition);
        await new Promise(resolve => setTimeout(resolve, 1_000));
        return { close: async () => {} };
      },
    } as unknown as Parameters<typeof openPartitions>[0]);
    open.push(made);
    expect(opened.sort()).to.deep.equal([0, 1, 2, 3]);
  });

  it('takes what nobody else takes, though it is beyond its share', async () => {
    const { database } = leases();
    const a = await machine(database('a'), () => 2);
    expect(a.running()).to.have.length(2);
    await until('nobody else has come', () => a.running().length === 4);
  });
});
