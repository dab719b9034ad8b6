import { expect } from 'chai';
import fc from 'fast-check';
import { type CapabilityValue, formatCapability, readCapability } from '../../src/bgp/capabilities.ts';
import { hex } from './octets.ts';

describe('bgp/capabilities', () => {
  const cases: readonly [code: number, value: string, read: CapabilityValue, text: string][] = [
    [1, '0002 00 85', 'ipv6 flowspec', 'multiprotocol ipv6 flowspec'],
    [2, '', null, 'route refresh'],
    [
      5,
      '0001 0001 0002 0001 0080 0002',
      ['ipv4 unicast via ipv6', 'ipv4 vpn via ipv6'],
      'extended next hop ipv4 unicast via ipv6, ipv4 vpn via ipv6',
    ],
    [6, '', null, 'extended message'],
    [9, '03', 'customer', 'role customer'],
    [9, '09', 9, 'role 9'],
    [
      64,
      'c078 0001 01 80 0002 01 00',
      { time: 120, restarting: true, notification: true, families: ['ipv4 unicast preserved', 'ipv6 unicast'] },
      'graceful restart time 120, restarting, notification, ipv4 unicast preserved, ipv6 unicast',
    ],
    [64, '0000', { time: 0, restarting: false, notification: false, families: [] }, 'graceful restart time 0'],
    [65, '00010000', 65536, '4-octet AS 65536'],
    [
      69,
      '0001 01 03 0002 01 01 0019 46 02',
      ['ipv4 unicast send and receive', 'ipv6 unicast receive', 'l2vpn evpn send'],
      'add-path ipv4 unicast send and receive, ipv6 unicast receive, l2vpn evpn send',
    ],
    [70, '', null, 'enhanced route refresh'],
    [
      71,
      '0001 01 80 000e10',
      ['ipv4 unicast time 3600 preserved'],
      'long-lived graceful restart ipv4 unicast time 3600 preserved',
    ],
    [73, '02 7231 07 6578616d706c65', 'r1.example', 'host name r1.example'],
    [73, '02 7231 00', 'r1', 'host name r1'],
    [75, '03 312e32', '1.2', 'software version 1.2'],
    [131, 'abcd', 'abcd', 'capability 131 abcd'],
    // Of a length that they must not have.
    [1, '0001', '0001', 'multiprotocol 0001'],
    [69, '0001 01', '000101', 'add-path 000101'],
    [2, '00', '00', 'route refresh 00'],
  ];
  for (const [code, value, read, text] of cases)
    it(`reads ${text}`, () => {
      const capability = { code, value: hex(value) };
      expect(readCapability(capability)).to.deep.equal(read);
      expect(formatCapability(capability)).to.equal(text);
    });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.nat(255), fc.uint8Array({ maxLength: 40 }), (code, value) => {
        expect(formatCapability({ code, value })).to.be.a('string');
      }),
      { numRuns: 1000 },
    );
  });
});
