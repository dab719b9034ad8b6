import { expect } from 'chai';
import type { PcapRecord } from '../../../src/packet/capture.ts';
import { loadKernel } from '../../../src/packet/digest-kernel.ts';
import { epochKey } from '../../../src/packet/itk1.ts';
import { openTap } from '../../../src/probe/intake/tap.ts';
import { openLiveWindows } from '../../../src/probe/live/live-windows.ts';
import { vantageMap } from '../../../src/probe/neighbors/vantage.ts';
import { vantageNumbers } from '../../../src/probe/neighbors/vantage-numbers.ts';
import { askThreads } from '../../../src/probe/process/ask-threads.ts';
import type { Question } from '../../../src/probe/question.ts';
import { type SealerThread, startSealer } from '../../../src/probe/sealed/sealer-thread.ts';
import { portSink } from '../../../src/probe/sealed/window-port.ts';
import { packetAt, questionsAbout, SECRET } from '../tapped.ts';

const HOUR = 351_564 * 3600;
const LIMITS = { retention: 3_600_000, memory: 64 * 1024 * 1024 };

describe('probe/sealer-thread', () => {
  let sealer: SealerThread | undefined;
  afterEach(async () => {
    await sealer?.close();
    sealer = undefined;
  });

  const start = (intakes: number) => {
    const numbers = vantageNumbers();
    const thread = startSealer(
      { intakes, bits: 16, limits: LIMITS, directory: null, numbers: numbers.shared },
      { died() {}, note() {} },
    );
    sealer = thread;
    const vantages = vantageMap({ numbers });
    const sides = Array.from({ length: intakes }, (_, number) => {
      const kernel = loadKernel();
      const sink = portSink(thread.connect(number));
      const windows = openLiveWindows(kernel, LIMITS, sink, number);
      return { sink, windows, tap: openTap(kernel, windows, vantages) };
    });
    const ask = askThreads({
      probe: 'tap1',
      intakes: sides.map(({ windows }) => ({ ask: async questions => windows.ask(questions) })),
      sealer: thread,
      vantages: () => vantages.list,
      onStrange: () => {},
    });
    const take = (intake: number, record: PcapRecord) => {
      const { tap } = sides[intake]!;
      const epoch = tap.take(record);
      if (epoch === null) return;
      tap.setKey(epoch, epochKey(SECRET, epoch));
      tap.take(record);
    };
    return { sides, take, ask: (...questions: Question[]) => ask(questions, []), sealer: thread };
  };

  it('misses no packet, whether it is with an intake, on its way, waiting, or sealed', async () => {
    const { sides, take, ask } = start(2);
    const records: PcapRecord[] = [];
    for (let second = 0; second < 60; second++) {
      const record = packetAt(HOUR + second, second);
      records.push(record);
      take(second % 2, record);
      take(1 - (second % 2), packetAt(HOUR + second, 1000 + second));
      const asked = records[Math.max(0, second - 12)]!;
      const answer = await ask(...questionsAbout(asked, 0));
      expect(answer.sightings, `second ${second}`).to.not.have.length(0);
    }
    for (const { windows } of sides) windows.handOverAll();
    for (const record of records) {
      const answer = await ask(...questionsAbout(record, 0));
      expect(answer.sightings).to.not.have.length(0);
      expect(answer.covered).to.equal(true);
    }
  });

  it('answers many questions in one message as one by one', async () => {
    const { take, ask } = start(1);
    const records = Array.from({ length: 100 }, (_, i) => packetAt(HOUR + Math.floor(i / 8), i));
    for (const record of records) take(0, record);
    const questions = records.flatMap(record => questionsAbout(record, 0));
    const all = await ask(...questions);
    expect(new Set(all.sightings.map(({ question }) => question)).size).to.equal(questions.length);
    const one = await ask(questions[99]!);
    expect(one.sightings).to.have.length(1);
    expect(all.sightings.filter(({ question }) => question === 99).map(({ from }) => from)).to.deep.equal(
      one.sightings.map(({ from }) => from),
    );
  });

  it('tells the intakes what no longer waits, so that a file is read no faster than it is sealed', async () => {
    const { sides, take } = start(1);
    for (let second = 0; second < 12; second++) take(0, packetAt(HOUR + second, second));
    const { sink, windows } = sides[0]!;
    expect(sink.waiting).to.equal(10 * 8);
    await sink.room(0);
    windows.handOverAll();
    expect(sink.waiting).to.equal(2 * 8);
    await sink.room(0);
    expect(sink.waiting).to.equal(0);
  });

  it('refuses more messages than it can take turns with, and answers those it took', async () => {
    const { take, ask } = start(1);
    const record = packetAt(HOUR, 1);
    take(0, record);
    const questions = questionsAbout(record, 0);
    const answers = await Promise.allSettled(Array.from({ length: 200 }, () => ask(...questions)));
    const answered = answers.filter(({ status }) => status === 'fulfilled');
    expect(answered).to.have.length(64);
    expect((await ask(...questions)).sightings).to.have.length(1);
  });

  it('rejects what was asked of a thread that is gone', async () => {
    const { ask, sealer } = start(1);
    const [question] = questionsAbout(packetAt(HOUR, 1));
    const asked = ask(question!);
    await sealer.close();
    const error = await asked.then(
      () => null,
      (error: Error) => error,
    );
    expect(error?.message).to.contain('the thread that seals ended');
  });
});
