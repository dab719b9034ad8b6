import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

import type { PcapRecord } from '../../../src/packet/capture.ts';
import { epochKey } from '../../../src/packet/itk1.ts';
import type { ProbeAnswer, Question } from '../../../src/probe/question.ts';
import { openProbeStation, type ProbeStation } from '../../../src/probe/socket/station.ts';
import { programFile } from '../../programs.ts';
import { fileOf, packetAt, probeBlock, questionsAbout, SECRET } from '../tapped.ts';

const PROGRAM = programFile('itprobe');
const HOUR = 351_564 * 3600;

describe('itprobe -D', () => {
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
    rmSync(folder, { recursive: true, force: true });
  });

  const listen = async () => {
    const path = join(folder, 'itprobe.sock');
    station = await openProbeStation({
      socket: { path },
      probes: [probeBlock()],
      epochKey: epoch => epochKey(SECRET, epoch),
      log: () => {},
    });
    return station;
  };
  /** Starts a probe that reads packets as they come; `before` are words to start it with. */
  const start = (...before: string[]) => {
    const words = [PROGRAM, '-n', 'tap1', '-s', join(folder, 'itprobe.sock'), '-D', join(folder, 'kept'), '-r', '-'];
    const [program, ...others] = [...before, process.execPath, ...words];
    const child = spawn(program!, others, { stdio: ['pipe', 'ignore', 'pipe'] });
    children.push(child);
    const said: string[] = [];
    child.stderr!.on('data', (text: Buffer) => said.push(text.toString()));
    // A probe that is killed leaves a pipe that nobody reads.
    child.stdin!.on('error', () => {});
    const ended = new Promise<number | null>(resolve => child.on('close', resolve));
    return { child, said, ended };
  };
  type Started = ReturnType<typeof start>;
  const until = async <T>(look: () => Promise<T | null> | T | null, running?: Started): Promise<T> => {
    for (;;) {
      // A test that was given up must not keep the others from ending.
      if (over) throw new Error('the test is over');
      const found = await look();
      if (found !== null) return found;
      // What has ended by itself brings nothing any more.
      if (typeof running?.child.exitCode === 'number') throw new Error(`it has ended: ${running.said.join('')}`);
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  };
  const askOne = async ({ ask }: ProbeStation, question: Question): Promise<ProbeAnswer | null> =>
    (await ask([question], Date.now() + 5000)).answers[0] ?? null;
  const records = (from: number, to: number): PcapRecord[] =>
    Array.from({ length: (to - from) * 20 }, (_, i) => packetAt(HOUR + from + Math.floor(i / 20), from * 20 + i));

  it('never says no of what it took in before it was killed, at whatever moment that was', async () => {
    const asked = await listen();
    const rounds = 4;
    const files = () => {
      try {
        return readdirSync(join(folder, 'kept', 'windows', '351564')).length;
      } catch {
        return 0;
      }
    };
    for (let round = 0; round < rounds; round++) {
      const there = files();
      const started = start();
      const { child, ended } = started;
      child.stdin!.write(fileOf(records(round * 100, round * 100 + 90)));
      if (round === rounds - 1) {
        child.stdin!.end();
        break;
      }
      // Some files are there: it is in the midst of writing the others.
      await until(() => (files() > there + round ? true : null), started);
      child.kill('SIGKILL');
      await ended;
      await until(() => (asked.status()[0]!.connectedSince === null ? true : null));
    }
    const last = (rounds - 1) * 100 + 89;
    const [end] = questionsAbout(packetAt(HOUR + last, last * 20), 0);
    await until(async () => ((await askOne(asked, end!))?.covered ? true : null));
    let seen = 0;
    let unknown = 0;
    const askAt = (second: number) => {
      const [question] = questionsAbout(packetAt(HOUR + second, second * 20), 0);
      return askOne(asked, question!);
    };
    const seconds = Array.from({ length: Math.ceil(last / 3) }, (_, i) => 3 * i);
    // A few at a time: asked one after another, a slow disk would be waited for a hundred times.
    for (let i = 0; i < seconds.length; i += 8) {
      const some = seconds.slice(i, i + 8);
      for (const [j, answer] of (await Promise.all(some.map(askAt))).entries()) {
        const { sightings, covered } = answer!;
        if (sightings.length > 0) seen++;
        else {
          expect(covered, `second ${some[j]}`).to.equal(false);
          unknown++;
        }
      }
    }
    // What was sealed before is there, and all of the last run.
    expect(seen).to.be.greaterThan(30);
    expect(unknown).to.be.greaterThan(0);
  }).timeout(240_000);

  it('seals and writes all that it has when it is told to end', async () => {
    const asked = await listen();
    const first = start();
    first.child.stdin!.end(fileOf(records(0, 25)));
    const [question] = questionsAbout(packetAt(HOUR + 24, 24 * 20), 0);
    await until(async () => ((await askOne(asked, question!))?.covered ? true : null));
    first.child.kill('SIGTERM');
    expect(await first.ended).to.equal(0);
    await until(() => (asked.status()[0]!.connectedSince === null ? true : null));
    start();
    const answer = await until(async () => {
      const found = await askOne(asked, question!);
      return found?.covered ? found : null;
    });
    expect(answer.sightings).to.have.length(1);
  }).timeout(240_000);

  it('goes on in memory when its disk is full, and says so', async function () {
    const kept = join(folder, 'kept');
    const able = spawnSync('unshare', ['-m', 'true']);
    if (able.status !== 0) {
      console.log('      no mount namespaces here: nothing shows what a full disk does');
      this.skip();
    }
    const asked = await listen();
    const mounted = `mkdir ${kept} && mount -t tmpfs -o size=24k tmpfs ${kept} && exec "$@"`;
    const { child, said } = start('unshare', '-m', 'sh', '-c', mounted, 'sh');
    child.stdin!.end(fileOf(records(0, 200)));
    const [end] = questionsAbout(packetAt(HOUR + 199, 199 * 20), 0);
    await until(async () => ((await askOne(asked, end!))?.covered ? true : null));
    for (let second = 0; second < 200; second += 7) {
      const [question] = questionsAbout(packetAt(HOUR + second, second * 20), 0);
      expect((await askOne(asked, question!))!.sightings, `second ${second}`).to.have.length(1);
    }
    await until(() => (said.join('').includes('the disk refuses: ENOSPC') ? true : null));
    const row = await until(() => {
      const { kept } = asked.status()[0]!;
      // Something small may be taken in between.
      return kept !== null && kept.unsaved > 0 && kept.trouble.includes('ENOSPC') ? kept : null;
    });
    expect(row.disk).to.be.lessThan(24 * 1024);
  }).timeout(240_000);
});
