import { expect } from 'chai';
import { askedSeldom } from '../../src/daemon/machine-looks.ts';

describe('daemon/machine-looks', () => {
  it('asks once in a while, and at once where there was no answer', async () => {
    let [time, asked, fails] = [0, 0, true];
    const self = async () => {
      asked++;
      if (fails) throw new Error('it is ending');
      return asked;
    };
    const of = askedSeldom(self, () => time);
    expect(await of().catch((e: Error) => e.message)).to.equal('it is ending');
    fails = false;
    expect([await of(), await of()]).to.deep.equal([2, 2]);
    time = 4_999;
    expect(await of()).to.equal(2);
    time = 5_000;
    expect(await of()).to.equal(3);
  });
});
