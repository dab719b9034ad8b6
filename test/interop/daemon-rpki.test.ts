import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import type { RpkiPayloadRow } from '../../src/control/daemon.ts';
import type { RouteAnswer } from '../../src/control/verdict-rows.ts';
import type { RpkiSourceStatus } from '../../src/registry/rpki/payload-source.ts';
import { noStayRtr, type StayRtr, stayrtr } from '../registry/rpki/stayrtr.ts';
import { loopbackAddress, until } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';
import { type Speaker, startSpeaker } from './speaker.ts';

const PORT = 1790;
const PEER = 64496;

/** A running daemon, a peer, and StayRTR: what the cache says is what routes are judged by. */
describe('interop/daemon-rpki', function () {
  this.timeout(240_000);
  const [ours, from] = [loopbackAddress(), loopbackAddress()];
  let daemon: Intertrackd;
  let speaker: Speaker;
  let cache: StayRtr;

  const json = (...roas: readonly [prefix: string, asn: number][]): string =>
    JSON.stringify({
      metadata: { buildtime: new Date().toISOString() },
      roas: roas.map(([prefix, asn]) => ({ asn, prefix, maxLength: 24, ta: 'apnic', expires: 1_900_000_000 })),
    });
  const rov = async (prefix: string) => (await daemon.routes(prefix)).map(route => route.rov).join();
  const isJudged = (prefix: string, state: string) =>
    until(`${prefix} is ${state}`, async () => (await rov(prefix)) === state);
  const status = async () => ((await daemon.ask('show', 'rpki')) as RpkiSourceStatus[])[0]!;

  before(async function () {
    const reason = noStayRtr();
    if (reason !== null) {
      if (process.env.REQUIRE_PEERS === '1') throw new Error(reason);
      console.log(`      ${reason}`);
      this.skip();
    }
    daemon = intertrackd(ours);
    cache = await stayrtr(daemon.write('rpki.json', json(['192.0.2.0/24', PEER], ['198.51.100.0/24', 64999])));
    daemon.configure(`bgp listen ${ours} port ${PORT};
protocol bgp tyo1 { neighbor ${from} as ${PEER}; passive; }
rpki lab { rtr "127.0.0.1" port ${cache.port}; }`);
    await daemon.start();
    speaker = await startSpeaker({ from, to: ours, port: PORT, as: PEER });
    speaker.announce(['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24'], PEER);
  });
  after(async () => {
    speaker?.close();
    await daemon?.close();
    await cache?.stop();
  });

  it('judges what is held by what the cache says', async () => {
    await isJudged('192.0.2.0/24', 'valid');
    await isJudged('198.51.100.0/24', 'invalid');
    await isJudged('203.0.113.0/24', 'not-found');
  });

  it('judges anew what a change of the cache touches', async () => {
    writeFileSync(daemon.at('rpki.json'), json(['192.0.2.0/24', 64999], ['203.0.113.0/24', PEER]));
    cache.reload();
    await isJudged('192.0.2.0/24', 'invalid');
    await isJudged('198.51.100.0/24', 'not-found');
    await isJudged('203.0.113.0/24', 'valid');
  });

  it('shows where it comes from, and what it says', async () => {
    expect(await status()).to.deep.include({ source: 'lab', inUse: `tcp 127.0.0.1:${cache.port}`, problems: [] });
    expect((await status()).caches[0]).to.include({ state: 'synchronised', version: 2, serial: 1, vrps: 2 });
    const rows = (await daemon.ask('show', 'rpki', '203.0.113.128')) as RpkiPayloadRow[];
    expect(rows).to.deep.equal([{ what: 'vrp', prefix: '203.0.113.0/24', maxLength: 24, as: PEER }]);
    expect(await daemon.ask('show', 'rpki', `AS${PEER}`)).to.deep.equal(rows);
    expect(await daemon.ask('show', 'rpki', '198.51.100.0/24')).to.deep.equal([]);
  });

  it('flips no verdict when the cache is lost, and says that it is', async () => {
    await cache.stop();
    await until('the loss', async () => (await daemon.status()).problems.join().includes('rpki lab: tcp 127.0.0.1'));
    expect(await rov('203.0.113.0/24')).to.equal('valid');
    expect(await rov('192.0.2.0/24')).to.equal('invalid');
    expect(daemon.log()).to.match(/rpki lab: tcp 127\.0\.0\.1:\d+: the cache closed the connection/);
  });

  it('tells with a verdict what it lacks', async () => {
    const { doubts } = await daemon.json<RouteAnswer>('check', 'route', '192.0.2.0/24', String(PEER));
    expect(doubts).to.deep.equal(['no source of the IRR is configured']);
  });

  it('keeps its data over a reload that changes the block, and lets it go with the block', async () => {
    daemon.configure(`bgp listen ${ours} port ${PORT};
protocol bgp tyo1 { neighbor ${from} as ${PEER}; passive; }
rpki lab { rtr "127.0.0.1" port ${cache.port}; refresh interval 5m; }`);
    await daemon.ask('reload');
    expect(await rov('203.0.113.0/24')).to.equal('valid');
    daemon.configure(`bgp listen ${ours} port ${PORT};
protocol bgp tyo1 { neighbor ${from} as ${PEER}; passive; }`);
    await daemon.ask('reload');
    await isJudged('203.0.113.0/24', 'not-found');
  });
});
