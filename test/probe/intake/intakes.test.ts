import { expect } from 'chai';
import fc from 'fast-check';
import type { PcapRecord } from '../../../src/packet/capture.ts';
import { loadKernel } from '../../../src/packet/digest-kernel.ts';
import { epochKey } from '../../../src/packet/itk1.ts';
import { openTap } from '../../../src/probe/intake/tap.ts';
import { openLiveWindows } from '../../../src/probe/live/live-windows.ts';
import { vantageMap } from '../../../src/probe/neighbors/vantage.ts';
import { mergeAnswers } from '../../../src/probe/process/merge-answers.ts';
import type { Question } from '../../../src/probe/question.ts';
import { openSealedWindows } from '../../../src/probe/sealed/sealed-windows.ts';
import type { IntakeProgress, WindowPart } from '../../../src/probe/window-messages.ts';
import { packetAt, questionsAbout, SECRET } from '../tapped.ts';

const HOUR = 351_564 * 3600;

/** Several taps whose windows one sealer puts together. */
function tappedBy(intakes: number) {
  const limits = { retention: 3_600_000, memory: 64 * 1024 * 1024 };
  const vantages = vantageMap();
  const sealer = openSealedWindows({ intakes, bits: 16, limits }, { vantages: () => vantages.list });
  const sides = Array.from({ length: intakes }, (_, number) => {
    const kernel = loadKernel();
    const windows = openLiveWindows(kernel, limits, sealer, number);
    return { windows, tap: openTap(kernel, windows, vantages) };
  });
  return {
    sides,
    sealer,
    take(intake: number, record: PcapRecord) {
      const { tap } = sides[intake]!;
      const epoch = tap.take(record);
      if (epoch === null) return;
      tap.setKey(epoch, epochKey(SECRET, epoch));
      tap.take(record);
    },
    ask: (...questions: Question[]) =>
      mergeAnswers(
        'tap1',
        questions,
        vantages.list,
        sides.map(({ windows }) => windows.ask(questions)),
        sealer.ask(questions),
      ),
  };
}

describe('probe/intakes', () => {
  it('hands a large window over piece by piece, and answers for all of it meanwhile', () => {
    const kernel = loadKernel();
    const parts: WindowPart[] = [];
    const through: number[] = [];
    const limits = { retention: 3_600_000, memory: 64 * 1024 * 1024 };
    const sink = {
      part: (part: WindowPart) => void parts.push(part),
      progress: (progress: IntakeProgress) => void through.push(progress.through),
      hole: () => {},
    };
    const windows = openLiveWindows(kernel, limits, sink, 0);
    const { live } = windows;
    const put = (vantage: number, second: number, count: number) => {
      windows.advance(second);
      const slice = live.at(vantage, second);
      slice.packets += count;
      for (let i = 0; i < count; i++) {
        new DataView(kernel.memory.buffer).setFloat64(live.input(), second * 2 ** 20 + i * 2 + vantage);
        live.put(slice, 8);
      }
    };
    for (let second = HOUR; second < HOUR + 10; second++) for (const vantage of [0, 1]) put(vantage, second, 20_000);
    put(0, HOUR + 11, 1);
    const [first] = through.slice(-1);
    for (let turns = 0; through.at(-1) === first; turns++) {
      expect(turns, 'it comes to an end').to.be.below(40);
      expect(parts.at(-1)!.digests.length).to.be.at.most(2 ** 18);
      // A packet that is late for it.
      if (turns === 1) put(1, HOUR + 9, 1);
      const rest = [...live.all()].reduce((sum, slice) => sum + live.countOf(slice), 0);
      const gone = parts.reduce((sum, { digests }) => sum + digests.length, 0);
      expect(rest + gone).to.equal(400_001 + (turns > 0 ? 1 : 0));
      windows.proceed(10_000);
    }
    expect(parts.length).to.be.greaterThan(5);
    expect(windows.count, 'what is not due').to.equal(1);
    const sums = [0, 1].map(vantage => {
      const own = parts.flatMap(({ vantages }) => vantages.filter(part => part.vantage === vantage));
      return {
        packets: own.reduce((sum, { packets }) => sum + packets, 0),
        digests: own.reduce((sum, { digests }) => sum + digests, 0),
      };
    });
    expect(sums).to.deep.equal([
      { packets: 200_000, digests: 200_000 },
      { packets: 200_001, digests: 200_001 },
    ]);
    const all = new Set(parts.flatMap(({ digests }) => [...digests]));
    for (const second of [HOUR + 12, HOUR + 13, HOUR + 21]) put(0, second, second === HOUR + 21 ? 1 : 140_000);
    const before = through.at(-1);
    windows.proceed(Number.POSITIVE_INFINITY);
    expect(through.at(-1), 'who waits for the sealer hands over all').to.be.greaterThan(before!);
    expect(all.size, 'each of them once, but for the late one that was there already').to.equal(400_000);
  });

  it('seals a window of several intakes once, when the last of them is past it', () => {
    const { take, ask, sealer } = tappedBy(3);
    const records = [0, 1, 2].map(intake => packetAt(HOUR + 3 + intake, intake));
    records.forEach((record, intake) => {
      take(intake, record);
    });
    take(0, packetAt(HOUR + 15, 10));
    take(1, packetAt(HOUR + 25, 11));
    expect(sealer.step(), 'the third is still in it').to.equal(false);
    for (const record of records) {
      const [question] = questionsAbout(record, 500);
      expect(ask(question!).sightings.map(({ provisional }) => provisional)).to.deep.equal([true]);
      expect(ask(question!)).to.include({ sealed: false, covered: false });
    }
    take(2, packetAt(HOUR + 15, 12));
    while (sealer.step());
    expect(sealer.status().windows).to.equal(1);
    for (const record of records) {
      const [question] = questionsAbout(record, 500);
      const answer = ask(question!);
      expect(answer.sightings.map(({ provisional }) => provisional)).to.deep.equal([false]);
      expect(answer).to.include({ packets: 3 });
    }
  });

  it('speaks for what all intakes have taken in only', () => {
    const { take, ask } = tappedBy(2);
    for (let second = 0; second < 20; second++) take(0, packetAt(HOUR + second, second));
    const [question] = questionsAbout(packetAt(HOUR + 7, 99), 500);
    expect(ask(question!)).to.deep.include({ retained: null, covered: false });
    for (let second = 5; second < 15; second++) take(1, packetAt(HOUR + second, second));
    expect(ask(question!)).to.deep.include({
      retained: { from: (HOUR + 5) * 1000, to: (HOUR + 15) * 1000 },
      covered: true,
    });
    const [before] = questionsAbout(packetAt(HOUR + 3, 99), 500);
    expect(ask(before!)).to.include({ covered: false });
  });

  it('finds every packet, at whichever intake and whatever was sealed in between', () => {
    const packets = fc.array(fc.record({ second: fc.nat(45), intake: fc.nat(2), steps: fc.nat(2) }), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(packets, list => {
        const { take, ask, sealer } = tappedBy(3);
        const records = list.map(({ second, intake, steps }, i) => {
          const record = packetAt(HOUR + second, i);
          take(intake, record);
          for (let step = 0; step < steps; step++) sealer.step();
          return record;
        });
        for (const record of records)
          for (const question of questionsAbout(record, 0)) expect(ask(question).sightings).to.not.have.length(0);
      }),
      { numRuns: 20 },
    );
  });
});
