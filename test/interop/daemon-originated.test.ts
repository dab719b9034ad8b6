import { expect } from 'chai';
import type { DriftReport } from '../../src/control/drift-rows.ts';
import type { Case } from '../../src/hijack/case.ts';
import { skipFor } from '../programs.ts';
import { loopbackAddress, type Router, startRouter, until, whyNot } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';
import { type Speaker, startSpeaker } from './speaker.ts';

const PORT = 1796;
const OURS = 64500;
const OFFENDER = 64666;
const PREFIX = '150.0.0.0/16';
const SIX = '2a00:1::/32';

/** Our border router is BIRD, of our own AS; a scripted neighbour shows what others announce. */
describe('interop/daemon-originated', function () {
  this.timeout(240_000);
  const [ours, borderAt, feedAt] = Array.from({ length: 3 }, loopbackAddress) as [string, string, string];
  let daemon: Intertrackd;
  let border: Router;
  let feed: Speaker;

  const learned = async () => (await daemon.status()).originated;
  const stateOf = async (prefix: string, peer: string) =>
    (await daemon.routes(prefix, 'exact')).find(row => row.peer === peer)?.state;
  const up = (peer: string) =>
    until(`${peer} is up`, async () => (await daemon.neighbor(peer)).state === 'Established', 30_000);
  async function found(prefix: string): Promise<Case> {
    let one: Case | undefined;
    await until(
      `a case of ${prefix}`,
      async () => {
        one = (await daemon.cases()).find(each => each.prefix === prefix && each.state === 'ongoing');
        return one !== undefined;
      },
      30_000,
    );
    return one!;
  }
  async function meetFeed(): Promise<void> {
    feed = await startSpeaker({ from: feedAt, to: ours, port: PORT, as: 64497 });
    await up('feed');
  }

  before(async function () {
    skipFor(this, whyNot('bird'));
    daemon = intertrackd(ours, OURS);
    // It is registered to who had it before.
    daemon.write('jpirr.db', `route: ${PREFIX}\norigin: AS64501\nmnt-by: MAINT-OLD\nsource: JPIRR\n`);
    daemon.configure(`
bgp listen ${ours} port ${PORT};
protocol bgp border { neighbor ${borderAt} port ${PORT} as ${OURS}; local address ${ours}; connect retry time 1s; }
protocol bgp feed { neighbor ${feedAt} as 64497; local address ${ours}; passive; }
irr JPIRR { dump "${daemon.at('jpirr.db')}"; }
watch ours { originated; hold down 1s; }
`);
    border = await startRouter('bird', {
      address: borderAt,
      port: PORT,
      as: OURS,
      neighbors: [{ address: ours, port: PORT, as: OURS, passive: false }],
      prefixes: [PREFIX, SIX, '150.0.0.1/32', '0.0.0.0/0', '10.1.0.0/16'],
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

  it('learns what they originate and believes them more than the registry', async () => {
    feed.announce(['151.0.0.0/16'], 64497, 64511);
    await until('it is learned', async () => (await learned()) === 2, 40_000);
    await until('it is in force', async () => (await stateOf(PREFIX, 'border')) === 'match', 30_000);
    expect(daemon.log()).to.include('2 prefixes are watched because our own routers originate them');
    expect(await stateOf('151.0.0.0/16', 'feed')).to.equal('unknown');
    const { stdout } = await daemon.itctl('explain', PREFIX, String(OFFENDER));
    expect(stdout).to.include('CONFIG');
    expect((await daemon.itctl('show', 'status')).stdout).to.match(/^Originated: +2 prefixes learned$/m);
    expect((await daemon.cases()).map(({ prefix, kind }) => `${prefix} ${kind}`)).to.deep.equal([]);
  });

  it('tells of it as announced and not registered all the same', async () => {
    const [report] = (await daemon.ask('show', 'drift')) as DriftReport[];
    expect(report!.announced.filter(({ origin }) => origin === OURS)).to.deep.include({
      ...{ prefix: SIX, origin: OURS, peers: 1 },
    });
    expect(report!.announced.map(({ prefix }) => prefix)).not.to.include(PREFIX);
    expect(report!.strangers.map(({ prefix, origin }) => `${prefix} ${origin}`)).to.deep.equal([`${PREFIX} 64501`]);
  });

  it('opens a case of another who originates the same, whatever the registry says of it', async () => {
    feed.announce([PREFIX], 64497, 64501);
    expect(await found(PREFIX)).to.deep.include({ kind: 'origin', offender: 64501, expected: [OURS] });
  });

  it('guards it still after a restart, without the routers', async () => {
    feed.close();
    await border.stop();
    await daemon.end();
    await daemon.start();
    expect(await learned()).to.equal(2);
    await meetFeed();
    feed.announce(['150.0.7.0/24'], 64497, OFFENDER);
    feed.announce(['2a00:1:7::/48'], 64497, OFFENDER);
    expect(await found('150.0.7.0/24')).to.deep.include({
      kind: 'more-specific',
      offender: OFFENDER,
      expected: [OURS],
    });
    expect(await found('2a00:1:7::/48')).to.deep.include({ kind: 'more-specific', decidedBy: SIX });
    expect((await daemon.status()).problems.join()).to.include('peer border is down');
  });
});
