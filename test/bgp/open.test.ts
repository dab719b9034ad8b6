import { expect } from 'chai';
import fc from 'fast-check';
import { formatCapability, lengthFault } from '../../src/bgp/capabilities.ts';
import { isSessionError } from '../../src/bgp/errors.ts';
import { type Negotiated, negotiate } from '../../src/bgp/negotiate.ts';
import { decodeOpen, encodeOpen, localOpen, type Open } from '../../src/bgp/open.ts';
import type { Role } from '../../src/bgp/role.ts';
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
    ['a multiprotocol capability of 3 octets', body('0205 0103 000100'), 0, ''],
    ['a route refresh capability of 1 octet', body('0203 0201 00'), 0, ''],
    ['a role of 2 octets', body('0204 0902 0003'), 0, ''],
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

  it('writes what a collector says: both families, refresh, extended messages, restart without a family, 4-octet AS', () => {
    const said = '0104 00010001 0104 00020001 0200 0600 4002 4000 4104 0000fbf4 4600 4700';
    expect(toHex(encodeOpen({ ...collector, as: 4200000000 }))).to.equal(
      toHex(hex(`${MARKER} 003d 01 04 5ba0 005a c0000209 20 021e ${said}`)),
    );
  });

  it('writes what is configured besides: families, next hops, path identifiers, a role', () => {
    const { capabilities } = localOpen({
      ...{ localAs: 64500, routerId: '192.0.2.9', holdTime: 90, ipv4: true, ipv6: false },
      others: [
        { afi: 1, safi: 128 },
        { afi: 2, safi: 133 },
      ],
      ...{ addPaths: true, extendedNextHop: true, role: 'customer' as const },
    });
    expect(capabilities.map(formatCapability)).to.deep.equal([
      'multiprotocol ipv4 unicast',
      'multiprotocol ipv4 vpn',
      'multiprotocol ipv6 flowspec',
      'route refresh',
      'extended next hop ipv4 unicast via ipv6, ipv4 vpn via ipv6',
      'extended message',
      'role customer',
      'graceful restart time 0, notification',
      '4-octet AS 64500',
      'add-path ipv4 unicast receive, ipv4 vpn receive, ipv6 flowspec receive',
      'enhanced route refresh',
      'long-lived graceful restart',
    ]);
  });

  it('reads back what it writes, whatever the length', () => {
    const capability = fc
      .record({ code: fc.integer({ min: 0, max: 255 }), value: fc.uint8Array({ maxLength: 255 }) })
      .filter(one => one.code !== 65 && lengthFault(one) === null);
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
      expect(negotiate(collector, { ...peer, holdTime: 30 }, { as: 64496 }, addresses)).to.include({
        as4: false,
        ipv4: true,
        ipv6: true,
        holdTime: 30,
        ebgp: true,
        peerId: '192.0.2.1',
      });
    });

    it('reads no capability as IPv4 unicast alone', () => {
      expect(negotiate(collector, open(body('')), { as: 64496 }, addresses)).to.include({ ipv4: true, ipv6: false });
    });

    const refused: readonly [name: string, open: Open, expected: number, subcode: number][] = [
      ['another AS', peer, 64497, 2],
      ['our identifier from an internal peer', { ...peer, as: 64500, id: '192.0.2.9' }, 64500, 3],
      ['no family in common', { ...peer, capabilities: [{ code: 1, value: hex('0001 00 80') }] }, 64496, 7],
    ];
    for (const [name, remote, expected, subcode] of refused)
      it(`refuses ${name} with 2/${subcode}`, () => {
        const answer = negotiate(collector, remote, { as: expected }, addresses);
        expect(isSessionError(answer) && [answer.code, answer.subcode]).to.deep.equal([2, subcode]);
      });

    /** What is agreed on by a collector that is configured for everything and a peer with these capabilities. */
    const agreed = (...values: [code: number, value: string][]) => {
      const everything = localOpen({
        ...{ localAs: 64500, routerId: '192.0.2.9', holdTime: 90, ipv4: true, ipv6: true },
        others: [{ afi: 1, safi: 128 }],
        ...{ addPaths: true, extendedNextHop: true, role: 'peer' as const },
      });
      const capabilities = values.map(([code, value]) => ({ code, value: hex(value) }));
      return negotiate(everything, { ...peer, capabilities }, { as: 64496 }, addresses) as Negotiated;
    };
    const V4 = { afi: 1, safi: 1 };

    it('takes the other families that both sides have', () => {
      expect(agreed([1, '0001 00 01'], [1, '0001 00 80'], [1, '0001 00 85'])).to.deep.include({
        ipv4: true,
        ipv6: false,
        others: [{ afi: 1, safi: 128 }],
      });
      expect(agreed([1, '0001 00 80']).ipv4, 'one other is enough').to.equal(false);
    });

    it('takes extended messages and marked refreshes where both say so', () => {
      expect(agreed()).to.include({ extendedMessage: false, enhancedRefresh: false });
      expect(agreed([6, ''], [70, ''])).to.include({ extendedMessage: true, enhancedRefresh: true });
    });

    it('takes path identifiers of the families that the peer sends with them and that are agreed on', () => {
      expect(agreed([69, '0001 01 03']).addPath).to.deep.equal([V4]);
      expect(agreed([69, '0001 01 01']).addPath, 'receives only').to.deep.equal([]);
      expect(agreed([69, '0001 01 02 0001 80 02']).addPath, 'vpn is not agreed on').to.deep.equal([V4]);
      expect(agreed([69, '0001 01 04']).addPath, 'a direction that there is not').to.deep.equal([]);
      expect(agreed([69, '0001 01 02'], [69, '0001 01 01']).addPath, 'the last counts').to.deep.equal([]);
      expect(agreed([69, '0001 01']).addPath, 'cut off').to.deep.equal([]);
    });

    it('takes IPv6 next hops of the families that both sides name', () => {
      expect(agreed([5, '0001 0001 0002']).extendedNextHop).to.deep.equal([V4]);
      expect(agreed([5, '0001 0001 0001']).extendedNextHop, 'IPv4 is no extension').to.deep.equal([]);
      expect(agreed([5, '0001 0004 0002']).extendedNextHop, 'labelled is not ours').to.deep.equal([]);
    });

    it('keeps what the peer says of its restart, the last of several', () => {
      expect(agreed().restart).to.equal(null);
      expect(agreed([64, '0000'], [64, 'c078 0001 01 80 0002 01 00']).restart).to.deep.equal({
        seconds: 120,
        restarting: true,
        notification: true,
        families: [
          { ...V4, preserved: true },
          { afi: 2, safi: 1, preserved: false },
        ],
      });
      expect(agreed([64, '0078 0001']).restart, 'malformed').to.equal(null);
      const stale = [71, '0001 01 80 000e10'] as const;
      expect(agreed([64, '0078'], [...stale]).longLived).to.deep.equal([{ ...V4, preserved: true, seconds: 3600 }]);
      expect(agreed([...stale]).longLived, 'without graceful restart').to.deep.equal([]);
    });

    const said = (role: Role, strictRole: boolean, ...values: string[]) => {
      const local = localOpen({
        ...{ localAs: 64500, routerId: '192.0.2.9', holdTime: 90, ipv4: true, ipv6: true },
        role,
      });
      const capabilities = values.map(value => ({ code: 9, value: hex(value) }));
      const answer = negotiate(local, { ...peer, capabilities }, { as: 64496, role, strictRole }, addresses);
      return isSessionError(answer) ? `${answer.code}/${answer.subcode}` : answer.role;
    };
    // RFC 9234 section 4.2: roles 0 provider, 1 rs, 2 rs-client, 3 customer, 4 peer
    const roles: readonly [ours: Role, strict: boolean, theirs: string[], good: boolean][] = [
      ['provider', false, ['03'], true],
      ['customer', false, ['00'], true],
      ['rs', false, ['02'], true],
      ['rs-client', false, ['01'], true],
      ['peer', false, ['04'], true],
      ['peer', false, ['04', '04'], true],
      ['peer', false, ['04', '03'], false],
      ['provider', false, ['00'], false],
      ['customer', false, ['04'], false],
      ['customer', false, ['09'], false],
      ['customer', false, [], true],
      ['customer', true, [], false],
      ['customer', true, ['00'], true],
    ];
    for (const [ours, strict, theirs, good] of roles)
      it(`${good ? 'takes' : 'refuses with 2/11'} role ${theirs.join(' and ') || 'none'} where ours is ${ours}${strict ? ', strictly' : ''}`, () => {
        expect(said(ours, strict, ...theirs)).to.deep.equal(good ? { ours, peerAs: 64496 } : '2/11');
      });

    it('demands a role also where our own OPEN has none, for a peer that knows no capabilities', () => {
      const bare = { ...collector, capabilities: [] };
      const answer = negotiate(bare, open(body('')), { as: 64496, role: 'peer', strictRole: true }, addresses);
      expect(isSessionError(answer) && [answer.code, answer.subcode]).to.deep.equal([2, 11]);
    });

    it('lets an external peer bear our identifier (RFC 6286)', () => {
      expect(isSessionError(negotiate(collector, { ...peer, id: '192.0.2.9' }, { as: 64496 }, addresses))).to.equal(
        false,
      );
    });
  });
});
