/**
 * From an alert of Suricata to a trace: the daemon reads what Suricata really writes about a capture, and asks its probe,
 * which has read the same capture, for the packet that the alert brings.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import type { ProbeStatusRow } from '../../src/control/daemon.ts';
import type { IdsRow } from '../../src/control/ids-rows.ts';
import { loadKernel } from '../../src/packet/digest-kernel.ts';
import { digestPacket, epochKey, epochOf } from '../../src/packet/itk1.ts';
import { writePcap } from '../../src/packet/pcap.ts';
import type { Trace } from '../../src/traceback/trace.ts';
import { PROGRAM_ENV, skipFor } from '../programs.ts';
import { makeIdentity } from '../traceback/certificates.ts';
import { until } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';

const SURICATA = ['suricata', '/usr/bin/suricata'].find(
  program => spawnSync(program, ['-V'], { stdio: 'ignore' }).error === undefined,
);
const SECRET = 'the secret of a federation';
const NEIGHBOR = '02:00:00:00:00:01';

/** UDP over IPv4 over Ethernet from the neighbor to port 9999, with a payload that `octet` gives. */
function frame(flow: number, octet: (i: number) => number, length = 48): Uint8Array {
  const ip = Buffer.alloc(20);
  ip.set([0x45, 0, 0, 28 + length, 0, flow, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2]);
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += ip.readUInt16BE(i);
  ip.writeUInt16BE(~((sum & 0xffff) + (sum >>> 16)) & 0xffff, 10);
  const udp = Buffer.alloc(8);
  udp.writeUInt16BE(4000 + flow, 0);
  udp.writeUInt16BE(9999, 2);
  udp.writeUInt16BE(8 + length, 4);
  const head = Buffer.from('020000000002020000000001' + '0800', 'hex');
  return Buffer.concat([head, ip, udp, Uint8Array.from({ length }, (_, i) => octet(i))]);
}
const FLOOD = frame(1, () => 65);
const MARKED = frame(2, i => (i < 4 ? 0x7e : (i * 37 + 5) & 255));

