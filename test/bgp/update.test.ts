import { expect } from 'chai';
import fc from 'fast-check';
import { decodeUpdate, emptyLayout, locateUpdate } from '../../src/bgp/update.ts';
import { formatPrefix } from '../../src/net/prefix.ts';
import { attribute, hex, updateBody } from './octets.ts';

const CONTEXT = { as4: true, ebgp: true, ipv4: true, ipv6: true };
const BASE = attribute(0x40, 1, '00') + attribute(0x40, 2, '0201 0000fbf0') + attribute(0x40, 3, 'c0000201');
const HOP6 = `20010db8${'00'.repeat(11)}01`;
const REACH6 = attribute(0x80, 14, `000201 10 ${HOP6} 00 20 20010db8`);

const decode = (body: Uint8Array, context = CONTEXT) => {
  const update = decodeUpdate(body, 0, body.length, context);
  return {
    action: update.action,
    announced: update.announced.map(formatPrefix),
    withdrawn: update.withdrawn.map(formatPrefix),
    errors: update.errors.map(error => error.clause),
    notification: update.notification && [update.notification.code, update.notification.subcode],
    endOfRib: update.endOfRib,
  };
};

describe('bgp/update', () => {
  it('finds the three parts', () => {
    const layout = emptyLayout();
    expect(locateUpdate(updateBody('18c00002', BASE, '18c63364'), 0, 100, layout)).to.equal(null);
    expect([layout.withdrawnStart, layout.withdrawnEnd, layout.attributesStart]).to.deep.equal([2, 6, 8]);
  });

  it('reads routes of both families', () => {
    const bytes = updateBody('18c00002', BASE + REACH6 + attribute(0x80, 15, '000201 30 20010db80001'), '18c63364 00');
    expect(decode(bytes)).to.deep.equal({
      action: 'accept',
      announced: ['198.51.100.0/24', '0.0.0.0/0', '2001:db8::/32'],
      withdrawn: ['192.0.2.0/24', '2001:db8:1::/48'],
      errors: [],
      notification: null,
      endOfRib: null,
    });
  });

  it('clears bits behind the prefix length', () => {
    expect(decode(updateBody('14c0000f', '', '')).withdrawn).to.deep.equal(['192.0.0.0/20']);
  });

  // RFC 4724 section 2
  const ends: readonly [name: string, body: Uint8Array, family: unknown][] = [
    ['an empty UPDATE', updateBody('', '', ''), { afi: 1, safi: 1 }],
    ['an empty MP_UNREACH_NLRI', updateBody('', attribute(0x80, 15, '000201'), ''), { afi: 2, safi: 1 }],
    [
      'an empty MP_UNREACH_NLRI of another family',
      updateBody('', attribute(0x90, 15, '000180'), ''),
      { afi: 1, safi: 128 },
    ],
    ['a withdrawal', updateBody('18c00002', '', ''), null],
    ['attributes besides', updateBody('', BASE + attribute(0x80, 15, '000201'), ''), null],
  ];
  for (const [name, body, family] of ends)
    it(`End-of-RIB: ${name}`, () => expect(decode(body).endOfRib).to.deep.equal(family));

  // RFC 4271 section 6.3, RFC 7606 sections 3 b, 5.2 and 5.3
  const resets: readonly [name: string, body: Uint8Array, subcode: number, clause: string][] = [
    ['withdrawn routes beyond the message', hex('0005 18c00002 0000'), 1, 'RFC 7606 3 b'],
    ['attributes beyond the message', hex('0000 0004 400101'), 1, 'RFC 7606 3 b'],
    ['a body of 3 octets', hex('000000'), 1, 'RFC 7606 3 b'],
    ['a withdrawn prefix of 33 bits', updateBody('21c0000201 80', '', ''), 10, 'RFC 7606 5.3'],
    ['a withdrawn prefix that overruns', updateBody('18c000', '', ''), 10, 'RFC 7606 5.3'],
    ['an announced prefix of 33 bits', updateBody('', BASE, '21c000020180'), 10, 'RFC 7606 5.3'],
    ['an announced prefix that overruns', updateBody('', BASE, '20c00002'), 10, 'RFC 7606 5.3'],
    [
      'an IPv6 prefix of 129 bits',
      updateBody('', BASE + attribute(0x80, 14, `000201 10 ${HOP6} 00 81`), ''),
      9,
      'RFC 7606 7.11',
    ],
    [
      'a withdrawn IPv6 prefix that overruns',
      updateBody('', attribute(0x80, 15, '000201 20 2001'), ''),
      9,
      'RFC 7606 7.12',
    ],
    ['an unknown well-known attribute', updateBody('', attribute(0x40, 99, ''), ''), 2, 'RFC 4271 6.3'],
  ];
  for (const [name, body, subcode, clause] of resets)
    it(`resets with 3/${subcode} on ${name}`, () => {
      const { action, notification, errors } = decode(body);
      expect([action, notification, errors]).to.deep.equal(['session-reset', [3, subcode], [clause]]);
    });

  it('treats as withdrawn what came with a bad attribute, and names it', () => {
    const { action, announced, withdrawn } = decode(
      updateBody('18cb0071', BASE + attribute(0xc0, 8, '00'), '18c63364'),
    );
    expect([action, announced, withdrawn]).to.deep.equal([
      'treat-as-withdraw',
      [],
      ['203.0.113.0/24', '198.51.100.0/24'],
    ]);
  });

  it('withdraws when mandatory attributes are missing', () => {
    expect(decode(updateBody('', attribute(0x40, 1, '00'), '18c63364'))).to.deep.include({
      action: 'treat-as-withdraw',
      withdrawn: ['198.51.100.0/24'],
      errors: ['RFC 7606 3 d', 'RFC 7606 3 d'],
    });
  });

  it('resets when a bad attribute leaves no route to withdraw', () => {
    const { action, notification, errors } = decode(updateBody('18c63364', attribute(0x40, 1, '03'), ''));
    expect([action, notification, errors]).to.deep.equal(['session-reset', [3, 1], ['RFC 7606 7.1', 'RFC 7606 5.2']]);
    // The list breaks off before MP_REACH_NLRI: its routes cannot be known.
    expect(decode(updateBody('', `${BASE}f023 04 00 00fbf4${REACH6}`, '')).action).to.equal('session-reset');
  });

  it('reports and leaves alone a family that was not negotiated', () => {
    const body = updateBody('', BASE + REACH6, '');
    expect(decode(body, { ...CONTEXT, ipv6: false })).to.deep.include({ announced: [], errors: ['RFC 4760 7'] });
    expect(decode(body, { ...CONTEXT, ipv6: false }).action).to.equal('attribute-discard');
  });

  it('does not withdraw what is announced in the same message (RFC 4271 section 4.3)', () => {
    const both = updateBody('18c63364 18c00002 18c00002', BASE, '18c63364');
    expect(decode(both)).to.include({ action: 'accept' });
    expect(decode(both)).to.deep.include({ announced: ['198.51.100.0/24'], withdrawn: ['192.0.2.0/24'] });
    const bad = updateBody('18c63364', BASE + attribute(0xc0, 8, '00'), '18c63364');
    expect(decode(bad)).to.deep.include({ announced: [], withdrawn: ['198.51.100.0/24'] });
  });

  it('ignores multicast prefixes among unicast routes, and only them (RFC 4271 section 6.3)', () => {
    const one = { action: 'ignore-route', errors: ['RFC 4271 6.3'], withdrawn: [] };
    expect(decode(updateBody('', BASE, '04e0 18c63364 20e0000005'))).to.deep.include({
      ...one,
      announced: ['198.51.100.0/24'],
    });
    const reach = (nlri: string) => updateBody('', BASE + attribute(0x80, 14, `000201 10 ${HOP6} 00 ${nlri}`), '');
    expect(decode(reach('08ff 2020010db8'))).to.deep.include({ ...one, announced: ['2001:db8::/32'] });
    expect(decode(updateBody('', BASE, '18ef0000'))).to.deep.include({ ...one, announced: [] });
    const behind = updateBody('', BASE, '18c63364 04e0');
    const { errors } = decodeUpdate(behind, 0, behind.length, CONTEXT);
    expect(errors.map(({ offset }) => offset)).to.deep.equal([behind.length - 2]);
    // What covers other addresses too is no multicast prefix, and to withdraw one does no harm.
    const wider = decode(updateBody('04e0', BASE, '03e0 00'));
    expect(wider).to.deep.include({
      action: 'accept',
      announced: ['224.0.0.0/3', '0.0.0.0/0'],
      withdrawn: ['224.0.0.0/4'],
    });
    // A fault in the attributes of routes that are ignored does not end the session (RFC 7606 section 5.2): they were read.
    const bad = updateBody('', BASE + attribute(0xc0, 8, '00'), '04e0');
    expect(decode(bad)).to.deep.include({ action: 'treat-as-withdraw', notification: null });
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), bytes => void decodeUpdate(bytes, 0, bytes.length, CONTEXT)),
      { numRuns: 500 },
    );
    const whole = updateBody('18c00002', BASE + REACH6, '18c63364');
    fc.assert(
      fc.property(
        fc.nat(whole.length - 1),
        fc.integer({ min: 0, max: 255 }),
        fc.nat(whole.length),
        (at, octet, end) => {
          const damaged = Uint8Array.from(whole);
          damaged[at] = octet;
          decodeUpdate(damaged, 0, end, CONTEXT);
        },
      ),
      { numRuns: 500 },
    );
  });
});
