import { createHash } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { decoyDigest, decoyOf, SEED } from '../../src/traceback/decoy.ts';
import { chanceOfSoFew, createHonestyBook, HALF_LIFE, MAX_BOOK, wilson } from '../../src/traceback/honesty.ts';
import type { Request } from '../../src/traceback/request.ts';

const DAY = 86_400_000;

/** A book with a clock of its own, and what it has said. */
function newBook() {
  let now = 1_000_000_000_000;
  const said: string[] = [];
  const kept = new Map<number, object | null>();
  const book = createHonestyBook({
    clock: () => now,
    keep: (as, counted) => void kept.set(as, counted),
    judged: (as, words) => void said.push(`${as}: ${words.join('; ') || 'nothing'}`),
  });
  const pass = (ms: number) => {
    now += ms;
  };
  return { ...book, book, said, kept, pass, now: () => now };
}
const times = (count: number, each: (i: number) => void) => Array.from({ length: count }, (_, i) => each(i));

describe('traceback/honesty', () => {
  it('has the intervals of Wilson', () => {
    // By hand: 1 of 10, z 1.96: (0.1 + 0.19208 -+ 1.96 * sqrt(0.009 + 0.009604)) / 1.38416.
    const one = wilson(1, 10, 1.96);
    expect(one.low).to.be.closeTo(0.0179, 1e-4);
    expect(one.high).to.be.closeTo(0.4042, 1e-4);
    expect(wilson(0, 0, 1.96)).to.deep.equal({ low: 0, high: 1 });
    expect(wilson(0, 20, 1.96).low).to.equal(0);
    fc.assert(
      fc.property(fc.nat(500), fc.nat(500), (of, more) => {
        const all = of + more;
        const { low, high } = wilson(of, all, 1.96);
        if (all > 0) expect(low - 1e-12 <= of / all && of / all <= high + 1e-12).to.equal(true);
        expect(low).to.be.within(0, 1);
        expect(high).to.be.within(0, 1);
      }),
    );
  });

  it('says nothing of an AS as honest as it states, and of none because of one false yes', () => {
    const { decoy, canary, of, said } = newBook();
    times(500, i => decoy(64501, i === 7, 0.002));
    times(300, i => canary(64501, i % 100 !== 0, { coverage: 1, held: 0.99 }));
    expect(said).to.deep.equal([]);
    const { falseYes, recall } = of(64501)!;
    expect(falseYes!.rate).to.be.closeTo(0.002, 1e-9);
    expect(falseYes!.low).to.be.below(0.002).and.above(0);
    expect(recall!.rate).to.be.closeTo(0.99, 1e-9);
    // One of one is no proof, whatever is stated.
    decoy(64502, true, 1e-9);
    expect(said).to.deep.equal([]);
  });

  it('says of an AS that says yes to all how often it did, and no less than what is sure', () => {
    const { decoy, said, of } = newBook();
    times(4, () => decoy(64501, true, 1.8e-5));
    expect(said[0]).to.equal('64501: says yes falsely: of 2 decoys it saw 2, so at least 16 %; it states 0.0018 %');
    expect(of(64501)!.falseYes!.low).to.be.above(0.5);
  });

  it('does not call half a border without taps a lie, however often that link is asked', () => {
    const { canary, said } = newBook();
    times(400, () => canary(64501, false, { coverage: 0.5, held: 1 }));
    times(400, i => canary(64502, i % 2 === 0, { coverage: 1, held: 0.5 }));
    expect(said).to.deep.equal([]);
    times(10, () => canary(64503, false, { coverage: 1, held: 1 }));
    expect(said).to.have.length(1);
    expect(said[0]).to.match(
      /^64503: does not see what passes it: of \d canaries it saw 0, so at most \d+ %; it states 100 %$/,
    );
    expect(chanceOfSoFew(0, 400, 0.5, 1)).to.equal(0.5);
    expect(chanceOfSoFew(2, 4, 1, 0.5)).to.be.closeTo(11 / 16, 1e-12);
  });

  it('says of an AS that names others than gave it the packets', () => {
    const { naming, said, credit } = newBook();
    times(3, () => naming(64501, false));
    expect(said.at(-1)).to.match(/^64501: names others than gave it the packets/);
    expect(credit.misnames(64501)).to.be.closeTo(3.01 / 4, 1e-9);
    expect(credit.misnames(64502)).to.equal(0.01);
    expect([credit.colludes(64501), credit.colludes(64502)]).to.deep.equal([3.002 / 4, 0.002]);
  });

  it('believes the worse of what is stated and what was measured', () => {
    const { decoy, canary, credit } = newBook();
    expect(credit.falseYes(64501, 1e-6)).to.equal(0.01);
    expect(credit.falseYes(64501, 0.3)).to.equal(0.3);
    times(99, () => decoy(64501, false, 1e-6));
    expect(credit.falseYes(64501, 1e-6)).to.be.closeTo(1e-4, 1e-9);
    expect(credit.falseYes(64501, 0.003)).to.equal(0.003);
    times(100, i => canary(64501, i % 4 !== 0, { coverage: 1, held: 1 }));
    expect(credit.misses(64501, 0)).to.be.closeTo(25.01 / 101, 1e-9);
    expect(credit.misses(64501, 0.6)).to.equal(0.6);
    expect(credit.misses(64502, 0)).to.equal(0.01);
  });

  it('forgets: counts weigh half after the half-life, and at last nothing is left', () => {
    const { decoy, of, pass, kept, all } = newBook();
    times(8, () => decoy(64501, true, 0));
    pass(HALF_LIFE);
    expect(of(64501)!.decoys).to.be.closeTo(4, 1e-9);
    pass(5 * HALF_LIFE);
    expect(of(64501)).to.equal(null);
    expect(kept.get(64501)).to.equal(null);
    expect(all()).to.deep.equal([]);
  });

  it('tells when an AS is contradicted no more', () => {
    const { decoy, said, pass } = newBook();
    times(2, () => decoy(64501, true, 0.001));
    pass(60 * DAY);
    times(30, () => decoy(64501, false, 0.001));
    expect(said.at(-1)).to.equal('64501: nothing');
  });

  it('is bounded, and goes on from what was kept', () => {
    const { decoy, kept, now } = newBook();
    times(MAX_BOOK + 3, i => decoy(i + 1, false, 0));
    expect([...kept.values()].filter(one => one === null)).to.have.length(3);
    const counted = [...kept.values()].filter(one => one !== null) as never[];
    const again = createHonestyBook({ counted, clock: now });
    expect(again.all()).to.have.length(MAX_BOOK);
    expect(again.of(4)!.decoys).to.equal(1);
  });

  it('never throws, and rates are rates, whatever is told', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3), fc.nat(4), fc.double({ min: 0, max: 1, noNaN: true }))), told => {
        const { book, pass } = newBook();
        for (const [as, what, share] of told) {
          if (what < 2) book.decoy(as, what === 0, share);
          else if (what < 4) book.canary(as, what === 2, { coverage: share, held: 1 - share });
          else book.naming(as, share > 0.5);
          pass(share * DAY);
        }
        for (const { as, falseYes, recall, misnames } of book.all()) {
          for (const one of [falseYes, recall, misnames])
            if (one !== null)
              expect([one.rate, one.low, one.high].every(value => value >= 0 && value <= 1 + 1e-9)).to.equal(true);
          expect(book.credit.falseYes(as, 0)).to.be.within(0, 1);
          expect(book.credit.misses(as, 0)).to.be.within(0, 1);
        }
      }),
    );
  });
});

