import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import type { IrrStatusRow } from '../../src/control/daemon.ts';
import type { Explanation, RouteAnswer } from '../../src/control/verdict-rows.ts';
import { loopbackAddress, until } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';
import { type Speaker, startSpeaker } from './speaker.ts';

const PORT = 1790;
const [TRANSIT, OTHER] = [64496, 64497];

const object = (prefix: string, origin: number, source: string, more = '') =>
  `${prefix.includes(':') ? 'route6' : 'route'}:      ${prefix}\ndescr:      Example\norigin:     AS${origin}\nmnt-by:     MAINT-AS${origin}\n${more}source:     ${source}\n\n`;

/** Much that touches nothing, so that the registry is of some size. */
const filler = (source: string) =>
  Array.from({ length: 20_000 }, (_, i) =>
    object(`100.${64 + (i >> 8)}.${i & 255}.0/24`, 65_000 + (i % 500), source),
  ).join('');

const JPIRR = `${object('192.0.2.0/24', 64501, 'JPIRR', 'changed:    noc@owner.example 20260301\n')}${object(
  '198.51.100.0/22',
  64502,
  'JPIRR',
  'notify:     noc@holder.example\nchanged:    noc@holder.example 20190401\n',
)}aut-num:    AS64502
as-name:    HOLDER
mnt-by:     MAINT-AS64502
source:     JPIRR

as-set:     AS-HOLDER
members:    AS64502, AS64511
mnt-by:     MAINT-AS64502
source:     JPIRR

`;
const RADB = `${object('192.0.2.0/24', 64666, 'RADB')}${object('203.0.113.0/24', 64503, 'RADB')}${object('203.0.112.0/23', 64504, 'RADB')}`;

