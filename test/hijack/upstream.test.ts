import { expect } from 'chai';
import type { AsPath } from '../../src/hijack/case.ts';
import { commonUpstream, upstreamOf } from '../../src/hijack/upstream.ts';

describe('hijack/upstream', () => {
  const one: [path: AsPath, as: number | null][] = [
    [[64500, 64510, 64666], 64510],
    [[64500, 64510, 64666, 64666, 64666], 64510],
    [[64666], null],
    [[64666, 64666], null],
    [[], null],
    [[64500, [64666, 64667]], 64500],
    [[[64666, 64667]], null],
    [[64500, [64510, 64511], 64666], null],
  ];
  for (const [path, as] of one)
    it(`of ${JSON.stringify(path)} is ${as === null ? 'none' : `AS${as}`}`, () =>
      expect(upstreamOf(path)).to.equal(as));

  it('is what most witnesses have in common', () => {
    expect(commonUpstream([[1, 64510, 9], [2, 64511, 9], [3, 64510, 9, 9], [9]])).to.equal(64510);
    expect(
      commonUpstream([
        [1, 64511, 9],
        [2, 64510, 9],
      ]),
      'of equals the lowest',
    ).to.equal(64510);
    expect(commonUpstream([[9]])).to.equal(null);
    expect(commonUpstream([])).to.equal(null);
  });
});
