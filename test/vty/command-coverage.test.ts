import { expect } from 'chai';
import { type Coverage, commandCoverage, coverageLines } from './command-coverage.ts';

describe('vty/command-coverage', () => {
  let all: readonly Coverage[];
  before(async () => {
    all = await commandCoverage();
    for (const line of coverageLines(all)) console.log(`      ${line}`);
  });

  it('has every command in the manual, in OpenAPI, in completion, with a schema and a rendering', () => {
    expect(all.length).to.equal(8);
    for (const { where, missing, all: count } of all) {
      // Of a field without one: a docstring at its declaration, or a line of contrib/schema/usual-fields.ts.
      expect(count, where).to.be.greaterThan(0);
      expect(missing, where).to.deep.equal([]);
    }
  });
});
