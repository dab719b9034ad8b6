import { expect } from 'chai';
import type { SafetyStatus } from '../../src/control/daemon.ts';
import type { MitigationPlan, MitigationRow } from '../../src/control/mitigation-rows.ts';
import { skipFor } from '../programs.ts';
import { loopbackAddress, type Router, startRouter, until, whyNot } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';
import { type Speaker, startSpeaker } from './speaker.ts';

const PORT = 1790;
const OURS = 64500;
const OFFENDER = 64666;
const PREFIX = '198.51.100.0/22';
const SIX = '2001:db8:100::/46';
const HALVES = ['198.51.100.0/23', '198.51.102.0/23'];

const route = (prefix: string) =>
  `route${prefix.includes(':') ? '6' : ''}: ${prefix}\norigin: AS${OURS}\nmnt-by: MAINT-OWNER\nsource: JPIRR\n\n`;

/** Our border router is BIRD; a scripted peer shows the hijack. */
describe('interop/daemon-mitigate', function () {
  this.timeout(240_000);
  const [ours, borderAt, feedAt] = Array.from({ length: 3 }, loopbackAddress) as [string, string, string];
  let daemon: Intertrackd;
  let border: Router;
  let feed: Speaker;

  const configure = (mitigate: string) =>
    daemon.configure(`
bgp listen ${ours} port ${PORT};
protocol bgp border { neighbor ${borderAt} port ${PORT} as ${OURS}; local address ${ours}; connect retry time 1s; ${mitigate} }
protocol bgp feed { neighbor ${feedAt} as 64497; local address ${ours}; passive; }
irr JPIRR { dump "${daemon.at('jpirr.db')}"; authoritative; }
watch ours { maintainer MAINT-OWNER; hold down 1s; }
`);
  const PERMIT = `mitigate { prefix ${PREFIX} community 64500:77 next hop 192.0.2.254; prefix ${SIX} next hop 2001:db8::254; maximum prefixes 4; }`;
  const held = async () => {
    const text = await border.command('show', 'route', 'all', 'table', 'master4');
    return [...text.matchAll(/^([\d.]+\/\d+)/gm)].map(([, prefix]) => prefix!).sort();
  };
  const holds = (prefixes: readonly string[]) =>
    until(`the border router holds ${prefixes.join(' ')}`, async () => (await held()).join() === prefixes.join());
  const safety = async () => (await daemon.ask('show', 'safety'))[0] as SafetyStatus;
  const up = (peer: string) =>
    until(`${peer} is up`, async () => (await daemon.neighbor(peer)).state === 'Established', 30_000);
  const theCase = async () => (await daemon.cases()).find(one => one.prefix === PREFIX)!;
  const meetFeed = async () => {
    await until('no session is left', async () => (await daemon.neighbor('feed')).state !== 'Established');
    feed = await startSpeaker({ from: feedAt, to: ours, port: PORT, as: 64497 });
    await up('feed');
  };
  const hijack = async () => {
    feed.announce([PREFIX], 64497, 64511, OFFENDER);
    await until('a case', async () => (await daemon.cases()).some(one => one.state === 'ongoing'));
    return (await daemon.cases()).find(one => one.state === 'ongoing')!.id;
  };
  const refused = async (...words: string[]) => (await daemon.itctl('mitigate', ...words)).stderr;

  before(async function () {
    skipFor(this, whyNot('bird'));
    daemon = intertrackd(ours, OURS);
    daemon.write('jpirr.db', route(PREFIX) + route(HALVES[0]!) + route(SIX));
    configure('');
    border = await startRouter('bird', {
      address: borderAt,
      port: PORT,
      as: OURS,
      neighbors: [{ address: ours, port: PORT, as: OURS, passive: false }],
      prefixes: [],
    });
    await daemon.start();
    await up('border');
    await meetFeed();
  });
  after(async () => {
    feed?.close();
    await daemon?.close();
    await border?.stop();
  });

  it('plans without being able to do anything where no session permits it', async () => {
    const id = await hijack();
    const plan = await daemon.json<MitigationPlan>('mitigate', 'plan', id);
    expect(plan).to.deep.include({ effect: 'wins', origin: OURS, offender: OFFENDER, ways: [] });
    expect(plan.announce.map(({ prefix, irr, rpsl }) => [prefix, irr, rpsl === ''])).to.deep.equal([
      [HALVES[0], 'match', true],
      [HALVES[1], 'match-covering', false],
    ]);
    expect(await refused('announce', id, 'peer', 'border', 'confirm', id)).to.match(
      /no peer border has a `mitigate` block/,
    );
    expect((await safety()).threads.map(({ encoder }) => encoder)).to.deep.equal([null, null]);
    const shown = (await daemon.itctl('mitigate', 'plan', id)).stdout;
    expect(shown)
      .to.match(/Route object for 198\.51\.102\.0\/23/)
      .and.to.match(/BIRD 2, announce/);
  });

  it('announces only what is confirmed, over a session that goes on, and the encoder comes with it', async () => {
    const { id } = await theCase();
    const { since } = await daemon.neighbor('border');
    configure(PERMIT);
    await daemon.ask('reload');
    expect(
      (await safety()).threads.map(({ encoder }) => encoder),
      'a permit is no order',
    ).to.deep.equal([null, null]);
    const asked = await daemon.itctl('mitigate', 'announce', id, 'peer', 'border');
    expect(asked.stdout).to.contain(`${HALVES.join(', ')} would be announced over border`);
    expect(asked.stderr).to.contain(`mitigate announce ${id} peer border confirm ${id}`);
    expect(await refused('announce', id, 'peer', 'border', 'confirm', '2026-01-01-99')).to.match(
      /is not the number of the case/,
    );
    expect(await refused('announce', id, 'peer', 'border', 'length', '25', 'confirm', id)).to.match(
      /the length can be 23 to 24, not 25/,
    );
    expect(await held()).to.deep.equal([]);
    expect((await safety()).peers[0]).to.include({ updates: 0 });

    const done = await daemon.itctl('mitigate', 'announce', id, 'peer', 'border', 'confirm', id);
    expect(done.stdout).to.contain('is announced over border');
    await holds(HALVES);
    const table = await border.command('show', 'route', 'all', 'table', 'master4');
    expect(table)
      .to.match(/\(64500,77\)/)
      .and.to.match(/BGP.next_hop: 192\.0\.2\.254/);
    expect((await daemon.neighbor('border')).since, 'the session held').to.equal(since);
    expect((await safety()).threads.find(({ thread }) => thread === 'collector')?.encoder).to.be.a('number');
    const [row] = await daemon.json<MitigationRow[]>('show', 'mitigation');
    expect(row).to.deep.include({ caseId: id, peer: 'border', prefixes: HALVES, told: 2, until: null });
    expect(row!.by).to.match(/root|uid|user/);
  });

  it('takes another length in the place of the first', async () => {
    const { id } = await theCase();
    await daemon.itctl('mitigate', 'announce', id, 'peer', 'border', 'length', '24', 'confirm', id);
    await holds(['198.51.100.0/24', '198.51.101.0/24', '198.51.102.0/24', '198.51.103.0/24']);
    configure(PERMIT.replace('prefixes 4', 'prefixes 3'));
    await daemon.ask('reload');
    await holds([]);
    expect((await daemon.json<MitigationRow[]>('show', 'mitigation'))[0]!.ended).to.match(
      /permits 3 prefixes at a time, not 4$/,
    );
    expect(await refused('announce', id, 'peer', 'border', 'length', '24', 'confirm', id)).to.match(/not 4/);
    configure(PERMIT);
    await daemon.ask('reload');
    expect(await held(), 'what has ended does not come back by itself').to.deep.equal([]);
  });

  it('is announced again after a kill, and withdrawn on order', async () => {
    const { id } = await theCase();
    await daemon.itctl('mitigate', 'announce', id, 'peer', 'border', 'confirm', id);
    await holds(HALVES);
    await daemon.end('SIGKILL');
    await holds([]);
    await daemon.start();
    await holds(HALVES);
    expect(daemon.log()).to.contain('announced over border again after a restart');
    const stopped = await daemon.itctl('mitigate', 'stop', id);
    expect(stopped.stdout).to.match(/stopped by /);
    await holds([]);
    expect(await refused('stop', id)).to.contain(`nothing is announced against case ${id}`);
  });

  it('is announced of IPv6 too, beside another case, and each ends alone', async () => {
    const { id: four } = await theCase();
    await daemon.itctl('mitigate', 'announce', four, 'peer', 'border', 'confirm', four);
    await holds(HALVES);
    feed.close();
    await meetFeed();
    feed.announce([SIX], 64497, 64511, OFFENDER);
    await until('a case of IPv6', async () => (await daemon.cases()).some(one => one.prefix === SIX));
    const { id: six } = (await daemon.cases()).find(one => one.prefix === SIX)!;
    await daemon.itctl('mitigate', 'announce', six, 'peer', 'border', 'confirm', six);
    const held6 = async () => {
      const text = await border.command('show', 'route', 'all', 'table', 'master6');
      return [...text.matchAll(/^([\da-f:]+\/\d+)/gm)].map(([, prefix]) => prefix!).sort();
    };
    await until('both halves', async () => (await held6()).join() === '2001:db8:100::/47,2001:db8:102::/47');
    expect(await held()).to.deep.equal(HALVES);
    await daemon.itctl('mitigate', 'stop', six);
    await until('none', async () => (await held6()).length === 0);
    expect(await held()).to.deep.equal(HALVES);
    await daemon.itctl('mitigate', 'stop', four);
    await holds([]);
    feed.withdraw(SIX);
    feed.announce([PREFIX], 64497, 64511, OFFENDER);
  });

  it('is withdrawn when the case is over, and can then not be ordered', async () => {
    feed.close();
    await meetFeed();
    feed.announce([PREFIX], 64497, 64511, OFFENDER);
    feed.endOfRib(); // after a restart no end is believed before that
    const { id } = await theCase();
    await until('the case goes on', async () => (await theCase()).state === 'ongoing');
    await daemon.itctl('mitigate', 'announce', id, 'peer', 'border', 'confirm', id);
    await holds(HALVES);
    feed.withdraw(PREFIX);
    await until('the case is over', async () => (await theCase()).state === 'resolved');
    await holds([]);
    expect((await daemon.json<MitigationRow[]>('show', 'mitigation'))[0]!.ended).to.equal('the case is resolved');
    expect(await refused('announce', id, 'peer', 'border', 'confirm', id)).to.contain(`case ${id} is resolved`);
    expect((await daemon.itctl('show', 'mitigation')).stdout).to.match(/0 announcements in force/);
    const lines = async () => (await daemon.case(id)).timeline.map(({ what }) => what);
    await until('the timeline has it', async () =>
      (await lines()).some(what => /no longer announced over border: .*: the case is resolved$/.test(what)),
    );
    expect((await lines()).filter(what => what.includes(': announced over border'))).to.have.length.at.least(4);
  });
});
