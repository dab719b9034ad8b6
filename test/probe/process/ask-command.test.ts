import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';

import { encodeFrame } from '../../../src/net/frames.ts';
import { epochKey } from '../../../src/packet/itk1.ts';
import { answerLines, falseChance } from '../../../src/probe/process/ask-command.ts';
import { askOptions, readTime } from '../../../src/probe/process/ask-options.ts';
import { openAskSocket } from '../../../src/probe/process/ask-socket.ts';
import { openProbeStation, type ProbeStation } from '../../../src/probe/socket/station.ts';
import { until } from '../../interop/bgp-peers.ts';
import { programFile } from '../../programs.ts';
import { fileOf, packetAt, probeBlock, questionsAbout, SECRET } from '../tapped.ts';

const PROGRAM = programFile('itprobe');
const HOUR = 351_564 * 3600;

describe('itprobe ask', () => {
  let folder: string;
  let station: ProbeStation | undefined;
  const children: ChildProcess[] = [];
  let over = false;
  beforeEach(() => {
    over = false;
    folder = mkdtempSync(join(tmpdir(), 'intertrack-'));
  });
  afterEach(async () => {
    over = true;
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await station?.close();
    station = undefined;
    rmSync(folder, { recursive: true });
  });

  const itprobe = (...words: string[]) =>
    new Promise<{ status: number; out: string; err: string }>(resolve => {
      execFile(process.execPath, [PROGRAM, ...words], (error, out, err) =>
        resolve({ status: typeof error?.code === 'number' ? error.code : 0, out, err }),
      );
    });

  it('asks a probe of this machine for a digest, or for a packet of a file', async () => {
    const socket = join(folder, 'itprobe.sock');
    const neighbors = [{ as: 64_496, macs: ['00:00:5e:00:53:02'] }];
    station = await openProbeStation({
      socket: { path: socket },
      probes: [probeBlock({ neighbors })],
      epochKey: epoch => epochKey(SECRET, epoch),
      log: () => {},
    });
    const records = Array.from({ length: 30 }, (_, i) => packetAt(HOUR + i, i));
    const file = join(folder, 'border.pcap');
    writeFileSync(file, fileOf(records));
    const secret = join(folder, 'secret');
    writeFileSync(secret, SECRET);
    const probe = spawn(process.execPath, [PROGRAM, '-n', 'tap1', '-s', socket, '-r', file]);
    children.push(probe);
    const ask = join(folder, 'itprobe-tap1.ask');
    const [question] = questionsAbout(records[12]!, 0);
    const span = ['--from', '2010-02-08T12:00:10Z', '--to', '2010-02-08T12:00:15Z'];
    let found = await itprobe('ask', '-s', ask, question!.digest, ...span, '-j');
    // How fast it starts and reads is no matter of the test.
    const isWhole = ({ status, out }: typeof found) => {
      if (status !== 0) return false;
      const { covered, sealed } = JSON.parse(out) as { covered: boolean; sealed: boolean };
      return covered && sealed;
    };
    while (!over && !isWhole(found)) found = await itprobe('ask', '-s', ask, question!.digest, ...span, '-j');
    expect(JSON.parse(found.out)).to.deep.include({ probe: 'tap1', sealed: true, lost: 0, sampling: 1 });
    expect(statSync(ask).mode & 0o777).to.equal(0o660);

    const lines = (await itprobe('ask', '-s', ask, '-k', secret, '-r', file, '-n', '13', ...span)).out.split('\n');
    expect(lines[0]).to.match(
      new RegExp(`^${question!.digest}, layer 0: seen .*, 2010-02-08T12:00:10Z to 2010-02-08T12:00:20Z$`),
    );
    expect(lines.slice(1)).to.deep.equal([
      'covered: all of the interval',
      'retained: 2010-02-08T12:00:00Z to 2010-02-08T12:00:30Z',
      'sealed: yes',
      'packets: 10, lost 0 (0 %)',
      'sampling: none',
      'false positive: 1.5e-5 (windows asked: 1)',
      '',
    ]);
    const never = await itprobe('ask', '-s', ask, '0123456789abcdef', ...span);
    expect(never.out.split('\n')[0]).to.equal('0123456789abcdef: not seen');
    const early = await itprobe('ask', '-s', ask, '0123456789abcdef', '--epoch', '351563');
    expect(early.out).to.contain('not seen as far as the probe can say\ncovered: not all');
    const missing = await itprobe('ask', '-s', ask, '-k', secret, '-r', file, '-n', '31');
    expect(missing).to.include({ status: 1 });
    expect(missing.err).to.contain('it has no packet 31');

    // What is no question gets a reason, and the probe goes on.
    const nonsense = connect(ask);
    nonsense.end(Buffer.from([0, 0, 0, 1, 0xff]));
    expect(await text(nonsense)).to.contain('refused');
    expect((await itprobe('ask', '-s', ask, '0123456789abcdef', ...span)).status).to.equal(0);
  }).timeout(240_000);

  it('ends with 2 at words that make no sense, and with 1 where nobody answers', async () => {
    const wrong: [string[], string][] = [
      [[], 'a DIGEST is needed'],
      [['0123'], '0123 is no digest'],
      [['0123456789abcdef', 'more'], 'more'],
      [['0123456789abcdef', '-r', 'x'], 'neither -k nor -r'],
      [['-r', 'x'], '-r needs -k'],
      [['0123456789abcdef', '--from', 'noon'], '--from noon is no time'],
      [['0123456789abcdef', '--from', '20', '--to', '10'], '--to is before --from'],
      [['0123456789abcdef', '--epoch', 'x'], '--epoch x is no number'],
    ];
    const nowhere = join(folder, 'nobody.ask');
    const refuse = (message: string): never => {
      throw new Error(message);
    };
    for (const [words, reason] of wrong) {
      const said = await askOptions(['-s', nowhere, ...words], refuse).then(String, (error: Error) => error.message);
      expect(said, words.join(' ')).to.contain(reason);
    }
    const [alone, senseless] = await Promise.all([
      itprobe('ask', '-s', nowhere, '0123456789abcdef'),
      itprobe('ask', '-s', nowhere, '0123'),
    ]);
    expect(alone).to.include({ status: 1 });
    expect(alone!.err).to.contain('nobody.ask');
    expect(senseless).to.include({ status: 2 });
  }).timeout(240_000);

  it('reads times', () => {
    const now = 1_265_630_400_000;
    expect(readTime('2010-02-08T12:00:00Z', 0)).to.equal(now);
    expect(readTime('2010-02-08 13:00+01:00', 0)).to.equal(now);
    expect(readTime('1265630400.5', 0)).to.equal(now + 500);
    expect(readTime('-10m', now)).to.equal(now - 600_000);
    for (const text of ['', 'now', '12:00', '-', '2010-02-31', '99999999999999'])
      expect(readTime(text, now)).to.equal(null);
  });

  it('says how far an answer can be believed', () => {
    const answer = {
      ...{ probe: 'tap1', vantages: [], covered: true, sealed: false, falsePositive: 0.01, windowsAsked: 10 },
      sightings: [
        {
          vantage: { direction: 'in' as const, neighbor: 64_496 },
          ...{ from: 0, to: 1000, question: 1, provisional: true },
        },
      ],
      retained: { from: 0, to: 60_000 },
      ...{ packets: 990, lost: 10, sampling: 1 / 4, unsaid: 3, holes: [{ from: 20_000, to: 30_000 }] },
    };
    const question = { epoch: 0, digest: '0123456789abcdef', from: 0, to: 1 };
    expect(falseChance(answer)).to.be.closeTo(1 - 0.99 ** 10, 1e-12);
    expect(answerLines(answer, { questions: [question, question], about: ['a', 'b'] })).to.deep.equal([
      'a: not seen as far as the probe can say',
      'b: seen in from AS 64496, 1970-01-01T00:00:00Z to 1970-01-01T00:00:01Z, provisional',
      'covered: all of the interval',
      'hole: 1970-01-01T00:00:20Z to 1970-01-01T00:00:30Z',
      'retained: 1970-01-01T00:00:00Z to 1970-01-01T00:01:00Z',
      'sealed: no, more may come',
      'packets: 990, lost 10 (1 %)',
      'sampling: 1 of 4 is kept; 3 of 10 windows cannot say',
      'false positive: 9.6e-2 (windows asked: 10)',
    ]);
  });

  it('asks no more at once than it can take', async () => {
    const path = join(folder, 'x.ask');
    const asked = await openAskSocket(path, async () => Promise.reject(new Error('no')));
    const sockets = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const socket = connect(path);
        await new Promise(resolve => socket.once('connect', resolve));
        return socket;
      }),
    );
    const late = sockets.slice(16);
    for (const socket of late) expect(await text(socket)).to.contain('too many');
    asked.close();
    for (const socket of sockets) socket.destroy();
  });

  it('lets no refused client keep its descriptor, whether it hangs up or not', async () => {
    const path = join(folder, 'x.ask');
    const asked = await openAskSocket(path, async () => Promise.reject(new Error('no')), 20);
    const socket = connect({ path, allowHalfOpen: true });
    let gone = false;
    socket.on('error', () => {
      gone = true;
    });
    socket.write(encodeFrame({ type: 'goodbye' }));
    let told = '';
    socket.on('data', octets => {
      told += octets;
    });
    await until('it is refused', () => told.includes('refused'));
    // It never hangs up, and goes on talking until nobody holds the other end any more.
    await until('the probe has hung up', () => {
      if (!gone) socket.write(encodeFrame({ type: 'goodbye' }));
      return gone;
    });
    asked.close();
    socket.destroy();
  });
});
