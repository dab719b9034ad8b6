import { expect } from 'chai';
import fc from 'fast-check';
import { isSessionError } from '../../src/bgp/errors.ts';
import { decodeRouteRefresh, encodeRouteRefresh, refreshName } from '../../src/bgp/route-refresh.ts';
import { hex, MARKER, toHex } from './octets.ts';

const decode = (body: string) => {
  const message = hex(`${MARKER}000005${body}`);
  return decodeRouteRefresh(message, 19, message.length);
};

describe('bgp/route-refresh', () => {
  it('writes and reads a request and the two demarcations (RFC 2918 section 3, RFC 7313 section 3.2)', () => {
    for (const [subtype, name] of [
      [0, 'request'],
      [1, 'begin'],
      [2, 'end'],
    ] as const) {
      const message = encodeRouteRefresh({ afi: 2, safi: 1 }, subtype);
      expect(toHex(message)).to.equal(`${MARKER}0017050002${`0${subtype}`}01`);
      expect(decodeRouteRefresh(message, 19, message.length)).to.deep.include({ afi: 2, safi: 1, subtype });
      expect(refreshName(subtype)).to.equal(name);
    }
  });

  it('keeps filters of a request (RFC 5291) and unknown subtypes', () => {
    expect(decode('0001 00 01 01 40 0000')).to.deep.include({ subtype: 0, filters: hex('01400000') });
    expect(decode('0001 07 01 aa')).to.deep.include({ subtype: 7 });
    expect(refreshName(7)).to.equal('7');
  });

  it('answers a demarcation of another length with 7/1 and the whole message (RFC 7313 section 5)', () => {
    const answer = decode('0001 01 01 00');
    expect(isSessionError(answer) && [answer.code, answer.subcode, answer.offset]).to.deep.equal([7, 1, 23]);
    expect(isSessionError(answer) && toHex(answer.data)).to.equal(`${MARKER}0000050001010100`);
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), bytes => void decodeRouteRefresh(bytes, 0, bytes.length)));
  });
});
