import { expect } from 'chai';
import { seldom, takeToken } from '../../src/net/rate.ts';

describe('net/rate', () => {
  it('lets one second’s worth through and saves nothing', () => {
    let bucket = takeToken(null, 10, 0).bucket;
    const taken = (now: number) => {
      const took = takeToken(bucket, 10, now);
      bucket = took.bucket;
      return took.taken;
    };
    expect(Array.from({ length: 12 }, () => taken(0)).filter(Boolean)).to.have.length(9);
    expect([taken(99), taken(100)]).to.deep.equal([false, true]);
    expect(Array.from({ length: 30 }, () => taken(3_600_000)).filter(Boolean)).to.have.length(10);
    expect(taken(0), 'the clock stepped back').to.equal(false);
  });
  it('lets nothing through at rate 0, one in ten seconds at 0.1', () => {
    expect(takeToken(null, 0, 0).taken).to.equal(false);
    const { bucket, taken } = takeToken(null, 0.1, 0);
    expect([taken, takeToken(bucket, 0.1, 9000).taken, takeToken(bucket, 0.1, 10_000).taken]).to.deep.equal([
      true,
      false,
      true,
    ]);
  });

  it('says little, and how much it left unsaid', () => {
    const said: [string, number][] = [];
    let now = 0;
    const say = seldom(
      1,
      () => now,
      (text, unsaid) => said.push([text, unsaid]),
    );
    for (const text of ['a', 'b', 'c']) say(text);
    now = 1000;
    say('d');
    now = 2000;
    say('e');
    expect(said).to.deep.equal([
      ['a', 0],
      ['d', 2],
      ['e', 0],
    ]);
  });
});
