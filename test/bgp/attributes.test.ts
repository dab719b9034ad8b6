import { expect } from 'chai';
import fc from 'fast-check';
import { formatPath } from '../../src/bgp/as-path.ts';
import { decodeAttributes, missingMandatory, showAttributes } from '../../src/bgp/attributes.ts';
import { formatExtendedCommunity, formatIpv6ExtendedCommunity } from '../../src/bgp/communities.ts';
import { formatCommunity } from '../../src/net/community.ts';
import { attribute, hex, toHex } from './octets.ts';

const EXTERNAL = { as4: true, ebgp: true };
const INTERNAL = { as4: true, ebgp: false };
const OLD = { as4: false, ebgp: true };
const decode = (list: string, context = EXTERNAL) => decodeAttributes(hex(list), 0, hex(list).length, context);

const ORIGIN = attribute(0x40, 1, '00');
const AS_PATH = attribute(0x40, 2, '0202 0000fbf0 0000fbf4');
const NEXT_HOP = attribute(0x40, 3, 'c0000201');
const BASE = ORIGIN + AS_PATH + NEXT_HOP;

describe('bgp/attributes', () => {
  it('reads every attribute it knows', () => {
    const list = [
      BASE,
      attribute(0x80, 4, '00000064'),
      attribute(0x40, 5, '000000c8'),
      attribute(0x40, 6, ''),
      attribute(0xc0, 7, '0000fbf4 c0000202'),
      attribute(0xd0, 8, 'fbf40078 ffffff01'),
      attribute(0x80, 9, 'c0000203'),
      attribute(0x80, 10, 'c0000204 c0000205'),
      attribute(0xc0, 16, '0002fbf400000001'),
      attribute(0xe0, 32, '0000fbf4 00000001 00000002'),
      attribute(0xc0, 35, '0000fbf5'),
      attribute(0xe0, 99, 'abcdef'),
    ].join('');
    const { action, errors, set } = decode(list, INTERNAL);
    expect([action, errors]).to.deep.equal(['accept', []]);
    expect(showAttributes(set)).to.deep.equal([
      { name: 'ORIGIN', text: 'IGP' },
      { name: 'AS_PATH', text: '64496 64500' },
      { name: 'NEXT_HOP', text: '192.0.2.1' },
      { name: 'MULTI_EXIT_DISC', text: '100' },
      { name: 'LOCAL_PREF', text: '200' },
      { name: 'ATOMIC_AGGREGATE', text: '' },
      { name: 'AGGREGATOR', text: 'AS 64500 192.0.2.2' },
      { name: 'COMMUNITIES', text: '64500:120 no-export' },
      { name: 'ORIGINATOR_ID', text: '192.0.2.3' },
      { name: 'CLUSTER_LIST', text: '192.0.2.4 192.0.2.5' },
      { name: 'EXTENDED_COMMUNITIES', text: 'rt 64500:1' },
      { name: 'LARGE_COMMUNITY', text: '64500:1:2' },
      { name: 'ONLY_TO_CUSTOMER', text: '64501' },
      { name: 'attribute 99', text: 'abcdef' },
    ]);
    expect(set.unknown).to.deep.equal([{ code: 99, flags: 0xe0, bytes: hex('abcdef') }]);
  });

  it('keeps nothing of the buffer it reads', () => {
    const list = Buffer.from(hex(BASE + attribute(0xc0, 16, '0002fbf400000001') + attribute(0xc0, 99, 'ab')));
    const { set } = decodeAttributes(list, 0, list.length, EXTERNAL);
    list.fill(0);
    expect([toHex(set.extCommunities), toHex(set.unknown[0]!.bytes)]).to.deep.equal(['0002fbf400000001', 'ab']);
  });

  it('says where: the offset of the bad octet', () => {
    const at = (list: string) => decode(list).errors[0]?.offset;
    expect(at(attribute(0x40, 1, '03'))).to.equal(3);
    expect(at(attribute(0x40, 2, '0201 0000fbf0 0901 0000fbf0'))).to.equal(9);
    expect(at(`${ORIGIN}c008`)).to.equal(4);
  });

  it('tells so many errors and the strongest of the rest', () => {
    const twice = attribute(0xc0, 8, 'fbf40001');
    const { action, errors } = decode(BASE + twice.repeat(200) + attribute(0xc0, 32, '00') + twice.repeat(10));
    expect([action, errors.length]).to.deep.equal(['treat-as-withdraw', 65]);
    expect(errors.at(-1)).to.deep.include({ code: 32, action: 'treat-as-withdraw' });
    expect(errors.at(-1)!.what).to.match(/more are not listed$/);
  });

  it('detects a path of ASes of the other width', () => {
    const what = (list: string, context = EXTERNAL) => decode(list, context).errors[0]?.what;
    expect(what(attribute(0x40, 2, '0202 fbf0 fbf4'))).to.match(/reads as a path of 2-octet AS numbers/);
    expect(what(attribute(0x40, 2, '0202 0000fbf0 0000fbf4'), OLD)).to.match(/reads as a path of 4-octet AS numbers/);
  });

  it('returns the bad attribute in the NOTIFICATION', () => {
    const unknown = attribute(0x40, 99, 'aabb');
    const { notification } = decode(BASE + unknown);
    expect([notification?.code, notification?.subcode, toHex(notification!.data)]).to.deep.equal([3, 2, unknown]);
  });

  it('takes the strongest of several errors', () => {
    const list = BASE + attribute(0x40, 5, '00000064') + attribute(0xc0, 8, '');
    expect(decode(list).action).to.equal('treat-as-withdraw');
    expect(decode(list).errors).to.have.length(2);
  });

  it('merges AS4_PATH and AS4_AGGREGATOR of an old speaker', () => {
    const path = attribute(0x40, 2, '0203 fbf0 5ba0 5ba0');
    const path4 = attribute(0xc0, 17, '0202 00010000 00010001');
    const aggregator = attribute(0xc0, 7, '5ba0 c0000201');
    const aggregator4 = attribute(0xc0, 18, '00010001 c0000202');
    const { set } = decode(path + aggregator + path4 + aggregator4, OLD);
    expect([formatPath(set.path), set.aggregator]).to.deep.equal([
      '64496 65536 65537',
      { as: 65537, address: '192.0.2.2' },
    ]);

    const stale = decode(path + attribute(0xc0, 7, 'fbf0 c0000201') + path4 + aggregator4, OLD).set;
    expect([formatPath(stale.path), stale.aggregator?.as], 'an AGGREGATOR that is not AS_TRANS').to.deep.equal([
      '64496 23456 23456',
      64496,
    ]);
    const confederation = attribute(0xc0, 17, '0301 0000fde9 0202 00010000 00010001');
    expect(formatPath(decode(path + confederation, OLD).set.path), 'confederation segments dropped').to.equal(
      '64496 65536 65537',
    );
  });

  it('names the mandatory attributes that are missing', () => {
    const missing = (list: string, nlri: boolean) =>
      missingMandatory(decode(list).set, nlri, 0).map(error => error.code);
    expect(missing('', true)).to.deep.equal([1, 2, 3]);
    expect(missing(ORIGIN + AS_PATH, false)).to.deep.equal([]);
    expect(missing(BASE, true)).to.deep.equal([]);
  });

  it('shows communities', () => {
    expect([0xfbf40001, 0xffff029a, 0xffff0000].map(formatCommunity)).to.deep.equal([
      '64500:1',
      'blackhole',
      'graceful-shutdown',
    ]);
    const shown: readonly [octets: string, text: string][] = [
      ['0002fbf400000001', 'rt 64500:1'], // RFC 4360 section 4
      ['0103c00002010007', 'soo 192.0.2.1:7'],
      ['02020001000000ff', 'rt 65536:255'], // RFC 5668
      ['4300000000000002', 'ovs invalid'], // RFC 8097
      ['8006000000000000', 'rate-bytes 0'], // RFC 8955 section 7
      ['800c0000447a0000', 'rate-packets 1000'],
      ['8007000000000003', 'traffic-action terminal sample'],
      ['8008fbf400000001', 'redirect 64500:1'],
      ['8108c00002010007', 'redirect 192.0.2.1:7'],
      ['800900000000000a', 'mark 10'],
      ['ffee000000000000', 'ffee000000000000'],
    ];
    for (const [octets, text] of shown) expect(formatExtendedCommunity(hex(octets))).to.equal(text);
    const target = `0002 20010db8${'00'.repeat(11)}01 0007`; // RFC 5701
    expect(formatIpv6ExtendedCommunity(hex(target))).to.equal('rt 2001:db8::1:7');
    expect(formatIpv6ExtendedCommunity(hex('40'.repeat(20)))).to.equal('40'.repeat(20));
  });

  it('never throws, and no error lies outside the list', () => {
    const flags = fc.constantFrom(0x00, 0x40, 0x50, 0x80, 0xc0, 0xd0, 0xe0);
    const known = fc
      .tuple(flags, fc.integer({ min: 1, max: 40 }), fc.uint8Array({ maxLength: 40 }))
      .map(([flag, code, value]) => [...hex(attribute(flag, code, toHex(value)))]);
    const list = fc.oneof(
      fc.uint8Array({ maxLength: 120 }),
      fc.array(known, { maxLength: 6 }).map(parts => Uint8Array.from(parts.flat())),
    );
    fc.assert(
      fc.property(list, fc.boolean(), fc.boolean(), (bytes, as4, ebgp) => {
        const decoded = decodeAttributes(bytes, 0, bytes.length, { as4, ebgp });
        for (const error of decoded.errors) expect(error.offset).to.be.within(0, bytes.length);
        expect(decoded.action === 'session-reset').to.equal(decoded.notification !== null);
        showAttributes(decoded.set);
      }),
      { numRuns: 500 },
    );
  });
});
