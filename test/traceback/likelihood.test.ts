import { expect } from 'chai';
import fc from 'fast-check';
import type { ProbeAnswer } from '../../src/probe/question.ts';
import { judgeBorder } from '../../src/traceback/btm.ts';
import { borderLikelihood, neededAt, PROOF, placeLikelihood } from '../../src/traceback/likelihood.ts';
import { probeAnswer, question, sawFrom } from './ases.ts';

const taps = Array.from({ length: 8 }, (_, i) => sawFrom(64600 + i));
const asked = (packets: number, digest = '0123456789abcdef') =>
  Array.from({ length: packets }, (_, packet) => ({ ...question, packet, digest }));

/** Of so many packets this many are seen coming in from AS 64600, at a probe with eight vantages and filters of 16 bits. */
function found(packets: number, hits: number, more: Partial<ProbeAnswer> = {}, coverage: number | null = 1) {
  const answer = probeAnswer([], {
    ...{ vantages: taps, falsePositive: 2 ** -16, windowsAsked: packets * taps.length * 3, ...more },
    sightings: Array.from({ length: hits }, (_, i) => ({
      ...{ vantage: taps[0]!, from: 0, to: 1, question: i, provisional: false },
    })),
  });
  return judgeBorder([answer], [], { questions: asked(packets), need: Math.max(1, packets / 2) }, coverage);
}

describe('traceback/likelihood', () => {
  it('is reckoned as the protocol says', () => {
    // One packet: seen (q + (1-q)f)/f, not seen 1-q.
    expect(placeLikelihood({ tries: 1, hits: 1, keeps: 0.5, falseYes: 0.01 })).to.be.closeTo(0.505 / 0.01, 1e-9);
    expect(placeLikelihood({ tries: 1, hits: 0, keeps: 0.5, falseYes: 0.01 })).to.be.closeTo(0.5, 1e-9);
    // Two of three, kept by halves, and all ways alike or half of them.
    const all = 50.5 ** 2 * 0.5;
    const half = 25.75 ** 2 * 0.75;
    expect(placeLikelihood({ tries: 3, hits: 2, keeps: 0.5, falseYes: 0.01 })).to.be.closeTo(
      0.9 * all + 0.1 * half,
      1e-6,
    );
    expect(borderLikelihood([100, 0, 0, 0], 0.8)).to.be.closeTo(0.8 * 25 + 0.2, 1e-9);
    expect(borderLikelihood([0, 0], 1)).to.equal(1e-12);
    expect(borderLikelihood([0, 0], null), 'no coverage is stated, and no no counts').to.equal(1);
    expect(borderLikelihood([], 1)).to.equal(1);
  });

  it('needs fewer where a share is kept, and no more than where all are', () => {
    const at = (keeps: number, falseYes: number, tries = 64) =>
      neededAt({ tries, keeps, falseYes }, 8, 1, Math.ceil(tries / 2));
    expect(at(1 / 16, 4.6e-5)).to.equal(2);
    expect(at(1 / 16, 1e-9)).to.equal(1);
    expect(at(1 / 16, 0.009)).to.be.within(5, 8);
    expect(at(0.9, 0.3, 8)).to.equal(4);
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 1, noNaN: true }), fc.integer({ min: 1, max: 64 }), (keeps, tries) => {
        const most = Math.ceil(tries / 2);
        const needed = neededAt({ tries, keeps, falseYes: 1e-4 }, 40, 1, most);
        expect(needed).to.be.within(1, most);
        if (needed === most) return;
        const none = placeLikelihood({ tries, hits: 0, keeps, falseYes: 1e-4 });
        const of = (hits: number) =>
          borderLikelihood([placeLikelihood({ tries, hits, keeps, falseYes: 1e-4 }), ...Array(39).fill(none)], 1);
        expect(of(needed)).to.be.at.least(PROOF);
        if (needed > 1) expect(of(needed - 1)).to.be.below(PROOF);
      }),
    );
  });

  it('grows with each hit, and falls with each packet that is missed', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 0.1, noNaN: true }),
        fc.integer({ min: 2, max: 63 }),
        (keeps, falseYes, tries) => {
          const of = (hits: number, all = tries) => placeLikelihood({ tries: all, hits, keeps, falseYes });
          for (let hits = 1; hits <= tries; hits++) expect(of(hits)).to.be.at.least(of(hits - 1));
          expect(of(1, tries + 1)).to.be.at.most(of(1));
          expect(Number.isFinite(of(tries))).to.equal(true);
        },
      ),
    );
  });
});

