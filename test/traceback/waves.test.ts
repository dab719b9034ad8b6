import { expect } from 'chai';
import { inOrder, wavesOf } from '../../src/traceback/waves.ts';

const one = (as: number, more: object = {}) => ({ as, cone: 1, adjacent: false, hits: 0, ...more });

describe('traceback/waves', () => {
  it('asks who has told of its way first, then who was found before, then the larger', () => {
    const all = [one(1, { cone: 5000 }), one(2, { hits: 1 }), one(3, { adjacent: true, cone: 20 }), one(5), one(4)];
    expect(inOrder(all).map(({ as }) => as)).to.deep.equal([3, 2, 1, 4, 5]);
  });
  it('asks four, then sixteen, then 64 at a time', () => {
    const all = Array.from({ length: 200 }, (_, i) => one(i + 1));
    expect(wavesOf(all, 1000).map(({ length }) => length)).to.deep.equal([4, 16, 64, 64, 52]);
    expect(wavesOf(all, 10).map(({ length }) => length)).to.deep.equal([4, 6]);
    expect(wavesOf(all, 0)).to.deep.equal([]);
    expect(wavesOf([], 10)).to.deep.equal([]);
  });
});
