import { expect } from 'chai';
import { loadKernel } from '../../../src/packet/digest-kernel.ts';
import { epochKey } from '../../../src/packet/itk1.ts';
import { openTap } from '../../../src/probe/intake/tap.ts';
import { openLiveWindows } from '../../../src/probe/live/live-windows.ts';
import { packetClock } from '../../../src/probe/live/packet-clock.ts';
import { vantageMap } from '../../../src/probe/neighbors/vantage.ts';
import { mergeAnswers } from '../../../src/probe/process/merge-answers.ts';
import type { Question } from '../../../src/probe/question.ts';
import { highestKept, inSample, sampleBook } from '../../../src/probe/sampling.ts';
import { openSealedWindows } from '../../../src/probe/sealed/sealed-windows.ts';
import { packetAt, questionsAbout, SECRET } from '../tapped.ts';

const EPOCH = 351_564;
const HOUR = EPOCH * 3600;

/** A tap whose packets come as they are sent, with a clock that is set by hand. */
function captured() {
  const limits = { retention: 3_600_000, memory: 64 * 1024 * 1024 };
  const clock = { now: HOUR * 1000 };
  const kernel = loadKernel();
  const vantages = vantageMap();
  const sealer = openSealedWindows({ intakes: 1, bits: 16, limits }, { vantages: () => vantages.list });
  const windows = openLiveWindows(kernel, limits, sealer, 0, { clock: () => clock.now });
  const tap = openTap(kernel, windows, vantages);
  tap.setKey(EPOCH, epochKey(SECRET, EPOCH));
  return {
    ...{ clock, sealer, windows, tap },
    /** Packets of one second, when it is that second by the clock. */
    take(second: number, ids: readonly number[]) {
      clock.now = (HOUR + second) * 1000;
      for (const id of ids) tap.take(packetAt(HOUR + second, id));
    },
    ask: (...questions: Question[]) =>
      mergeAnswers('tap1', questions, vantages.list, [windows.ask(questions)], sealer.ask(questions)),
  };
}