/** Three routes of a night shift, explained by a running daemon. */
describe('interop/daemon-explain', function () {
  this.timeout(240_000);
  const [ours, from, beside] = [loopbackAddress(), loopbackAddress(), loopbackAddress()];
  let daemon: Intertrackd;
  const speakers: Speaker[] = [];

  const explain = (...words: string[]) => daemon.json<Explanation>('explain', ...words);
  const text = async (...words: string[]) => {
    const said = await daemon.itctl(...words);
    if (process.env.SHOW_EXPLAINED === '1') console.log(`\n$ itctl ${words.join(' ')}\n${said.stdout}`);
    return said;
  };

  before(async () => {
    daemon = intertrackd(ours);
    writeFileSync(daemon.at('jpirr.db'), JPIRR + filler('JPIRR'));
    writeFileSync(daemon.at('radb.db'), RADB + filler('RADB'));
    writeFileSync(
      daemon.at('rpki.json'),
      JSON.stringify({
        roas: [{ asn: 64501, prefix: '192.0.2.0/24', maxLength: 24, ta: 'apnic' }],
        aspas: [
          { customer_asid: 64501, providers: [TRANSIT] },
          { customer_asid: 64511, providers: [64502] },
        ],
      }),
    );
    daemon.configure(`
bgp listen ${ours} port ${PORT};
protocol bgp transit { neighbor ${from} as ${TRANSIT}; passive; role customer; }
protocol bgp other { neighbor ${beside} as ${OTHER}; passive; }
irr JPIRR { dump "${daemon.at('jpirr.db')}"; authoritative; expiry notice 12 removal 14; }
irr RADB { dump "${daemon.at('radb.db')}"; }
rpki cache { file "${daemon.at('rpki.json')}"; }
watch ours { maintainer MAINT-AS64501 in JPIRR; }
`);
    await daemon.start();
    for (const [address, as] of [
      [from, TRANSIT],
      [beside, OTHER],
    ] as const)
      speakers.push(await startSpeaker({ from: address, to: ours, port: PORT, as }));
    await until('the registry is in force', async () =>
      ((await daemon.ask('show', 'irr')) as IrrStatusRow[]).every(({ objects }) => objects > 20_000),
    );
    const [transit, other] = speakers as [Speaker, Speaker];
    transit.announce(['192.0.2.0/24'], TRANSIT, 64501);
    other.announce(['192.0.2.0/24'], OTHER, 64666);
    transit.announce(['198.51.102.0/24'], TRANSIT, 64502, 64511);
    other.announce(['203.0.113.0/24'], OTHER, 64504);
    await until('all is held', async () => (await daemon.routes('203.0.113.0/24')).length === 1);
    await until('there is a case', async () => (await daemon.cases()).length > 0);
  });
  after(async () => {
    for (const speaker of speakers) speaker.close();
    await daemon.close();
  });

  it('a stranger with an object of its own in another registry', async () => {
    const one = await explain('192.0.2.0/24', 'AS64666');
    expect(one).to.include({ irr: 'mismatch', rov: 'invalid', rovReason: 'as', severity: 'critical' });
    expect(one.objects.map(({ source, aside, decides }) => [source, aside, decides])).to.deep.equal([
      ['JPIRR', null, true],
      ['RADB', 'outranked', false],
    ]);
    expect(one.watches).to.deep.equal([
      { watch: 'ours', because: "maintainer MAINT-AS64501 of JPIRR's object 192.0.2.0/24 AS64501" },
    ]);
    expect(one.holders).to.deep.equal([
      { origin: 64501, peers: 1 },
      { origin: 64666, peers: 1 },
    ]);
    expect(one.paths.map(({ path, peers, aspa }) => [path, peers, aspa])).to.deep.equal([
      [[OTHER, 64666], ['other'], 'valid'],
    ]);
    expect(one.cases).to.have.length(1);
    expect(one.expiring.map(({ removal }) => new Date(removal).toISOString().slice(0, 10))).to.deep.equal([
      '2027-05-01',
    ]);
    expect(one.sources.map(({ source, authoritative }) => [source, authoritative])).to.deep.equal([
      ['JPIRR', true],
      ['RADB', false],
    ]);
    const { stdout: out } = await text('explain', '192.0.2.0/24', '64666');
    expect(out).to.match(/^192\.0\.2\.0\/24 AS64666: critical, as of /);
    expect(out).to.match(/JPIRR: 20002 objects, authoritative/);
  });

  it('a customer inside the block of its provider, registered by nobody', async () => {
    const [one, ...more] = await daemon.json<Explanation[]>('explain', 'route', '198.51.102.7');
    expect(more).to.deep.equal([]);
    expect(one).to.include({ prefix: '198.51.102.0/24', origin: 64511, irr: 'mismatch-covering', rov: 'not-found' });
    expect(one!.hints.map(({ hint }) => hint)).to.include('customer-pa');
    expect(one!.paths[0]).to.include({ role: 'provider', direction: 'downstream', aspa: 'valid' });
    expect(one!.paths[0]!.hops[0]).to.include({ near: 64511, far: 64502, up: 'provider+' });
    expect(one!.whatIf.map(({ condition }) => condition)).to.include('if there were an object 198.51.102.0/24 AS64511');
    const { stdout } = await text('explain', 'route', '198.51.102.7');
    expect(stdout).to.match(/due to be removed since 2020-06-01/);
  });

  it('a provider that announces the block of its customer itself', async () => {
    const one = await explain('203.0.113.0/24', '64504');
    expect(one).to.include({ irr: 'mismatch', rov: 'not-found', severity: 'major' });
    expect(one.hints.map(({ hint }) => hint)).to.include.members(['covering-holder', 'proxy-object']);
    expect(one.watches).to.deep.equal([]);
    await text('explain', '203.0.113.0/24', '64504');
  });

  it('answers a pre-flight check with what peers hold', async () => {
    const answer = await daemon.json<RouteAnswer>(
      'check',
      'route',
      '192.0.2.0/25',
      '64501',
      '--path',
      `${OTHER} 64501`,
    );
    expect(answer).to.include({ rov: 'invalid', rovReason: 'length', irr: 'match-covering', severity: 'minor' });
    expect([answer.held, answer.doubts]).to.deep.equal([[], []]);
    const held = await daemon.json<RouteAnswer>('check', 'route', '192.0.2.0/24', '64501');
    expect(held.held.map(({ peer, irr, rov }) => [peer, irr, rov]).sort()).to.deep.equal([
      ['other', 'mismatch', 'invalid'],
      ['transit', 'match', 'valid'],
    ]);
    const routes = await daemon.json<unknown[]>('show', 'route', '0.0.0.0/0', 'longer', 'validity', 'invalid');
    expect(routes).to.have.length(1);
  });

  it('says so when nothing is held', async () => {
    const { status: code, stderr: err } = await text('explain', 'route', '8.8.8.8');
    expect([code, err]).to.deep.equal([1, 'itctl: no route is held for 8.8.8.8\n']);
  });
});
