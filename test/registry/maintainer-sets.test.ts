import { expect } from 'chai';
import { maintainerSets } from '../../src/registry/maintainer-sets.ts';

describe('registry/maintainer-sets', () => {
  it('numbers each set once, however it is written', () => {
    const { hold, holdWritten, sets } = maintainerSets();
    const number = hold(['maint-a', 'MAINT-B']);
    expect([holdWritten('MAINT-A, maint-b'), holdWritten('MAINT-A, maint-b')]).to.deep.equal([number, number]);
    expect(sets[number]).to.deep.equal(['MAINT-A', 'MAINT-B']);
    expect(hold(['MAINT-B', 'MAINT-A'])).to.not.equal(number);
    expect(sets[hold([])]).to.deep.equal([]);
  });

  it('forgets a set when nobody holds it, and gives its number to another', () => {
    const { hold, holdWritten, release, sets } = maintainerSets();
    const number = holdWritten('A');
    hold(['A']);
    release(number);
    expect(sets[number]).to.deep.equal(['A']);
    release(number);
    expect(sets[number]).to.deep.equal([]);
    expect(hold(['B'])).to.equal(number);
    const other = holdWritten('A');
    expect([other === number, sets[number], sets[other]]).to.deep.equal([false, ['B'], ['A']]);
  });

  it('takes no more letters than it may, and more when some are gone', () => {
    const { hold, holdWritten, release } = maintainerSets(10);
    const number = hold(['MAINT-A']);
    expect([hold(['M-X']), holdWritten('M-Y'), hold(['AAAA'])]).to.deep.equal([1, -1, -1]);
    expect(hold(['maint-a'])).to.equal(number);
    release(number);
    release(number);
    expect(hold(['AAAA'])).to.equal(number);
  });
});
