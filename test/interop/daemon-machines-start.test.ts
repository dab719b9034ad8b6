import { expect } from 'chai';
import type { PartitionRow } from '../../src/control/machine-rows.ts';
import type { Case } from '../../src/hijack/case.ts';
import { loopbackAddress, until } from './bgp-peers.ts';
import {
  about,
  feedStatements,
  type Machine,
  machinesOf,
  OFFENDER,
  prefixOf,
  type Shared,
  sharedServers,
  startFeed,
} from './machines.ts';
import type { Speaker } from './speaker.ts';

/** After a power cut: machines start before the servers between them. */
describe('interop/daemon-machines-start', function () {
  this.timeout(240_000);
  let shared: Shared;
  let collector: Machine;
  let engine: Machine;
  let feed: Speaker | null = null;
  const feedAt = loopbackAddress();

  before(async function () {
    const servers = await sharedServers(4);
    if (servers === null) return this.skip();
    shared = servers;
    await Promise.all([shared.nats.kill(), shared.postgresql.kill()]);
    collector = shared.machine('collector', feedStatements(feedAt));
    engine = shared.machine('cases traceback');
  });
  after(async () => {
    feed?.close();
    await shared?.close();
  });

  const mailsOf = (prefix: string) => about(shared.smtp.received, prefix).length;
  const problemsOf = async (at: Machine) => (await at.status()).problems.join('\n');
  async function hijack(...prefixes: string[]): Promise<void> {
    feed?.close();
    feed = await startFeed(feedAt, collector);
    feed.announce(prefixes, 64497, 64511, OFFENDER);
    feed.endOfRib();
    await until('the collector holds it', async () => (await collector.routes(prefixes.at(-1)!)).length === 1);
  }

  it('starts without NATS and without PostgreSQL, and says what waits', async () => {
    await Promise.all([collector.start(), engine.start()]);
    await hijack(prefixOf(0));
    expect(await problemsOf(collector)).to.contain('nothing is published: how many partitions there are');
    expect(await problemsOf(engine)).to.match(
      /the database is waited for: no case is opened, ended or told, no trace is asked for or answered \(postgresql .*ECONNREFUSED/,
    );
    expect((await engine.itctl('show', 'collector')).stderr).to.contain('No machine is heard: the bus is not there');
    const { stderr, status } = await engine.itctl('show', 'case');
    expect(stderr).to.match(/what the machines share is in the database, which is waited for: postgresql /);
    expect(status).to.equal(1);
  });

  it('tells what was seen meanwhile, once, when they are there', async () => {
    await shared.nats.start();
    await until('the machines hear each other', async () => (await machinesOf(collector)).length === 2);
    await shared.postgresql.start();
    await until('it is told', () => mailsOf(prefixOf(0)) === 1);
    // Of the partitions one may be taken up later than the one that told it.
    for (const at of [engine, collector])
      await until(`${at.address} has no problem any more`, async () => (await problemsOf(at)) === '');
    const [first] = (await collector.ask('show', 'case')) as readonly Case[];
    expect(first!.witnesses.map(({ peer }) => peer)).to.deep.equal([`feed@${collector.address}`]);
  });

  it('publishes from its start on what it knows the partitions of, though the database is away', async () => {
    await shared.postgresql.kill();
    await Promise.all([collector.end('SIGKILL'), engine.end('SIGKILL')]);
    await Promise.all([collector.start(), engine.start()]);
    await hijack(prefixOf(0), prefixOf(1));
    await until('all is in the stream', async () => {
      const row = (await machinesOf(collector)).find(({ self }) => self);
      return row !== undefined && row.published > 0 && row.waiting === 0;
    });
    expect(await problemsOf(collector)).to.contain('the database is waited for');
    const { stdout } = await collector.itctl('show', 'partition');
    expect(stdout).to.match(
      /as this machine knew them last\nThe database is away since .*\n {2}postgresql .*ECONNREFUSED/,
    );
    await shared.postgresql.start();
    await until('it is told', () => mailsOf(prefixOf(1)) === 1);
    feed!.withdraw(prefixOf(0), prefixOf(1));
    await until('both ends are told', () => mailsOf(prefixOf(0)) + mailsOf(prefixOf(1)) === 4);
    const held = (await engine.ask('show', 'partition')) as readonly PartitionRow[];
    expect(held.map(({ holder, away }) => `${holder} ${away}`)).to.deep.equal(
      Array(4).fill(`${engine.address} undefined`),
    );
    await shared.postgresql.kill();
    await until('it says what it held when the database was there last', async () => {
      const rows = (await engine.ask('show', 'partition')) as readonly PartitionRow[];
      return rows.every(({ self, left, away }) => self && left === 0 && (away?.taken ?? 0) > 0);
    });
    const known = (await collector.ask('show', 'partition')) as readonly PartitionRow[];
    expect(known.map(({ holder, self }) => `${holder} ${self}`)).to.deep.equal(
      Array(4).fill(`${engine.address} false`),
    );
    await shared.postgresql.start();
    await until('it is known again', async () => {
      const rows = (await engine.ask('show', 'partition')) as readonly PartitionRow[];
      return rows.every(({ left, away }) => left > 0 && away === undefined);
    });
    const ids = shared.smtp.received.map(({ mail }) => mail.messageId);
    expect(ids).to.have.length(4);
    expect(new Set(ids).size).to.equal(4);
  });

  it('tells anew all it holds where one alone, on no bus, had lost its partition and has it again', async () => {
    await shared.postgresql.query('CREATE DATABASE alone');
    const at = loopbackAddress();
    const by = { nats: null, postgresql: shared.postgresql.host, database: 'alone' };
    const alone = shared.machine('all', feedStatements(at), by);
    await alone.start();
    const own = await startFeed(at, alone);
    try {
      own.announce([prefixOf(2), prefixOf(3)], 64497, 64511, OFFENDER);
      own.endOfRib();
      const [two, three] = [prefixOf(2), prefixOf(3)];
      const are = async (...states: string[]) =>
        (await alone.cases())
          .map(({ prefix, state }) => `${prefix} ${state}`)
          .sort()
          .join() === states.join();
      await until('both are told', () => are(`${two} ongoing`, `${three} ongoing`));
      const other = `UPDATE leases SET holder = 'another', fence = fence + 1, until = $1 WHERE scope = 'cases/0'`;
      await shared.postgresql.query(other, ['infinity'], 'alone');
      await until('it has lost the partition', () => alone.log().includes('another machine has it now'));
      own.withdraw(two);
      await until('it is withdrawn', async () => (await alone.routes(two)).length === 0);
      await shared.postgresql.query(other, ['-infinity'], 'alone');
      await until('what is held is known, and what is not is over', () => are(`${two} resolved`, `${three} ongoing`));
    } finally {
      own.close();
      await alone.end();
    }
  });

  it('does not let in another daemon of its name, goes on undisturbed, and says so', async () => {
    const { nats, postgresql } = shared;
    const by = { nats: nats.host, postgresql: postgresql.host };
    const fencesOf = async () =>
      ((await engine.ask('show', 'partition')) as readonly PartitionRow[]).map(row => row.fence);
    const before = await fencesOf();
    const refusal = /another daemon.* has the router id \S+ too: each machine needs its own/;
    for (const [role, of] of [
      ['cases', engine],
      ['collector', collector],
    ] as const) {
      const second = shared.machine(role, undefined, by, of.address);
      const failed = await second.start().then(
        () => '',
        (error: Error) => error.message,
      );
      expect(failed, role)
        .to.match(/intertrackd ended with 7[01]/)
        .and.to.match(refusal);
      expect(await problemsOf(of)).to.contain(`has the router id ${of.address} too, and each machine needs its own`);
      expect((await machinesOf(of)).find(({ self }) => self)!.twice).to.equal(true);
    }
    expect(await fencesOf(), 'nothing was taken').to.deep.equal(before);
    // One that is killed and started at once is no other.
    await engine.end('SIGKILL');
    await engine.start();
    await until('it has its partitions again', async () => {
      const rows = (await engine.ask('show', 'partition')) as readonly PartitionRow[];
      return rows.every(({ self, left }) => self && left > 0);
    });
    expect(engine.log()).to.not.match(refusal);
  });

  it('does not wait for what somebody has to mend', async () => {
    const wrong = shared.machine('collector');
    const url = shared.postgresql.url();
    wrong.configure(
      `role collector;\nbus nats "${shared.nats.url}";\nstore postgresql "${url.replace(/\w+$/, 'nosuch')}";`,
    );
    const failed = await wrong.start().then(
      () => '',
      (error: Error) => error.message,
    );
    expect(failed).to.contain('intertrackd ended with 71');
    expect(failed).to.match(
      /cannot start: postgresql \S+: database "nosuch" does not exist \(SQLSTATE 3D000\): make the/,
    );
  });
});
