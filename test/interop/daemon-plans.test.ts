/** What the person on duty sees and plans of traces, on a daemon with a BGP feed and a traceback peer over TLS. */
import { expect } from 'chai';
import type { PlacementReport, TracePlan } from '../../src/control/plan-rows.ts';
import type { TracebackFrontier, TracebackGraph, TracebackPeerRow } from '../../src/control/traceback-rows.ts';
import type { BelievedRecord } from '../../src/traceback/belief.ts';
import type { Probes } from '../../src/traceback/btm.ts';
import type { Trace } from '../../src/traceback/trace.ts';
import { type Ases, newAses, peerStatement, probeAnswer, sawTo } from '../traceback/ases.ts';
import { makeIdentity } from '../traceback/certificates.ts';
import { loopbackAddress, until } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';
import { type Speaker, startSpeaker } from './speaker.ts';

const [DAEMON, PEER, FEED, MUTE] = [64500, 64501, 64496, 64510];
const PORT = 1797;
const DIGEST = '0123456789abcdef';

describe('interop/daemon-plans', function () {
  this.timeout(240_000);
  const [ours, feedAt] = [loopbackAddress(), loopbackAddress()];
  let daemon: Intertrackd;
  let ases: Ases;
  let feed: Speaker;
  /** The probes of the peer do not answer before this is false. */
  let slow = false;

  const one = async <T>(...words: string[]): Promise<T> => (await daemon.ask(...words))[0] as T;

  before(async () => {
    ases = newAses();
    daemon = intertrackd(ours, DAEMON);
    const probes: Probes = {
      ask: () =>
        slow ? new Promise(() => {}) : Promise.resolve({ answers: [probeAnswer([sawTo(DAEMON)])], silent: [] }),
    };
    const peer = await ases.start({ as: PEER, peers: [DAEMON], probes });
    const { key, certificate } = makeIdentity(DAEMON, ases.directory);
    ases.strange(DAEMON);
    await ases.link();
    daemon.configure(`
bgp listen ${ours} port ${PORT};
protocol bgp feed { neighbor ${feedAt} as ${FEED}; local address ${ours}; passive; role customer; }
traceback {
    identity "${key}" certificate "${certificate}";
    ${peerStatement(ases, peer)}
}
`);
    await daemon.start();
    feed = await startSpeaker({ from: feedAt, to: ours, port: PORT, as: FEED });
    await until('the feed is up', async () => (await daemon.neighbor('feed')).state === 'Established');
    feed.announce(['203.0.113.0/24'], FEED, MUTE, PEER);
    feed.announce(['198.51.100.0/24'], FEED, MUTE, 64511);
    await until('both routes are held', async () => (await daemon.status()).routes === 2);
    await until('the session', async () => (await one<TracebackPeerRow>('show', 'traceback', 'peers'))?.open !== null);
  });
  after(async () => {
    feed?.close();
    await daemon?.close();
    ases?.close();
  });

  it('shows peers and what they say of themselves', async () => {
    const peer = await one<TracebackPeerRow>('show', 'traceback', 'peers', `AS${PEER}`);
    expect(peer).to.include({ as: PEER, kind: 'peer', state: 'Established', in: 'allow', out: 'allow', asked: 0 });
    expect(peer.open).to.include({ version: 2, as: PEER, coverage: 1, retention: 3600 });
    await until(
      'its record',
      async () => ((await daemon.ask('show', 'traceback', 'participants')) as unknown[]).length > 0,
    );
    const [record] = (await daemon.ask('show', 'traceback', 'participants')) as BelievedRecord[];
    expect(record).to.deep.include({ believed: 'configured', vouchedBy: [] });
    expect(record!.record.as).to.equal(PEER);
    const { stdout } = await daemon.itctl('show', 'traceback', 'peers');
    for (const line of stdout.split('\n')) expect(line.length, line).to.be.at.most(80);
    expect((await daemon.itctl('show', 'traceback', 'peers', 'AS65550')).stderr).to.contain('no traceback peer');
  });

  it('shows the AS graph, and whom it would ask behind a neighbour', async () => {
    const graph = await one<TracebackGraph>('show', 'traceback', 'graph');
    expect(graph).to.include({ ases: 5, links: 4, roles: 1, participants: 1 });
    expect(graph.on).to.deep.equal([PEER]);
    const frontier = await one<TracebackFrontier>('show', 'traceback', 'frontier', String(FEED));
    expect(frontier).to.include({ as: FEED, takesPart: false });
    expect(frontier.groups[0]).to.include({ behind: FEED, relation: 'provider' });
    expect(frontier.groups[0]!.waves.map(wave => wave.map(({ as }) => as))).to.deep.equal([[PEER]]);
    expect(frontier.groups[0]!.passed).to.deep.equal([MUTE]);
  });

  it('plans traces without sending anything', async () => {
    const behind = await one<TracePlan>('trace', 'plan', String(FEED));
    expect(behind).to.include({ here: null, least: 1, most: 1, as: DAEMON });
    const digest = await one<TracePlan>('trace', 'plan', 'digest', DIGEST, '-1m');
    // There is no probe: this AS is blind, and would ask all its peers.
    expect(digest.here).to.include({ verdict: 'cannot-know', source: false });
    expect(digest).to.include({ ingress: null, least: 1, packets: 1 });
    expect((await daemon.itctl('trace', 'plan', 'digest', DIGEST, '-1m')).stdout).to.match(/\nNothing was sent\.\n$/);
    expect(await one<TracebackPeerRow>('show', 'traceback', 'peers')).to.include({ asked: 0 });
    expect(ases.at(PEER).traceback.status()[0]).to.include({ queriesIn: 0 });
    expect(ases.at(PEER).audit.filter(({ what }) => what.startsWith('query'))).to.deep.equal([]);
    expect(await daemon.ask('show', 'trace')).to.deep.equal([]);
  });

  it('plans where more taking part would help', async () => {
    const plan = await one<PlacementReport>('plan', 'placement', '--victim', '198.51.100.0/24,192.0.2.0/24', '-n', '2');
    expect(plan).to.include({ ases: 5, links: 4, participants: 1 });
    expect(plan).to.deep.include({ victims: [64511], unknown: ['192.0.2.0/24'] });
    const shown = await daemon.itctl('plan', 'placement', '--victim', '192.0.2.0/24');
    expect(shown).to.include({ status: 0 });
    expect(shown.stderr).to.contain('192.0.2.0/24 is on no path that is held');
  });

  it('lists a trace that runs, and ends it with what is known', async () => {
    slow = true;
    const ends = daemon.ask('trace', 'digest', DIGEST, '-1m');
    let id = '';
    await until('it runs', async () => {
      const [running] = (await daemon.ask('show', 'trace')) as Trace[];
      id = running?.id ?? '';
      return running?.state === 'partial' && running.queries === 1;
    });
    const cancelled = await one<Trace>('trace', 'cancel', id);
    expect(cancelled).to.include({ id, state: 'cancelled' });
    expect(cancelled.cancelledBy).to.match(/\buser\b|\buid\b|process/);
    expect(((await ends) as Trace[])[0]).to.include({ id, state: 'cancelled' });
    expect(await one<Trace>('show', 'trace', id)).to.include({ state: 'cancelled' });
    expect((await daemon.itctl('trace', 'cancel', id)).stderr).to.contain('has ended already');
    expect((await daemon.itctl('show', 'trace')).stdout).to.contain(`${id} cancelled`);
  });
});
