import { expect } from 'chai';
import { nearest } from '../../src/config/nearest.ts';

describe('config/nearest', () => {
  const near: readonly [string, string | null][] = [
    ['sumary', 'summary'],
    ['summray', 'summary'],
    ['neighbour', 'neighbor'],
    ['x', null],
    ['', null],
    ['completely', null],
  ];
  for (const [text, word] of near)
    it(`"${text}" was meant to be ${word}`, () => {
      expect(nearest(text, ['neighbor', 'summary'])).to.equal(word);
    });
  it('is a matter of bounded work for a giant word', () => {
    expect(nearest('s'.repeat(1_000_000), ['summary'])).to.equal(null);
  });
});
