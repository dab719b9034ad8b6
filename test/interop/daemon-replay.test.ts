import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { CaseLine, SummaryLine } from '../../src/daemon/replay-lines.ts';
import type { Case } from '../../src/hijack/case.ts';
import { loopbackAddress, until } from './bgp-peers.ts';
import { type Intertrackd, intertrackd, run } from './intertrackd.ts';
import { type Speaker, startSpeaker } from './speaker.ts';

const PORT = 1790;
const OWNER = 64501;
const OURS = '192.0.2.0/24';
const SIX = '2001:db8:1::/48';

/** What a daemon made of routes as they came, and what is made of its own archive of them. */
describe('interop/daemon-replay', function () {
  this.timeout(240_000);
  const [ours, tyoAt, osaAt] = [loopbackAddress(), loopbackAddress(), loopbackAddress()];
  let daemon: Intertrackd;
  const speakers: Speaker[] = [];

  const speak = async (from: string, as: number) => {
    const speaker = await startSpeaker({ from, to: ours, port: PORT, as });
    speakers.push(speaker);
    return speaker;
  };
  const are = async (state: string, ...prefixes: string[]) => {
    const found = (await daemon.cases()).filter(one => one.state === state).map(({ prefix }) => prefix);
    return prefixes.every(prefix => found.includes(prefix));
  };

  before(async () => {
    daemon = intertrackd(ours);
    const dump = daemon.write(
      'jpirr.db',
      `route: ${OURS}\ndescr: ours\n X-Keiro: keiro@owner.example\norigin: AS${OWNER}\nmnt-by: MAINT-A\nsource: JPIRR\n\n` +
        `route6: ${SIX}\norigin: AS${OWNER}\nmnt-by: MAINT-A\nsource: JPIRR\n`,
    );
    daemon.configure(`bgp listen ${ours} port ${PORT};
protocol bgp tyo { neighbor ${tyoAt} as 64496; passive; }
protocol bgp osa { neighbor ${osaAt} as 64497; passive; }
archive mrt { updates 1h; }
irr JPIRR { dump "${dump}"; }
watch ours { maintainer MAINT-A in JPIRR; group noc; hold down 1s; }
group noc { mail "noc@example.net"; }
notify mail { from "keiro@example.net"; smtp "127.0.0.1" port 1; to x-keiro, group; }`);
    await daemon.start();
  });
  after(async () => {
    for (const speaker of speakers) speaker.close();
    await daemon?.close();
  });

  it('tells the same cases, of the same peers, with the same ends', async () => {
    const tyo = await speak(tyoAt, 64496);
    const osa = await speak(osaAt, 64497);
    tyo.announce([OURS], 64496, OWNER);
    for (const speaker of [tyo, osa]) speaker.endOfRib();
    tyo.announce([OURS], 64496, 64510, 64666);
    osa.announce([OURS], 64497, 64510, 64666);
    osa.announce([SIX], 64497, 64667);
    tyo.announce(['192.0.2.128/25'], 64496, 64666);
    tyo.announce(['203.0.113.0/24'], 64496, 64666);
    await until('three cases', () => are('ongoing', OURS, SIX, '192.0.2.128/25'));
    tyo.announce([OURS], 64496, OWNER);
    tyo.withdraw('192.0.2.128/25');
    await until('one is over', () => are('resolved', '192.0.2.128/25'));
    osa.close();
    await until('two are out of sight', () => are('unseen', OURS, SIX));
    const again = await speak(osaAt, 64497);
    again.announce([SIX], 64497, 64667);
    again.endOfRib();
    await until('one more is over, the other back', async () => (await are('resolved', OURS)) && are('ongoing', SIX));
    again.withdraw(SIX);
    await until('all are over', () => are('resolved', OURS, SIX, '192.0.2.128/25'));
    const lived = await daemon.cases();
    await daemon.end();

    const archive = daemon.at('state/mrt');
    const files = (readdirSync(archive, { recursive: true }) as string[]).filter(name => /updates\..*\.gz$/.test(name));
    expect(files.length).to.be.greaterThan(0);
    const { status, stdout, stderr } = await run(
      ...(['intertrackd', 'replay', '-q', '-c', daemon.at('conf')] as const),
      ...files.map(name => join(archive, name)),
    );
    expect(stderr).to.equal('');
    expect(status).to.equal(0);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as CaseLine | SummaryLine);
    const summary = lines.pop() as SummaryLine;
    const replayed = lines as CaseLine[];

    const last = (prefix: string) => replayed.findLast(one => one.prefix === prefix)!;
    const short = ({ prefix, kind, state, offender, expected, recipients, severity }: Case | CaseLine) =>
      ({ prefix, kind, state, offender, expected, recipients, severity }) as const;
    const byPrefix = (a: { prefix: string }, b: { prefix: string }) => (a.prefix < b.prefix ? -1 : 1);
    const prefixes = [...new Set(replayed.map(({ prefix }) => prefix))];
    expect(prefixes.map(last).map(short).sort(byPrefix)).to.deep.equal(lived.map(short).sort(byPrefix));

    for (const { prefix, told, witnesses } of lived) {
      const own = replayed.filter(one => one.prefix === prefix);
      expect(
        own.flatMap(({ what }) => (what === 'change' ? [] : [what])),
        prefix,
      ).to.deep.equal(told);
      const seen = new Set(own.flatMap(one => one.witnesses));
      expect([...seen].sort(), prefix).to.deep.equal(witnesses.map(({ peer }) => peer).sort());
    }
    expect(summary).to.include({ peers: 2, cases: lived.length, damaged: 0 });
  });
});
