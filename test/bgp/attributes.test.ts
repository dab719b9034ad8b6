import { expect } from 'chai';
import fc from 'fast-check';
import { formatPath } from '../../src/bgp/as-path.ts';
import { decodeAttributes, missingMandatory, showAttributes } from '../../src/bgp/attributes.ts';
import { formatCommunity, formatExtendedCommunity } from '../../src/bgp/communities.ts';
import type { Action } from '../../src/bgp/errors.ts';
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

  // RFC 7606 section 7 and the RFCs of the attributes: the list, what is made of it, by which clause.
  const withdraw = 'treat-as-withdraw';
  const discard = 'attribute-discard';
  const reset = 'session-reset';
  const rest = (without: string) => BASE.replace(without, '');
  const CASES: readonly [name: string, list: string, context: typeof EXTERNAL, action: Action, clause: string][] = [
    ['ORIGIN of 2 octets', rest(ORIGIN) + attribute(0x40, 1, '0000'), EXTERNAL, withdraw, 'RFC 7606 7.1'],
    ['ORIGIN of 0 octets', rest(ORIGIN) + attribute(0x40, 1, ''), EXTERNAL, withdraw, 'RFC 7606 7.1'],
    ['ORIGIN 3', rest(ORIGIN) + attribute(0x40, 1, '03'), EXTERNAL, withdraw, 'RFC 7606 7.1'],
    ['ORIGIN optional', rest(ORIGIN) + attribute(0xc0, 1, '00'), EXTERNAL, withdraw, 'RFC 7606 3 c'],
    ['ORIGIN not transitive', rest(ORIGIN) + attribute(0x00, 1, '00'), EXTERNAL, withdraw, 'RFC 7606 3 c'],
    [
      'AS_PATH with segment type 7',
      rest(AS_PATH) + attribute(0x40, 2, '0701 0000fbf0'),
      EXTERNAL,
      withdraw,
      'RFC 7606 7.2',
    ],
    ['AS_PATH with an empty segment', rest(AS_PATH) + attribute(0x40, 2, '0200'), EXTERNAL, withdraw, 'RFC 7606 7.2'],
    ['AS_PATH that overruns', rest(AS_PATH) + attribute(0x40, 2, '0202 0000fbf0'), EXTERNAL, withdraw, 'RFC 7606 7.2'],
    ['AS_PATH of one octet', rest(AS_PATH) + attribute(0x40, 2, '02'), EXTERNAL, withdraw, 'RFC 7606 7.2'],
    [
      'AS_PATH of 2-octet ASes on a 4-octet session',
      rest(AS_PATH) + attribute(0x40, 2, '0201 fbf0'),
      EXTERNAL,
      withdraw,
      'RFC 7606 7.2',
    ],
    ['AS_PATH with AS 0', rest(AS_PATH) + attribute(0x40, 2, '0201 00000000'), EXTERNAL, withdraw, 'RFC 7606 7.2'],
    [
      'AS_PATH with a confederation from outside',
      rest(AS_PATH) + attribute(0x40, 2, '0301 0000fde9'),
      EXTERNAL,
      withdraw,
      'RFC 7606 7.2',
    ],
    ['NEXT_HOP of 16 octets', rest(NEXT_HOP) + attribute(0x40, 3, '00'.repeat(16)), EXTERNAL, withdraw, 'RFC 7606 7.3'],
    ['NEXT_HOP 0.0.0.0', rest(NEXT_HOP) + attribute(0x40, 3, '00000000'), EXTERNAL, withdraw, 'RFC 7606 7.3'],
    ['NEXT_HOP 224.0.0.1', rest(NEXT_HOP) + attribute(0x40, 3, 'e0000001'), EXTERNAL, withdraw, 'RFC 7606 7.3'],
    ['MULTI_EXIT_DISC of 3 octets', BASE + attribute(0x80, 4, '000000'), EXTERNAL, withdraw, 'RFC 7606 7.4'],
    ['LOCAL_PREF from outside', BASE + attribute(0x40, 5, '00000064'), EXTERNAL, discard, 'RFC 7606 7.5'],
    ['bad LOCAL_PREF from outside', BASE + attribute(0x40, 5, '0064'), EXTERNAL, discard, 'RFC 7606 7.5'],
    ['bad LOCAL_PREF from inside', BASE + attribute(0x40, 5, '0064'), INTERNAL, withdraw, 'RFC 7606 7.5'],
    ['ATOMIC_AGGREGATE of 1 octet', BASE + attribute(0x40, 6, '00'), EXTERNAL, discard, 'RFC 7606 7.6'],
    [
      'AGGREGATOR of 6 octets on a 4-octet session',
      BASE + attribute(0xc0, 7, 'fbf0 c0000201'),
      EXTERNAL,
      discard,
      'RFC 7606 7.7',
    ],
    ['AGGREGATOR with AS 0', BASE + attribute(0xc0, 7, '00000000 c0000201'), EXTERNAL, discard, 'RFC 7606 7.7'],
    ['COMMUNITIES of 3 octets', BASE + attribute(0xc0, 8, 'fbf400'), EXTERNAL, withdraw, 'RFC 7606 7.8'],
    ['COMMUNITIES of 0 octets', BASE + attribute(0xc0, 8, ''), EXTERNAL, withdraw, 'RFC 7606 7.8'],
    ['ORIGINATOR_ID from outside', BASE + attribute(0x80, 9, 'c0000201'), EXTERNAL, discard, 'RFC 7606 7.9'],
    ['ORIGINATOR_ID of 3 octets from inside', BASE + attribute(0x80, 9, 'c00002'), INTERNAL, withdraw, 'RFC 7606 7.9'],
    ['CLUSTER_LIST from outside', BASE + attribute(0x80, 10, 'c0000201'), EXTERNAL, discard, 'RFC 7606 7.10'],
    ['CLUSTER_LIST of 0 octets from inside', BASE + attribute(0x80, 10, ''), INTERNAL, withdraw, 'RFC 7606 7.10'],
    ['MP_REACH_NLRI of 4 octets', BASE + attribute(0x80, 14, '00020100'), EXTERNAL, reset, 'RFC 7606 7.11'],
    [
      'MP_REACH_NLRI with a next hop of 8 octets',
      BASE + attribute(0x80, 14, `00020108${'00'.repeat(9)}`),
      EXTERNAL,
      reset,
      'RFC 7606 7.11',
    ],
    [
      'MP_REACH_NLRI whose next hop overruns',
      BASE + attribute(0x80, 14, '0002011000'),
      EXTERNAL,
      reset,
      'RFC 7606 7.11',
    ],
    [
      'MP_REACH_NLRI that is transitive',
      BASE + attribute(0xc0, 14, `00020110${'20'.repeat(17)}`),
      EXTERNAL,
      reset,
      'RFC 7606 3 c',
    ],
    ['MP_UNREACH_NLRI of 2 octets', BASE + attribute(0x80, 15, '0002'), EXTERNAL, reset, 'RFC 7606 7.12'],
    [
      'EXTENDED_COMMUNITIES of 9 octets',
      BASE + attribute(0xc0, 16, '00'.repeat(9)),
      EXTERNAL,
      withdraw,
      'RFC 7606 7.14',
    ],
    ['AS4_PATH from a new speaker', BASE + attribute(0xc0, 17, '0201 00010000'), EXTERNAL, discard, 'RFC 6793 6'],
    [
      'AS4_PATH of 5 octets',
      attribute(0x40, 2, '0201 5ba0') + attribute(0xc0, 17, '0201 000100'),
      OLD,
      discard,
      'RFC 6793 6',
    ],
    [
      'AS4_PATH with an empty segment',
      attribute(0x40, 2, '0201 5ba0') + attribute(0xc0, 17, '0200 0200 0200'),
      OLD,
      discard,
      'RFC 6793 6',
    ],
    ['AS4_AGGREGATOR of 6 octets', attribute(0xc0, 18, 'fbf0 c0000201'), OLD, discard, 'RFC 6793 6'],
    [
      'IPv6 extended communities of 19 octets',
      BASE + attribute(0xc0, 25, '00'.repeat(19)),
      EXTERNAL,
      withdraw,
      'RFC 7606 7.15',
    ],
    ['AIGP', BASE + attribute(0x80, 26, '01000b0000000000000064'), EXTERNAL, discard, 'RFC 7311 3'],
    ['LARGE_COMMUNITY of 13 octets', BASE + attribute(0xc0, 32, '00'.repeat(13)), EXTERNAL, withdraw, 'RFC 8092 6'],
    ['ONLY_TO_CUSTOMER of 5 octets', BASE + attribute(0xc0, 35, '00'.repeat(5)), EXTERNAL, withdraw, 'RFC 9234 5'],
    ['an unknown well-known attribute', BASE + attribute(0x40, 99, '00'), EXTERNAL, reset, 'RFC 4271 6.3'],
    ['ORIGIN twice', BASE + ORIGIN, EXTERNAL, discard, 'RFC 7606 3 g'],
    ['MP_UNREACH_NLRI twice', attribute(0x80, 15, '000201').repeat(2), EXTERNAL, reset, 'RFC 7606 3 g'],
    ['an attribute that overruns the list', `${BASE}c008 08 fbf40001`, EXTERNAL, withdraw, 'RFC 7606 4'],
    ['two octets left in the list', `${BASE}c008`, EXTERNAL, withdraw, 'RFC 7606 4'],
    ['three octets left of an extended attribute', `${BASE}d00800`, EXTERNAL, withdraw, 'RFC 7606 4'],
    // December 2025: the Extended Length bit with a length of one octet, which reads as 1024.
    ['the OTC that was written with the wrong length', `${BASE}f023 04 00 00fbf4`, EXTERNAL, withdraw, 'RFC 7606 4'],
  ];
  for (const [name, list, context, action, clause] of CASES)
    it(`${name}: ${action}`, () => {
      const decoded = decode(list, context);
      expect([decoded.action, decoded.errors.map(error => error.clause)]).to.deep.equal([action, [clause]]);
      expect(decoded.notification !== null, 'a NOTIFICATION exactly with a reset').to.equal(action === reset);
    });

  // What the Internet was hurt by, and must not hurt us.
  const HARMLESS: readonly [name: string, list: string][] = [
    ['attribute 99 of 3000 octets (2010)', BASE + attribute(0xf0, 99, 'ab'.repeat(3000))],
    ['a corrupt attribute 28 (2023)', BASE + attribute(0xe0, 28, '')],
    ['attribute 40 of zeros (2025)', BASE + attribute(0xc0, 40, '00'.repeat(37))],
    [
      'a path of 300 ASes in two segments (2009)',
      ORIGIN + NEXT_HOP + attribute(0x50, 2, `02ff${'0000fbf0'.repeat(255)}022d${'0000fbf0'.repeat(45)}`),
    ],
    [
      'the low four flag bits and Partial',
      rest(ORIGIN) + attribute(0x4f & ~0x10, 1, '00') + attribute(0xe0, 8, 'fbf40001'),
    ],
    ['an empty AS_PATH', rest(AS_PATH) + attribute(0x40, 2, '')],
    ['an AS_SET, which is kept', rest(AS_PATH) + attribute(0x40, 2, '0101 0000fbf0')],
  ];
  for (const [name, list] of HARMLESS) it(`accepts ${name}`, () => expect(decode(list).errors).to.deep.equal([]));

  it('says where: the offset of the bad octet', () => {
    const at = (list: string) => decode(list).errors[0]?.offset;
    expect(at(attribute(0x40, 1, '03'))).to.equal(3);
    expect(at(attribute(0x40, 2, '0201 0000fbf0 0901 0000fbf0'))).to.equal(9);
    expect(at(`${ORIGIN}c008`)).to.equal(4);
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
    const shown = ['0002fbf400000001', '0103c00002010007', '02020001000000ff', '4300000000000002', 'ffee000000000000'];
    expect(shown.map(text => formatExtendedCommunity(hex(text)))).to.deep.equal([
      'rt 64500:1',
      'soo 192.0.2.1:7',
      'rt 65536:255',
      'ovs invalid',
      'ffee000000000000',
    ]);
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
