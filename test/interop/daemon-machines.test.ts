import { expect } from 'chai';
import { partitionOf } from '../../src/bus/subjects.ts';
import type { IncidentDetail } from '../../src/control/case-rows.ts';
import type { Case } from '../../src/hijack/case.ts';
import { loopbackAddress, until } from './bgp-peers.ts';
import type { Intertrackd } from './intertrackd.ts';
import {
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

/** A collector and two machines with cases, which die in turn. */
describe('interop/daemon-machines', function () {
  this.timeout(240_000);
  let shared: Shared;
  let collector: Machine;
  let engines: readonly Machine[];
  let feed: Speaker;
  const feedAt = loopbackAddress();

  before(async function () {
    const servers = await sharedServers(8);
    if (servers === null) return this.skip();
    shared = servers;
    engines = [shared.machine('cases'), shared.machine('cases')];
    collector = shared.machine('collector', feedStatements(feedAt));
  });
  after(async () => {
    feed?.close();
    await shared?.close();
  });

  const partitionsOf = async (at: Intertrackd) => (await machinesOf(at)).map(one => one.partitions.length);
  /** The incident as a machine shows it. */
  const incidentAt = async (at: Intertrackd, id: string) =>
    (await at.ask('show', 'incident', id))[0] as unknown as IncidentDetail;
  let incident = '';
  /** Those that are not over. */
  const openCases = async (at: Intertrackd) => (await at.ask('show', 'case')) as readonly Case[];
  const mailsOf = (what: RegExp) => shared.smtp.received.filter(({ mail }) => what.test(mail.subject ?? ''));

  it('shares the partitions out, and shows each machine all of them', async () => {
    await Promise.all([...engines, collector].map(one => one.start()));
    await until('each machine has its share', async () => {
      const shares = await partitionsOf(collector);
      return shares.length === 3 && [...shares].sort().join() === '0,2,2';
    });
    feed = await startFeed(feedAt, collector);
    feed.endOfRib();
    await until('the feed is up', async () => (await collector.neighbor('feed')).state === 'Established');
    await until('all of them are heard', async () => {
      const { stdout } = await engines[0]!.itctl('show', 'collector');
      return stdout.includes('3 machines, all of them heard');
    });
  });

  it('opens a case where its partition is, tells people once, and is asked about it anywhere', async () => {
    feed.announce([0, 1, 2, 3].map(prefixOf), 64497, 64511, OFFENDER);
    await until('four mails', () => mailsOf(/10\.0\.\d\.0/).length === 4);
    const cases = await collector.cases();
    expect(cases.map(({ prefix }) => prefix).sort()).to.deep.equal([0, 1, 2, 3].map(prefixOf));
    expect(new Set(cases.map(({ id }) => id)).size).to.equal(4);
    expect(cases[0]!.witnesses.map(({ peer }) => peer)).to.deep.equal([`feed@${collector.address}`]);
    const { id } = cases[0]!;
    for (const at of [...engines, collector]) {
      const { stderr, status } = await at.itctl('case', 'note', id, `seen by ${at.address}`);
      expect(stderr).to.equal('');
      expect(status).to.equal(0);
    }
    const { timeline } = await collector.case(id);
    for (const at of [...engines, collector])
      expect(timeline.map(({ what }) => what).join()).to.contain(`seen by ${at.address}`);
  });

  it('makes one incident of what one AS does in all partitions, and shows it whole at each machine', async () => {
    expect(new Set([0, 1, 2, 3].map(number => partitionOf(prefixOf(number), 4))).size).to.equal(4);
    const incidents = new Set((await collector.cases()).map(one => one.incident));
    expect(incidents.size).to.equal(1);
    incident = [...incidents][0]!;
    for (const at of [...engines, collector]) {
      const { summary, cases } = await incidentAt(at, incident);
      expect(summary).to.include({ cases: 4, open: 4 });
      expect(cases.map(({ prefix }) => prefix).sort()).to.deep.equal([0, 1, 2, 3].map(prefixOf));
    }
    // A machine says which of them it knows from the database alone, and who has them.
    const addresses = new Map(engines.map(({ address }, i) => [address, engines[1 - i]!]));
    for (const [address, other] of addresses) {
      const { elsewhere = [] } = await incidentAt(other, incident);
      expect(elsewhere.map(({ machine, cases }) => `${machine} ${cases}`)).to.deep.equal(Array(2).fill(`${address} 1`));
    }
    expect((await incidentAt(collector, incident)).elsewhere).to.have.length(4);
    const [anyone] = await collector.cases();
    expect((await collector.itctl('show', 'case', anyone!.id)).stdout).to.match(
      /^Shown: +as the database has it; 127/m,
    );
    const threads = shared.smtp.received.map(({ mail }) => [mail.references].flat());
    expect(new Set(threads.map(([root]) => root)).size, 'one thread').to.equal(1);
    expect(threads[0]![0]).to.match(new RegExp(`^<${incident}\\.incident@`));
    const { stdout } = await engines[0]!.itctl('show', 'incident');
    expect(stdout.match(/^I\d{4}-/gm)).to.have.length(1);
  });

  it('goes on with what a machine had that was killed, and tells the ends', async () => {
    const [first, second] = engines;
    const killed = performance.now();
    await first!.end('SIGKILL');
    feed.withdraw(prefixOf(0), prefixOf(1), prefixOf(2), prefixOf(3));
    feed.announce([4, 5, 6, 7].map(prefixOf), 64497, 64511, OFFENDER);
    await until('the other one has all of it', async () => {
      const rows = await machinesOf(second!);
      return rows.find(({ self }) => self)!.partitions.length === 4;
    });
    console.log(`      all partitions are with the other machine after ${Math.round(performance.now() - killed)} ms`);
    await until('all is told', () => mailsOf(/./).length >= 12);
    await new Promise(resolve => setTimeout(resolve, 1_500));
    const ids = shared.smtp.received.map(({ mail }) => mail.messageId);
    expect(new Set(ids).size, 'no notice twice').to.equal(ids.length);
    expect(ids).to.have.length(12);
    const open = await openCases(collector);
    expect(open.map(({ prefix }) => prefix).sort()).to.deep.equal([4, 5, 6, 7].map(prefixOf));
    for (const at of [second!, collector])
      expect((await incidentAt(at, incident)).summary).to.include({ incident, cases: 8, open: 4 });
  });

  it('ends no case because a collector is gone, and what it no longer holds once it is back', async () => {
    await collector.end('SIGKILL');
    feed.close();
    await until('it is missed', async () => (await machinesOf(engines[1]!)).some(({ missed }) => missed));
    await until('what it held is out of sight', async () => {
      const open = await openCases(engines[1]!);
      return open.every(({ witnesses }) => witnesses.every(({ state }) => state === 'unseen'));
    });
    expect(await openCases(engines[1]!)).to.have.length(4);
    await collector.start();
    feed = await startFeed(feedAt, collector);
    feed.announce([4, 5].map(prefixOf), 64497, 64511, OFFENDER);
    feed.endOfRib();
    await until('the two others are over', async () => (await openCases(engines[1]!)).length === 2);
    await until('their ends are told', () => mailsOf(/./).length === 14);
    const { stdout } = await collector.itctl('show', 'case', 'all');
    expect(stdout).to.contain(prefixOf(6));
  });

  it('ends the cases of a machine that was removed for good, once a person has said so', async () => {
    const [, second] = engines;
    const forget = () => second!.itctl('clear', 'collector', collector.address);
    expect((await forget()).stderr).to.contain(`machine ${collector.address} is heard: end it first`);
    await collector.end();
    feed.close();
    await until('it is missed', async () => (await machinesOf(second!)).some(({ missed }) => missed));
    await until('what it held is out of sight', async () =>
      (await openCases(second!)).every(({ witnesses }) => witnesses.every(({ state }) => state !== 'holds')),
    );
    expect(await openCases(second!)).to.have.length(2);
    // A machine that starts now has never heard it, and does not wait for it: it reads of it in the cases.
    await second!.end('SIGKILL');
    await second!.start();
    await until('all partitions are here', async () => (await machinesOf(second!))[0]?.partitions.length === 4);
    const { status, stdout, stderr } = await forget();
    expect(`${stderr}${status}`).to.equal('0');
    expect(stdout).to.match(/0,1,2,3 +2 +2/);
    await until('both cases are over', async () => (await openCases(second!)).length === 0);
    await until('their ends are told', () => mailsOf(/./).length === 16);
    expect((await forget()).stderr).to.contain(`nothing was known of a machine ${collector.address}`);
    expect((await machinesOf(second!)).map(({ machine }) => machine)).to.deep.equal([second!.address]);
  });
});