describe('traceback/btm: shares of the packets', () => {
  it('says saw of two packets of 64 where one in sixteen is kept', () => {
    const border = found(64, 2, { sampling: 1 / 16 });
    expect([border.verdict, border.ingress, border.packets]).to.deep.equal(['saw', [64600], 2]);
    expect(border.likelihood).to.be.greaterThan(PROOF);
    expect(border.sampling).to.equal(1 / 16);
    // All kept, that would be far too few.
    expect(found(64, 2).verdict).to.equal('clear');
  });
  it('names who is likely where it is not proved, and asks for more', () => {
    const border = found(64, 1, { sampling: 1 / 64, falsePositive: 2 ** -20 });
    expect([border.verdict, border.ingress]).to.deep.equal(['saw-weak', [64600]]);
    expect(border.likelihood).to.be.within(20, PROOF);
    expect(border.reason).to.equal('1 of 64 packets seen at one place, 2 are needed');
    const idle = found(64, 1, { sampling: 1 / 64, falsePositive: 2 ** -10 });
    expect([idle.verdict, idle.ingress]).to.deep.equal(['saw-weak', []]);
  });
  it('says no of none of many packets, where some would have been kept', () => {
    expect(found(64, 0, { sampling: 1 / 8 }).verdict).to.equal('clear');
    const border = found(64, 0, { sampling: 1 / 64 });
    expect(border.verdict).to.equal('clear-partial');
    expect(border.likelihood).to.be.within(0.36, 0.43);
    const samples = { samples: true, covered: false } as const;
    expect(found(64, 0, { sampling: 1 / 8, ...samples }).verdict).to.equal('clear-partial');
    expect(found(64, 0, { sampling: 1 / 64, ...samples }).verdict).to.equal('cannot-know');
    expect(found(64, 3, { sampling: 1 / 64, ...samples }).verdict).to.equal('saw');
  });
  it('takes samples and taps together', () => {
    const tap = probeAnswer([], { vantages: taps, windowsAsked: 1536, falsePositive: 2 ** -16 });
    const thin = probeAnswer([], { samples: true, covered: false, sampling: 0.001, windowsAsked: 64 });
    const { verdict, likelihood } = judgeBorder([tap, thin], [], { questions: asked(64), need: 32 }, 1);
    expect(verdict).to.equal('clear');
    expect(likelihood).to.be.lessThan(0.001);
  });
  it('counts of digests kept by their value those that would have been kept', () => {
    const of = (digest: string, hits: number, sampling: number) =>
      judgeBorder(
        [
          probeAnswer([], {
            ...{ vantages: taps, falsePositive: 2 ** -16, windowsAsked: 192, sampling, unsaid: 1 },
            sightings: Array.from({ length: hits }, (_, i) => ({
              ...{ vantage: taps[0]!, from: 0, to: 1, question: i, provisional: false },
            })),
          }),
        ],
        [],
        { questions: asked(8).map((one, i) => ({ ...one, digest: i < 2 ? digest : 'ffffffffffffffff' })), need: 4 },
        1,
      );
    expect(of('00ff000000000000', 2, 2 ** -8), 'both that could be there').to.include({ verdict: 'saw', packets: 2 });
    expect(of('00ff000000000000', 0, 2 ** -8)).to.include({ verdict: 'clear' });
    expect(of('01ff000000000000', 0, 2 ** -8), 'none of them could').to.include({
      ...{ verdict: 'clear-partial', likelihood: 1 },
    });
  });
  it('takes what chance finds for a no, where the rest would have been seen', () => {
    const border = found(8, 1, { falsePositive: 0.003 });
    expect([border.verdict, border.packets]).to.deep.equal(['clear', 1]);
    expect(border.reason).to.equal('not seen: 1 of 8 packets seen at one place is what chance makes');
    expect(found(8, 1, { falsePositive: 0.003, covered: false }).verdict).to.equal('saw-weak');
    expect(found(8, 3, { falsePositive: 0.003 }).verdict, 'an attack may be spread').to.equal('saw-weak');
    expect(found(8, 1, { falsePositive: 0.003 }, 0.5).verdict, 'half of it came in elsewhere').to.equal('saw-weak');
  });
});
