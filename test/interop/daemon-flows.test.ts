/** From a router's sFlow and NetFlow to a trace: what was sampled is seen, what was counted is a prior, and a flood is none. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import type { FlowRow } from '../../src/control/probe-rows.ts';
import { encodeNetflow5 } from '../../src/flow/netflow5.ts';
import { encodeSflow } from '../../src/flow/sflow.ts';
import { writePcap } from '../../src/packet/pcap.ts';
import type { Trace } from '../../src/traceback/trace.ts';
import { renderTrace } from '../../src/vty/render/trace.ts';
import { hex } from '../packet/packets.ts';
import { PROGRAM_ENV } from '../programs.ts';
import { makeIdentity } from '../traceback/certificates.ts';
import { until } from './bgp-peers.ts';
import { type Intertrackd, intertrackd } from './intertrackd.ts';

/** UDP from 192.0.2.1:5353 to 198.51.100.2:53, with an identification of its own. */
const frame = (id: number) =>
  hex(
    '020000000002 020000000001 0800',
    `4500002c ${id.toString(16).padStart(4, '0')}4000 40110000 c0000201 c6336402`,
    '14e900350018abcd000102030405060708090a0b0c0d0e0f',
  );
const ROUTER = '127.0.0.1';
const STRANGER = '127.0.0.2';

/** A socket that sends from an address. */
const from = (address: string) =>
  new Promise<Socket>(resolve => {
    const socket = createSocket('udp4');
    socket.bind(0, address, () => resolve(socket));
  });

