import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { RouteRow } from '../../src/collector/messages.ts';
import type { ArchiveRow, HistoryRow } from '../../src/control/daemon.ts';
import { readGaps } from '../../src/mrt/archive-gaps.ts';
import { linesOf, realBgpdump } from '../mrt/dump.ts';
import { skipFor } from '../programs.ts';
import { loopbackAddress, type Router, startRouter, until, whyNot } from './bgp-peers.ts';
import { type Intertrackd, intertrackd, run } from './intertrackd.ts';
import { type Speaker, startSpeaker } from './speaker.ts';

const PORT = 1790;
const PREFIXES = ['198.51.100.0/24', '203.0.113.0/25', '2001:db8:7::/48'];

const isoBefore = (time: number) => new Date(Math.floor(time) - 1).toISOString();

/** A daemon with an archive, fed by a real router and by a speaker that says what no router would. */
describe('interop/archive', function () {
  this.timeout(240_000);
  const [ours, birds, speakers] = [loopbackAddress(), loopbackAddress(), loopbackAddress()];
  let daemon: Intertrackd;
  let bird: Router | null = null;
  let speaker: Speaker;

  const configure = (archive: string) =>
    daemon.configure(`bgp listen ${ours} port ${PORT};
protocol bgp bird { neighbor ${birds} port ${PORT} as 64496; local address ${ours}; connect retry time 1s; }
protocol bgp b { neighbor ${speakers} as 64497; passive; }
${archive}`);
  const files = (): string[] => {
    const directory = daemon.at('state/mrt');
    const found = existsSync(directory) ? (readdirSync(directory, { recursive: true }) as string[]) : [];
    return found.filter(name => /(updates|bview)\./.test(name)).sort();
  };
  const archived = async () => (await daemon.ask('show', 'archive'))[0] as ArchiveRow;
  const file = (kind: string) => join(daemon.at('state/mrt'), files().find(name => name.includes(kind))!);
  const lines = (path: string) => linesOf(gunzipSync(readFileSync(path)));
  const speak = () => startSpeaker({ from: speakers, to: ours, port: PORT, as: 64497 });

  before(async function () {
    skipFor(this, whyNot('bird'));
    daemon = intertrackd(ours);
    configure('archive mrt { updates 1d; }');
    const neighbors = [{ address: ours, port: PORT, as: 64500, passive: true }];
    [bird] = await Promise.all([
      startRouter('bird', { address: birds, port: PORT, as: 64496, neighbors, prefixes: PREFIXES }),
      daemon.start(),
    ]);
    speaker = await speak();
    speaker.announce(['192.0.2.0/24', '198.51.100.0/24'], 64497, 64666);
    await until('all are held', async () => (await daemon.routes('0.0.0.0/0', 'longer')).length === 4);
  });
  after(async () => {
    speaker?.close();
    await Promise.all([daemon?.close(), bird?.stop()]);
  });

  it('writes the first table soon, and bgpdump reads the routes that are held', async () => {
    await until('a table', () => files().some(name => /bview\.[\d.]+\.gz$/.test(name)), 50_000);
    const held = (await daemon.json<RouteRow[]>('show', 'route', '0.0.0.0/0', 'longer')).concat(
      await daemon.json<RouteRow[]>('show', 'route', '::/0', 'longer'),
    );
    const shown = held.map(({ peerAddress, peerAs, prefix, path, nextHop }) =>
      [peerAddress, peerAs, prefix, path.join(' '), nextHop].join('|'),
    );
    const text = realBgpdump(file('bview')) ?? lines(file('bview')).text;
    const dumped = text.trimEnd().split('\n');
    const routes = dumped.map(line => {
      const [, , , address, as, prefix, path, , nextHop] = line.split('|');
      return [address, as, prefix, path, nextHop].join('|');
    });
    expect(routes.sort()).to.deep.equal(shown.sort());
    expect(shown).to.have.length(5);
  });

  it('says how the archive is', async () => {
    await until('it is on the disk', async () => ((await archived()).state?.records ?? 0) > 10);
    const { failure, alarms, held, state } = await daemon.json<ArchiveRow>('show', 'archive');
    expect({ failure, alarms }).to.deep.equal({ failure: '', alarms: [] });
    expect(state).to.include({ lost: 0, gaps: 0, differing: 0, trouble: '' });
    expect(held.files).to.equal(1);
    expect(state!.verified).to.match(/^\d{4}\.\d\d\/bview\./);
    expect((await daemon.itctl('show', 'archive')).stdout).to.include('No alarms.');
  });

  it('answers for now as `show route` does', async () => {
    const now = await daemon.json<RouteRow[]>('show', 'route', '198.51.100.0/24');
    const then = await daemon.json<RouteRow[]>('show', 'route', '198.51.100.0/24', 'at', '-0s');
    const byPeer = (a: RouteRow, b: RouteRow) => (a.peer < b.peer ? -1 : 1);
    expect(then.sort(byPeer)).to.deep.equal(now.sort(byPeer));
    expect(now).to.have.length(2);
    const six = await daemon.json<RouteRow[]>('show', 'route', '2001:db8:7::1', 'at', '-0s');
    expect(six).to.deep.equal(await daemon.json<RouteRow[]>('show', 'route', '2001:db8:7::1'));
    expect(six.map(({ peer }) => peer)).to.deep.equal(['bird']);
  });

  it('keeps a malformed message, and the end of the session over it', async () => {
    // An UPDATE whose attributes overrun it: RFC 7606 section 5.1, reset.
    const broken = Buffer.from(`${'ff'.repeat(16)}001702000000ff`, 'hex');
    speaker.send(broken);
    await until('the session is gone', () => speaker.gone());
    await until('idle', async () => (await daemon.neighbor('b')).state !== 'Established');
    speaker = await speak();
    speaker.announce(['192.0.2.128/25'], 64497);
    await until('held', async () => (await daemon.routes('192.0.2.128/25', 'exact')).length === 1);
  });

  it('goes on without a session touched when it is configured otherwise, and loses nothing', async () => {
    const before = (await daemon.neighbor('bird')).since;
    configure('archive mrt { updates 1d; retain 7d; }');
    const { changes } = await daemon.json<{ changes: string[] }>('reload');
    expect(changes).to.deep.equal(['archive: retain 30d is now retain 7d']);
    expect((await daemon.neighbor('bird')).since).to.equal(before);
    expect(await readGaps(daemon.at('state/mrt'))).to.deep.equal([]);
    speaker.withdraw('192.0.2.128/25');
    await until('gone', async () => (await daemon.routes('192.0.2.128/25', 'exact')).length === 0);
  });

  it('loses nothing that is on the disk when it is killed, and says what it has not', async () => {
    speaker.announce(['192.0.2.64/26'], 64497, 64777);
    await until('held', async () => (await daemon.routes('192.0.2.64/26', 'exact')).length === 1);
    const told = Date.now();
    await until('on the disk', async () => ((await archived()).state?.synced ?? 0) > told + 1500);
    await daemon.end('SIGKILL');
    await daemon.start();
    expect(daemon.log()).to.match(/records are taken up again/);
    const [gap] = await readGaps(daemon.at('state/mrt'));
    expect(gap?.why).to.equal('no archive was open');
    expect(gap!.to).to.be.above(gap!.from);
    expect((await archived()).state).to.include({ gaps: 1 });
    const { stdout, stderr } = await daemon.itctl('show', 'route', 'history', '192.0.2.64', 'since', '-10m');
    expect(stdout).to.match(/announce +- +N +192\.0\.2\.64\/26 b +192\.0\.2\.1 +64497 64777 i/);
    expect(stderr).to.match(/no records from .* to .*: no archive was open/);
    const events = await daemon.json<HistoryRow[]>('show', 'route', 'history', '192.0.2.128/25', 'since', '-10m');
    expect(events.map(({ what, peer, prefix }) => `${what} ${prefix} ${peer}`)).to.deep.equal([
      'announce 192.0.2.128/25 b',
      'withdraw 192.0.2.128/25 b',
    ]);
    const before = await daemon.json<RouteRow[]>('show', 'route', '192.0.2.128/25', 'at', isoBefore(events[1]!.time));
    expect(before.map(({ prefix, path }) => [prefix, path])).to.deep.equal([['192.0.2.128/25', [64497]]]);
  });

  it('has all of it in one file of updates that bgpdump reads as we do', async () => {
    await daemon.end();
    const path = file('updates');
    const ours = lines(path);
    expect([ours.gaps, files().filter(name => name.endsWith('.part'))]).to.deep.equal([[], []]);
    const real = realBgpdump(path);
    if (real !== null) expect(real).to.equal(ours.text);
    expect((await run('itctl', 'decode', 'mrt', path)).stdout).to.equal(ours.text);
    const story = ours.text
      .split('\n')
      .filter(line => line.includes(`|${speakers}|64497|`))
      .map(line => line.split('|').slice(2).join('|'))
      .map(line => line.replace(`${speakers}|64497|`, ''));
    expect(story.filter(line => /^[AW]/.test(line))).to.deep.equal([
      'A|192.0.2.0/24|64497 64666|IGP|192.0.2.1|0|0||NAG||',
      'A|198.51.100.0/24|64497 64666|IGP|192.0.2.1|0|0||NAG||',
      'A|192.0.2.128/25|64497|IGP|192.0.2.1|0|0||NAG||',
      'W|192.0.2.128/25',
      'A|192.0.2.64/26|64497 64777|IGP|192.0.2.1|0|0||NAG||',
    ]);
    const states = story.filter(line => line.startsWith('STATE'));
    expect(states.filter(line => line.endsWith('|6'))).to.have.length(2);
    expect(states.filter(line => line.includes('|6|'))).to.have.length(1);
    expect(readFileSync(path).length).to.be.above(0);
    // The message that ended the session stands there as it came.
    expect(gunzipSync(readFileSync(path)).includes(Buffer.from('001702000000ff', 'hex'))).to.equal(true);
  });

  it('goes on where the directory cannot be written, and says so', async () => {
    daemon.write('file', '');
    configure(`archive mrt { directory "${daemon.at('file')}"; }`);
    await daemon.start();
    await until('it is said', async () =>
      (await daemon.status()).problems.some(line => /archive: it cannot be opened: ENOTDIR/.test(line)),
    );
    speaker = await speak();
    speaker.announce(['192.0.2.0/24'], 64497);
    await until('held', async () => (await daemon.routes('192.0.2.0/24', 'exact')).length === 1);
    expect((await archived()).failure).to.match(/ENOTDIR/);
    configure('archive mrt;');
    await daemon.json('reload');
    expect((await archived()).failure).to.equal('');
    expect((await daemon.status()).problems.filter(line => line.startsWith('archive'))).to.deep.equal([]);
  });

  it('goes on while the disk is full, says so, and keeps all once there is room', async function () {
    await daemon.end();
    const directory = daemon.at('small');
    mkdirSync(directory);
    const mount = (...words: string[]) => execFileSync('mount', [...words, directory], { stdio: 'pipe' });
    try {
      mount('-t', 'tmpfs', '-o', 'size=64k', 'tmpfs');
    } catch (error) {
      console.log(`      skipped: a file system cannot be mounted: ${(error as Error).message.split('\n')[1] ?? ''}`);
      this.skip();
    }
    try {
      configure(`archive mrt { directory "${directory}"; updates 1d; }`);
      await daemon.start();
      speaker = await speak();
      for (let i = 0; i < 20_000; i++)
        speaker.announce([`100.${i % 64}.${(i * 7) % 256}.0/24`], 64497, 1 + ((i * 7919) % 60_000));
      const troubles = async () => (await daemon.status()).problems.filter(line => line.startsWith('archive'));
      await until('the disk is full', async () => (await troubles()).some(line => line.includes('ENOSPC')));
      expect(daemon.log()).to.match(/archive: .*ENOSPC.*it is tried again/);
      speaker.announce(['192.0.2.0/24'], 64497);
      await until('held', async () => (await daemon.routes('192.0.2.0/24', 'exact')).length === 1);
      mount('-o', 'remount,size=16m');
      await until('the disk works', async () => (await troubles()).length === 0);
      const now = await daemon.json<RouteRow[]>('show', 'route', '192.0.2.0/24', 'at', '-0s');
      expect(now.map(({ peer }) => peer)).to.deep.equal(['b']);
      expect((await archived()).state).to.include({ lost: 0, differing: 0 });
      await daemon.end();
      const month = readdirSync(directory).find(name => /^\d/.test(name))!;
      const name = readdirSync(join(directory, month)).find(one => /^updates.*\.gz$/.test(one))!;
      const { text, gaps } = lines(join(directory, month, name));
      expect(gaps).to.deep.equal([]);
      expect(text.split('\n').filter(line => line.includes('|A|'))).to.have.length.above(20_000);
    } finally {
      await daemon.end();
      execFileSync('umount', [directory]);
    }
  });
});
