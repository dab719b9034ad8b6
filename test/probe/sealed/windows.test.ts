import { expect } from 'chai';
import fc from 'fast-check';
import { capture, captureNames, forEachRecord } from '../../packet/captures.ts';
import { packetAt, questionsAbout, tapped } from '../tapped.ts';

/** An hour's beginning, in 2010: time is that of the packets. */
const HOUR = 351_564 * 3600;

describe('probe/windows', () => {
  it('answers from live slices at once, provisionally, and from sealed windows for good', () => {
    const { take, ask } = tapped();
    const asked = packetAt(HOUR + 3, 1);
    take(asked);
    const [question] = questionsAbout(asked, 500);
    const live = ask(question!);
    expect(live.sightings).to.deep.equal([
      {
        vantage: { direction: 'inside', neighbor: null },
        from: (HOUR + 3) * 1000,
        to: (HOUR + 4) * 1000,
        question: 0,
        provisional: true,
        recent: { mac: null, vlan: null, ttl: 64 },
      },
    ]);
    expect(live).to.include({ sealed: false, falsePositive: 0, windowsAsked: 1, packets: 1, lost: 0, sampling: 1 });

    for (let second = 4; second < 12; second++) take(packetAt(HOUR + second, second));
    const done = ask(question!);
    expect(done.sightings).to.have.length(1);
    expect(done.sightings[0]).to.include({ provisional: false, from: (HOUR + 3) * 1000, to: (HOUR + 10) * 1000 });
    expect(done).to.include({ sealed: true, windowsAsked: 1, packets: 7, unsaid: 0 });
    expect(done.falsePositive).to.be.closeTo(2 ** -16, 2 ** -30);
  });

  it('says how far it can speak', () => {
    const { take, ask } = tapped();
    const [question] = questionsAbout(packetAt(HOUR + 5, 99));
    expect(ask(question!)).to.deep.include({ retained: null, covered: false, windowsAsked: 0, sightings: [] });
    for (let second = 0; second < 30; second++) take(packetAt(HOUR + second, second));
    expect(ask(question!)).to.deep.include({
      retained: { from: HOUR * 1000, to: (HOUR + 30) * 1000 },
      covered: true,
      sealed: true,
      sightings: [],
    });
    const [early] = questionsAbout(packetAt(HOUR + 1, 99));
    expect(ask(early!), 'the second half of its interval is another hour').to.include({ covered: true });
    const [late] = questionsAbout(packetAt(HOUR + 29, 99));
    expect(ask(late!)).to.include({ covered: false, sealed: false });
  });

  it('knows the key of each hour', () => {
    const { take, ask } = tapped();
    const before = packetAt(HOUR - 1, 1);
    const after = packetAt(HOUR, 2);
    for (const record of [packetAt(HOUR - 9, 0), before, after, packetAt(HOUR + 30, 3)]) take(record);
    for (const record of [before, after]) {
      const [question] = questionsAbout(record, 5000);
      expect(ask(question!).sightings).to.have.length(1);
      const other = record === before ? question!.epoch + 1 : question!.epoch - 1;
      expect(ask({ ...question!, epoch: other }).sightings).to.have.length(0);
    }
  });

  it('drops whole windows by the age of their packets, and says so', () => {
    const { take, ask, windows } = tapped(60_000);
    for (let second = 0; second < 200; second++) take(packetAt(HOUR + second, second));
    const { retained, sealed } = windows.status();
    expect(retained).to.deep.equal({ from: (HOUR + 140) * 1000, to: (HOUR + 200) * 1000 });
    expect(sealed).to.equal(5);
    const [old] = questionsAbout(packetAt(HOUR + 100, 100));
    expect(ask(old!)).to.deep.include({ covered: false, sightings: [], windowsAsked: 0 });
    const [kept] = questionsAbout(packetAt(HOUR + 150, 150), 500);
    expect(ask(kept!)).to.include({ covered: true });
    expect(ask(kept!).sightings).to.have.length(1);
  });

  it('claims nothing of packets it refused because a clock had run ahead', () => {
    const { take, ask } = tapped(60_000);
    for (let second = 0; second < 20; second++) take(packetAt(HOUR + second, second));
    // So many in a row are believed.
    for (let second = 3000; second < 3003; second++) take(packetAt(HOUR + second, 1));
    const refused = packetAt(HOUR + 100, 100);
    take(refused);
    const [question] = questionsAbout(refused, 500);
    expect(ask(question!)).to.deep.include({ covered: false, sightings: [], windowsAsked: 0 });
  });

  it('does not believe a single stamp that is far ahead, and goes on', () => {
    const { take, ask, tap, windows } = tapped(60_000);
    for (let second = 0; second < 40; second++) {
      take(packetAt(HOUR + second, second));
      if (second % 10 === 5) for (let i = 0; i < 3; i++) take(packetAt(HOUR + 1_000_000 + second, 100 + i));
    }
    expect(tap.counts().without.get('time')).to.equal(12);
    expect(tap.counts().lost).to.equal(12);
    expect(windows.status().retained).to.deep.equal({ from: HOUR * 1000, to: (HOUR + 40) * 1000 });
    for (let second = 0; second < 40; second++) {
      const answer = ask(...questionsAbout(packetAt(HOUR + second, second), 0));
      expect(answer.sightings).to.have.length(1);
      expect(answer.covered).to.equal(true);
    }
    // At the end of a file the last word is believed.
    const last = packetAt(HOUR + 5000, 7);
    take(last);
    windows.sealAll();
    expect(ask(...questionsAbout(last, 0)).sightings).to.have.length(1);
  });

  it('stays within its memory: seals early, then drops the oldest', () => {
    const { windows, ask } = tapped(10 ** 9);
    windows.configure({ retention: 10 ** 9, memory: 0 });
    const { live } = windows;
    let most = 0;
    for (let window = 0; window < 1600; window++) {
      windows.advance(HOUR + window * 10);
      // Each slice takes a whole segment: 400 of them are more than the least memory holds.
      for (let vantage = 0; vantage < (window === 0 ? 400 : 100); vantage++)
        live.put(live.at(vantage, HOUR + window * 10), 1);
      most = Math.max(most, windows.status().octets);
    }
    const { droppedForRoom, retained } = windows.status();
    expect(most).to.be.at.most(16 * 1024 * 1024 + 100 * 50_000);
    expect(droppedForRoom).to.be.greaterThan(0);
    expect(retained!.from).to.be.greaterThan(HOUR * 1000);
    const [old] = questionsAbout(packetAt(HOUR + 3, 1), 1000);
    expect(ask(old!)).to.include({ covered: false, windowsAsked: 0 });
  });

  it('finds packets that come late, however late, as long as their time is kept', () => {
    const { take, ask, tap } = tapped(60_000);
    take(packetAt(HOUR, 0));
    take(packetAt(HOUR + 100, 1));
    const late = packetAt(HOUR + 50, 2);
    take(late);
    const [question] = questionsAbout(late);
    expect(ask(question!).sightings).to.have.length(1);
    take(packetAt(HOUR + 101, 3));
    expect(ask(question!).sightings.map(({ provisional }) => provisional)).to.deep.equal([false]);
    take(packetAt(HOUR + 10, 4));
    expect(tap.counts().without.get('too-old')).to.equal(1);
  });

  it('counts as lost what it cannot speak for', () => {
    const { take, ask, tap } = tapped(10 ** 9);
    const whole = packetAt(HOUR + 1, 1);
    take(whole);
    take({ ...whole, captured: 30 });
    take({ ...whole, captured: 19, wire: 19 });
    const noKey = packetAt(HOUR + 7200, 2);
    tap.setKey(351_566, null);
    expect(tap.take(noKey)).to.equal(null);
    const [question] = questionsAbout(whole);
    expect(ask(question!)).to.include({ packets: 3, lost: 1 });
    const [other] = questionsAbout(noKey);
    expect(ask(other!)).to.include({ packets: 1, lost: 1 });
    expect(tap.counts()).to.deep.include({ frames: 4, digests: 1, lost: 2 });
    expect([...tap.counts().without]).to.deep.equal([
      ['snaplen', 1],
      ['truncated', 1],
      ['no-key', 1],
    ]);
  });

  it('finds every packet, whatever its time within its windows and its order', () => {
    const times = fc.array(fc.nat(45), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(times, fc.nat(60), (seconds, sealedAfter) => {
        const { take, ask, windows } = tapped();
        const records = seconds.map((second, i) => packetAt(HOUR + second, i));
        records.forEach((record, i) => {
          if (i === sealedAfter) windows.sealAll();
          take(record);
        });
        for (const record of records)
          for (const question of questionsAbout(record, 0)) expect(ask(question).sightings).to.not.have.length(0);
      }),
      { numRuns: 30 },
    );
  });

  it('has no false negative on any capture', function () {
    if (captureNames().length === 0) this.skip();
    for (const name of captureNames()) {
      const { take, ask, windows, tap } = tapped(10 ** 12, 8);
      const file = capture(name);
      forEachRecord(file, take);
      for (const state of ['live', 'sealed']) {
        if (state === 'sealed') windows.sealAll();
        forEachRecord(file, record => {
          for (const question of questionsAbout(record, 0))
            if (ask(question).sightings.length === 0) expect.fail(`${name}, packet ${record.number}, ${state}`);
        });
      }
      expect(tap.counts().without.get('too-old'), name).to.equal(undefined);
    }
  }).timeout(240_000);
});
