import { expect } from 'chai';
import fc from 'fast-check';
import { decodeFlow, encodeFlow, type FlowComponent, formatFlow } from '../../src/bgp/flowspec.ts';
import type { Afi } from '../../src/net/address.ts';
import { Cursor } from '../../src/net/cursor.ts';
import { prefixOf } from '../../src/net/prefix.ts';
import { hex, toHex } from './octets.ts';

const show = (octets: string, afi: Afi = 1) => {
  const components = decodeFlow(new Cursor(hex(octets)), afi);
  return typeof components === 'string' ? components : formatFlow(components, afi);
};

describe('bgp/flowspec', () => {
  // The examples of RFC 8955 section 4.3 and RFC 8956 section 3.8, behind their length octet, and each operator.
  const flows: readonly [octets: string, afi: Afi, text: string][] = [
    ['01 18 c00002 03 81 06 04 81 19', 1, 'destination 192.0.2.0/24 protocol ==6 port ==25'],
    [
      '01 18 c00002 02 18 cb0071 04 03 89 45 8b 91 1f90',
      1,
      'destination 192.0.2.0/24 source 203.0.113.0/24 port >=137&<=139 ==8080',
    ],
    ['01 20 c0000201 0c 80 05', 1, 'destination 192.0.2.1/32 fragment dont-fragment+first-fragment'],
    [
      '0120 00 20010db8 02 68 40 12345678 9a 03 81 06',
      2,
      'destination 2001:db8::/32 source ::1234:5678:9a00:0/64-104 upper-layer-protocol ==6',
    ],
    ['0120 00 20010db8 02 68 3c 1123456789 80', 2, 'destination 2001:db8::/32 source ::1:1234:5678:9800:0/60-104'],
    ['0100', 1, 'destination 0.0.0.0/0'],
    ['010000', 2, 'destination ::/0'],
    ['', 1, 'all'],
    ['04 00 01 01 02 02 03 03 04 04 05 05 06 06 07 87 08', 1, 'port false ==2 >3 >=4 <5 <=6 !=7 true'],
    ['07 81 08 08 81 00', 2, 'icmpv6-type ==8 icmpv6-code ==0'],
    ['09 01 12 42 01 83 04', 1, 'tcp-flags =syn+ack&!fin !=rst'],
    ['09 91 0102', 1, 'tcp-flags =syn+0x100'],
    ['0c 80 f2', 1, 'fragment is-fragment'],
    ['0a 92 05dc 0b 81 2e', 1, 'packet-length >1500 dscp ==46'],
    ['0d a1 000007dd', 2, 'flow-label ==2013'],
    ['0d b1 00000000 000007dd', 2, 'flow-label ==2013'],
  ];
  for (const [octets, afi, text] of flows)
    it(`reads ${text}`, () => {
      expect(show(octets, afi)).to.equal(text);
    });

  const faults: readonly [name: string, octets: string, afi: Afi, what: RegExp, offset: number][] = [
    ['an unknown type', '01 18 c00002 0e 81 00', 1, /type 14/, 5],
    ['type 0', '00 81 00', 1, /type 0/, 0],
    ['a flow label in IPv4', '0d 81 00', 1, /type 13/, 0],
    ['components out of order', '03 81 06 01 18 c00002', 1, /ascending/, 3],
    ['a component twice', '03 81 06 03 81 11', 1, /ascending/, 3],
    ['a prefix of 33 bits', '01 21 c0000201 80', 1, /33/, 0],
    ['a prefix that overruns', '01 18 c000', 1, /overruns/, 0],
    ['an offset beyond the length', '01 20 20 20010db8', 2, /offset 32/, 0],
    ['a list without an end', '04 01 50', 1, /overruns/, 0],
    ['a value that overruns', '04 91 50', 1, /overruns/, 0],
    ['TCP flags of 4 octets', '09 a1 00000002', 1, /tcp-flags of 4 octets, at most 2/, 0],
    ['a DSCP of 2 octets', '0b 91 002e', 1, /dscp of 2 octets, at most 1/, 0],
    ['fragment bits of 2 octets', '0c 90 0001', 2, /fragment of 2 octets, at most 1/, 0],
  ];
  for (const [name, octets, afi, what, offset] of faults)
    it(`refuses ${name}`, () => {
      const value = new Cursor(hex(octets));
      expect(decodeFlow(value, afi)).to.match(what);
      expect(value.offset).to.equal(offset);
    });

  it('writes a length of two octets from 240 on (RFC 8955 section 4.1)', () => {
    const tests = Array.from({ length: 119 }, (_, i) => ({ and: false, operator: 1, value: i }));
    expect(encodeFlow([{ type: 4, tests }]).slice(0, 1)).to.deep.equal([239]);
    const more = [...tests, { and: false, operator: 1, value: 0 }];
    expect(encodeFlow([{ type: 4, tests: more }]).slice(0, 2)).to.deep.equal([0xf0, 241]);
  });

  const anyValue = fc.oneof(
    fc.nat(0xff),
    fc.nat(0xffff),
    fc.integer({ min: 0, max: 0xffffffff }),
    fc.bigInt(0n, 2n ** 64n - 1n),
  );
  const tests = (operators: number, value: fc.Arbitrary<number | bigint> = anyValue) =>
    fc
      .array(fc.record({ and: fc.boolean(), operator: fc.nat(operators), value }), { minLength: 1, maxLength: 5 })
      .map(list => list.map((test, i) => (i === 0 ? { ...test, and: false } : test)));
  const component = (type: number, afi: Afi): fc.Arbitrary<FlowComponent> => {
    if (type === 9) return tests(3, fc.nat(0xffff)).map(list => ({ type, tests: list }));
    if (type === 11) return tests(7, fc.nat(0xff)).map(list => ({ type, tests: list }));
    if (type === 12) return tests(3, fc.nat(0xff)).map(list => ({ type, tests: list }));
    if (type > 2) return tests(7).map(list => ({ type, tests: list }));
    const size = afi === 1 ? 4 : 16;
    return fc
      .tuple(fc.uint8Array({ minLength: size, maxLength: size }), fc.nat(size * 8), fc.nat(127))
      .map(([bytes, length, wish]) => {
        const offset = afi === 1 || length === 0 ? 0 : wish % length;
        // Bits before the offset are not carried.
        const kept = bytes.map((octet, i) => octet & (0xff >> Math.max(0, Math.min(8, offset - i * 8))));
        return { type: type as 1 | 2, prefix: prefixOf({ afi, bytes: kept }, length), offset };
      });
  };
  for (const afi of [1, 2] as const)
    it(`reads back what it writes, IPv${afi === 1 ? 4 : 6}`, () => {
      const types = Array.from({ length: afi === 1 ? 12 : 13 }, (_, i) => i + 1);
      const flow = fc.subarray(types).chain(chosen => fc.tuple(...chosen.map(type => component(type, afi))));
      fc.assert(
        fc.property(flow, components => {
          const octets = Uint8Array.from(encodeFlow(components));
          const body = octets.subarray(octets[0]! < 0xf0 ? 1 : 2);
          expect(decodeFlow(new Cursor(body), afi), toHex(body)).to.deep.equal(components);
        }),
      );
    });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom<Afi>(1, 2), (octets, afi) => {
        const components = decodeFlow(new Cursor(octets), afi);
        if (typeof components !== 'string') formatFlow(components, afi);
      }),
      { numRuns: 1000 },
    );
  });
});
