import { expect } from 'chai';
import type { MachineRouteRow, MachineSummaryRow, SilentRow } from '../../src/control/machine-rows.ts';
import { loopbackAddress, until } from './bgp-peers.ts';
import type { Intertrackd } from './intertrackd.ts';
import { feedStatements, MACHINES_PORT, machinesOf, prefixOf, type Shared, sharedServers } from './machines.ts';
import { type Speaker, startSpeaker } from './speaker.ts';

type Machine = Intertrackd & { readonly address: string };

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
      const feed = await startSpeaker({ from: at[i]!, to: to.address, port: MACHINES_PORT, as: 64497 });
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
