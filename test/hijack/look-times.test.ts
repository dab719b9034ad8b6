import { expect } from 'chai';
import fc from 'fast-check';
import { lookTimes } from '../../src/hijack/look-times.ts';

/** All moments up to `until`. */
function moments(looks: ReturnType<typeof lookTimes>, until: number): number[] {
  const found: number[] = [];
  for (let at = looks.next(until); at !== null; at = looks.next(until)) found.push(at);
  return found;
}

describe('hijack/look-times', () => {
  it('tells when a timer may be over, in order, each moment once', () => {
    const looks = lookTimes();
    looks.began(0, [300, 1000]);
    looks.began(100, [300, 1000]);
    looks.began(700, [300]);
    expect(looks.next(299)).to.equal(null);
    expect(moments(looks, 1000)).to.deep.equal([300, 400, 1000]);
    expect(looks.next(1099)).to.equal(null);
    expect(moments(looks, 5000)).to.deep.equal([1100]);
    expect(looks.next(Number.POSITIVE_INFINITY)).to.equal(null);
  });
  it('forgets no timer, however many there are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(50), { maxLength: 3000, minLength: 1 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 4 }),
        (gaps, lengths) => {
          const looks = lookTimes();
          const expected = new Set<number>();
          const found: number[] = [];
          let time = 0;
          for (const gap of gaps) {
            time += gap;
            found.push(...moments(looks, time));
            looks.began(time, lengths);
            for (const length of lengths) expected.add(time + length);
          }
          found.push(...moments(looks, Number.POSITIVE_INFINITY));
          expect([...new Set(found)]).to.deep.equal([...expected].sort((a, b) => a - b));
        },
      ),
      { numRuns: 50 },
    );
  });
});
