import { expect } from 'chai';
import { wordsOf } from '../../src/web/page/words.ts';

const [ENGLISH, JAPANESE] = [wordsOf('en'), wordsOf('ja')];
const NAMES = Object.keys(ENGLISH) as (keyof typeof ENGLISH)[];

/** What a word says; one with gaps is filled with what differs at each place. */
const said = (word: unknown): string =>
  typeof word === 'function' ? word(...Array.from({ length: word.length }, (_, i) => 11 + i)) : String(word);

describe('web/page/words', () => {
  it('says everything in both languages', () => {
    expect(Object.keys(JAPANESE).sort()).to.deep.equal(NAMES.toSorted());
    for (const name of NAMES) {
      expect(said(ENGLISH[name]), name).to.match(/\S/);
      expect(said(JAPANESE[name]), name).to.match(/\S/);
      expect(typeof JAPANESE[name], name).to.equal(typeof ENGLISH[name]);
    }
  });

  it('fills the same gaps in both', () => {
    const gaps = (word: unknown) => (said(word).match(/1[1-9]/g) ?? []).toSorted();
    for (const name of NAMES.filter(one => typeof ENGLISH[one] === 'function')) {
      expect((JAPANESE[name] as unknown as { length: number }).length, name).to.equal(
        (ENGLISH[name] as unknown as { length: number }).length,
      );
      expect(new Set(gaps(JAPANESE[name])), name).to.deep.equal(new Set(gaps(ENGLISH[name])));
    }
  });

  it('leaves no English in the Japanese but names of the field', () => {
    // What is an abbreviation or a unit is the same in both.
    for (const name of NAMES.filter(one => one !== 'language')) {
      const words = said(JAPANESE[name]).match(/[A-Za-z]{3,}/g) ?? [];
      const strange = words.filter(word => word !== word.toUpperCase() && !said(ENGLISH[name]).includes(word));
      expect(strange, name).to.deep.equal([]);
    }
  });
});
