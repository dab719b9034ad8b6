import { expect } from 'chai';
import type { NeighborRow } from '../../src/collector/messages.ts';
import type { ReloadReport } from '../../src/control/daemon.ts';
import { loopbackAddress, until } from './bgp-peers.ts';
import { type Intertrackd, intertrackd, run } from './intertrackd.ts';
import { type Speaker, startSpeaker } from './speaker.ts';

const PORT = 1790;

/** The parts of the configuration that the tests change. */
interface Parts {
  readonly listen?: string;
  readonly a?: string;
  readonly b?: string;
  readonly rest?: string;
}

describe('interop/daemon-reload', function () {
  this.timeout(240_000);
  const [ours, other, aFrom, bFrom] = Array.from({ length: 4 }, loopbackAddress) as [string, string, string, string];
  let daemon: Intertrackd;
  let a: Speaker;
  let b: Speaker;

  const configure = ({ listen = ours, a = '', b = '', rest = '' }: Parts) =>
    daemon.configure(`bgp listen ${listen} port ${PORT};
protocol bgp a { neighbor ${aFrom} as 64496; passive; ${a} }
protocol bgp b { neighbor ${bFrom} as 64497; passive; ${b} }
irr JPIRR { dump "${daemon.at('jpirr.db')}"; authoritative; refresh 0s; }
${rest}`);
  const meet = async (from: string, as: number) => {
    const speaker = await startSpeaker({ from, to: ours, port: PORT, as });
    speaker.announce(['192.0.2.0/24'], as, 64666);
    return speaker;
  };
  const since = async (peer: string) => (await daemon.neighbor(peer)).since;
  const reload = () => daemon.json<ReloadReport>('reload');

  before(async () => {
    daemon = intertrackd(ours);
    daemon.write('jpirr.db', 'route: 192.0.2.0/24\norigin: AS64501\nmnt-by: MAINT-OWNER\nsource: JPIRR\n');
    configure({});
    await daemon.start();
    [a, b] = await Promise.all([meet(aFrom, 64496), meet(bFrom, 64497)]);
    await until('both hold it', async () => (await daemon.routes('192.0.2.0/24')).length === 2);
  });
  after(async () => {
    a?.close();
    b?.close();
    await daemon.close();
  });

  it('says that nothing has changed when nothing has', async () => {
    expect(await reload()).to.deep.equal({ applied: true, changes: [], errors: [] });
  });

  it('restarts nothing for a description', async () => {
    const before = [await since('a'), await since('b')];
    configure({ a: 'description "border router, Tokyo";' });
    expect((await reload()).changes).to.deep.equal(['peer a: now description "border router, Tokyo"']);
    const rows = await daemon.json<NeighborRow[]>('show', 'bgp', 'neighbor');
    expect(rows.map(({ description, since }) => [description, since])).to.deep.equal([
      ['border router, Tokyo', before[0]],
      ['', before[1]],
    ]);
  });

  it('restarts the changed peer alone', async () => {
    const before = await since('b');
    configure({ a: 'description "border router, Tokyo"; hold time 30s;' });
    expect((await reload()).changes).to.have.length(1);
    await a.hears('NOTIFICATION 6/4');
    await until('a is closed', () => a.gone());
    expect((await daemon.routes('192.0.2.0/24')).map(({ peer }) => peer)).to.deep.equal(['b']);
    a = await meet(aFrom, 64496);
    expect(await since('b')).to.equal(before);
    expect(b.heard).not.to.include('NOTIFICATION 6/4');
    await until('both hold it', async () => (await daemon.routes('192.0.2.0/24')).length === 2);
  });

  it('judges by a new watch what is long held, on SIGHUP too', async () => {
    const rest = 'watch ours { maintainer MAINT-OWNER in JPIRR; hold down 1s; }';
    configure({ a: 'hold time 30s;', rest });
    daemon.signal('SIGHUP');
    await until('a case', async () => (await daemon.cases())[0]?.state === 'ongoing');
    const [found] = await daemon.cases();
    expect(found).to.include({ prefix: '192.0.2.0/24', offender: 64666 });
    expect(found?.witnesses.map(({ peer }) => peer)).to.have.members(['a', 'b']);
    configure({ a: 'hold time 30s;' });
    await reload();
    await until('no longer of concern', async () => (await daemon.cases())[0]?.state === 'resolved');
  });

  it('changes nothing for a broken file, and says where it is broken', async () => {
    const before = [await since('a'), await since('b'), await daemon.ask('show', 'config')];
    configure({ a: 'hold time 1s;', b: 'discription "x";' });
    const { status, stderr } = await daemon.itctl('reload');
    expect(status).to.equal(1);
    expect(stderr).to.match(/nothing was changed/);
    expect(stderr).to.match(new RegExp(`${daemon.at('conf')}:7:\\d+: `));
    expect(stderr).to.match(new RegExp(`${daemon.at('conf')}:8:\\d+: .*description`));
    daemon.signal('SIGHUP');
    await until('the log says it too', () => daemon.log().split('reload refused: 2 errors').length === 3);
    expect(daemon.log()).to.match(new RegExp(`error ${daemon.at('conf')}:8:\\d+: `));
    expect([await since('a'), await since('b'), await daemon.ask('show', 'config')]).to.deep.equal(before);
    const tested = await run('intertrackd', '-t', '-c', daemon.at('conf'));
    expect(tested.status).to.equal(1);
    expect(tested.stderr).to.match(new RegExp(`^${daemon.at('conf')}:7:\\d+: `, 'm'));
  });

  it('goes on with its sessions when it listens elsewhere, says where it cannot, and tries again', async () => {
    const before = [await since('a'), await since('b')];
    const taken = intertrackd(other);
    taken.configure(`bgp listen ${other} port ${PORT};`);
    await taken.start();
    configure({ listen: other });
    await reload();
    const refusal = new RegExp(`cannot listen for BGP on ${other} port ${PORT}: .*EADDRINUSE`);
    const refused = async () => (await daemon.status()).problems.some(problem => refusal.test(problem));
    await until('it says so', refused);
    await taken.close();
    await reload();
    await until('it listens', async () => !(await refused()));
    const elsewhere = await startSpeaker({ from: bFrom, to: other, port: PORT, as: 64497, open: {} });
    await elsewhere.hears('NOTIFICATION 6/7'); // b is up already
    expect(await since('b')).to.equal(before[1]);
    configure({});
    await reload();
    await until('a may be met again', async () => (await daemon.neighbor('a')).holdTime === null);
    a = await meet(aFrom, 64496);
  });

  it('tells a peer that it is no longer configured, and one that it is disabled', async () => {
    configure({ a: 'disabled;' });
    await reload();
    await a.hears('NOTIFICATION 6/2');
    daemon.configure(`bgp listen ${ours} port ${PORT};`);
    await reload();
    await b.hears('NOTIFICATION 6/3');
    expect(await daemon.ask('show', 'bgp', 'summary')).to.deep.equal([]);
  });

  it('ends in order with connections from before', async () => {
    expect(await daemon.end()).to.equal(0);
    expect(daemon.log()).to.match(/intertrackd has ended\n$/);
  });
});
