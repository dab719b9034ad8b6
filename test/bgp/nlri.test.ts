import { expect } from 'chai';
import fc from 'fast-check';
import { familyNamed, formatFamily, isHeld } from '../../src/bgp/family.ts';
import { encodeLabels } from '../../src/bgp/labels.ts';
import { decodeNlri, formatNlri, type NlriField } from '../../src/bgp/nlri.ts';
import { OTHER_FAMILIES } from '../../src/config/families.ts';
import { prefixOf } from '../../src/net/prefix.ts';
import { hex } from './octets.ts';

interface How {
  readonly afi: number;
  readonly safi: number;
  readonly pathIds?: boolean;
  readonly withdrawn?: boolean;
}
const decode = (octets: Uint8Array, { afi, safi, pathIds = false, withdrawn = false }: How) => {
  const field: NlriField = { afi, safi, start: 0, end: octets.length, pathIds, withdrawn };
  return decodeNlri(octets, field);
};
const show = (text: string, how: How) => {
  const routes = decode(hex(text), how);
  return 'what' in routes ? routes : routes.map(formatNlri);
};

describe('bgp/nlri', () => {
  it('reads every family that can be configured', () => {
    const families = OTHER_FAMILIES.map(name => familyNamed(name));
    expect(families.map(family => family && formatFamily(family))).to.deep.equal([...OTHER_FAMILIES]);
    expect(families.some(family => family !== null && isHeld(family))).to.equal(false);
  });

  const fields: readonly [name: string, octets: string, how: How, routes: readonly string[]][] = [
    ['IPv4 unicast', '18c00002 00 20c0000201', { afi: 1, safi: 1 }, ['192.0.2.0/24', '0.0.0.0/0', '192.0.2.1/32']],
    ['host bits, which are cleared', '14c0000f', { afi: 1, safi: 1 }, ['192.0.0.0/20']],
    ['IPv6 unicast', '20 20010db8', { afi: 2, safi: 1 }, ['2001:db8::/32']],
    ['IPv4 multicast', '18c00002', { afi: 1, safi: 2 }, ['ipv4 multicast 192.0.2.0/24']],
    ['IPv6 multicast', '20 20010db8', { afi: 2, safi: 2 }, ['ipv6 multicast 2001:db8::/32']],
    // RFC 7911 section 3
    [
      'path identifiers',
      '00000007 18c00002 ffffffff 00',
      { afi: 1, safi: 1, pathIds: true },
      ['192.0.2.0/24 path 7', '0.0.0.0/0 path 4294967295'],
    ],
    // RFC 8277 section 2
    ['a label', '30 003e81 c00002', { afi: 1, safi: 4 }, ['ipv4 labelled 192.0.2.0/24 label 1000']],
    ['a stack of labels', '48 003e80 000321 c00002', { afi: 1, safi: 4 }, ['ipv4 labelled 192.0.2.0/24 label 1000/50']],
    ['a withdrawn label', '30 800000 c00002', { afi: 1, safi: 4, withdrawn: true }, ['ipv4 labelled 192.0.2.0/24']],
    [
      'a withdrawn label of 0',
      '30 000000 c00002',
      { afi: 1, safi: 4, withdrawn: true },
      ['ipv4 labelled 192.0.2.0/24'],
    ],
    ['IPv6 with a label', '38 000021 20010db8', { afi: 2, safi: 4 }, ['ipv6 labelled 2001:db8::/32 label 2']],
    // RFC 4364 section 4.2
    [
      'distinguisher type 0',
      '70 003e81 0000fde800000001 c00002',
      { afi: 1, safi: 128 },
      ['ipv4 vpn 192.0.2.0/24 rd 65000:1 label 1000'],
    ],
    [
      'distinguisher type 1',
      '58 003e81 0001c00002010007',
      { afi: 1, safi: 128 },
      ['ipv4 vpn 0.0.0.0/0 rd 192.0.2.1:7 label 1000'],
    ],
    [
      'distinguisher type 2',
      '58 003e81 0002000100000007',
      { afi: 1, safi: 128 },
      ['ipv4 vpn 0.0.0.0/0 rd 65536:7 label 1000'],
    ],
    [
      'distinguisher type 9',
      '58 003e81 0009000100000007',
      { afi: 1, safi: 128 },
      ['ipv4 vpn 0.0.0.0/0 rd 0009000100000007 label 1000'],
    ],
    [
      'IPv6 VPN',
      '78 003e81 0000fde800000001 20010db8',
      { afi: 2, safi: 128 },
      ['ipv6 vpn 2001:db8::/32 rd 65000:1 label 1000'],
    ],
    [
      'a withdrawn VPN route',
      '70 800000 0000fde800000001 c00002',
      { afi: 1, safi: 128, withdrawn: true },
      ['ipv4 vpn 192.0.2.0/24 rd 65000:1'],
    ],
    [
      'a VPN route with a path identifier',
      '00000001 58 003e81 0000fde800000001',
      { afi: 1, safi: 128, pathIds: true },
      ['ipv4 vpn 0.0.0.0/0 rd 65000:1 label 1000 path 1'],
    ],
    [
      'flow specifications',
      '05 0118c00002 03 038106',
      { afi: 1, safi: 133 },
      ['ipv4 flowspec destination 192.0.2.0/24', 'ipv4 flowspec protocol ==6'],
    ],
    ['a flow specification with a long length', 'f003 038106', { afi: 1, safi: 133 }, ['ipv4 flowspec protocol ==6']],
    [
      'a flow specification in a VPN',
      '0b 0000fde800000001 038106',
      { afi: 2, safi: 134 },
      ['ipv6 flowspec vpn upper-layer-protocol ==6 rd 65000:1'],
    ],
    ['a family that is not read', '0221 0001', { afi: 25, safi: 70 }, ['l2vpn evpn 02210001']],
    ['nothing of such a family', '', { afi: 25, safi: 70 }, []],
  ];
  for (const [name, octets, how, routes] of fields)
    it(`reads ${name}`, () => {
      expect(show(octets, how)).to.deep.equal(routes);
    });

  const faults: readonly [name: string, octets: string, how: How, offset: number, what: RegExp][] = [
    ['a length of 33', '18c00002 21c000020180', { afi: 1, safi: 1 }, 4, /33, at most 32/],
    ['a prefix that overruns', '20 2001', { afi: 2, safi: 1 }, 0, /overruns/],
    ['a path identifier cut short', '000000', { afi: 1, safi: 1, pathIds: true }, 0, /path identifier of 3 octets/],
    ['a path identifier alone', '00000001', { afi: 1, safi: 1, pathIds: true }, 4, /without a prefix/],
    ['a length within the label', '17 003e81', { afi: 1, safi: 4 }, 0, /label alone take/],
    ['labels without an end', '30 003e80 000320', { afi: 1, safi: 4 }, 0, /no end/],
    ['a length within the distinguisher', '50 003e81 0000fde8000001', { afi: 1, safi: 128 }, 0, /distinguisher alone/],
    ['labels that leave no distinguisher', '58 003e80 003e81 0000fde80000', { afi: 1, safi: 128 }, 0, /ends inside/],
    ['33 bits behind the label', '39 003e81 c000020180', { afi: 1, safi: 4 }, 0, /33, at most 32/],
    ['a flow specification that overruns', '06 0118c00002', { afi: 1, safi: 133 }, 0, /overruns/],
    ['one without its distinguisher', '03 038106', { afi: 1, safi: 134 }, 0, /distinguisher/],
    ['one with a bad component', '03 ff8106', { afi: 1, safi: 133 }, 1, /type 255/],
  ];
  for (const [name, octets, how, offset, what] of faults)
    it(`refuses ${name}`, () => {
      const fault = show(octets, how);
      expect('what' in fault ? fault : null).to.have.property('offset', offset);
      expect('what' in fault ? fault.what : '').to.match(what);
    });

  it('reads back labelled and VPN routes, whatever the labels and the length', () => {
    const label = fc.nat(0xfffff);
    const route = fc.record({
      labels: fc.array(label, { minLength: 1, maxLength: 3 }),
      bytes: fc.uint8Array({ minLength: 4, maxLength: 4 }),
      length: fc.nat(32),
      rd: fc.boolean(),
      pathId: fc.option(fc.nat()),
    });
    fc.assert(
      fc.property(route, ({ labels, bytes, length, rd, pathId }) => {
        const prefix = prefixOf({ afi: 1, bytes }, length);
        const front = [...encodeLabels(labels), ...(rd ? hex('0000fde800000001') : [])];
        const id = pathId === null ? [] : [pathId >>> 24, (pathId >> 16) & 0xff, (pathId >> 8) & 0xff, pathId & 0xff];
        const octets = [...id, front.length * 8 + length, ...front, ...prefix.bytes.subarray(0, (length + 7) >> 3)];
        const safi = rd ? 128 : 4;
        const how = { afi: 1, safi, ...(pathId !== null && { pathIds: true }) };
        expect(decode(Uint8Array.from(octets), how)).to.deep.equal([
          { ...prefix, safi, labels, rd: rd ? '65000:1' : null, pathId },
        ]);
      }),
    );
  });

  it('never throws, and a fault lies in the field', () => {
    const family = fc.constantFrom(...[1, 2].flatMap(afi => [1, 2, 4, 128, 133, 134].map(safi => ({ afi, safi }))), {
      afi: 25,
      safi: 70,
    });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), family, fc.boolean(), fc.boolean(), (octets, how, ids, gone) => {
        const routes = decodeNlri(octets, { ...how, start: 0, end: octets.length, pathIds: ids, withdrawn: gone });
        if ('what' in routes) expect(routes.offset).to.be.within(0, octets.length);
        else routes.map(formatNlri);
      }),
      { numRuns: 2000 },
    );
  });
});
