import { expect } from 'chai';
import {
  AS_CONFED_SEQUENCE,
  AS_CONFED_SET,
  AS_SEQUENCE,
  AS_SET,
  type AsPath,
  flattenPath,
} from '../../src/bgp/as-path.ts';
import { formatOrigin, type OriginReading, readOrigin, readRowOrigin } from '../../src/registry/origin.ts';

const LOCAL = 64500;
const sequence = (...asns: number[]) => ({ type: AS_SEQUENCE, asns });
const set = (...asns: number[]) => ({ type: AS_SET, asns });
const confed = (...asns: number[]) => ({ type: AS_CONFED_SEQUENCE, asns });

describe('registry/origin', () => {
  // research: hijack 3.1; RFC 6811 section 2, RFC 5065, RFC 6793 section 4.2.3.
  const cases: readonly [what: string, path: AsPath, path4: AsPath | null, reading: OriginReading][] = [
    ['the rightmost AS', [sequence(64501, 64496)], null, { origin: 64496, remark: null }],
    ['prepends as one', [sequence(64501, 64496, 64496)], null, { origin: 64496, remark: null }],
    ['the last of several sequences', [sequence(64501), sequence(64496)], null, { origin: 64496, remark: null }],
    ['a sequence behind a set', [set(64501, 64502), sequence(64496)], null, { origin: 64496, remark: null }],
    ['NONE at a set', [sequence(64501), set(64497, 64496)], null, { origin: [64496, 64497], remark: 'as-set' }],
    ['NONE at a set of one', [sequence(64501), set(64496)], null, { origin: [64496], remark: 'as-set' }],
    ['no confederation in front', [confed(65001), sequence(64496)], null, { origin: 64496, remark: null }],
    ['no confederation behind', [sequence(64496), confed(65001)], null, { origin: 64496, remark: null }],
    ['the local AS of a confederation', [confed(65001)], null, { origin: LOCAL, remark: 'local' }],
    [
      'the local AS of a confederation set',
      [{ type: AS_CONFED_SET, asns: [65001, 65002] }],
      null,
      { origin: LOCAL, remark: 'local' },
    ],
    ['the local AS of an empty path', [], null, { origin: LOCAL, remark: 'local' }],
    [
      'four octets by AS4_PATH',
      [sequence(64501, 23456, 23456)],
      [sequence(196608, 196609)],
      { origin: 196609, remark: null },
    ],
    ['nobody where the four octets are lost', [sequence(64501, 23456)], null, { origin: 23456, remark: 'unreadable' }],
    [
      'nothing of an AS4_PATH that is longer',
      [sequence(64501)],
      [sequence(196608, 196609)],
      { origin: 64501, remark: null },
    ],
  ];
  for (const [what, path, path4, reading] of cases)
    it(`reads ${what}`, () => {
      expect(readOrigin(path, path4, LOCAL)).to.deep.equal(reading);
      if (path4 === null) expect(readRowOrigin(flattenPath(path), LOCAL)).to.deep.equal(reading);
    });

  it('writes an AS and a set', () => {
    expect(formatOrigin(64496)).to.equal('AS64496');
    expect(formatOrigin([64496, 64497])).to.equal('{64496,64497}');
  });
});
