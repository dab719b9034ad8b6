import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';

import type { ProbeConfig } from '../../../src/config/tree.ts';
import type { PcapRecord } from '../../../src/packet/capture.ts';
import { epochKey } from '../../../src/packet/itk1.ts';
import type { Question } from '../../../src/probe/question.ts';
import { openProbeStation, type ProbeStation } from '../../../src/probe/socket/station.ts';
import { hex } from '../../packet/packets.ts';
import { programFile } from '../../programs.ts';
import { fileOf, packetAt, probeBlock, questionsAbout, SECRET } from '../tapped.ts';

const PROGRAM = programFile('itprobe');
const HOUR = 351_564 * 3600;

const TAP1: ProbeConfig = {
  ...probeBlock({ neighbors: [{ as: 64496, macs: ['00:00:5e:00:53:02'] }] }),
  memory: 2 ** 30,
};

/** A packet from the neighbour, at a second of the hour. */
function framed(second: number) {
  const raw = packetAt(HOUR + second, second);
  const bytes = Uint8Array.from([...hex('00005e005301 00005e005302 0800'), ...raw.bytes]);
  return { ...raw, bytes, captured: bytes.length, wire: bytes.length, linkType: 1 };
}

/** A pcapng file of interfaces with these names, and of frames that came on one of them each. */
function pcapng(names: readonly string[], frames: readonly { frame: PcapRecord; at: number }[]): Uint8Array {
  const words = (...values: number[]) => Buffer.from(Uint32Array.from(values).buffer);
  const padded = (octets: Uint8Array) => Buffer.concat([octets, Buffer.alloc(-octets.length & 3)]);
  const block = (type: number, body: Buffer) => {
    const length = body.length + 12;
    return Buffer.concat([words(type, length), body, words(length)]);
  };
  const options = (name: string) =>
    Buffer.concat([Buffer.of(2, 0, name.length, 0), padded(Buffer.from(name)), words(0)]);
  return Buffer.concat([
    block(0x0a0d0d0a, words(0x1a2b3c4d, 1, 0xffffffff, 0xffffffff)),
    ...names.map(name => block(1, Buffer.concat([words(1, 0x40000), options(name)]))),
    ...frames.map(({ frame: { bytes, seconds }, at }) => {
      const micros = seconds * 1_000_000;
      const head = words(at, Math.floor(micros / 2 ** 32), micros % 2 ** 32, bytes.length, bytes.length);
      return block(6, Buffer.concat([head, padded(bytes)]));
    }),
  ]);
}

