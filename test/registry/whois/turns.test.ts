import { expect } from 'chai';
import { turns } from '../../../src/registry/whois/turns.ts';

const loop = () => new Promise(resolve => setImmediate(resolve));

describe('registry/whois/turns', () => {
  it('lets one go on in each turn of the event loop, in the order in which they wait', async () => {
    // A slice of no length: every pause is one.
    const slices = turns(0);
    const done: string[] = [];
    const work = async (name: string) => {
      for (let i = 0; i < 3; i++) {
        await slices.pause();
        done.push(name);
      }
    };
    const all = ['a', 'b', 'c'].map(work);
    for (let turn = 0; turn < 9; turn++) {
      expect(done.length, `turn ${turn}`).to.be.at.most(turn);
      await loop();
    }
    await Promise.all(all);
    expect(done.join('')).to.equal('abcabcabc');
  });
  it('goes on at once as long as the slice lasts', async () => {
    const slices = turns(3_600_000);
    await slices.pause(); // nobody has begun one yet
    expect(slices.pause()).to.equal(null);
    expect(slices.pause()).to.equal(null);
  });
});
