import { renameSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { loopbackAddress, until } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';

const [OURS, THEIRS] = ['192.0.2.0/24', '198.51.100.0/24'];

const object = (prefix: string, mntner: string) =>
  `route: ${prefix}\norigin: AS64501\nmnt-by: ${mntner}\ndescr: X-Keiro: noc@owner.example\nsource: JPIRR\n\n`;

type Roa = Readonly<Record<string, unknown>>;
const roa = (prefix: string, expires = 4_000_000_000): Roa => ({
  asn: 64501,
  prefix,
  maxLength: 24,
  ta: 'apnic',
  expires,
});
/** VRPs of nobody that is watched. */
const others = Array.from({ length: 40 }, (_, i) => roa(`203.0.113.${i}/32`)).map(one => ({ ...one, maxLength: 32 }));

/** A running daemon with a JSON file of VRPs that changes: ROAs go and come back, and a trust anchor fails. */
describe('interop/daemon-roas', function () {
  this.timeout(240_000);
  const ours = loopbackAddress();
  let daemon: Intertrackd;

  const configure = (rpki: string) =>
    daemon.configure(`
bgp listen ${ours} port 1790;
irr JPIRR { dump "${daemon.at('jpirr.db')}"; authoritative; }
${rpki}
notify mail { to x-keiro; smtp "127.0.0.1" port 1; tls none; from "intertrackd@collector.example"; }
watch ours { maintainer MAINT-OWNER; hold up 0s; hold down 0s; }
`);
  const replace = (roas: readonly Roa[]) => {
    writeFileSync(daemon.at('rpki.new'), JSON.stringify({ roas }));
    renameSync(daemon.at('rpki.new'), daemon.at('rpki.json'));
  };
  const found = async (kind: string) => (await daemon.cases()).filter(one => one.kind === kind);
  const ends = (kind: string) =>
    until(`${kind} is over`, async () => (await found(kind)).every(({ state }) => state === 'resolved'));

  before(async () => {
    daemon = intertrackd(ours);
    daemon.write('jpirr.db', object(OURS, 'MAINT-OWNER') + object(THEIRS, 'MAINT-OTHER'));
    daemon.write('rpki.json', JSON.stringify({ roas: [roa(OURS), roa(THEIRS), ...others] }));
    configure(`rpki cache { file "${daemon.at('rpki.json')}"; refresh interval 1s; }`);
    await daemon.start();
    await until('the ROAs are seen', () => Promise.resolve(/roas: watched routes: 1, valid: 1/.test(daemon.log())));
  });
  after(() => daemon.close());

  it('tells of the ROA of a watched route that vanishes, and not of another', async () => {
    replace(others);
    await until('it is told', async () => (await found('roa-vanished')).length > 0);
    const all = await daemon.cases();
    expect(all.map(({ kind, prefix, origin }) => [kind, prefix, origin])).to.deep.equal([
      ['roa-vanished', OURS, 64501],
    ]);
    const one = await daemon.case(all[0]!.id);
    expect(one).to.include({ state: 'ongoing', severity: 'minor' });
    expect(one.recipients).to.deep.equal([{ address: 'noc@owner.example', because: 'x-keiro' }]);
    expect(one.notices.map(({ event }) => event)).to.deep.equal(['begin']);
    const { stdout } = await daemon.itctl('show', 'case', 'open');
    expect(stdout).to.match(/ roa +192\.0\.2\.0\/24 +- +AS64501/);
  });
  it('keeps it over a restart', async () => {
    await daemon.end('SIGKILL');
    await daemon.start();
    await until('it is seen again', async () =>
      (await found('roa-vanished')).some(({ witnesses }) => witnesses[0]?.state === 'holds'),
    );
    expect(await daemon.cases()).to.have.length(1);
  });
  it('ends it when the ROA is back', async () => {
    replace([roa(OURS), roa(THEIRS), ...others]);
    await ends('roa-vanished');
  });
  it('tells of one that is about to expire, until it is renewed', async () => {
    replace([roa(OURS, Math.floor(Date.now() / 1000) + 3600), roa(THEIRS), ...others]);
    await until('it is told', async () => (await found('roa-expiring')).length > 0);
    expect((await found('roa-expiring'))[0]).to.include({ prefix: OURS, severity: 'info' });
    replace([roa(OURS), roa(THEIRS), ...others]);
    await ends('roa-expiring');
  });
  it('tells of a trust anchor that fails, and not of its ROAs', async () => {
    replace([{ ...roa('100.64.0.0/24'), ta: 'ripe' }]);
    await until('it is told', async () => (await found('trust-anchor')).length > 0);
    const [one] = await found('trust-anchor');
    expect(one).to.include({ prefix: OURS });
    expect(one?.ground).to.match(/^trust anchor apnic of cache .*: 0 VRPs where there were 42; a watched route rests/);
    expect((await found('roa-vanished')).filter(({ state }) => state !== 'resolved')).to.deep.equal([]);
    replace([roa(OURS), roa(THEIRS), ...others]);
    await ends('trust-anchor');
  });
  it('takes nothing for vanished because the operator asks somebody else', async () => {
    daemon.write('other.json', JSON.stringify({ roas: others }));
    configure(`rpki cache { file "${daemon.at('other.json')}"; }`);
    await daemon.ask('reload');
    await until('it is looked at', () =>
      Promise.resolve(
        /valid: 0$/.test(
          daemon
            .log()
            .match(/roas: .*/g)
            ?.at(-1) ?? '',
        ),
      ),
    );
    expect((await daemon.cases()).filter(({ state }) => state !== 'resolved')).to.deep.equal([]);
  });
});
