import { expect } from 'chai';
import type { Case } from '../../src/hijack/case.ts';
import type { Cluster } from '../store/postgresql/cluster.ts';
import { loopbackAddress, until } from './bgp-peers.ts';
import {
  about,
  feedStatements,
  type Machine,
  OFFENDER,
  prefixOf,
  type Shared,
  sharedServers,
  startFeed,
} from './machines.ts';
import type { Speaker } from './speaker.ts';

/** A primary of PostgreSQL and its standby, which takes its place. */
describe('interop/daemon-machines-failover', function () {
  this.timeout(240_000);
  let shared: Shared;
  let standby: Cluster;
  let machine: Machine;
  let feed: Speaker;
  const feedAt = loopbackAddress();

  before(async function () {
    const servers = await sharedServers(4);
    if (servers === null) return this.skip();
    shared = servers;
    standby = await shared.postgresql.standby();
    // What man/intertrack-machines.7 advises: nothing is lost that a machine was told to be written.
    await shared.postgresql.query(`ALTER SYSTEM SET synchronous_standby_names = '*'`);
    await shared.postgresql.query('SELECT pg_reload_conf()');
    machine = shared.machine('collector cases', feedStatements(feedAt), {
      nats: shared.nats.host,
      postgresql: `${standby.host},${shared.postgresql.host}`,
    });
    await machine.start();
    feed = await startFeed(feedAt, machine);
    feed.endOfRib();
  });
  after(async () => {
    feed?.close();
    await standby?.close();
    await shared?.close();
  });

  const announce = (...numbers: number[]) => feed.announce(numbers.map(prefixOf), 64497, 64511, OFFENDER);
  const told = (number: number) => about(shared.smtp.received, prefixOf(number)).length;
  const casesIn = (server: Cluster) => server.query('SELECT id FROM cases');

  it('writes to the primary, wherever it stands in the address', async () => {
    announce(0, 1);
    await until('two mails', () => told(0) === 1 && told(1) === 1);
    expect(await casesIn(shared.postgresql)).to.have.length(2);
  });

  it('goes on with the standby once it is the primary, with nothing lost and nothing told twice', async () => {
    await shared.postgresql.kill();
    await standby.query('SELECT pg_promote()');
    feed.withdraw(prefixOf(0));
    announce(2);
    await until('the end of the first is told, and the third', () => told(0) === 2 && told(2) === 1);
    const open = (await machine.ask('show', 'case')) as readonly Case[];
    expect(open.map(({ prefix }) => prefix).sort()).to.deep.equal([1, 2].map(prefixOf));
  });

  it('does not write to a primary of before', async () => {
    await shared.postgresql.start();
    await standby.kill();
    announce(3);
    await until('the old one is refused', async () =>
      (await machine.status()).problems.some(words => words.includes('was the primary once, and another one is now')),
    );
    expect(await casesIn(shared.postgresql)).to.have.length(2);
    await standby.start();
    await until('it is told', () => told(3) === 1);
    const ids = shared.smtp.received.map(({ mail }) => mail.messageId);
    expect(ids).to.have.length(5);
    expect(new Set(ids).size).to.equal(5);
  });
});
