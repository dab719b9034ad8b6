/** `itprobe --flow` with real exporters: softflowd and pmacctd read a capture and send what they make of it. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

import type { ProbeConfig } from '../../../src/config/tree.ts';
import { encodeSflow } from '../../../src/flow/sflow.ts';
import { epochKey } from '../../../src/packet/itk1.ts';
import type { Question } from '../../../src/probe/question.ts';
import { openProbeStation, type ProbeStation } from '../../../src/probe/socket/station.ts';
import { hex } from '../../packet/packets.ts';
import { programFile } from '../../programs.ts';
import { fileOf, packetAt, questionsAbout, SECRET } from '../tapped.ts';

const PROGRAM = programFile('itprobe');
const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;
const PROBE: ProbeConfig = {
  ...{ name: 'flows1', neighbors: [], interfaces: [], inside: [], learn: [], members: [] },
  exporters: [{ address: '127.0.0.1', domains: [], interfaces: [{ index: 7, as: 64496 }] }],
  ...{ retention: 3_600_000, memory: 2 ** 28 },
};
const LINK = '00005e005301 00005e005302 0800';

/** A packet of now, as Ethernet: it has an identification of its own. */
function framed(second: number, id: number) {
  const raw = packetAt(second, id);
  const bytes = Uint8Array.from([...hex(LINK), ...raw.bytes]);
  return { ...raw, bytes, captured: bytes.length, wire: bytes.length, linkType: 1 };
}

type Framed = ReturnType<typeof framed>;
/** Under the key of the hour it was made in, and of the one it comes in. */
const questionsOf = (frame: Framed): Question[] =>
  [frame.seconds, Math.floor(Date.now() / 1000)].flatMap(seconds => questionsAbout({ ...frame, seconds }, 60_000));

/** A port that is free at the moment. */
const freePort = () =>
  new Promise<number>(resolve => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });

async function until<T>(look: () => T | null | undefined | Promise<T | null | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined) return found;
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