describe('intertrackd and exporters of flows', function () {
  this.timeout(240_000);
  let daemon: Intertrackd;
  let probe: ChildProcess;
  let port: number;
  const sockets: Socket[] = [];
  /** When the packet is sent. */
  let time = 0;

  before(async () => {
    const free = await from(ROUTER);
    port = free.address().port;
    await new Promise<void>(resolve => free.close(() => resolve()));
    daemon = intertrackd('192.0.2.10');
    makeIdentity(64500, daemon.directory);
    daemon.write('secret', 'the secret of a federation');
    daemon.configure(`
probe flows1 { exporter ${ROUTER} { interface 3 as 64496; interface 4 as 64497; } }
traceback {
    identity "${daemon.at('as64500.key')}" certificate "${daemon.at('as64500.crt')}";
    federation "test" { secret "${daemon.at('secret')}"; }
    answer { coverage 100%; }
}
`);
    await daemon.start();
    const words = ['-n', 'flows1', '-s', daemon.at('itprobe.sock'), '--flow', `127.0.0.1:${port}`];
    probe = spawn('bin/itprobe', words, { env: PROGRAM_ENV });
    await new Promise<void>(resolve => {
      probe.stderr!.on('data', (text: Buffer) => {
        if (text.includes('flows are taken at')) resolve();
      });
    });
  });
  after(async () => {
    for (const socket of sockets) socket.close();
    probe?.kill();
    await daemon?.close();
  });

  const send = async (address: string, ...datagrams: Uint8Array[]) => {
    const socket = await from(address);
    sockets.push(socket);
    for (const one of datagrams) await new Promise(resolve => socket.send(one, port, '127.0.0.1', resolve));
  };
  const trace = async (id: number): Promise<Trace> => {
    writeFileSync(daemon.at('packet.pcap'), writePcap(1, [{ time: BigInt(time) * 1_000_000n, bytes: frame(id) }]));
    // Its status tells whether an entry was found.
    const { stdout, stderr } = await daemon.itctl('-j', 'trace', 'packet', daemon.at('packet.pcap'));
    expect(stderr).to.equal('');
    return JSON.parse(stdout) as Trace;
  };

  it('see a sampled packet, never say no to another, and tell priors of both', async () => {
    time = Date.now();
    const samples = [{ header: frame(7), frameLength: 62 }];
    const sample = { ...{ sequence: 1, rate: 1000, drops: 0, input: 3, output: 4, expanded: false }, protocol: 1 };
    await send(
      ROUTER,
      encodeSflow(
        { agent: hex('7f000001'), subAgent: 0, sequence: 1, uptime: 0 },
        samples.map(one => ({ ...sample, ...one, stripped: 4, vlan: null })),
      ),
      encodeNetflow5(
        { uptime: 5000, seconds: Math.floor(time / 1000), sequence: 0, engine: 0, sampling: 0x4000 | 100 },
        [
          {
            ...{ source: hex('c0000201'), destination: hex('c6336402'), sourcePort: 5353, destinationPort: 53 },
            ...{ protocol: 17, input: 3, output: 4, packets: 12, octets: 528, first: 0, last: 10_000 },
          },
        ],
      ),
    );
    let seen: Trace | undefined;
    await until('the packet is seen', async () => {
      seen = await trace(7);
      return seen.tree.verdict === 'saw' && seen.flows?.[0]?.places.length === 1;
    });
    expect(seen!.tree.ingress).to.deep.equal([64496]);
    const prior =
      'flow: 1 record of flows1 says in from AS64496 (127.0.0.1 interface 3), 12 packets, sampled 1:100; a prior, no sighting';
    expect(renderTrace(seen!)).to.include(prior);

    const other = await trace(8);
    expect(other.tree.verdict, 'a prior is no sighting, and not sampled is no no').to.equal('cannot-know');
    expect(other.tree.reason).to.contain('only samples of the packets are held');
    expect(renderTrace(other)).to.include(prior);
    // It is kept with the trace, and no octet of the packet in it.
    const [kept] = (await daemon.ask('show', 'trace', seen!.id)) as [Trace];
    expect(kept.flows).to.deep.equal(seen!.flows);
  });

  it('see an attack of which a few packets were sampled, where many are asked for', async () => {
    const attack = Array.from({ length: 64 }, (_, n) =>
      hex(
        '020000000002 020000000001 0800',
        `4500003c ${(n + 100).toString(16).padStart(4, '0')}0000 40110000 c0000201 c6336402 14e900350028abcd`,
        Array.from({ length: 32 }, (_one, i) =>
          (((i + 1) * (37 + 6 * n) + n * 91) & 255).toString(16).padStart(2, '0'),
        ).join(''),
      ),
    );
    const begin = Date.now();
    const samples = [5, 17, 31, 60].map((n, i) => ({
      ...{ header: attack[n]!, frameLength: 78, stripped: 4, vlan: null, protocol: 1 },
      ...{ sequence: 2 + i, rate: 16, drops: 0, input: 3, output: 4, expanded: false },
    }));
    await send(ROUTER, encodeSflow({ agent: hex('7f000001'), subAgent: 0, sequence: 2, uptime: 0 }, samples));
    writeFileSync(
      daemon.at('attack.pcap'),
      writePcap(
        1,
        attack.map((bytes, n) => ({ time: BigInt(begin + n) * 1_000_000n, bytes })),
      ),
    );
    let found: Trace | undefined;
    // What is asked for, and what is held of it, comes bit by bit: a yes may come before all of it is there.
    await until('the attack is seen, by all that was sampled of it', async () => {
      const { stdout } = await daemon.itctl('-j', 'trace', 'set', daemon.at('attack.pcap'));
      found = JSON.parse(stdout) as Trace;
      // One that is too easy to guess may be left out.
      return found.tree.verdict === 'saw' && found.packets! >= 56 && found.tree.packets === 4;
    });
    expect(found!.packets).to.be.at.most(64);
    expect(found!.tree).to.deep.include({ packets: 4, ingress: [64496] });
    expect(found!.tree.likelihood).to.be.greaterThan(1000);
    expect(found!.tree.sampling).to.be.below(1);
    expect(found!.entry).to.deep.equal({ as: 64500, via: 64496, source: false });
  });

  it('throw away what a stranger sends, and go on while it floods', async () => {
    const flood = encodeSflow({ agent: hex('7f000002'), subAgent: 0, sequence: 1, uptime: 0 }, []);
    const flooding = send(STRANGER, ...Array<Uint8Array>(5_000).fill(flood));
    expect((await trace(7)).tree.verdict).to.equal('saw');
    await flooding;
    await until('the probe has told', async () => {
      const rows = (await daemon.ask('show', 'flow')) as FlowRow[];
      return rows.some(row => row.what === 'probe' && row.refused + row.dropped >= 5_000);
    });
    const rows = (await daemon.ask('show', 'flow')) as FlowRow[];
    expect(rows.map(({ what }) => what)).to.deep.equal(['exporter', 'probe']);
    expect(rows[0]).to.deep.include({ exporter: ROUTER, versions: ['sFlow 5', 'NetFlow 5'], records: 6, sections: 5 });
    expect((await trace(7)).tree.verdict).to.equal('saw');
  });
});
