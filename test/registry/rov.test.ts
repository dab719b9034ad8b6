import { expect } from 'chai';
import fc from 'fast-check';
import { type Prefix, parsePrefix } from '../../src/net/prefix.ts';
import type { RouteOrigin } from '../../src/registry/origin.ts';
import { formatVrp, rov, type Vrp } from '../../src/registry/rov.ts';
import type { RovReason, RovState } from '../../src/registry/verdict.ts';

const p = (text: string): Prefix => parsePrefix(text)!;
const vrp = (prefix: string, maxLength: number, asn: number): Vrp => ({ prefix: p(prefix), maxLength, asn });

describe('registry/rov', () => {
  const vrps = [
    vrp('192.0.2.0/24', 24, 64496),
    vrp('198.51.100.0/22', 23, 64496),
    vrp('198.51.100.0/22', 22, 64497),
    vrp('198.51.101.0/24', 24, 64511),
    vrp('203.0.113.0/24', 32, 0),
    vrp('203.0.112.0/23', 23, 0),
    vrp('10.0.0.0/8', 8, 0),
    vrp('10.1.0.0/16', 16, 64496),
    vrp('2001:db8::/32', 48, 64496),
    vrp('2001:db8:1::/48', 48, 4294967295),
  ];
  // RFC 6811 section 2; AS 0: RFC 6483 section 4; AS_SET: NONE.
  const cases: readonly [route: string, RouteOrigin, RovState, RovReason | null][] = [
    ['192.0.2.0/24', 64496, 'valid', null],
    ['192.0.2.0/24', 64497, 'invalid', 'as'],
    ['192.0.2.0/25', 64496, 'invalid', 'length'],
    ['192.0.2.0/25', 64497, 'invalid', 'as'],
    ['192.0.0.0/16', 64496, 'not-found', null], // a VRP inside the route covers nothing of it
    ['198.51.100.0/22', 64496, 'valid', null],
    ['198.51.100.0/22', 64497, 'valid', null],
    ['198.51.102.0/23', 64496, 'valid', null],
    ['198.51.102.0/23', 64497, 'invalid', 'length'],
    ['198.51.101.0/24', 64511, 'valid', null],
    ['198.51.101.0/24', 64496, 'invalid', 'length'], // by the VRP further up, though a nearer one has another AS
    ['203.0.113.0/24', 64496, 'invalid', 'as0'],
    ['203.0.113.0/24', 0, 'invalid', 'as0'], // a VRP of AS 0 matches nothing, not even AS 0
    ['10.1.0.0/16', 64496, 'valid', null], // another AS beats AS 0
    ['10.1.0.0/16', 64497, 'invalid', 'as'],
    ['10.2.0.0/16', 64497, 'invalid', 'as0'],
    ['192.0.2.0/24', [64496], 'invalid', 'as-set'],
    ['192.0.2.0/24', [64496, 64497], 'invalid', 'as-set'],
    ['203.0.113.0/24', [64496], 'invalid', 'as-set'],
    ['192.0.3.0/24', [64496], 'not-found', null],
    ['2001:db8:2::/48', 64496, 'valid', null],
    ['2001:db8:1::/48', 4294967295, 'valid', null],
    ['2001:db8::/49', 64496, 'invalid', 'length'],
    ['2001:db9::/32', 64496, 'not-found', null],
    ['0.0.0.0/0', 64496, 'not-found', null],
  ];
  for (const [route, origin, state, reason] of cases)
    it(`${route} from ${origin} is ${state}${reason === null ? '' : ` (${reason})`}`, () => {
      const judged = rov(p(route), origin, vrps);
      expect([judged.state, judged.reason]).to.deep.equal([state, reason]);
      expect(judged.matching.length > 0).to.equal(state === 'valid');
    });

  it('names what it judged by, the most specific first', () => {
    const { covering, why } = rov(p('198.51.101.0/24'), 64666, vrps);
    expect(covering.map(formatVrp)).to.deep.equal([
      '198.51.101.0/24-24 AS64511',
      '198.51.100.0/22-23 AS64496',
      '198.51.100.0/22-22 AS64497',
    ]);
    expect(why).to.equal('AS64511, AS64496, AS64497 may, AS64666 not');
  });

  /** RFC 6811 section 2.1 over again, on numbers: four bits of address, so that things meet. */
  it('agrees with the pseudo-code of the RFC', () => {
    const small = fc.record({ value: fc.nat(15), length: fc.nat(4), more: fc.nat(4), asn: fc.nat(3) });
    const prefixOf4 = (value: number, length: number): Prefix => {
      const kept = length === 0 ? 0 : (value >> (4 - length)) << (4 - length);
      return { afi: 1, bytes: Uint8Array.of(kept << 4, 0, 0, 0), length };
    };
    fc.assert(
      fc.property(small, fc.array(small, { maxLength: 6 }), (route, others) => {
        const mine = prefixOf4(route.value, route.length);
        const list = others.map(({ value, length, more, asn }) => ({
          prefix: prefixOf4(value, length),
          maxLength: length + more,
          asn,
        }));
        let result: RovState = 'not-found';
        for (const one of list) {
          const shift = 8 - one.prefix.length;
          const same = mine.bytes[0]! >> shift === one.prefix.bytes[0]! >> shift;
          if (one.prefix.length > route.length || !same) continue;
          if (result === 'not-found') result = 'invalid';
          if (route.length <= one.maxLength && route.asn === one.asn && one.asn !== 0) result = 'valid';
        }
        expect(rov(mine, route.asn, list).state).to.equal(result);
      }),
    );
  });
});
