import { expect } from 'chai';
import { aliveSubject, askSubject, judgedSubject, machineName } from '../../src/bus/subjects.ts';
import type {
  MachineDetail,
  MachineRouteRow,
  MachineSummaryRow,
  PartitionRow,
  SilentRow,
} from '../../src/control/machine-rows.ts';
import { busTo } from '../bus/nats.ts';
import { loopbackAddress, until } from './bgp-peers.ts';
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

/** Two collectors, each asked about both. */
describe('interop/daemon-machines-asked', function () {
  this.timeout(180_000);
  let shared: Shared;
  let tokyo: Machine;
  let osaka: Machine;
  const feeds: Speaker[] = [];

  before(async function () {
    const servers = await sharedServers(4);
    if (servers === null) return this.skip();
    shared = servers;
    const at = [loopbackAddress(), loopbackAddress()] as const;
    tokyo = shared.machine('collector cases', feedStatements(at[0]));
    // One configuration serves all machines: this one has no duty to do with probes.
    osaka = shared.machine(
      'collector',
      address => `${feedStatements(at[1])(address)}
probe tap1 { retention 1h; }`,
    );
    await Promise.all([tokyo.start(), osaka.start()]);
    for (const [i, to] of [tokyo, osaka].entries()) {
      const feed = await startFeed(at[i]!, to);
      feeds.push(feed);
      feed.announce([prefixOf(0), prefixOf(i + 1)], 64497, 64500);
      feed.endOfRib();
    }
    await until('both know of each other, and have their routes', async () => {
      const rows = await Promise.all([machinesOf(tokyo), machinesOf(osaka)]);
      return rows.every(of => of.length === 2 && of.every(({ missed, routes }) => !missed && routes === 2));
    });
  });
  after(async () => {
    osaka?.signal('SIGCONT');
    for (const feed of feeds) feed.close();
    await shared?.close();
  });

  const summary = (at: Machine, ...more: string[]) =>
    at.ask('show', 'bgp', 'summary', 'all', ...more) as Promise<readonly (MachineSummaryRow | SilentRow)[]>;
  const names = () => [tokyo.address, osaka.address].sort();

  it('shows the peers of all machines from any of them', async () => {
    for (const at of [tokyo, osaka]) {
      const rows = (await summary(at)) as readonly MachineSummaryRow[];
      expect(rows.map(({ machine }) => machine).sort()).to.deep.equal(names());
      expect(rows.map(({ peer, state }) => `${peer} ${state}`)).to.deep.equal(['feed Established', 'feed Established']);
    }
    const { stdout, stderr } = await tokyo.itctl('show', 'bgp', 'summary', 'all');
    expect(stdout).to.match(/^Machine +Neighbor/);
    expect(stdout).to.contain('2 peers, 2 established, 4 prefixes');
    expect(stderr).to.equal('');
  });

  it('shows who holds a route', async () => {
    const routes = async (...words: string[]) =>
      ((await tokyo.ask('show', 'route', ...words)) as readonly MachineRouteRow[])
        .map(({ machine, prefix }) => `${machine} ${prefix}`)
        .sort();
    expect(await routes(prefixOf(0), 'all')).to.deep.equal(names().map(name => `${name} ${prefixOf(0)}`));
    expect(await routes(prefixOf(2), 'exact', 'all')).to.deep.equal([`${osaka.address} ${prefixOf(2)}`]);
    expect(await routes('10.0.0.0/8', 'longer', 'all')).to.have.length(4);
    const { stdout, stderr } = await osaka.itctl('show', 'route', prefixOf(3), 'all');
    expect(stdout).to.equal('');
    expect(stderr).to.contain(`no such route is held for ${prefixOf(3)}`);
    const wrong = await osaka.itctl('show', 'route', prefixOf(0), 'all', 'peer', 'nobody');
    expect(wrong.stderr).to.contain('no peer is called nobody');
    expect(wrong.status).to.equal(1);
  });

  it('takes up no duty of another machine with a reload', async () => {
    const [diff] = (await osaka.ask('config', 'diff')) as readonly { readonly changes: readonly object[] }[];
    expect(diff!.changes).to.deep.equal([]);
    const { stdout } = await osaka.itctl('reload');
    expect(stdout).to.not.contain('tap1');
    expect(await osaka.ask('show', 'probes')).to.deep.equal([]);
  });

  it('shows who has each partition, how far behind it is, and tells who comes and goes', async () => {
    const partitions = () => osaka.ask('show', 'partition') as Promise<readonly PartitionRow[]>;
    await until('all of them have a holder, and are read to the end', async () =>
      (await partitions()).every(one => one.left > 0 && one.behind === 0),
    );
    const rows = await partitions();
    expect(rows.map(({ partition, holder, self }) => [partition, holder, self])).to.deep.equal(
      [0, 1, 2, 3].map(partition => [partition, tokyo.address, false]),
    );
    expect(rows[0]!.cursors.map(({ collector }) => collector).sort()).to.deep.equal(names());
    const { stdout } = await tokyo.itctl('show', 'partition', '2');
    expect(stdout).to.contain(`Holder:    ${tokyo.address} *`);
    const { machines } = await tokyo.status();
    expect(machines).to.deep.include({ up: true, known: 2, missed: [], partitions: [0, 1, 2, 3], dropped: 0 });
  });

  it('believes nothing that cannot be read, says so, and opens cases all the same', async () => {
    // With the credentials of one of them, which this server does not ask for.
    const hostile = busTo(shared.nats, machineName(osaka.address));
    const nc = await hostile.ready;
    const deep = `{"v":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    for (let partition = 0; partition < 4; partition++) {
      nc.publish(judgedSubject(hostile.machine, partition), deep);
      nc.publish(judgedSubject(hostile.machine, partition), '{"v":1,"life":253402300799999,"sequence":1,"events":[]}');
    }
    nc.publish(aliveSubject(hostile.machine), '{"version":"\u001b[2J"}');
    nc.publish(askSubject(machineName(tokyo.address)), deep);
    await nc.flush();
    const detail = async () =>
      ((await tokyo.ask('show', 'collector', osaka.address)) as readonly MachineDetail[])[0]!.refused;
    await until('it is refused', async () => {
      const rows = await detail();
      return rows.length === 2 && rows.some(({ what, times }) => what === 'judged' && times >= 4);
    });
    const { problems } = await tokyo.status();
    expect(problems.join('\n'))
      .to.contain(`what ${osaka.address} judged: v: an object is no version`)
      .and.to.contain(`what ${osaka.address} says of itself: it cannot be read`)
      .and.to.contain('a question of some machine: it is no question');
    // A life at the end of the years was believed; the true daemon's is again, for it is the one that is heard.
    feeds[1]!.announce([prefixOf(3)], 64497, 64511, OFFENDER);
    await until('its case is there', async () => (await tokyo.cases()).some(({ prefix }) => prefix === prefixOf(3)));
    await hostile.close();
  });

  it('says who does not answer, and why, and shows what the others say', async () => {
    osaka.signal('SIGSTOP');
    const rows = await summary(tokyo);
    expect(rows).to.have.length(2);
    expect((rows[0] as MachineSummaryRow).peer).to.equal('feed');
    const { machine, silent } = rows[1] as SilentRow;
    expect(machine).to.equal(osaka.address);
    // Which of them it is depends on how long it has been frozen.
    expect(silent).to.match(/^it (did not answer within 3 s|is not heard)$/);
    await until('it is missed', async () => (await machinesOf(tokyo)).some(({ missed }) => missed));
    const { stdout, stderr } = await tokyo.itctl('show', 'route', prefixOf(0), 'all');
    expect(stdout).to.contain(`No answer from ${osaka.address}: it is not heard`);
    expect(stdout).to.contain(prefixOf(0));
    expect(stderr).to.contain('1 of 2 machines did not answer');
    osaka.signal('SIGCONT');
    await until('it answers again', async () => (await summary(tokyo)).every(row => !('silent' in row)));
  });

  it('answers for itself where the bus is gone', async () => {
    await shared.nats.kill();
    await until('the other one is said to be out of reach', async () =>
      (await summary(tokyo)).some(row => 'silent' in row && row.silent.startsWith('the bus is not there: ')),
    );
    const rows = await summary(tokyo);
    expect(rows.filter(row => !('silent' in row)).map(({ machine }) => machine)).to.deep.equal([tokyo.address]);
  });
});
