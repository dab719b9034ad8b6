import { expect } from 'chai';
import type { IrrStatusRow } from '../../src/control/daemon.ts';
import type { Case } from '../../src/hijack/case.ts';
import { type IrrServer, type ServedSource, startIrrServer } from '../registry/irr-server.ts';
import { loopbackAddress, until } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';
import { type Speaker, startSpeaker } from './speaker.ts';

const PORT = 1790;
const PEER = 64496;
const OFFENDER = 64666;

const route = (prefix: string, as: number) =>
  `route: ${prefix}\ndescr: Example\norigin: AS${as}\nmnt-by: MAINT-OWNER\nsource: JPIRR\n`;

/** A running daemon that mirrors a source: what happens there happens to the routes and cases here. */
describe('interop/daemon-mirror', function () {
  this.timeout(240_000);
  const [ours, from] = [loopbackAddress(), loopbackAddress()];
  let server: IrrServer;
  let jpirr: ServedSource;
  let daemon: Intertrackd;
  let speaker: Speaker;

  const source = async () => ((await daemon.ask('show', 'irr')) as IrrStatusRow[])[0]!;
  const caughtUp = () =>
    until('it is at the serial of the server, and well', async () => {
      const { serial, lastError } = await source();
      return serial === jpirr.serial && lastError === '';
    });
  const stateOf = async (prefix: string) => (await daemon.routes(prefix))[0]?.state;
  const inState = (prefix: string, state: Case['state']) =>
    until(`${prefix} is ${state}`, async () =>
      (await daemon.cases()).some(one => one.prefix === prefix && one.state === state),
    );

  before(async () => {
    server = await startIrrServer();
    jpirr = server.source('JPIRR');
    for (let i = 0; i < 40; i++) jpirr.add(route(`10.0.${i}.0/24`, 64501));
    daemon = intertrackd(ours);
    daemon.configure(`
bgp listen ${ours} port ${PORT};
protocol bgp scripted { neighbor ${from} as ${PEER}; passive; }
irr JPIRR {
    dump "${server.ftp.url}/JPIRR.db.gz";
    nrtm "${server.host}" port ${server.port};
    authoritative;
    refresh 1s;
}
watch ours { maintainer MAINT-OWNER; hold down 1s; }
`);
    await daemon.start();
    speaker = await startSpeaker({ from, to: ours, port: PORT, as: PEER });
    await caughtUp();
  });
  after(async () => {
    speaker?.close();
    await daemon.close();
    server.close();
  });

  it('fetches the dump over FTP, and shows where it stands', async () => {
    const [row] = await daemon.json<IrrStatusRow[]>('show', 'irr');
    expect(row).to.include({
      source: 'JPIRR',
      transport: 'nrtm',
      serial: 40,
      objects: 40,
      stale: false,
      lastError: '',
    });
    expect(row!.place).to.equal(`${server.ftp.url}/JPIRR.db.gz`);
    expect((await daemon.itctl('show', 'irr')).stdout).to.match(/JPIRR +40 +0 nrtm +40 .* ok, authoritative/);
  });

  it('opens a case for a route that is held when its prefix is registered over NRTM, and ends it by another object', async () => {
    speaker.announce(['203.0.113.0/24'], PEER, OFFENDER);
    speaker.announce(['10.0.3.0/24'], PEER, 64501);
    await until('they are held', async () => (await stateOf('203.0.113.0/24')) !== undefined);
    expect(await stateOf('203.0.113.0/24')).to.equal('unknown');
    jpirr.add(route('203.0.113.0/24', 64501));
    await inState('203.0.113.0/24', 'ongoing');
    expect(await stateOf('203.0.113.0/24')).to.equal('mismatch');
    jpirr.add(route('203.0.113.0/24', OFFENDER));
    await inState('203.0.113.0/24', 'resolved');
    expect(await stateOf('203.0.113.0/24')).to.equal('match');
    expect(await stateOf('10.0.3.0/24'), 'the others stand').to.equal('match');
  });

  it('opens it anew when the object is deleted over NRTM', async () => {
    jpirr.del(route('203.0.113.0/24', OFFENDER));
    await inState('203.0.113.0/24', 'ongoing');
    expect((await source()).operations).to.equal(3);
  });

  it('changes no verdict while the server denies, says so, and catches up', async () => {
    server.manners = 'denies';
    jpirr.add(route('203.0.113.0/24', OFFENDER));
    await until('it is said', async () => /Access denied/.test((await daemon.status()).problems.join('\n')));
    expect(await stateOf('203.0.113.0/24')).to.equal('mismatch');
    await until('it is stale', async () => (await source()).stale);
    await until('that is told', () =>
      /irr JPIRR: stale: nrtm .*Access denied; the last good copy stays in use/.test(daemon.log()),
    );
    server.manners = 'well';
    await inState('203.0.113.0/24', 'resolved');
    await until('all is well', async () => (await daemon.status()).problems.join('\n') === '');
    await until('that is told', () => /irr JPIRR: well again/.test(daemon.log()));
  });

  it('begins with what it had after a kill, though the server has forgotten it, and goes on from there', async () => {
    const { serial } = await source();
    await daemon.end('SIGKILL');
    speaker.close();
    server.manners = 'denies';
    await daemon.start();
    expect(await source()).to.include({ serial, objects: 42 });
    jpirr.forget();
    server.manners = 'well';
    jpirr.add(route('198.51.100.0/24', 64501));
    await caughtUp();
    expect(await source()).to.include({ objects: 43, lastError: '' });
  });

  it('refuses a dump that has shrunk, and takes it when it is told to', async () => {
    for (let i = 0; i < 20; i++) jpirr.del(route(`10.0.${i}.0/24`, 64501));
    jpirr.forget();
    await until('it is refused', async () => /more than 10 % fewer/.test((await source()).lastError));
    expect((await source()).objects).to.equal(43);
    const refused = await daemon.itctl('reload', 'irr', 'jpirr');
    expect(refused.status).to.equal(1);
    expect(refused.stderr).to.match(/irr JPIRR: kept: .*more than 10 % fewer/);
    const taken = await daemon.itctl('reload', 'irr', 'JPIRR', 'force');
    expect(taken.stdout).to.equal('irr JPIRR: loaded, 23 route objects\n');
    expect(await source()).to.include({ objects: 23, serial: jpirr.serial, lastError: '' });
  });
});
