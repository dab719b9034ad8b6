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
      expect(upstreamOf(path, null)).to.equal(as));

  it('is of an offender in the path, not of its end', () => {
    expect(upstreamOf([64500, 64510, 64666, 64496], 64666)).to.equal(64510);
    expect(upstreamOf([64500, 64666, 64666, 64496, 64496], 64666)).to.equal(64500);
    expect(upstreamOf([64666, 64496], 64666)).to.equal(null);
    expect(upstreamOf([64500, 64496], 64666), 'one that is not there').to.equal(64500);
  });

  it('is what most witnesses have in common', () => {
    expect(commonUpstream([[1, 64510, 9], [2, 64511, 9], [3, 64510, 9, 9], [9]], null)).to.equal(64510);
    expect(
      commonUpstream(
        [
          [1, 64511, 9],
          [2, 64510, 9],
        ],
        null,
      ),
      'of equals the lowest',
    ).to.equal(64510);
    expect(commonUpstream([[9]], null)).to.equal(null);
    expect(commonUpstream([], null)).to.equal(null);
  });
});