describe('intertrackd and Suricata', function () {
  this.timeout(240_000);
  let daemon: Intertrackd;
  let probe: ChildProcess | undefined;
  const time = Math.floor(Date.now() / 1000) * 1000 - 20_000;
  const capture = writePcap(1, [
    ...Array.from({ length: 5 }, (_, i) => ({ time: BigInt(time + i) * 1_000_000n, bytes: FLOOD })),
    { time: BigInt(time + 1000) * 1_000_000n, bytes: MARKED },
    { time: BigInt(time + 12_000) * 1_000_000n, bytes: frame(3, i => i) },
  ]);

  const configure = (ids: string) =>
    daemon.configure(`
probe tap1 { neighbor as 64496 mac ${NEIGHBOR}; }
traceback {
    identity "${daemon.at('as64500.key')}" certificate "${daemon.at('as64500.crt')}";
    federation "test" { secret "${daemon.at('secret')}"; }
    answer { coverage 100%; }
}
ids suricata { ${ids} }
`);
  /** Suricata over the capture, to its end. */
  const suricata = async (eve: string) => {
    const yaml = `%YAML 1.1
---
outputs:
  - eve-log:
      enabled: yes
${eve}
      types:
        - alert: { packet: yes }
        - flow
        - stats
logging: { default-log-level: error, outputs: [ { console: { enabled: yes } } ] }
classification-file: ${daemon.write('classification', 'config classification: test-class,A test,2\n')}
`;
    const rules = `alert udp any any -> any 9999 (msg:"InterTrack test of a mark"; content:"~~~~"; classtype:test-class; sid:1000001; rev:1;)
alert udp any any -> any 9999 (msg:"InterTrack test of a flood"; content:"AAAA"; sid:1000002; rev:1;)
`;
    const words = ['-c', daemon.write('suricata.yaml', yaml), '-S', daemon.write('rules', rules)];
    const child = spawn(SURICATA!, [...words, '-r', daemon.at('capture.pcap'), '-l', daemon.directory, '-k', 'none'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (said += chunk));
    const status = await new Promise(resolve => child.on('close', resolve));
    expect(status, said).to.equal(0);
  };
  const ids = async () => (await daemon.ask('show', 'ids'))[0] as IdsRow;
  const traces = async () => (await daemon.ask('show', 'trace')) as Trace[];
  const digests = (bytes: Uint8Array, when: number) => {
    const epoch = epochOf(when);
    const [layer] = digestPacket(loadKernel(), bytes, 1, epochKey(Buffer.from(SECRET), epoch)).layers;
    return { epoch, digest: layer !== undefined && 'digest' in layer ? layer.digest : '' };
  };

  beforeEach(function () {
    skipFor(this, SURICATA === undefined ? 'suricata is not installed' : null);
    daemon = intertrackd('192.0.2.10');
    makeIdentity(64500, daemon.directory);
    daemon.write('secret', SECRET);
    writeFileSync(daemon.at('capture.pcap'), capture);
  });
  afterEach(async () => {
    probe?.kill();
    probe = undefined;
    await daemon?.close();
  });
  const start = async (statements: string) => {
    configure(statements);
    await daemon.start();
    const words = ['-n', 'tap1', '-s', daemon.at('itprobe.sock'), '-r', daemon.at('capture.pcap')];
    probe = spawn('bin/itprobe', words, { env: PROGRAM_ENV, stdio: 'ignore' });
    await until('the probe has read the capture', async () => {
      const [row] = (await daemon.ask('show', 'probe')) as ProbeStatusRow[];
      return row?.packets === 7;
    });
  };
  const asked = ({ questions }: Trace) => questions.map(({ epoch, digest }) => ({ epoch, digest }));
  /** The trace of the marked packet, which began outside. */
  const expectMarked = (trace: Trace, cause: object) => {
    expect(asked(trace)).to.deep.include(digests(MARKED, time + 1000));
    expect(trace.cause).to.deep.equal({ ids: 'suricata', at: time + 1000, packets: 1, ...cause });
    expect(trace.tree).to.include({ as: 64500, verdict: 'saw' });
    expect(trace.tree.ingress).to.deep.equal([64496]);
    expect(trace.entry).to.deep.equal({ as: 64500, via: 64496, source: false });
  };
  const MARK = { signature: 1000001, text: 'InterTrack test of a mark' };

  it('trace the packet of an alert in the EVE file, and say why', async () => {
    mkdirSync(daemon.at('spool'));
    await start(
      `eve file "${daemon.at('eve.json')}"; spool "${daemon.at('spool')}"; on alert category "a test"; on alert text "of a flood";`,
    );
    await until('the file is waited for', async () => (await ids()).sources[0]?.problem === 'the file is not there');
    await suricata('      filename: eve.json');
    const over = async () => (await traces()).filter(({ state }) => state === 'final').length;
    await until('both are traced', async () => (await over()) === 2);
    const found = await traces();
    expectMarked(found.find(({ cause }) => cause?.signature === 1000001)!, MARK);
    const flood = found.find(({ cause }) => cause?.signature === 1000002)!;
    expect(asked(flood)).to.deep.include(digests(FLOOD, time));
    expect(flood.cause).to.include({ packets: 5 });
    const { counts, latest } = await ids();
    expect(counts).to.include({ alerts: 6, matched: 6, duplicates: 0, traces: 2, unreadable: 0, withoutPacket: 0 });
    expect(counts.lines, 'other events too').to.be.greaterThan(6);
    expect(found.map(({ id }) => id)).to.include(latest?.id);
    const { stdout } = await daemon.itctl('show', 'trace', found.find(one => one.cause?.signature === 1000001)!.id);
    expect(stdout).to.include('Begun by ids suricata: signature 1000001 "InterTrack test of a mark", alert of ');

    renameSync(daemon.at('capture.pcap'), daemon.at('spool/1.pcap'));
    await until('the capture in the spool is traced', async () => (await over()) === 3);
    const spooled = (await traces()).find(({ cause }) => cause?.signature === null)!;
    expectMarked(spooled, { signature: null, text: '1.pcap', packets: 7, at: time });
  });

  it('trace what comes by a socket, with other rules after a reload', async () => {
    const socket = `eve socket "${daemon.at('eve.sock')}"; eve socket "${daemon.at('dgram.sock')}" dgram;`;
    await start(`${socket} on alert signature 1;`);
    const eve = `      filetype: unix_stream\n      filename: ${daemon.at('eve.sock')}`;
    await suricata(eve);
    await until('the alerts are there', async () => (await ids()).counts.alerts === 6);
    expect((await ids()).counts).to.include({ matched: 0, traces: 0 });
    configure(`${socket} on alert signature 1000001;`);
    const { changes } = (await daemon.ask('reload'))[0] as { changes: string[] };
    expect(changes).to.deep.equal(['ids suricata: on alert signature 1 is now on alert signature 1000001']);
    await suricata(`      filetype: unix_dgram\n      filename: ${daemon.at('dgram.sock')}`);
    await until('it is traced', async () => (await traces()).some(({ state }) => state === 'final'));
    expectMarked((await traces())[0]!, MARK);
  });
});
