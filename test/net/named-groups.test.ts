import { expect } from 'chai';
import { patternFault } from '../../src/net/named-groups.ts';

describe('net/named-groups: patterns that may take for ever', () => {
  for (const pattern of ['(?<a>(x+)+)', '(?<a>([0-9]+ ?){8})x', '(?<a>(a+){2})', '(?<a>(a{2,})*)'])
    it(`refuses ${pattern}`, () => expect(patternFault(pattern, ['a', 'b'], ['a'])).to.match(/for ever$/));
  for (const pattern of ['(?<a>[0-9]{1,3})\\.(?<b>[0-9]+)', '(?<a>(ab){2}) (?<b>\\S+)', '(?<a>a+)(?<b>b*)'])
    it(`takes ${pattern}`, () => expect(patternFault(pattern, ['a', 'b'], ['a'])).to.equal(null));
});
