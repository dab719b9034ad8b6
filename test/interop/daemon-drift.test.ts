import { renameSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import type { DriftReport } from '../../src/control/drift-rows.ts';
import { loopbackAddress, until } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';
import { type Speaker, startSpeaker } from './speaker.ts';

const PORT = 1790;
const PEER = 64496;

const object = (prefix: string, origin: number, mntner: string, source: string, changed = '20260901') =>
  `route: ${prefix}\norigin: AS${origin}\nmnt-by: ${mntner}\nchanged: noc@owner.example ${changed}\nsource: ${source}\n\n`;

const JPIRR = [
  object('192.0.2.0/24', 64501, 'MAINT-OWNER', 'JPIRR'),
  object('198.51.100.0/24', 64501, 'MAINT-OWNER', 'JPIRR', '20190401'),
  object('203.0.113.0/24', 64502, 'MAINT-OTHER', 'JPIRR'),
].join('');
const RADB = object('203.0.112.0/24', 64502, 'MAINT-OTHER', 'RADB');

/** Where announcements and registry come apart, as a running daemon sees it; and what it remembers. */
describe('interop/daemon-drift', function () {
  this.timeout(240_000);
  const [ours, from] = [loopbackAddress(), loopbackAddress()];
  let daemon: Intertrackd;
  let speaker: Speaker;

  const drift = async (...words: string[]) => (await daemon.ask('show', 'drift', ...words))[0] as DriftReport;
  const connect = async () => {
    speaker = await startSpeaker({ from, to: ours, port: PORT, as: PEER });
    speaker.announce(['192.0.2.0/24', '100.64.0.0/24'], PEER, 64501);
    speaker.announce(['100.64.1.0/24'], PEER, 64502);
    await until('all is held', async () => (await daemon.routes('100.64.1.0/24')).length === 1);
  };
  const replace = (name: string, text: string) => {
    writeFileSync(daemon.at(`${name}.new`), text);
    renameSync(daemon.at(`${name}.new`), daemon.at(name));
  };

  before(async () => {
    daemon = intertrackd(ours);
    daemon.write('jpirr.db', JPIRR);
    daemon.write('radb.db', RADB);
    const roas = [
      { asn: 64777, prefix: '192.0.2.0/25', maxLength: 25 },
      { asn: 0, prefix: '198.51.100.0/22', maxLength: 32 },
    ];
    daemon.write('rpki.json', JSON.stringify({ roas }));
    daemon.configure(`
bgp listen ${ours} port ${PORT};
protocol bgp scripted { neighbor ${from} as ${PEER}; passive; }
irr JPIRR { dump "${daemon.at('jpirr.db')}"; authoritative; expiry notice 12 removal 14; refresh 1s; }
irr RADB { dump "${daemon.at('radb.db')}"; refresh 1s; }
rpki cache { file "${daemon.at('rpki.json')}"; }
watch ours { maintainer MAINT-OWNER in JPIRR; }
`);
    await daemon.start();
    await connect();
    await until('the VRPs are in force', async () => (await drift()).strangers.length > 0);
  });
  after(async () => {
    speaker?.close();
    await daemon.close();
  });

  it('finds what is announced and not registered, of our ASes alone', async () => {
    expect((await drift()).announced).to.deep.equal([{ prefix: '100.64.0.0/24', origin: 64501, peers: 1 }]);
  });
  it('knows what is not announced, and calls it silent when the days have passed', async () => {
    const report = await drift();
    expect(report).to.include({ watched: 2, waiting: 1, days: 90 });
    expect(report.silent).to.deep.equal([]);
  });
  it('forecasts what is removed', async () => {
    expect((await drift()).expiring.map(({ prefix, state }) => [prefix, state])).to.deep.equal([
      ['198.51.100.0/24', 'removal'],
    ]);
  });
  it('tells of our own routes that the RPKI contradicts, by a ROA for the block above too', async () => {
    expect((await drift()).contradicted).to.deep.equal([
      {
        ...{ source: 'JPIRR', prefix: '198.51.100.0/24', origin: 64501 },
        ...{ reason: 'as0', why: 'AS 0: nobody may announce the prefix' },
      },
    ]);
  });
  it('sees what others register over our space, and since when', async () => {
    const [roa] = (await drift()).strangers;
    expect(roa).to.include({ kind: 'vrp', prefix: '192.0.2.0/25', origin: 64777, maxLength: 25 });
    const begun = Date.now();
    replace(
      'radb.db',
      RADB +
        object('192.0.2.128/25', 64666, 'MAINT-THIEF', 'RADB') +
        object('192.0.2.0/24', 64667, 'MAINT-THIEF', 'RADB'),
    );
    await until('it is seen', async () => (await drift()).strangers.length === 3);
    const objects = (await drift()).strangers.filter(({ kind }) => kind === 'object');
    expect(objects.map(({ prefix, origin, mntBy, earlier }) => [prefix, origin, mntBy, earlier]).sort()).to.deep.equal([
      ['192.0.2.0/24', 64667, ['MAINT-THIEF'], false],
      ['192.0.2.128/25', 64666, ['MAINT-THIEF'], false],
    ]);
    for (const { firstSeen } of objects) expect(firstSeen).to.be.within(begun, Date.now());
    const { stdout } = await daemon.itctl('show', 'drift');
    expect(stdout).to.match(/Of others, for prefixes of ours or inside them:/);
  });
  it('remembers over a restart', async () => {
    const before = await drift();
    speaker.close();
    await daemon.end('SIGKILL');
    await daemon.start();
    await connect();
    await until('the registry is in force', async () => (await drift()).strangers.length === 3);
    const after = await drift();
    expect(after.since).to.equal(before.since);
    expect(after.strangers.map(({ firstSeen }) => firstSeen).sort()).to.deep.equal(
      before.strangers.map(({ firstSeen }) => firstSeen).sort(),
    );
  });
});
