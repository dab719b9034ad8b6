import { expect } from 'chai';
import fc from 'fast-check';
import { compilePath, LONGEST_PATTERN } from '../../src/net/path-pattern.ts';

function matches(pattern: string, text: string): boolean {
  const compiled = compilePath(pattern);
  if ('error' in compiled) throw new Error(compiled.error);
  return compiled.matches(text);
}

describe('net/path-pattern', () => {
  const PATH = '64496 3356 3356 64500 {64501,64502}';
  const cases: [pattern: string, text: string, matches: boolean][] = [
    ['_3356_', PATH, true],
    ['_356_', PATH, false],
    ['356', PATH, true],
    ['^64496_', PATH, true],
    ['^3356_', PATH, false],
    ['_64500$', PATH, false],
    ['_64502_$', PATH, true],
    ['_64501_', PATH, true],
    ['_64500_', '64500', true],
    ['^64500$', '64500', true],
    ['^$', '', true],
    ['^$', '64500', false],
    ['', PATH, true],
    ['_(3356|174)_', '174 64500', true],
    ['_(3356|174)_.*_64500$', '64496 174 64510 64500', true],
    ['(_3356)+_64500', PATH, true],
    ['^(3356 )?64500$', '64500', true],
    ['^[0-9]+$', '64500', true],
    ['^[0-9]+$', '64500 64501', false],
    ['^[^ ]+ 3356', PATH, true],
    ['_6451[0-9]_', '64496 64515', true],
    ['a\\.b', 'a.b', true],
    ['a\\.b', 'axb', false],
    ['_', '', true],
  ];
  for (const [pattern, text, yes] of cases)
    it(`${pattern} ${yes ? 'matches' : 'does not match'} "${text}"`, () =>
      expect(matches(pattern, text)).to.equal(yes));

  const faults: [pattern: string, error: string, at: number][] = [
    ['(64500', 'the parenthesis is not closed', 0],
    ['64500)', 'no parenthesis is open', 5],
    ['64500 [0-9', 'the bracket is not closed', 6],
    ['*64500', 'nothing stands before `*`', 0],
    ['(|+)', 'nothing stands before `+`', 2],
    ['64500\\', 'nothing stands behind the backslash', 5],
    ['[9-0]', 'the range runs backwards', 1],
    ['1'.repeat(LONGEST_PATTERN + 1), `longer than ${LONGEST_PATTERN} characters`, LONGEST_PATTERN],
  ];
  for (const [pattern, error, at] of faults)
    it(`says what is wrong with ${pattern.slice(0, 20)}`, () =>
      expect(compilePath(pattern)).to.deep.equal({ error, at }));

  it('agrees with JavaScript on what both understand', () => {
    const piece = fc.constantFrom(
      '1',
      '2',
      '12',
      ' ',
      '.',
      '[12]',
      '[^1]',
      '(1|2)',
      '(12)*',
      '1?',
      '2+',
      '^',
      '$',
      '(1 )?',
      '(^|2)',
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 6 }),
        fc.array(fc.constantFrom('1', '2', '12', ' '), { maxLength: 8 }),
        (parts, text) => {
          const pattern = parts.join('');
          expect(matches(pattern, text.join('')), `/${pattern}/ on "${text.join('')}"`).to.equal(
            new RegExp(pattern).test(text.join('')),
          );
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('takes any pattern and any text without throwing, and patterns that explode elsewhere in no time', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), fc.string({ maxLength: 200 }), (pattern, text) => {
        const compiled = compilePath(pattern);
        if (!('error' in compiled)) compiled.matches(text);
      }),
    );
    expect(matches(`${'(1*)*'.repeat(20)}x`, '1'.repeat(3000))).to.equal(false);
    expect(matches('^(1|1|1)*$', `${'1'.repeat(3000)}2`)).to.equal(false);
  });
});
