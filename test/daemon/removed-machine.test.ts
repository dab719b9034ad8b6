import { expect } from 'chai';
import fc from 'fast-check';
import { readForgotten } from '../../src/daemon/removed-machine.ts';

describe('daemon/removed-machine', () => {
  it('reads what another machine had to forget, and takes nothing else', () => {
    const answer = { partitions: [0, 2], cases: 1, witnesses: 3 };
    expect(readForgotten({ ...answer, colour: 'red' })).to.deep.equal(answer);
    for (const more of [
      { partitions: [0, -1] },
      { partitions: Array(257).fill(0) },
      { cases: 0.5 },
      { witnesses: '3' },
    ])
      expect(readForgotten({ ...answer, ...more })).to.equal(null);
    expect(readForgotten(null)).to.equal(null);
  });

  it('never throws, whatever comes', () => {
    fc.assert(fc.property(fc.jsonValue(), value => void readForgotten(value)));
  });
});