describe('traceback/decoy', () => {
  const like: Request = {
    ...{ trace: '0123456789abcdef', origin: 64500, issued: 1_000_000_000, expires: 1_000_010_000, purpose: 'attack' },
    ...{ reference: 'c1', federation: 'jp-isp', need: 2, seal: new Uint8Array(32), proof: [] },
    questions: [0, 0, 1, 2].map((packet, i) => ({
      ...{
        packet,
        epoch: 277 + (i === 1 ? 1 : 0),
        digest: `${i}`.repeat(16),
        from: 999_990_000 + i,
        to: 999_994_000 + i,
      },
    })),
  };

  it('is like the request in all that one can see, and asks for what never was', () => {
    const now = like.issued + 5 * DAY;
    const { request, seed } = decoyOf(like, 64500, now, new Uint8Array(32));
    expect(request).to.include({ origin: 64500, purpose: 'attack', reference: 'c1', federation: 'jp-isp', need: 2 });
    expect(request.trace).to.not.equal(like.trace);
    expect([request.issued, request.expires]).to.deep.equal([now, now + 10_000]);
    expect(request.questions.map(({ packet }) => packet)).to.deep.equal([0, 0, 1, 2]);
    expect(request.questions[1]!.epoch - request.questions[0]!.epoch).to.equal(1);
    for (const [i, { from, to, digest }] of request.questions.entries()) {
      const before = like.questions[i]!;
      expect(to - from).to.equal(before.to - before.from);
      expect(from - before.from).to.be.within(5 * DAY - 20_000, 5 * DAY);
      expect(digest).to.equal(decoyDigest(seed, i)).and.to.not.equal(before.digest);
    }
  });

  it('has digests that follow from the seed, as the page has it', () => {
    const seed = new Uint8Array(SEED).fill(7);
    const octets = Buffer.concat([Buffer.from('intertrack decoy'), Buffer.of(0), seed, Buffer.of(3)]);
    expect(decoyDigest(seed, 3)).to.equal(createHash('sha256').update(octets).digest('hex').slice(0, 16));
  });
});
