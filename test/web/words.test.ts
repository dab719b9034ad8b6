import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import { wordsOf } from '../../src/web/page/words.ts';

type Word = string | ((...gaps: never[]) => string);

/** Words by their names; those of a group behind its name. */
const flat = (words: object, before = ''): [string, Word][] =>
  Object.entries(words).flatMap(([name, word]) =>
    typeof word === 'object' ? flat(word as object, `${before}${name}.`) : [[`${before}${name}`, word as Word]],
  );

const ENGLISH = Object.fromEntries(flat(wordsOf('en')));
const JAPANESE = Object.fromEntries(flat(wordsOf('ja')));
const NAMES = Object.keys(ENGLISH);

/** English words that people of the field say in Japanese too. */
const FIELD = new Set(['Origin']);

/** What a word says; one with gaps is filled with what differs at each place. */
const said = (word: Word | undefined): string =>
  typeof word === 'function'
    ? word(...(Array.from({ length: word.length }, (_, i) => 11 + i) as never[]))
    : String(word);

describe('web/page/words', () => {
  it('says everything in both languages', () => {
    expect(Object.keys(JAPANESE).sort()).to.deep.equal(NAMES.toSorted());
    for (const name of NAMES) {
      expect(said(ENGLISH[name]), name).to.match(/\S/);
      expect(said(JAPANESE[name]), name).to.match(/\S/);
      expect(typeof JAPANESE[name], name).to.equal(typeof ENGLISH[name]);
    }
  });

  it('has no name in two files: one would take the place of the other', async () => {
    const folder = new URL('../../src/web/page/words/', import.meta.url);
    const where = new Map<string, string>();
    for (const file of readdirSync(folder)) {
      const { ENGLISH: words } = (await import(new URL(file, folder).href)) as { ENGLISH: object };
      for (const name of Object.keys(words)) {
        expect(where.get(name), `${name} of ${file}`).to.equal(undefined);
        where.set(name, file);
      }
    }
    expect(where.size).to.equal(Object.keys(wordsOf('en')).length);
  });

  it('fills the same gaps in both', () => {
    const gaps = (word: Word | undefined) => (said(word).match(/1[1-9]/g) ?? []).toSorted();
    for (const name of NAMES.filter(one => typeof ENGLISH[one] === 'function')) {
      expect(JAPANESE[name]!.length, name).to.equal(ENGLISH[name]!.length);
      expect(new Set(gaps(JAPANESE[name])), name).to.deep.equal(new Set(gaps(ENGLISH[name])));
    }
  });

  it('leaves no English in the Japanese but names of the field', () => {
    // What is an abbreviation or a unit is the same in both; a few words of the field are.
    for (const name of NAMES.filter(one => one !== 'language')) {
      const words = said(JAPANESE[name]).match(/[A-Za-z]{3,}/g) ?? [];
      const strange = words.filter(
        word =>
          word !== word.toUpperCase() &&
          !FIELD.has(word) &&
          !said(ENGLISH[name]).toLowerCase().includes(word.toLowerCase()),
      );
      expect(strange, name).to.deep.equal([]);
    }
  });
});
