import { expect } from 'chai';
import { type AsClass, classOfAs, describeAsClass } from '../../src/registry/special-as.ts';

describe('registry/special-as', () => {
  const cases: readonly [as: number, AsClass][] = [
    [0, 'reserved'],
    [1, 'public'],
    [23455, 'public'],
    [23456, 'as-trans'],
    [23457, 'public'],
    [64495, 'public'],
    [64496, 'documentation'],
    [64511, 'documentation'],
    [64512, 'private'],
    [65534, 'private'],
    [65535, 'reserved'],
    [65536, 'documentation'],
    [65551, 'documentation'],
    [65552, 'reserved'],
    [131071, 'reserved'],
    [131072, 'public'],
    [4199999999, 'public'],
    [4200000000, 'private'],
    [4294967294, 'private'],
    [4294967295, 'reserved'],
  ];
  for (const [as, kind] of cases) it(`AS${as} is ${kind}`, () => expect(classOfAs(as)).to.equal(kind));

  it('names the clause', () => {
    expect(describeAsClass(65001)).to.equal('private (RFC 6996)');
    expect(describeAsClass(2914)).to.equal('');
  });
});