describe('itprobe --flow', () => {
  let folder: string;
  let station: ProbeStation;
  let probe: ChildProcess;
  let port: number;
  let said: string;
  const second = Math.floor(Date.now() / 1000);
  /** Twenty packets of the same headers, others for each test. */
  const framesFrom = (first: number) => Array.from({ length: 20 }, (_, i) => framed(second, first + i));
  const KEY = { protocol: 17, source: hex('c0000201'), destination: hex('c6336402') };
  const PORTS = { sourcePort: 5353, destinationPort: 53 };
  /** The probe's answer once it has seen the packet. */
  const sighting = async (frame: Framed) => {
    const [answer] = (await station.ask(questionsOf(frame), Date.now() + 5000)).answers;
    return answer === undefined || answer.sightings.length === 0 ? null : answer;
  };

  const sightingOfAll = async (frames: readonly Framed[]) => {
    for (const frame of frames) {
      const { sightings } = await until(() => sighting(frame));
      expect(sightings).to.have.length.above(0);
    }
  };
  /** Skips what needs a program that is not here, and says so. */
  const needs = (context: Mocha.Context, program: string) => {
    if (spawnSync(program, ['-h'], { env: { ...process.env, PATH } }).error === undefined) return;
    if (process.env.REQUIRE_PEERS === '1') expect.fail(`${program} is not installed`);
    console.log(`      skipped: ${program} is not installed`);
    context.skip();
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'intertrack-'));
    const path = join(folder, 'itprobe.sock');
    port = await freePort();
    station = await openProbeStation({
      socket: { path },
      probes: [PROBE],
      epochKey: epoch => epochKey(SECRET, epoch),
      log: () => {},
    });
    probe = spawn(process.execPath, [PROGRAM, '-n', 'flows1', '-s', path, '--flow', `127.0.0.1:${port}`]);
    said = '';
    probe.stderr!.on('data', text => {
      said += text;
    });
    await until(() => (said.includes(`flows are taken at 127.0.0.1:${port}`) ? true : null));
  });
  after(async () => {
    probe.kill('SIGKILL');
    await station.close();
    rmSync(folder, { recursive: true });
  });

  it('takes sFlow, sees by digest and never says no', async () => {
    const frames = framesFrom(0);
    const socket = createSocket('udp4');
    const samples = frames.map(({ bytes }, i) => ({
      ...{ sequence: i, rate: 100, drops: 0, input: 7, output: 9, expanded: false, protocol: 1, stripped: 4 },
      ...{ frameLength: bytes.length + 4, header: bytes, vlan: null },
    }));
    const datagram = encodeSflow({ agent: hex('7f000001'), subAgent: 0, sequence: 1, uptime: 0 }, samples);
    socket.send(datagram, port, '127.0.0.1');
    const answer = await until(() => sighting(frames[3]!));
    socket.close();
    expect(answer.sightings[0]?.vantage).to.deep.equal({ direction: 'in', neighbor: 64496 });
    expect(answer).to.include({ covered: false });
    await until(async () => ((await sighting(frames[3]!))?.sampling === 0.01 ? true : null));
    const [question] = questionsOf(frames[3]!);
    const never = await station.ask([{ ...question!, digest: '0123456789abcdef' }], Date.now() + 5000);
    expect(never.answers[0]).to.deep.include({ sightings: [], covered: false });
  });

  describe('from pmacctd', () => {
    before(function () {
      needs(this, 'pmacctd');
    });

    it('takes sFlow of a real agent, and sees each packet by its digest', async () => {
      const frames = framesFrom(100);
      writeFileSync(join(folder, 'flows.pcap'), fileOf(frames));
      const lines = ['daemonize: false', 'plugins: sfprobe', 'sampling_rate: 1', 'sfprobe_agentip: 127.0.0.1'];
      lines.push(`sfprobe_receiver: 127.0.0.1:${port}`, `pcap_savefile: ${join(folder, 'flows.pcap')}`, '');
      writeFileSync(join(folder, 'pmacctd.conf'), lines.join('\n'));
      const env = { ...process.env, PATH };
      const agent = spawn('pmacctd', ['-f', join(folder, 'pmacctd.conf')], { cwd: folder, env, stdio: 'ignore' });
      const ended = once(agent, 'exit'); // by itself, at the end of the capture, if that comes first
      try {
        await sightingOfAll(frames);
      } finally {
        // It ends its plugin itself.
        agent.kill('SIGINT');
        await ended;
      }
    });
  });

  describe('from softflowd', () => {
    before(function () {
      needs(this, 'softflowd');
    });

    /** Lets it export the capture in a version, to its end. */
    const send = (...words: string[]) => {
      // With a control socket it may wait for a connection before it reads on.
      const files = ['-r', 'flows.pcap', '-p', 'softflowd.pid', '-c', 'none'];
      const child = spawn('softflowd', [...files, '-d', '-n', `127.0.0.1:${port}`, ...words], {
        cwd: folder,
        env: { ...process.env, PATH },
        stdio: 'ignore',
      });
      return new Promise(resolve => child.on('exit', resolve));
    };

    it('takes NetFlow 5 and 9, and IPFIX in one direction and both, as priors', async () => {
      writeFileSync(join(folder, 'flows.pcap'), fileOf(framesFrom(200)));
      const asked = { ...KEY, ...PORTS, from: second * 1000 - 60_000, to: second * 1000 + 60_000 };
      const exports = [['5'], ['9'], ['10'], ['10', '-b']];
      for (const [i, words] of exports.entries()) {
        await send('-a', '-v', ...words);
        const places = await until(async () => {
          const [answer] = await station.askFlows([asked], Date.now() + 5000);
          return (answer?.places[0]?.records ?? 0) > i ? answer?.places : null;
        });
        expect(places.map(({ exporter, records, packets }) => ({ exporter, records, packets }))).to.deep.equal([
          { exporter: '127.0.0.1', records: i + 1, packets: 20 * (i + 1) },
        ]);
      }
      expect((await station.askFlows([{ ...asked, protocol: 6 }], Date.now() + 5000))[0]?.places).to.deep.equal([]);
      expect(await sighting(framesFrom(200)[3]!), 'no sighting').to.equal(null);
    });

    it('takes PSAMP, and sees each packet by its digest', async () => {
      const frames = framesFrom(300);
      writeFileSync(join(folder, 'flows.pcap'), fileOf(frames));
      await send('-v', 'psamp', '-a');
      await sightingOfAll(frames);
    });
  });

  // Suites come after the tests beside them.
  describe('told to end', () => {
    it('ends with 0 when it is told to', async () => {
      const ended = new Promise(resolve => probe.on('exit', resolve));
      probe.kill('SIGTERM');
      expect(await ended).to.equal(0);
    });
  });
});
