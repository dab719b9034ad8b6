/** Proof of sight with the real programs: itprobe seals, intertrackd commits and proves, and a peer that wants it answers. */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { PcapRecord } from '../../src/packet/capture.ts';
import type { Trace, TraceNode } from '../../src/traceback/trace.ts';
import { fileOf, packetAt, questionsAbout, SECRET } from '../probe/tapped.ts';
import { PROGRAM_ENV } from '../programs.ts';
import { type Ases, newAses, peerStatement, probeAnswer, sawTo, scripted } from '../traceback/ases.ts';
import { makeIdentity } from '../traceback/certificates.ts';
import { until } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';

const [DAEMON, PEER] = [64500, 64501];
const PROBE = new URL('../../bin/itprobe', import.meta.url).pathname;

describe('interop/daemon-sight', function () {
  this.timeout(240_000);
  let daemon: Intertrackd;
  let ases: Ases;
  const children: ChildProcess[] = [];

  beforeEach(() => {
    ases = newAses();
    daemon = intertrackd('192.0.2.10', DAEMON);
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await daemon.close();
    ases.close();
  });

  it('proves a packet that its probe has sealed, and after a restart too; nothing else is answered', async () => {
    const probes = scripted(probeAnswer([sawTo(DAEMON)]));
    const peer = await ases.start({ as: PEER, peers: [DAEMON], probes, proof: 'require', unproved: 0 });
    const { key, certificate } = makeIdentity(DAEMON, ases.directory);
    ases.strange(DAEMON);
    await ases.link();
    const socket = daemon.at('itprobe.sock');
    const secret = daemon.write('secret', SECRET.toString());
    daemon.configure(`
probe socket "${socket}";
probe tap1 { retention 1h; }
traceback {
    identity "${key}" certificate "${certificate}";
    federation "lab" { secret "${secret}"; }
    ${peerStatement(ases, peer)}
}
`);
    await daemon.start();
    await until('the session', async () => {
      const [row] = (await daemon.ask('show', 'traceback')) as { state: string }[];
      return row?.state === 'Established';
    });

    // A capture of just now: its first ten seconds are sealed when the next have begun.
    const number = Math.floor(Date.now() / 10_000) - 2;
    const records = Array.from({ length: 25 }, (_, i) => packetAt(number * 10 + i, i));
    const file = join(daemon.directory, 'border.pcap');
    writeFileSync(file, fileOf(records));
    children.push(
      spawn(PROBE, ['-n', 'tap1', '-s', socket, '-D', join(daemon.directory, 'windows'), '-r', file], {
        env: PROGRAM_ENV,
        stdio: 'ignore',
      }),
    );
    await until('the commitment', async () => (await peer.commitments.held(DAEMON, number)).length > 0);

    const answered = async (record: PcapRecord): Promise<TraceNode | undefined> => {
      const { digest } = questionsAbout(record)[0]!;
      await daemon.ask('trace', 'digest', digest, new Date(record.seconds * 1000).toISOString());
      const [{ id }] = (await daemon.ask('show', 'trace')) as [Trace];
      const [{ tree }] = (await daemon.ask('show', 'trace', id)) as [Trace];
      return tree.children.find(({ as }) => as === PEER);
    };
    expect(await answered(records[3]!)).to.include({ verdict: 'saw' });
    expect(peer.traceback.sight()).to.deep.include({ held: 1, refused: 0 });
    const guess = await answered(packetAt(number * 10 + 4, 4000));
    expect(guess?.verdict).to.be.oneOf(['busy', 'refused']);
    expect(guess?.reason).to.match(/^proof of sight of 0 of 1 packets/);

    await daemon.end();
    await daemon.start();
    await until('the probe and the session', async () => {
      const [row] = (await daemon.ask('show', 'traceback')) as { state: string }[];
      const [probe] = (await daemon.ask('show', 'probe')) as { connected: boolean }[];
      return row?.state === 'Established' && probe?.connected === true;
    });
    expect(await answered(records[5]!)).to.include({ verdict: 'saw' });
    expect(peer.traceback.sight()).to.deep.include({ held: 2, refused: 1 });
  });
});
