import { expect } from 'chai';
import fc from 'fast-check';
import { cleanAttributes } from '../../src/mrt/clean-attributes.ts';
import { decodeDumped } from '../../src/mrt/dumped-attributes.ts';
import { attributesOf } from '../../src/mrt/element-attributes.ts';
import { attribute, hex } from '../bgp/octets.ts';
import { nextHop, ORIGIN_IGP, path } from './octets.ts';

/** What the whole decoder says, as fields with a comma before each. */
const whole = (bytes: Uint8Array, as4: boolean) => {
  const text = JSON.stringify(attributesOf(decodeDumped(bytes, 0, bytes.length, as4)));
  return text === '{}' ? '' : `,${text.slice(1, -1)}`;
};

const MED = attribute(0x80, 4, '00000064');
const LOCAL_PREF = attribute(0x40, 5, 'ffffffff');
const ATOMIC = attribute(0x40, 6, '');
const AGGREGATOR = attribute(0xc0, 7, '0000fbf0c0000201');
const COMMUNITIES = attribute(0xc0, 8, 'fbf00001ffffff01');
const ALL = [
  ORIGIN_IGP,
  path([64496, 4200000000]),
  nextHop('192.0.2.9'),
  MED,
  LOCAL_PREF,
  ATOMIC,
  AGGREGATOR,
  COMMUNITIES,
];

describe('mrt/clean-attributes', () => {
  it('reads the eight attributes of nearly all routes', () => {
    const bytes = hex(ALL.join(''));
    expect(cleanAttributes(bytes, 0, bytes.length, true)).to.equal(whole(bytes, true));
  });
  it('leaves to the whole decoder what is rare or wrong', () => {
    for (const list of [
      attribute(0x40, 1, '03'),
      attribute(0x40, 1, '0000'),
      attribute(0x80, 1, '00'),
      attribute(0x40, 2, '0201'),
      attribute(0x40, 2, '0200'),
      attribute(0x40, 2, '020100000000'),
      attribute(0x40, 2, '050100000001'),
      attribute(0xc0, 7, '00000000c0000201'),
      attribute(0xc0, 8, ''),
      attribute(0xc0, 8, '000000'),
      attribute(0xc0, 32, '0000fbf00000000100000002'),
      ORIGIN_IGP + ORIGIN_IGP,
      MED + ORIGIN_IGP,
      '4001',
      '400102ff',
    ])
      expect(cleanAttributes(hex(list), 0, list.length / 2, true), list).to.equal(null);
  });
  it('says what the whole decoder says, of any list', () => {
    const list = fc
      .tuple(fc.subarray(ALL), fc.option(fc.tuple(fc.nat(400), fc.nat(255))), fc.boolean())
      .map(([attributes, change, as4]) => {
        const bytes = hex(attributes.join(''));
        if (change !== null && bytes.length > 0) bytes[change[0] % bytes.length] = change[1];
        return { bytes, as4 };
      });
    fc.assert(
      fc.property(list, ({ bytes, as4 }) => {
        const clean = cleanAttributes(bytes, 0, bytes.length, as4);
        if (clean !== null) expect(clean).to.equal(whole(bytes, as4));
      }),
      { numRuns: 3000 },
    );
  });
});
