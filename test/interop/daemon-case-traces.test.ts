/** A hijack opens a case whose watch wants its packets traced; an IDS brings one, and the trace stands with the case. */
import { appendFileSync } from 'node:fs';
import { expect } from 'chai';
import type { CaseDetail } from '../../src/control/daemon.ts';
import type { IdsRow } from '../../src/control/ids-rows.ts';
import type { StandingRow } from '../../src/control/standing-rows.ts';
import type { Case } from '../../src/hijack/case.ts';
import type { Trace } from '../../src/traceback/trace.ts';
import { hex, RAW } from '../packet/packets.ts';
import { makeIdentity } from '../traceback/certificates.ts';
import { loopbackAddress, until } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';
import { type Speaker, startSpeaker } from './speaker.ts';

const [OURS, FEED, OFFENDER] = [64500, 64496, 64666];
const PORT = 1798;
const PREFIX = '203.0.113.0/24';

/** UDP from 198.51.100.7 to 203.0.113.9. */
const FRAME = Uint8Array.from([
  ...hex('4500003c 00010000 40110000 c6336407 cb007109 14e900350028abcd'),
  ...Array.from({ length: 32 }, (_, i) => (i * 37 + 5) & 255),
]);

describe('interop/daemon-case-traces', function () {
  this.timeout(240_000);
  const [ours, feedAt] = [loopbackAddress(), loopbackAddress()];
  let daemon: Intertrackd;
  let feed: Speaker;
  before(async () => {
    daemon = intertrackd(ours, OURS);
    const { key, certificate } = makeIdentity(OURS, daemon.directory);
    daemon.write('jpirr.db', `route: ${PREFIX}\norigin: AS64501\nmnt-by: MAINT-X\nsource: JPIRR\n`);
    daemon.write('secret', 'the secret of a federation');
    daemon.write('eve.json', '');
    daemon.configure(`
bgp listen ${ours} port ${PORT};
protocol bgp feed { neighbor ${feedAt} as ${FEED}; local address ${ours}; passive; }
irr JPIRR { dump "${daemon.at('jpirr.db')}"; }
watch ours { prefix ${PREFIX} origin 64501; trace; hold down 1s; }
ids suricata { eve file "${daemon.at('eve.json')}"; on alert signature 99; }
traceback {
    identity "${key}" certificate "${certificate}";
    federation "test" { secret "${daemon.at('secret')}"; }
}
`);
    await daemon.start();
    feed = await startSpeaker({ from: feedAt, to: ours, port: PORT, as: FEED });
    await until('the feed is up', async () => (await daemon.neighbor('feed')).state === 'Established');
    feed.announce(['198.51.100.0/24'], FEED, 64999);
    feed.announce([PREFIX], FEED, OFFENDER);
  });
  after(async () => {
    feed?.close();
    await daemon?.close();
  });

  it('traces what an IDS brings for the prefix of the case, and shows it with the case', async () => {
    let of: Case | undefined;
    await until('the case', async () => {
      of = (await daemon.cases()).find(({ prefix }) => prefix === PREFIX);
      return of !== undefined;
    });
    const standing = async () => (await daemon.ask('show', 'trace', 'standing')) as StandingRow[];
    await until('its standing trace', async () => (await standing()).length === 1);
    expect((await standing())[0]).to.include({ caseId: of!.id, prefix: PREFIX, by: 'watch ours', until: null });

    // No rule names this signature: it is the case that wants the packet.
    const alert = {
      ...{ timestamp: new Date().toISOString().replace('Z', '+0000'), flow_id: 1, event_type: 'alert' },
      alert: { signature_id: 7, signature: 'a rule', category: 'c', severity: 3 },
      ...{ packet: Buffer.from(FRAME).toString('base64'), packet_info: { linktype: RAW } },
    };
    // What is in the log when it is first looked at is passed over: said again until it is read.
    await until('the alert is read', async () => {
      appendFileSync(daemon.at('eve.json'), `${JSON.stringify(alert)}\n`);
      const [row] = (await daemon.ask('show', 'ids')) as IdsRow[];
      return row!.counts.alerts > 0;
    });
    let traces: CaseDetail['traces'];
    await until('its trace', async () => {
      ({ traces } = await daemon.case(of!.id));
      return traces?.some(({ state }) => state === 'final') === true;
    });
    expect(traces).to.have.length(1);
    expect(traces![0]).to.include({ source: 'ids suricata', claim: 'not-seen' });
    const [trace] = (await daemon.ask('show', 'trace', traces![0]!.id)) as Trace[];
    expect(trace).to.include({ caseId: of!.id, source: 'ids suricata' });
    // What BGP says of the way to the packet's source.
    expect(trace!.claim).to.deep.include({ of: 'now', paths: [{ path: [FEED, 64999], origin: 64999, peers: 1 }] });
    expect((await daemon.itctl('case', of!.id)).stdout).to.match(/\nTraces: the latest 1 of its packets\n/);
    await until('a line in the timeline', async () =>
      (await daemon.case(of!.id)).timeline.some(({ what }) => what.includes(`is traced: ${trace!.id}`)),
    );

    const { stdout } = await daemon.itctl('trace', 'case', of!.id, '--for', '24h');
    expect(stdout).to.contain(`packets to ${PREFIX}`);
    expect((await daemon.itctl('trace', 'case', of!.id, 'stop')).status).to.equal(0);
    expect(await standing()).to.deep.equal([]);
    const evidence = await daemon.itctl('trace', 'export', trace!.id, '--evidence');
    expect(evidence.stdout).not.to.contain('64999');
  });
});