describe('itprobe', () => {
  let folder: string;
  let station: ProbeStation | undefined;
  let probes: ProbeConfig[];
  const children: ChildProcess[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'intertrack-'));
    probes = [TAP1];
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await station?.close();
    station = undefined;
    rmSync(folder, { recursive: true });
  });

  const run = (...words: string[]) => {
    const child = spawn(process.execPath, [PROGRAM, ...words]);
    children.push(child);
    const status = new Promise<number | null>(resolve => child.on('close', resolve));
    return { child, status };
  };
  const write = (name: string, octets: Uint8Array) => {
    const file = join(folder, name);
    writeFileSync(file, octets);
    return file;
  };
  const finish = async (...words: string[]) => {
    const { child, status } = run(...words);
    const [out, err] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
    return { out, err, status: await status };
  };
  let secret: Uint8Array;
  const listen = async () => {
    secret = SECRET;
    const path = join(folder, 'itprobe.sock');
    station = await openProbeStation({
      socket: { path },
      probes,
      epochKey: epoch => epochKey(secret, epoch),
      log: () => {},
    });
    return { path, station };
  };
  /** Asks until the probe has windows for the question's time: how fast it reads is no matter of the test. */
  const askCovered = async ({ ask }: ProbeStation, question: Question, sealed?: 'sealed') => {
    for (;;) {
      const { answers } = await ask([question], Date.now() + 5000);
      if (answers[0]?.covered && (answers[0].sealed || sealed === undefined)) return answers[0];
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  };

  it('draws a packet of a neighbour from what comes, and none of an AS that it has nothing of', async () => {
    const { path, station } = await listen();
    const { child, status } = run('-n', 'tap1', '-s', path, '-r', '-');
    // A payload that nobody guesses, behind the headers of Ethernet, IPv4 and UDP.
    const hard = framed(0);
    hard.bytes.set(hex('8fc1e307 9bd513a9 fb850db7 c9911bed'), 14 + 28);
    const file = fileOf([hard]);
    child.stdin!.write(file);
    await askCovered(station, questionsAbout(hard, 0)[0]!);
    const coming = setInterval(() => child.stdin!.write(file.subarray(24)), 20);
    try {
      const ask = () => station.draw([64497, 64496], Date.now() + 10_000);
      let drawn = await ask();
      for (let tries = 1; tries < 12 && drawn.length === 0; tries++) drawn = await ask();
      const [question] = questionsAbout(hard);
      expect(drawn).to.deep.equal([
        {
          ...{ neighbor: 64496, direction: 'in', epoch: question!.epoch, digest: question!.digest },
          ...{ time: HOUR * 1000, entropy: drawn[0]!.entropy },
        },
      ]);
      expect(await station.draw([64497], Date.now() + 10_000)).to.deep.equal([]);
    } finally {
      clearInterval(coming);
    }
    child.kill('SIGTERM');
    expect(await status).to.equal(0);
  });

  it('answers for a file, then ends with 0 at SIGTERM', async () => {
    const { path, station } = await listen();
    const frames = Array.from({ length: 30 }, (_, i) => framed(i));
    const { child, status } = run('-n', 'tap1', '-s', path, '-r', write('border.pcap', fileOf(frames)));
    const said = text(child.stderr!);
    const [question] = questionsAbout(frames[12]!, 1000);
    const answer = await askCovered(station, question!);
    expect(answer.sightings.map(({ vantage }) => vantage)).to.deep.equal([{ direction: 'in', neighbor: 64496 }]);
    expect(answer).to.include({ lost: 0, sampling: 1 });
    const never = await askCovered(station, { ...question!, digest: '0123456789abcdef' });
    expect(never.sightings).to.deep.equal([]);
    child.kill('SIGTERM');
    expect(await status).to.equal(0);
    expect(await said).to.contain('30 packets, 30 digests of layers, 0 lost, 2010-');
  });

  it('tells the two fibres of a splitter by the names of their interfaces', async () => {
    probes = [
      probeBlock({
        interfaces: [
          { interface: 'eth1', direction: 'in', as: 64497 },
          { interface: 'eth2', direction: 'out', as: 64497 },
        ],
      }),
    ];
    const { path, station } = await listen();
    const frames = Array.from({ length: 30 }, (_, i) => framed(i));
    const octets = pcapng(
      ['eth1', 'eth2'],
      frames.map((frame, i) => ({ frame, at: i % 2 })),
    );
    run('-n', 'tap1', '-s', path, '-r', write('splitter.pcapng', octets));
    const seen = async (i: number) => {
      const [question] = questionsAbout(frames[i]!, 500);
      return (await askCovered(station, question!)).sightings.map(({ vantage }) => vantage);
    };
    expect(await seen(12)).to.deep.equal([{ direction: 'in', neighbor: 64497 }]);
    expect(await seen(13)).to.deep.equal([{ direction: 'out', neighbor: 64497 }]);
  });

  it('says nothing of windows whose key is no longer that of the question', async () => {
    const { path, station } = await listen();
    const frames = Array.from({ length: 30 }, (_, i) => framed(i));
    run('-n', 'tap1', '-s', path, '-r', write('border.pcap', fileOf(frames)));
    const [question] = questionsAbout(frames[12]!, 1000);
    expect((await askCovered(station, question!)).sightings).to.have.length(1);
    secret = Buffer.from('another secret altogether');
    for (let again = 0; again < 2; again++) {
      const { answers } = await station.ask([{ ...question!, digest: '0123456789abcdef' }], Date.now() + 5000);
      expect(answers[0]).to.deep.include({ sightings: [], retained: null, covered: false, windowsAsked: 0 });
    }
    // The old key does not make it right again: nobody knows which packets came in between.
    secret = SECRET;
    expect((await station.ask([question!], Date.now() + 5000)).answers[0]).to.deep.include({ retained: null });
  });

  it('answers for standard input while it comes', async () => {
    const { path, station } = await listen();
    const frames = Array.from({ length: 25 }, (_, i) => framed(i));
    const file = fileOf(frames);
    const { child } = run('-n', 'tap1', '-s', path, '-r', '-');
    // Up to the middle of a packet; the pipe stays open.
    child.stdin!.write(file.subarray(0, file.length - 30));
    const [question] = questionsAbout(frames[20]!, 1000);
    const live = await askCovered(station, question!);
    expect(live.sightings).to.have.length(1);
    expect(live.sealed).to.equal(false);
    child.stdin!.end(file.subarray(file.length - 30));
    // Its second begins with the header of its record, before the rest has come; then its window goes to the sealer, which
    // may tell of it beside the intake. Only when it is sealed is the answer one.
    const [last] = questionsAbout(frames[24]!, 0);
    expect((await askCovered(station, last!, 'sealed')).sightings).to.have.length(1);
  });

  it('keeps what came before the damage in a file, says where it is, and ends with 1', async () => {
    const { path, station } = await listen();
    const frames = Array.from({ length: 25 }, (_, i) => framed(i));
    const file = fileOf(frames);
    // The captured length of the 21st record.
    file.set([0xff, 0xff, 0xff, 0x7f], 24 + 20 * (16 + frames[0]!.captured) + 8);
    const { child, status } = run('-n', 'tap1', '-s', path, '-r', write('damaged.pcap', file));
    const said = text(child.stderr!);
    const [question] = questionsAbout(frames[5]!, 1000);
    expect((await askCovered(station, question!)).sightings).to.have.length(1);
    child.kill('SIGTERM');
    expect(await status).to.equal(1);
    expect(await said).to.contain('after record 20, at octet 1504: captured length 2147483647');
  });

  it('prints digests, or why there are none', async () => {
    const frames = [framed(1), { ...framed(2), bytes: hex('00005e005301 00005e005302 0806 0001') }];
    const file = write('border.pcap', fileOf(frames));
    const secret = write('secret', Buffer.concat([SECRET, Buffer.from('\n')]));
    const { out, status } = await finish('-r', file, '--key-file', secret, '--digests');
    const [question] = questionsAbout(frames[0]!);
    expect(out.split('\n')).to.deep.equal([
      `2010-02-08T12:00:01.000000Z 1 0 ${question!.digest} guessable`,
      '2010-02-08T12:00:02.000000Z 2 - not-ip',
      '',
    ]);
    expect(status).to.equal(0);
  });

  it('ends with 1 at a file that it cannot read', async () => {
    const secret = write('secret', SECRET);
    const missing = await finish('-d', '-k', secret, '-r', join(folder, 'nothing.pcap'));
    expect(missing.status).to.equal(1);
    expect(missing.err).to.contain('nothing.pcap');
    const noCapture = await finish('-d', '-k', secret, '-r', secret);
    expect(noCapture.status).to.equal(1);
    expect(noCapture.err).to.contain('after record 0, at octet 0: not a pcap');
    const short = await finish('-d', '-k', write('short', Buffer.from('short\n')), '-r', secret);
    expect(short.status).to.equal(1);
    expect(short.err).to.contain('at least 16');
  });

  it('ends with 2 at options that make no sense', async () => {
    const wrong: [string[], string][] = [
      [['-n', 'tap1'], '-r'],
      [['-r', 'x.pcap'], '-n'],
      [['-d', '-r', 'x.pcap'], '-k'],
      [['-n', 'tap1', '-r', 'x.pcap', '-k', 'y'], '-k'],
      [['-n', 'tap1', '-r', 'x.pcap', 'more'], 'more'],
      [['-n', 'tap1', '-r', 'x.pcap', '-z'], 'z'],
    ];
    const ends = await Promise.all(wrong.map(([words]) => finish(...words)));
    ends.forEach(({ err, status }, i) => {
      expect(status, wrong[i]![0].join(' ')).to.equal(2);
      expect(err).to.contain(wrong[i]![1]);
      expect(err.trim().split('\n'), err).to.have.length(1);
    });
  });
});
