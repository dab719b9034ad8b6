import { expect } from 'chai';
import type { Case } from '../../src/hijack/case.ts';
import { loopbackAddress, until } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';
import { type Speaker, startSpeaker } from './speaker.ts';

const PORT = 1790;
const IRR = [
  ['150.0.2.0/24', 64500],
  ['150.1.0.0/24', 64500],
  ['198.18.0.0/24', 64500],
  ['150.2.0.0/24', 64500],
]
  .map(([prefix, as]) => `route: ${prefix}\norigin: AS${as}\nmnt-by: MAINT-AS64500\nsource: JPIRR\n`)
  .join('\n');
const RPKI = {
  metadata: { buildtime: '2026-11-01T00:00:00Z' },
  roas: [{ asn: 64499, prefix: '198.18.0.0/24', maxLength: 24, ta: 'test' }],
  aspas: [
    { customer_asid: 64510, providers: [64520] },
    { customer_asid: 64497, providers: [64520] },
  ],
};

/** Everything that a watch can find besides a wrong origin, in the real daemon, from two neighbours. */
describe('interop/daemon-findings', function () {
  this.timeout(240_000);
  const [ours, tokyos, osakas] = [loopbackAddress(), loopbackAddress(), loopbackAddress()];
  let daemon: Intertrackd;
  let tokyo: Speaker;
  let osaka: Speaker;

  const cases = async () => (await daemon.ask('show', 'case', 'open')) as Case[];
  async function found(prefix: string, limit = 30_000): Promise<Case> {
    let one: Case | undefined;
    await until(
      `a case of ${prefix}`,
      async () => {
        one = (await cases()).find(each => each.prefix === prefix && each.state === 'ongoing');
        return one !== undefined;
      },
      limit,
    );
    return one!;
  }

  const configure = (more: string) =>
    daemon.configure(`bgp listen ${ours} port ${PORT};
protocol bgp tokyo { neighbor ${tokyos} as 64497; passive; ipv4; }
protocol bgp osaka { neighbor ${osakas} as 64498; passive; ipv4; }
irr JPIRR { dump "${daemon.at('jpirr.db')}"; }
rpki r { file "${daemon.at('rpki.json')}"; }
watch ours { as 64500; upstream 64510, 64511; ${more} hold down 1s; }
watch space { unused 203.0.113.0/25; segment 203.0.113.128/25; bogons; hold down 1s; }`);

  /** A case of the prefix that is as wanted, whatever its state. */
  async function followed(prefix: string, wanted: (of: Case) => boolean): Promise<Case> {
    let one: Case | undefined;
    await until(`${prefix} is followed`, async () => {
      one = (await cases()).find(each => each.prefix === prefix && wanted(each));
      return one !== undefined;
    });
    return one!;
  }

  before(async () => {
    daemon = intertrackd(ours);
    daemon.write('jpirr.db', IRR);
    daemon.write('rpki.json', JSON.stringify(RPKI));
    configure('visibility 60%;');
    await daemon.start();
    const speak = (from: string, as: number) => startSpeaker({ from, to: ours, port: PORT, as });
    [tokyo, osaka] = await Promise.all([speak(tokyos, 64497), speak(osakas, 64498)]);
    tokyo.announce(['150.0.2.0/24'], 64497, 64510, 64500);
    await until(
      'the registry is there',
      async () => (await daemon.routes('150.0.2.0/24', 'exact'))[0]?.state === 'match',
    );
  });
  after(async () => {
    tokyo?.close();
    osaka?.close();
    await daemon?.close();
  });

  it('finds an AS next to the origin that is none of its upstreams', async () => {
    tokyo.announce(['150.1.0.0/24'], 64497, 64666, 64500);
    const one = await found('150.1.0.0/24');
    expect(one).to.include({ kind: 'upstream', origin: 64500, offender: 64666, upstream: 64497, severity: 'major' });
    expect(one.ground).to.equal('AS64666 is none of the upstreams of watch ours: AS64510, AS64511');
    expect((await daemon.itctl('show', 'case', one.id)).stdout).to.include(one.ground);
  });

  it('finds what its own ROA does not allow', async () => {
    tokyo.announce(['198.18.0.0/24'], 64497, 64511, 64500);
    expect(await found('198.18.0.0/24')).to.include({ kind: 'rpki-invalid', offender: 64500, severity: 'minor' });
  });

  it('finds what a watched AS announces that nobody has registered', async () => {
    osaka.announce(['198.19.7.0/24'], 64498, 64510, 64500);
    // It is special space as well: that is graver than that nobody has registered it.
    expect(await found('198.19.7.0/24')).to.include({ kind: 'bogon', offender: 64500 });
    osaka.announce(['100.128.0.0/16'], 64498, 64510, 64500);
    expect(await found('100.128.0.0/16')).to.include({ kind: 'new-prefix', offender: 64500 });
  });

  it('finds what nobody may announce, and calls it by its name', async () => {
    osaka.announce(['203.0.113.0/26', '203.0.113.128/25', '10.0.0.0/8'], 64498, 64777);
    const kinds = await Promise.all(['203.0.113.0/26', '203.0.113.128/25', '10.0.0.0/8'].map(one => found(one)));
    expect(kinds.map(({ kind, offender, expected }) => [kind, offender, expected])).to.deep.equal([
      ['squatting', 64777, []],
      ['ix-lan', 64777, []],
      ['bogon', 64777, []],
    ]);
    const lan = kinds[1]!;
    expect([lan.severity, lan.hints?.map(({ hint }) => hint)]).to.deep.equal(['minor', ['ix-lan']]);
  });

  it('finds who covers what its peer no longer has', async () => {
    osaka.announce(['150.0.0.0/16'], 64498, 64666);
    osaka.endOfRib();
    const covering = await followed('150.0.0.0/16', ({ witnesses }) =>
      witnesses.some(({ drawing }) => drawing === true),
    );
    expect(covering).to.include({
      kind: 'super-prefix',
      offender: 64666,
      decidedBy: '150.0.2.0/24',
      state: 'suspected',
    });
  });

  it('finds a path that the ASPAs deny', async () => {
    tokyo.announce(['150.0.2.0/24'], 64497, 64511, 64510, 64500);
    const one = await found('150.0.2.0/24');
    expect(one).to.include({ kind: 'leak', offender: 64511 });
    expect(one.ground).to.match(/^ASPA: it goes down and up again/);
  });

  it('finds that too few peers still have what they had', async () => {
    tokyo.announce(['150.2.0.0/24'], 64497, 64511, 64500);
    osaka.announce(['150.2.0.0/24'], 64498, 64510, 64500);
    tokyo.endOfRib();
    // It is looked at every ten seconds: two looks make sure that both were seen to have it.
    await new Promise(resolve => setTimeout(resolve, 11_000));
    tokyo.withdraw('150.2.0.0/24');
    const one = await followed('150.2.0.0/24', () => true);
    expect(one).to.include({ kind: 'visibility', origin: 64500, ground: '1 of 2 peers that had it have it no longer' });
    expect(one.state).to.equal('suspected');
  });

  it('tells what lies in routes that are missing when it has been so for a minute', async () => {
    expect(await found('150.0.0.0/16', 90_000)).to.include({ kind: 'super-prefix', severity: 'major' });
    expect(await found('150.2.0.0/24', 30_000)).to.include({ kind: 'visibility', severity: 'major' });
    tokyo.announce(['150.2.0.0/24'], 64497, 64511, 64500);
  });

  it('ends them one by one', async () => {
    // What is withdrawn now is not to be missed.
    configure('');
    await daemon.json('reload');
    tokyo.withdraw('150.1.0.0/24', '198.18.0.0/24', '150.0.2.0/24');
    osaka.withdraw(
      '100.128.0.0/16',
      '203.0.113.0/26',
      '203.0.113.128/25',
      '150.0.0.0/16',
      '198.19.7.0/24',
      '10.0.0.0/8',
    );
    await until('all are over', async () => (await cases()).length === 0, 30_000);
    const all = await daemon.json<Case[]>('show', 'case', 'all');
    expect(all.filter(({ told }) => told.join() !== 'begin,end')).to.deep.equal([]);
  });
});
