import { expect } from 'chai';
import fc from 'fast-check';
import {
  decodePath,
  flattenPath,
  formatPath,
  mergePaths,
  originOf,
  parsePath,
  pathLength,
} from '../../src/bgp/as-path.ts';
import { Cursor } from '../../src/net/cursor.ts';
import { hex } from './octets.ts';

const set = (...asns: number[]) => ({ type: 1, asns });
const sequence = (...asns: number[]) => ({ type: 2, asns });
const confederation = (...asns: number[]) => ({ type: 3, asns });
const confederationSet = (...asns: number[]) => ({ type: 4, asns });

describe('bgp/as-path', () => {
  it('reads segments of 2- and 4-octet AS numbers', () => {
    expect(decodePath(new Cursor(hex('0202 fbf0 fbf1 0101 fbf4')), 2)).to.deep.equal([
      sequence(64496, 64497),
      set(64500),
    ]);
    expect(decodePath(new Cursor(hex('0201 00010000')), 4)).to.deep.equal([sequence(65536)]);
    expect(decodePath(new Cursor(hex('')), 4)).to.deep.equal([]);
  });

  const faults: readonly [octets: string, what: RegExp, offset: number][] = [
    ['0501 fbf0', /segment type 5/, 0],
    ['0001 fbf0', /segment type 0/, 0],
    ['0201 fbf0 0200', /empty/, 4],
    ['0202 fbf0', /overruns/, 0],
    ['0201 fbf0 02', /one octet/, 4],
    ['0202 fbf0 0000', /AS 0/, 4],
  ];
  for (const [octets, what, offset] of faults)
    it(`refuses ${octets} at octet ${offset}`, () => {
      const value = new Cursor(hex(octets));
      expect(decodePath(value, 2)).to.match(what);
      expect(value.offset).to.equal(offset);
    });

  // research: the origin of a route; RFC 6811 section 2
  const paths: readonly [text: string, path: Parameters<typeof originOf>[0], origin: number | null | 'empty'][] = [
    ['64496 64497 64500', [sequence(64496, 64497, 64500)], 64500],
    ['64496 64500 64500 64500', [sequence(64496, 64500, 64500, 64500)], 64500],
    ['64496 {64500,64501}', [sequence(64496), set(64500, 64501)], null],
    ['{64500} 64496', [set(64500), sequence(64496)], 64496],
    ['64496 (65001 65002)', [sequence(64496), confederation(65001, 65002)], 64496],
    ['(65001) [65002,65003]', [confederation(65001), confederationSet(65002, 65003)], 'empty'],
    ['', [], 'empty'],
  ];
  for (const [text, path, origin] of paths)
    it(`the origin of "${text}" is ${origin}`, () => {
      expect(originOf(path)).to.equal(origin);
      expect(formatPath(path)).to.equal(text);
    });

  it('flattens: prepends kept, sets as arrays, confederation left out', () => {
    expect(flattenPath([confederation(65001), sequence(1, 2, 2), set(3, 4)])).to.deep.equal([1, 2, 2, [3, 4]]);
  });

  // RFC 6793 section 4.2.3
  const merges: readonly [name: string, path: string, path4: string, merged: string][] = [
    ['the same length', '23456 23456', '65536 65537', '65536 65537'],
    ['leading ASes kept from AS_PATH', '64496 23456 23456', '65536 65537', '64496 65536 65537'],
    ['AS4_PATH longer: ignored', '64496', '65536 65537', '64496'],
    ['empty AS4_PATH', '64496 64497', '', '64496 64497'],
  ];
  const parse = (text: string) => (text === '' ? [] : [sequence(...text.split(' ').map(Number))]);
  for (const [name, path, path4, merged] of merges)
    it(`merges: ${name}`, () => expect(formatPath(mergePaths(parse(path), parse(path4)))).to.equal(merged));

  it('merges: a set counts as one, leading confederation segments are kept', () => {
    expect(mergePaths([set(1, 2), sequence(23456)], [sequence(65536)])).to.deep.equal([set(1, 2), sequence(65536)]);
    expect(mergePaths([confederation(65001), sequence(5, 23456)], [sequence(65536)])).to.deep.equal([
      confederation(65001),
      sequence(5, 65536),
    ]);
  });

  it('merges: a confederation segment behind a sequence that was cut is not kept, for it stands beside nothing taken', () => {
    const path = [sequence(5, 23456), confederation(65001), sequence(23456)];
    expect(mergePaths(path, [sequence(65536, 65537)])).to.deep.equal([sequence(5, 65536, 65537)]);
    const beside = [sequence(5), confederation(65001), sequence(23456)];
    expect(mergePaths(beside, [sequence(65536)])).to.deep.equal([sequence(5), confederation(65001), sequence(65536)]);
  });

  it('merging keeps the length of AS_PATH', () => {
    const path = fc.array(
      fc.record({
        type: fc.constantFrom(1, 2, 3, 4),
        asns: fc.array(fc.integer({ min: 1 }), { minLength: 1, maxLength: 9 }),
      }),
    );
    fc.assert(
      fc.property(path, path, (a, b) => {
        const plain = b.filter(segment => segment.type < 3);
        expect(pathLength(mergePaths(a, plain))).to.equal(pathLength(a));
      }),
    );
  });

  const written: readonly [text: string, read: string][] = [
    ['64496 64497 {64500,64501}', '64496 64497 {64500,64501}'],
    ['AS64496  as1.10', '64496 65546'],
    ['{64500 64501}64496', '{64500,64501} 64496'],
    ['(65001 65002) 64496 [65003,65004]', '(65001 65002) 64496 [65003,65004]'],
    ['', ''],
    ['64496 0', 'AS 0'],
    ['64496 x', '"x" is no AS number'],
    ['64496 4294967296', '"4294967296" is no AS number'],
    ['65536.1', '"65536.1" is no AS number'],
    ['64496 {}', 'empty segment "{}"'],
    ['64496 {64500', '"{" is not closed'],
  ];
  for (const [text, read] of written)
    it(`reads the text "${text}"`, () => {
      const path = parsePath(text);
      expect(typeof path === 'string' ? path : formatPath(path)).to.equal(read);
    });
});
