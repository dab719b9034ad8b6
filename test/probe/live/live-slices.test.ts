import { expect } from 'chai';
import { loadKernel } from '../../../src/packet/digest-kernel.ts';
import { SEGMENT_OCTETS } from '../../../src/probe/live/live-segments.ts';
import { liveSlices } from '../../../src/probe/live/live-slices.ts';
import { LEAST_SEGMENT, nextSegmentSize, SEGMENT_SIZES, sliceSizes } from '../../../src/probe/live/slice-sizes.ts';
import { highestKept, inSample } from '../../../src/probe/sampling.ts';

const SECOND = 1_265_631_000;

function slices(limit = 64 * 1024 * 1024) {
  const kernel = loadKernel();
  const live = liveSlices(kernel, limit);
  let written = 0;
  return {
    kernel,
    live,
    /** Puts different inputs of 8 octets; how many found room. */
    fill(vantage: number, second: number, count: number): number {
      const slice = live.at(vantage, second);
      for (let i = 0; i < count; i++) {
        new DataView(kernel.memory.buffer).setFloat64(live.input(), ++written);
        if (!live.put(slice, 8)) return i;
      }
      return count;
    },
  };
}

describe('probe/live-slices', () => {
  it('makes a slice for the peak of the last minute and three tenths more', () => {
    const sizes = sliceSizes();
    expect(sizes.expected(1, SECOND)).to.equal(0);
    sizes.note(1, SECOND, 1000);
    sizes.note(1, SECOND + 1, 100);
    expect(sizes.expected(1, SECOND + 2)).to.equal(1300);
    expect(sizes.expected(2, SECOND + 2)).to.equal(0);
    expect(sizes.expected(1, SECOND + 60), 'in the next minute').to.equal(1300);
    sizes.note(1, SECOND + 60, 200);
    expect(sizes.expected(1, SECOND + 120), 'in the one after').to.equal(260);
    expect(sizes.expected(1, SECOND + 240)).to.equal(0);
  });

  it('makes up what is expected of segments that waste little', () => {
    const made = (expected: number) => {
      let room = 0;
      let segments = 0;
      for (; room < expected; segments++) room += LEAST_SEGMENT * 2 ** nextSegmentSize(expected, room);
      return { waste: room - expected, segments };
    };
    for (const expected of [1, 640, 641, 5000, 81_919, 81_920, 1_000_000]) {
      const { waste, segments } = made(expected);
      expect(waste, `${expected}`).to.be.below(LEAST_SEGMENT);
      expect(segments).to.be.at.most(SEGMENT_SIZES + expected / (LEAST_SEGMENT * 2 ** (SEGMENT_SIZES - 1)));
    }
    expect(nextSegmentSize(0, 0)).to.equal(0);
    expect(nextSegmentSize(0, 10 * LEAST_SEGMENT), 'half as much more').to.equal(2);
  });

  it('says when a slice has outgrown what it was made for, and loses nothing', () => {
    const { live, fill } = slices();
    expect(fill(0, SECOND, 3000)).to.equal(3000);
    live.enter(SECOND + 1);
    expect(fill(0, SECOND + 1, 3900)).to.equal(3900);
    expect(live.outgrown).to.equal(0);
    live.enter(SECOND + 2);
    expect(fill(0, SECOND + 2, 9000)).to.equal(9000);
    expect(live.outgrown).to.equal(1);
    expect([...live.all()].map(slice => live.countOf(slice))).to.deep.equal([3000, 3900, 9000]);
    const digests = live.take([...live.all()]);
    expect(new Set(digests).size).to.equal(15_900);
    expect(live.octets).to.equal(0);
  });

  it('finds every digest and no other, in whatever order slices are filled', () => {
    const { live, fill } = slices();
    for (let turn = 0; turn < 5; turn++)
      for (const vantage of [0, 7, 65535]) for (const second of [SECOND, SECOND + 1]) fill(vantage, second, 300);
    const held = [...live.all()];
    expect(held.map(slice => live.countOf(slice))).to.deep.equal(Array(6).fill(1500));
    const { live: other, fill: fillOther } = slices();
    fillOther(0, SECOND, 9000);
    const all = other.take([...other.all()]);
    let found = 0;
    for (const digest of all) {
      const octets = new Uint8Array(BigUint64Array.of(digest).buffer);
      found += held.filter(slice => live.holds(slice, octets)).length;
    }
    expect(found, 'each in the one slice that it was put into').to.equal(9000);
  });

  it('keeps of a sample what an asker believes to be in it, and counts the rest', () => {
    const octets = (digests: BigUint64Array) =>
      [...digests].map(digest => new Uint8Array(BigUint64Array.of(digest).buffer));
    const all = slices();
    all.fill(0, SECOND, 9000);
    const whole = octets(all.live.take([...all.live.all()]));
    for (const share of [0.5, 2 ** -6]) {
      const { kernel, live, fill } = slices();
      kernel.sample(highestKept(share));
      fill(0, SECOND, 9000);
      const [slice] = [...live.all()];
      const kept = whole.filter(digest => inSample(digest, share));
      expect(kept.length).to.be.within(1, 8999);
      expect(slice).to.include({ sampled: 9000 - kept.length, lost: 0 });
      expect(live.countOf(slice!)).to.equal(kept.length);
      for (const digest of kept) expect(live.holds(slice!, digest)).to.equal(true);
    }
  });

  it('stays within its memory, in smaller segments where no larger one is left', () => {
    const limit = 100 * SEGMENT_OCTETS;
    const { live, fill } = slices(limit);
    const most = 100 * LEAST_SEGMENT;
    const there = fill(0, SECOND, most + 1);
    expect(there).to.be.within(most - LEAST_SEGMENT, most);
    expect(live.octets).to.be.at.most(limit);
    expect(live.countOf(live.at(0, SECOND)), 'what found room is there').to.equal(there);
    live.take([...live.all()]);
    for (let vantage = 1; vantage <= 100; vantage++) expect(fill(vantage, SECOND, 1), 'split').to.equal(1);
    expect(fill(101, SECOND, 1)).to.equal(0);
    live.take([...live.all()]);
    expect(fill(200, SECOND, most + 1), 'and small ones in the place of a large one').to.be.within(
      most - LEAST_SEGMENT,
      most,
    );
  });
});
