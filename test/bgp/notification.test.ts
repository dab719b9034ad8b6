import { expect } from 'chai';
import fc from 'fast-check';
import { sessionError } from '../../src/bgp/errors.ts';
import { ceaseWith, decodeNotification, encodeNotification, formatNotification } from '../../src/bgp/notification.ts';
import { hex, MARKER, toHex } from './octets.ts';

const text = (body: string) => formatNotification(decodeNotification(hex(body), 0, hex(body).length));

describe('bgp/notification', () => {
  it('writes code, subcode and data', () => {
    expect(toHex(encodeNotification(sessionError(1, 3, 'x', hex('06'))))).to.equal(`${MARKER}0016030103${'06'}`);
  });

  const shown: readonly [body: string, text: string][] = [
    ['0602', 'Cease/Administrative Shutdown'],
    ['0602 05 68656c6c6f', 'Cease/Administrative Shutdown "hello"'],
    ['0604 06 e59bb3e69bb8', 'Cease/Administrative Reset "図書"'],
    ['0602 03 610a62', 'Cease/Administrative Shutdown "a b"'],
    ['0602 09 6869', 'Cease/Administrative Shutdown, data 096869'], // RFC 9003 section 4: the length overruns
    ['0602 02 c328', 'Cease/Administrative Shutdown, data 02c328'], // no UTF-8
    ['0400', 'Hold Timer Expired'],
    ['0502', 'Finite State Machine Error/Unexpected Message in OpenConfirm State'],
    ['0202 fbf0', 'OPEN Message Error/Bad Peer AS, data fbf0'],
    ['0663', 'Cease/subcode 99'],
    // RFC 4486 section 4
    ['0601 0002 01 000f4240', 'Cease/Maximum Number of Prefixes Reached: ipv6 unicast, at most 1000000'],
    ['0601 0002', 'Cease/Maximum Number of Prefixes Reached, data 0002'],
    // RFC 8538 section 3.1
    ['0609 0602 05 68656c6c6f', 'Cease/Hard Reset: Cease/Administrative Shutdown "hello"'],
    ['0609 0609 0602', 'Cease/Hard Reset: Cease/Hard Reset, data 0602'],
    ['0609', 'Cease/Hard Reset'],
    // RFC 5492 section 5
    [
      '0207 0104 00020001 4600',
      'OPEN Message Error/Unsupported Capability: multiprotocol ipv6 unicast, enhanced route refresh',
    ],
    ['0207 0104 0002', 'OPEN Message Error/Unsupported Capability, data 01040002'],
    ['020b', 'OPEN Message Error/Role Mismatch'],
    ['630c', 'code 99/subcode 12'],
  ];
  for (const [body, expected] of shown) it(`shows ${body} as ${expected}`, () => expect(text(body)).to.equal(expected));

  it('cuts a shutdown communication at 255 octets, between characters', () => {
    const error = ceaseWith(2, '図'.repeat(200));
    expect([error.data.length, error.data[0]]).to.deep.equal([256, 255]);
    expect(formatNotification(error)).to.equal(`Cease/Administrative Shutdown "${'図'.repeat(85)}"`);
    expect(ceaseWith(2, '').data).to.have.length(0);
  });

  it('never throws, and reads back what it writes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2, maxLength: 300 }), body => {
        const error = decodeNotification(body, 0, body.length);
        expect(formatNotification(error)).to.be.a('string');
        expect(encodeNotification(error).subarray(19)).to.deep.equal(body);
      }),
    );
  });
});