describe('probe/overload', () => {
  it('decides as the kernel does which digests are kept', () => {
    const digest = Buffer.alloc(8);
    for (const share of [1, 1 / 2, 1 / 4, 2 ** -16]) {
      const most = highestKept(share);
      for (const value of [most, most + 1n, 0n, 0xffff_ffff_ffff_ffffn]) {
        if (value > 0xffff_ffff_ffff_ffffn) continue;
        digest.writeBigUInt64BE(value);
        expect(inSample(digest, share), `${share} ${value}`).to.equal(value <= most);
      }
    }
  });

  it('halves the share while it is overloaded, and doubles it slowly afterwards', () => {
    const book = sampleBook();
    const shares: number[] = [];
    for (let second = 0; second < 120; second++) {
      book.begin(second);
      if (second >= 10 && second < 16) book.overloaded(second);
      shares.push(book.share);
    }
    expect(shares.slice(0, 10).every(share => share === 1)).to.equal(true);
    expect(shares[16]).to.equal(1 / 8);
    expect(shares[44]).to.equal(1 / 8);
    expect(shares[46]).to.equal(1 / 4);
    expect(shares.at(-1)).to.equal(1);
    expect(book.of(9)).to.equal(1);
    expect(book.of(12)).to.equal(1 / 4);
  });

  it('says "cannot say" of what it would not have kept, and no of the rest', () => {
    const { take, ask, windows, sealer } = captured();
    const ids = Array.from({ length: 400 }, (_, i) => i);
    take(0, ids);
    windows.overloaded();
    windows.overloaded();
    expect(windows.sampling, 'the first has not had its effect').to.equal(1 / 2);
    for (let second = 1; second < 40; second++) take(second, ids);
    while (sealer.step());
    for (const second of [5, 25, 35]) {
      let seen = 0;
      for (const id of ids) {
        const [question] = questionsAbout(packetAt(HOUR + second, id), 0);
        const answer = ask(question!);
        const kept = inSample(Buffer.from(question!.digest, 'hex'), 1 / 2);
        if (second < 30) expect(answer.sampling).to.equal(1 / 2);
        expect(answer.covered).to.equal(true);
        if (kept) seen++;
        expect(answer.sightings.length > 0, `${second} ${id}`).to.equal(kept || second === 35);
        expect(answer.unsaid! > 0).to.equal(!kept && second < 30);
      }
      expect(seen).to.be.within(120, 280);
    }
    const [never] = questionsAbout(packetAt(HOUR + 5, 9999), 0);
    const kept = inSample(Buffer.from(never!.digest, 'hex'), 1 / 2);
    expect(ask(never!)).to.deep.include({ sightings: [], unsaid: kept ? 0 : 1 });
  });

  it('has all of a second that was there before it was overloaded', () => {
    const { take, ask, windows } = captured();
    const ids = Array.from({ length: 100 }, (_, i) => i);
    take(3, ids);
    windows.overloaded();
    for (const id of ids) expect(ask(...questionsAbout(packetAt(HOUR + 3, id), 0)).sightings).to.have.length(1);
    const [question] = questionsAbout(packetAt(HOUR + 3, 5000), 0);
    expect(ask(question!).sampling).to.equal(1 / 2);
  });

  it('keeps fewer when what waits to be sealed takes its memory', () => {
    const limits = { retention: 3_600_000, memory: 16 * 1024 * 1024 };
    const kernel = loadKernel();
    const sink = { part() {}, progress() {}, hole() {}, waiting: 0 };
    let now = HOUR * 1000;
    const windows = openLiveWindows(kernel, limits, sink, 0, { clock: () => now });
    const files = openLiveWindows(loadKernel(), limits, sink, 1);
    for (let second = 0; second < 20; second++) {
      now = (HOUR + second) * 1000;
      sink.waiting = second * 1024 * 1024;
      windows.advance(HOUR + second);
      files.advance(HOUR + second);
    }
    expect(windows.sampling).to.be.lessThan(1);
    expect(files.sampling, 'a file can wait').to.equal(1);
  });

  it('lets time go on by the clock where nothing comes, and refuses what is ahead of it', () => {
    const { take, ask, windows, tap, sealer, clock } = captured();
    take(0, [1]);
    for (let second = 1; second < 30; second++) {
      clock.now = (HOUR + second + 1) * 1000;
      windows.advance(HOUR + second);
    }
    while (sealer.step());
    const [quiet] = questionsAbout(packetAt(HOUR + 15, 3), 500);
    expect(ask(quiet!)).to.deep.include({ covered: true, sealed: true, sightings: [], windowsAsked: 0 });
    tap.take(packetAt(HOUR + 100, 4));
    expect(tap.counts().without.get('time')).to.equal(1);
    expect(ask(quiet!)).to.include({ covered: true });
    take(31, [5]);
    expect(ask(...questionsAbout(packetAt(HOUR + 31, 5), 0)).sightings).to.have.length(1);
  });

  it('speaks for whole seconds only where a capture begins and ends', () => {
    const { take, ask, windows } = captured();
    for (let second = 10; second < 15; second++) take(second, [second]);
    windows.handOverAll();
    const at = (second: number) => ask(...questionsAbout(packetAt(HOUR + second, 99), 0)).covered;
    expect([10, 11, 13, 14].map(at)).to.deep.equal([false, true, true, false]);
  });

  it('believes a leap of packet time that goes on', () => {
    const clock = packetClock(null);
    expect(clock.stamp(1000)).to.equal('advanced');
    expect(clock.stamp(1600)).to.equal('advanced');
    expect(clock.stamp(9000)).to.equal('ahead');
    expect(clock.stamp(9001)).to.equal('ahead');
    expect(clock.stamp(9002)).to.equal('advanced');
    expect(clock.newest).to.equal(9002);
    expect(clock.stamp(90_000)).to.equal('ahead');
    expect(clock.stamp(9003)).to.equal('advanced');
    expect(clock.disbelieved).to.deep.equal([90_000]);
  });
});
