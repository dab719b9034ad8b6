import { expect } from 'chai';
import fc from 'fast-check';
import { formatCapability } from '../../src/bgp/capabilities.ts';
import { isSessionError } from '../../src/bgp/errors.ts';
import { decodeOpen, encodeOpen, localOpen, negotiate, type Open } from '../../src/bgp/open.ts';
import { hex, MARKER, toHex } from './octets.ts';

const decode = (body: string) => decodeOpen(hex(body), 0, hex(body).length);
/** A peer's OPEN: AS 64496, hold time 90, 192.0.2.1, with these optional parameters. */
const body = (parameters: string, length = hex(parameters).length) =>
  `04 fbf0 005a c0000201 ${length.toString(16).padStart(2, '0')} ${parameters}`;
const collector = localOpen({ localAs: 64500, routerId: '192.0.2.9', holdTime: 90, ipv4: true, ipv6: true });
const addresses = { localAddress: '192.0.2.9', remoteAddress: '192.0.2.1' };

function open(text: string): Open {
  const answer = decode(text);
  if (isSessionError(answer)) throw new Error(answer.what ?? 'error');
  return answer;
}

describe('bgp/open', () => {
  it('reads an OPEN without parameters', () => {
    expect(decode(body(''))).to.deep.equal({ version: 4, as: 64496, holdTime: 90, id: '192.0.2.1', capabilities: [] });
  });

  it('reads capabilities, several in one parameter and in several, unknown ones too', () => {
    const answer = open('04 5ba0 00b4 c0000201 16 0206 0104 00010001 020c 0200 4104 00010000 8302abcd');
    expect(answer.as, 'AS of the capability, not AS_TRANS').to.equal(65536);
    expect(answer.capabilities.map(formatCapability)).to.deep.equal([
      'multiprotocol ipv4 unicast',
      'route refresh',
      '4-octet AS 65536',
      'capability 131 abcd',
    ]);
  });

  it('reads the extended lengths of RFC 9072', () => {
    expect(open(body('ff 0009 02 0006 0104 00010001', 255)).capabilities).to.have.length(1);
    expect(open(body('ff 0009 02 0006 0104 00010001', 12)).capabilities, 'in a short message').to.have.length(1);
  });

  // RFC 4271 section 6.2
  const errors: readonly [name: string, body: string, subcode: number, data: string][] = [
    ['version 3', '03 fbf0 005a c0000201 00', 1, '0004'],
    ['AS 0', '04 0000 005a c0000201 00', 2, ''],
    ['AS 0 in the capability', body('0206 4104 00000000'), 2, ''],
    ['identifier 0', '04 fbf0 005a 00000000 00', 3, ''],
    ['an unknown optional parameter', body('0100'), 4, ''],
    ['hold time 1', '04 fbf0 0001 c0000201 00', 6, ''],
    ['hold time 2', '04 fbf0 0002 c0000201 00', 6, ''],
    ['a parameters length that is too long', body('', 4), 0, ''],
    ['a parameters length that is too short', body('0200', 0), 0, ''],
    ['a parameter that overruns', body('0204 0200'), 0, ''],
    ['a capability that overruns', body('0202 0204'), 0, ''],
    ['a 4-octet AS capability of 2 octets', body('0204 4102 fbf0'), 0, ''],
    ['an extended length that does not fit', body('ff 0010 0200', 255), 0, ''],
  ];
  for (const [name, text, subcode, data] of errors)
    it(`refuses ${name} with 2/${subcode}`, () => {
      const answer = decode(text);
      expect(isSessionError(answer) && [answer.code, answer.subcode, toHex(answer.data)]).to.deep.equal([
        2,
        subcode,
        data,
      ]);
    });

  it('writes what a collector says: both families, refresh, restart without a family, 4-octet AS', () => {
    expect(toHex(encodeOpen({ ...collector, as: 4200000000 }))).to.equal(
      toHex(
        hex(`${MARKER} 0037 01 04 5ba0 005a c0000209 1a 0218 0104 00010001 0104 00020001 0200 4002 0000 4104 0000fbf4`),
      ),
    );
  });

  it('reads back what it writes, whatever the length', () => {
    const capability = fc.record({
      code: fc.integer({ min: 0, max: 255 }).filter(code => code !== 65),
      value: fc.uint8Array({ maxLength: 255 }),
    });
    fc.assert(
      fc.property(fc.array(capability, { maxLength: 12 }), fc.integer({ min: 1, max: 65535 }), (capabilities, as) => {
        const written = { version: 4, as, holdTime: 240, id: '198.51.100.7', capabilities };
        const message = encodeOpen(written);
        expect(decodeOpen(message, 19, message.length)).to.deep.equal(written);
      }),
    );
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), bytes => void decodeOpen(bytes, 0, bytes.length)));
  });

  describe('negotiation', () => {
    const peer = { ...open(body('')), capabilities: collector.capabilities.slice(0, 2) };

    it('takes the smaller hold time, the common families and AS width', () => {
      expect(negotiate(collector, { ...peer, holdTime: 30 }, 64496, addresses)).to.include({
        as4: false,
        ipv4: true,
        ipv6: true,
        holdTime: 30,
        ebgp: true,
        peerId: '192.0.2.1',
      });
    });

    it('reads no capability as IPv4 unicast alone', () => {
      expect(negotiate(collector, open(body('')), 64496, addresses)).to.include({ ipv4: true, ipv6: false });
    });

    const refused: readonly [name: string, open: Open, expected: number, subcode: number][] = [
      ['another AS', peer, 64497, 2],
      ['our identifier from an internal peer', { ...peer, as: 64500, id: '192.0.2.9' }, 64500, 3],
      ['no family in common', { ...peer, capabilities: [{ code: 1, value: hex('0001 00 80') }] }, 64496, 7],
    ];
    for (const [name, remote, expected, subcode] of refused)
      it(`refuses ${name} with 2/${subcode}`, () => {
        const answer = negotiate(collector, remote, expected, addresses);
        expect(isSessionError(answer) && [answer.code, answer.subcode]).to.deep.equal([2, subcode]);
      });

    it('lets an external peer bear our identifier (RFC 6286)', () => {
      expect(isSessionError(negotiate(collector, { ...peer, id: '192.0.2.9' }, 64496, addresses))).to.equal(false);
    });
  });
});
