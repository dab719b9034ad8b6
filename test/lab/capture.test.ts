/** itprobe captures from a veth: what is sent by either end is found, at its vantage, and what is missed is stated. */
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { compileFilter } from '../../src/net/bpf.ts';
import { until } from '../interop/bgp-peers.ts';
import { forgeUdp } from './forge.ts';
import { closeLab, type Lab, needLab, openLab } from './lab.ts';
import { itprobe, type LiveProbe, openStation, processOf, startLiveProbe } from './live-probe.ts';
import { sendFrames, tunnel } from './raw-socket.ts';

const NONE = '0000000000000000';
const RAW_IP = 101;
const OTHER = '02:00:00:00:00:99';

const macOctets = (mac: string) => Buffer.from(mac.replaceAll(':', ''), 'hex');
const hasLibpcap = () => typeof compileFilter('ip', 1, 96) !== 'string';
const u16 = (value: number) => Buffer.of(value >> 8, value & 255);

describe('live capture', function () {
  this.timeout(240_000);
  let lab: Lab | null = null;
  let probe: LiveProbe | null = null;
  /** Link addresses: of the neighbour, and of the tap. */
  let neighbor = '';
  let own = '';

  before(async function () {
    needLab(this, 'perl');
    lab = await openLab();
    await lab.host('neighbor');
    await lab.host('tap');
    await lab.link({ host: 'neighbor', device: 'out0', addresses: [] }, { host: 'tap', device: 'tap0', addresses: [] });
    neighbor = await lab.mac('neighbor', 'out0');
    own = await lab.mac('tap', 'tap0');
  });
  afterEach(async () => {
    await probe?.stop();
    probe = null;
  });
  after(async function () {
    await closeLab(this, lab);
  });

  /** A frame with a UDP packet of its own; `tags`: VLAN identifiers from the outside in. */
  const frame = (from: string, to: string, tags: readonly number[] = [], payload = 64) => {
    const types = tags.flatMap((tag, i) => [u16(i === 0 && tags.length > 1 ? 0x88a8 : 0x8100), u16(tag)]);
    const packet = forgeUdp({ source: '192.0.2.66', destination: '198.51.100.7', payload });
    return Buffer.concat([macOctets(to), macOctets(from), ...types, u16(0x0800), packet]);
  };
  const inward = (tags: readonly number[] = []) => frame(neighbor, own, tags);
  const some = (count: number, make: () => Buffer) => Array.from({ length: count }, make);

  it('finds what comes and goes, with and without tags, in two threads without any right', async () => {
    const neighbors = [
      { as: 64496, macs: [neighbor] },
      { as: 64497, macs: [neighbor], vlan: 7 },
    ];
    probe = await startLiveProbe(lab!, 'tap', { neighbors }, ['-i', 'tap0', '-i', 'lo', '-t', '2']);
    const came = some(40, () => inward());
    const tagged = [...some(10, () => inward([7])), ...some(10, () => inward([7, 8]))];
    const went = some(20, () => frame(own, neighbor));
    const wentTagged = some(5, () => frame(own, neighbor, [7]));
    const from = Date.now() - 1000;
    await sendFrames(lab!, 'neighbor', 'out0', [...came, ...tagged]);
    await sendFrames(lab!, 'tap', 'tap0', [...went, ...wentTagged]);
    const to = Date.now();
    const all = async (frames: readonly Buffer[], vantage: string) => {
      const answers = await Promise.all(frames.map(one => probe!.seen(one, from, to)));
      for (const { vantages, answer } of answers) {
        expect(vantages).to.deep.equal([vantage]);
        expect(answer.lost).to.equal(0);
      }
    };
    await all(came, '0 in 64496');
    await all(tagged, '0 in 64497');
    await all(went, '0 out 64496');
    await all(wentTagged, '0 out 64497');
    expect((await probe.seen(inward(), from, to)).vantages, 'never sent').to.deep.equal([]);
    const threads = probe.threads();
    expect(threads.length).to.be.greaterThan(3);
    for (const thread of threads)
      expect(thread).to.deep.equal({ effective: NONE, permitted: NONE, ambient: NONE, locked: '1' });
  });

  for (const fanout of ['hash', 'cpu'])
    it(`takes each packet once when threads share them by ${fanout}`, async () => {
      const words = ['-i', 'tap0', '-t', '2', '--fanout', fanout];
      probe = await startLiveProbe(lab!, 'tap', { neighbors: [{ as: 64496, macs: [neighbor] }] }, words);
      const from = Date.now() - 1000;
      const came = some(60, () => inward());
      await sendFrames(lab!, 'neighbor', 'out0', came);
      const to = Date.now();
      const answers = await Promise.all(came.map(one => probe!.seen(one, from, to)));
      for (const { vantages, answer } of answers) {
        expect(vantages).to.deep.equal(['0 in 64496']);
        expect(answer.lost).to.equal(0);
      }
    });

  it('needs CAP_NET_RAW and no other right, and states the time in which its interface was down', async () => {
    const only = ['setpriv', '--bounding-set=-all,+net_raw', '--'];
    probe = await startLiveProbe(lab!, 'tap', { neighbors: [{ as: 64496, macs: [neighbor] }] }, ['-i', 'tap0'], only);
    const begun = Date.now();
    await lab!.run('tap', ['ip', 'link', 'set', 'dev', 'tap0', 'down']);
    await until('it says that the interface is down', async () => probe!.program.said().includes('tap0: is down'));
    const down = Date.now();
    await lab!.run('tap', ['ip', 'link', 'set', 'dev', 'tap0', 'up']);
    await until('it says that it is up again', async () => probe!.program.said().includes('tap0: is up again'));
    const one = inward();
    // The other end is told of its carrier a little later, and what was not captured ends a little behind what is said of it.
    await until('a frame comes, in time that is covered', async () => {
      const after = Date.now();
      await sendFrames(lab!, 'neighbor', 'out0', [one]);
      const { vantages, answer } = await probe!.seen(one, after, Date.now());
      return answer.covered && vantages.includes('0 in 64496');
    });
    expect((await probe.seen(one, begun, down)).answer.covered).to.equal(false);
  });

  it('captures again when its interface is deleted and made anew, with several threads too', async () => {
    const words = ['-i', 'tap1', '-t', '2', '-Q', 'in', '-p'];
    const link = () =>
      lab!.link({ host: 'neighbor', device: 'out1', addresses: [] }, { host: 'tap', device: 'tap1', addresses: [] });
    await link();
    const interfaces = [{ interface: 'tap1', direction: 'in' as const, as: 64499 }];
    probe = await startLiveProbe(lab!, 'tap', { interfaces }, words);
    await lab!.run('tap', ['ip', 'link', 'delete', 'dev', 'tap1']);
    await until('it says that the interface is gone', async () => probe!.program.said().includes('tap1: is gone'));
    await link();
    const times = () => probe!.program.said().split('capturing').length - 1;
    await until('it captures again', async () => times() === 2);
    const frames = some(10, () => inward());
    const from = Date.now();
    await sendFrames(lab!, 'neighbor', 'out1', frames);
    const to = Date.now();
    for (const { vantages } of await Promise.all(frames.map(one => probe!.seen(one, from, to))))
      expect(vantages).to.deep.equal(['0 in 64499']);
  });

  it('counts what a ring had no room for, and says so in its answers', async () => {
    probe = await startLiveProbe(lab!, 'tap', {}, ['-i', 'tap0', '-B', '512', '-Q', 'in']);
    const pid = processOf(join(lab!.directory, 'itprobe.sock'));
    const frames = some(100, () => frame(neighbor, own, [], 1000));
    const from = Date.now();
    process.kill(pid, 'SIGSTOP');
    try {
      await sendFrames(lab!, 'neighbor', 'out0', frames, 60);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    const { answer } = await probe.seen(frames[0]!, from, Date.now());
    expect(answer.lost).to.be.greaterThan(1000);
    const said = /tap0: (\d+) packets lost, the ring was full/.exec(probe.program.said());
    expect(answer.packets + Number(said![1]), 'every packet was taken or counted').to.be.at.least(6000);
  });

  it('takes only what its filter lets through, tags included', async function () {
    if (!hasLibpcap()) {
      console.log('      skipped: libpcap0.8 is not installed');
      return this.skip();
    }
    probe = await startLiveProbe(lab!, 'tap', {}, ['-i', 'tap0', '-f', 'vlan 7 and udp port 53', '-Q', 'in']);
    const [tagged, other, plain] = [inward([7]), inward([9]), inward()];
    const from = Date.now() - 500;
    await sendFrames(lab!, 'neighbor', 'out0', [tagged, other, plain]);
    const to = Date.now();
    expect((await probe.seen(tagged, from, to)).vantages).to.have.length(1);
    expect((await probe.seen(other, from, to)).vantages).to.deep.equal([]);
    expect((await probe.seen(plain, from, to)).vantages).to.deep.equal([]);
  });

  it('takes a mirrored frame out of its packet, and its session for an interface', async () => {
    const interfaces = [
      { interface: 'erspan17', direction: 'in' as const, as: 64501 },
      { interface: 'erspan18', direction: 'in' as const, as: 64502 },
    ];
    probe = await startLiveProbe(lab!, 'tap', { interfaces }, ['-i', 'tap0', '--mirror', 'erspan']);
    const inside = some(3, () => frame('02:00:00:00:00:01', OTHER));
    const wrapped = inside.map((one, i) => erspan(17 + (i & 1), one));
    const plain = inward();
    const from = Date.now() - 500;
    await sendFrames(lab!, 'neighbor', 'out0', [...wrapped, plain]);
    const to = Date.now();
    expect((await probe.seen(inside[0]!, from, to)).vantages).to.deep.equal(['0 in 64501']);
    expect((await probe.seen(inside[1]!, from, to)).vantages).to.deep.equal(['0 in 64502']);
    expect((await probe.seen(plain, from, to)).vantages, 'no mirror').to.deep.equal([]);
    const [outer] = (await probe.seen(wrapped[0]!, from, to)).vantages;
    expect(outer, 'only the inner layer').to.equal('1 in 64501');
  });

  it('takes packets of an interface that has no link header', async function () {
    const packets = some(5, () => forgeUdp({ source: '192.0.2.66', destination: '198.51.100.7', payload: 64 }));
    const go = join(lab!.directory, 'go');
    const tun = tunnel(lab!, 'tap', 'tun0', go, packets);
    await until('there is a tun', async () => {
      if (!tun.running()) return true;
      return (await lab!.run('tap', ['ip', 'link'])).includes('tun0: <POINTOPOINT,MULTICAST,NOARP,UP,LOWER_UP>');
    });
    if (!tun.running()) {
      console.log(`      skipped: ${tun.said().trim()}`);
      return this.skip();
    }
    const words = ['-i', 'tun0', '-Q', 'in', ...(hasLibpcap() ? ['-f', 'udp port 53'] : [])];
    probe = await startLiveProbe(lab!, 'tap', {}, words);
    const from = Date.now();
    writeFileSync(go, '');
    await until('all have come', async () => {
      const answers = await Promise.all(packets.map(one => probe!.seen(one, from, Date.now(), RAW_IP)));
      return answers.every(({ vantages }) => vantages.length === 1);
    });
    await tun.stop();
  });

  it('captures as nobody who has CAP_NET_RAW, and has nothing afterwards', async function () {
    if (process.getuid!() !== 0) {
      console.log('      skipped: only root can start a program as another user');
      return this.skip();
    }
    const folder = mkdtempSync(join(tmpdir(), 'intertrack-'));
    chmodSync(folder, 0o755);
    const socket = join(folder, 'itprobe.sock');
    const station = await openStation(socket, {});
    chmodSync(socket, 0o666);
    const raw = ['--inh-caps=-all,+net_raw', '--ambient-caps=-all,+net_raw', '--clear-groups'];
    const words = ['--reuid=65534', '--regid=65534', ...raw, '--', ...itprobe(socket, '-i', 'lo')];
    const child = spawn('setpriv', words, { stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' });
    try {
      let said = '';
      child.stderr.on('data', chunk => {
        said += chunk;
      });
      await until('it captures', async () => {
        if (child.exitCode !== null) throw new Error(said);
        return said.includes('lo: capturing');
      });
      const tasks = `/proc/${child.pid}/task`;
      for (const thread of readdirSync(tasks)) {
        const status = readFileSync(join(tasks, thread, 'status'), 'utf8');
        expect(status).to.match(/^Uid:\s+65534\s+65534/m);
        for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb'])
          expect(status).to.match(new RegExp(`^${set}:\\s+0+$`, 'm'));
      }
    } finally {
      child.kill();
      await station.close();
      rmSync(folder, { recursive: true });
    }
  });

  it('says what it cannot capture from, and why', async () => {
    const fails = async (...words: string[]) => {
      const program = lab!.start('tap', itprobe(join(lab!.directory, 'nobody.sock'), ...words));
      // What it said may come behind the news of its end.
      await until('it ends and has said why', async () => !program.running() && program.said().includes('itprobe: '));
      return program.said();
    };
    expect(await fails('-i', 'eth7')).to.include('eth7: there is no such interface; there are: lo tap0');
    expect(await fails('-i', 'any')).to.include('any: name each interface');
    expect(await fails('-i', 'tap0', '-f', 'udp prt 53')).to.match(/filter: .*(at "prt 53", behind "udp"|libpcap)/);
    expect(await fails('-i', 'tap0', '-Z', 'nobody-here')).to.include('there is no user nobody-here');
  });

  /** ERSPAN type II (draft-foschiano-erspan section 4.2) in GRE with a sequence number, in IPv4. */
  function erspan(session: number, inside: Buffer): Buffer {
    const gre = Buffer.from('100088be00000001', 'hex');
    const header = Buffer.concat([u16(0x1000), u16(session), Buffer.alloc(4)]);
    const ip = Buffer.alloc(20);
    ip.set([0x45, 0], 0);
    ip.writeUInt16BE(20 + gre.length + header.length + inside.length, 2);
    ip.set([64, 47], 8);
    ip.set([10, 0, 0, 1, 10, 0, 0, 2], 12);
    return Buffer.concat([macOctets(own), macOctets(neighbor), u16(0x0800), ip, gre, header, inside]);
  }
});
