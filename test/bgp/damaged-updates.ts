/**
 * Damaged and odd UPDATEs with one right answer each, from an external and from an internal peer: RFC 7606 attribute by
 * attribute, and the RFCs that came after it. An answer is an action, with the NOTIFICATION where the session ends.
 */
import { encodeMessage, UPDATE } from '../../src/bgp/message.ts';
import { attribute, hex, updateBody } from './octets.ts';

export const ACCEPT = 'accept';
export const DISCARD = 'attribute-discard';
export const WITHDRAW = 'treat-as-withdraw';
export const IGNORE = 'ignore-route';
export const DISABLE = 'afi-safi-disable';
const RESET = (subcode: number) => `session-reset 3/${subcode}`;

const ORIGIN = attribute(0x40, 1, '00');
const AS_PATH = attribute(0x40, 2, '0202 0000fbf0 0000fbf4');
const NEXT_HOP = attribute(0x40, 3, 'c0000201');
const BASE = ORIGIN + AS_PATH + NEXT_HOP;
const NLRI = '18c63364';
const HOP6 = `20010db8${'00'.repeat(11)}01`;
const reach = (value: string, flags = 0x80) => attribute(flags, 14, value);
const unreach = (value: string, flags = 0x80) => attribute(flags, 15, value);
const REACH6 = reach(`000201 10 ${HOP6} 00 20 20010db8`);
const MP_BASE = REACH6 + ORIGIN + AS_PATH;
const zeros = (octets: number) => '00'.repeat(octets);

export interface Parts {
  readonly withdrawn?: string;
  readonly attributes?: string;
  readonly nlri?: string;
  /** A body written whole, where the three parts do not fit it. */
  readonly body?: string;
  /** The session has 2-octet AS numbers. */
  readonly as2?: true;
}
export type Row = readonly [name: string, parts: Parts, clause: string | null, external: string, internal?: string];

/** The ordinary route with one more attribute, or with another one in the place of an ordinary one. */
const more = (text: string): Parts => ({ attributes: BASE + text, nlri: NLRI });
const without = (text: string, instead = ''): Parts => ({ attributes: BASE.replace(text, instead), nlri: NLRI });

const FLAGS: readonly Row[] = [
  ['ORIGIN optional', without(ORIGIN, attribute(0xc0, 1, '00')), 'RFC 7606 3 c', WITHDRAW],
  ['ORIGIN not transitive', without(ORIGIN, attribute(0x00, 1, '00')), 'RFC 7606 3 c', WITHDRAW],
  ['AS_PATH optional', without(AS_PATH, attribute(0xc0, 2, '0201 0000fbf0')), 'RFC 7606 3 c', WITHDRAW],
  ['NEXT_HOP optional', without(NEXT_HOP, attribute(0x80, 3, 'c0000201')), 'RFC 7606 3 c', WITHDRAW],
  ['MULTI_EXIT_DISC transitive', more(attribute(0xc0, 4, zeros(4))), 'RFC 7606 3 c', WITHDRAW],
  ['MULTI_EXIT_DISC well-known', more(attribute(0x40, 4, zeros(4))), 'RFC 7606 3 c', WITHDRAW],
  ['LOCAL_PREF optional', more(attribute(0xc0, 5, zeros(4))), 'RFC 7606 3 c', WITHDRAW],
  ['ATOMIC_AGGREGATE optional', more(attribute(0xc0, 6, '')), 'RFC 7606 3 c', WITHDRAW],
  ['AGGREGATOR not transitive', more(attribute(0x80, 7, '0000fbf4 c0000201')), 'RFC 7606 3 c', WITHDRAW],
  ['COMMUNITIES well-known', more(attribute(0x40, 8, 'fbf40001')), 'RFC 7606 3 c', WITHDRAW],
  ['COMMUNITIES not transitive', more(attribute(0x80, 8, 'fbf40001')), 'RFC 7606 3 c', WITHDRAW],
  ['ORIGINATOR_ID transitive', more(attribute(0xc0, 9, 'c0000201')), 'RFC 7606 3 c', WITHDRAW],
  ['CLUSTER_LIST transitive', more(attribute(0xc0, 10, 'c0000201')), 'RFC 7606 3 c', WITHDRAW],
  ['MP_REACH_NLRI transitive', { attributes: reach(`000201 10 ${HOP6} 00`, 0xc0) }, 'RFC 7606 3 c', RESET(4)],
  ['MP_UNREACH_NLRI well-known', { attributes: unreach('000201', 0x40) }, 'RFC 7606 3 c', RESET(4)],
  ['EXTENDED_COMMUNITIES not transitive', more(attribute(0x80, 16, zeros(8))), 'RFC 7606 3 c', WITHDRAW],
  ['LARGE_COMMUNITY not transitive', more(attribute(0x80, 32, zeros(12))), 'RFC 7606 3 c', WITHDRAW],
  ['ONLY_TO_CUSTOMER not transitive', more(attribute(0x80, 35, zeros(4))), 'RFC 7606 3 c', WITHDRAW],
  ['the low four bits', without(ORIGIN, attribute(0x4f & ~0x10, 1, '00')), null, ACCEPT],
  ['Partial on an optional transitive attribute', more(attribute(0xe0, 8, 'fbf40001')), null, ACCEPT],
];

const TWICE: readonly Row[] = [
  ['ORIGIN', more(attribute(0x40, 1, '02')), 'RFC 7606 3 g', DISCARD],
  ['AS_PATH', more(attribute(0x40, 2, '')), 'RFC 7606 3 g', DISCARD],
  ['NEXT_HOP', more(attribute(0x40, 3, zeros(4))), 'RFC 7606 3 g', DISCARD],
  [
    'COMMUNITIES, the second malformed',
    more(attribute(0xc0, 8, 'fbf40001') + attribute(0xc0, 8, '00')),
    'RFC 7606 3 g',
    DISCARD,
  ],
  ['an unknown attribute', more(attribute(0xc0, 99, '01').repeat(2)), 'RFC 7606 3 g', DISCARD],
  ['MP_REACH_NLRI', { attributes: MP_BASE + REACH6 }, 'RFC 7606 3 g', RESET(1)],
  ['MP_UNREACH_NLRI', { attributes: unreach('000201').repeat(2) }, 'RFC 7606 3 g', RESET(1)],
];

const LENGTHS: readonly Row[] = [
  ['ORIGIN of 0 octets', without(ORIGIN, attribute(0x40, 1, '')), 'RFC 7606 7.1', WITHDRAW],
  ['ORIGIN of 2 octets', without(ORIGIN, attribute(0x40, 1, '0000')), 'RFC 7606 7.1', WITHDRAW],
  ['AS_PATH of 0 octets', without(AS_PATH, attribute(0x40, 2, '')), null, ACCEPT],
  ['NEXT_HOP of 0 octets', without(NEXT_HOP, attribute(0x40, 3, '')), 'RFC 7606 7.3', WITHDRAW],
  ['NEXT_HOP of 5 octets', without(NEXT_HOP, attribute(0x40, 3, zeros(5))), 'RFC 7606 7.3', WITHDRAW],
  ['NEXT_HOP of 16 octets', without(NEXT_HOP, attribute(0x40, 3, HOP6)), 'RFC 7606 7.3', WITHDRAW],
  ['MULTI_EXIT_DISC of 0 octets', more(attribute(0x80, 4, '')), 'RFC 7606 7.4', WITHDRAW],
  ['MULTI_EXIT_DISC of 3 octets', more(attribute(0x80, 4, zeros(3))), 'RFC 7606 7.4', WITHDRAW],
  ['LOCAL_PREF', more(attribute(0x40, 5, zeros(4))), 'RFC 7606 7.5', DISCARD, ACCEPT],
  ['LOCAL_PREF of 0 octets', more(attribute(0x40, 5, '')), 'RFC 7606 7.5', DISCARD, WITHDRAW],
  ['LOCAL_PREF of 5 octets', more(attribute(0x40, 5, zeros(5))), 'RFC 7606 7.5', DISCARD, WITHDRAW],
  ['ATOMIC_AGGREGATE of 1 octet', more(attribute(0x40, 6, '00')), 'RFC 7606 7.6', DISCARD],
  ['AGGREGATOR of 0 octets', more(attribute(0xc0, 7, '')), 'RFC 7606 7.7', DISCARD],
  ['AGGREGATOR of 6 octets, 4-octet AS', more(attribute(0xc0, 7, 'fbf4 c0000201')), 'RFC 7606 7.7', DISCARD],
  ['COMMUNITIES of 0 octets', more(attribute(0xc0, 8, '')), 'RFC 7606 7.8', WITHDRAW],
  ['COMMUNITIES of 6 octets', more(attribute(0xc0, 8, zeros(6))), 'RFC 7606 7.8', WITHDRAW],
  ['ORIGINATOR_ID', more(attribute(0x80, 9, 'c0000201')), 'RFC 7606 7.9', DISCARD, ACCEPT],
  ['ORIGINATOR_ID of 5 octets', more(attribute(0x80, 9, zeros(5))), 'RFC 7606 7.9', DISCARD, WITHDRAW],
  ['ORIGINATOR_ID of 0 octets', more(attribute(0x80, 9, '')), 'RFC 7606 7.9', DISCARD, WITHDRAW],
  ['CLUSTER_LIST', more(attribute(0x80, 10, 'c0000201')), 'RFC 7606 7.10', DISCARD, ACCEPT],
  ['CLUSTER_LIST of 0 octets', more(attribute(0x80, 10, '')), 'RFC 7606 7.10', DISCARD, WITHDRAW],
  ['CLUSTER_LIST of 7 octets', more(attribute(0x80, 10, zeros(7))), 'RFC 7606 7.10', DISCARD, WITHDRAW],
  ['EXTENDED_COMMUNITIES of 0 octets', more(attribute(0xc0, 16, '')), 'RFC 7606 7.14', WITHDRAW],
  ['EXTENDED_COMMUNITIES of 9 octets', more(attribute(0xc0, 16, zeros(9))), 'RFC 7606 7.14', WITHDRAW],
  ['IPV6_EXTENDED_COMMUNITIES of 0 octets', more(attribute(0xc0, 25, '')), 'RFC 7606 7.15', WITHDRAW],
  ['IPV6_EXTENDED_COMMUNITIES of 19 octets', more(attribute(0xc0, 25, zeros(19))), 'RFC 7606 7.15', WITHDRAW],
  ['LARGE_COMMUNITY of 0 octets', more(attribute(0xc0, 32, '')), 'RFC 8092 6', WITHDRAW],
  ['LARGE_COMMUNITY of 13 octets', more(attribute(0xc0, 32, zeros(13))), 'RFC 8092 6', WITHDRAW],
  ['ONLY_TO_CUSTOMER of 0 octets', more(attribute(0xc0, 35, '')), 'RFC 9234 5', WITHDRAW],
  ['ONLY_TO_CUSTOMER of 5 octets', more(attribute(0xc0, 35, zeros(5))), 'RFC 9234 5', WITHDRAW],
];

const old = (path: string, rest: string): Parts => ({
  attributes: ORIGIN + attribute(0x40, 2, path) + NEXT_HOP + rest,
  nlri: NLRI,
  as2: true,
});
const path = (value: string) => without(AS_PATH, attribute(0x40, 2, value));
const hop = (value: string) => without(NEXT_HOP, attribute(0x40, 3, value));

const VALUES: readonly Row[] = [
  ['ORIGIN 3', without(ORIGIN, attribute(0x40, 1, '03')), 'RFC 7606 7.1', WITHDRAW],
  ['AS_PATH with segment type 0', path('0001 0000fbf0'), 'RFC 7606 7.2', WITHDRAW],
  ['AS_PATH with segment type 5', path('0501 0000fbf0'), 'RFC 7606 7.2', WITHDRAW],
  ['AS_PATH with an empty segment', path('0201 0000fbf0 0200'), 'RFC 7606 7.2', WITHDRAW],
  ['AS_PATH whose segment overruns', path('0203 0000fbf0 0000fbf4'), 'RFC 7606 7.2', WITHDRAW],
  ['AS_PATH with one octet left', path('0201 0000fbf0 02'), 'RFC 7606 7.2', WITHDRAW],
  ['AS_PATH of 2-octet ASes, 4-octet session', path('0202 fbf0 fbf4'), 'RFC 7606 7.2', WITHDRAW],
  ['AS_PATH with AS 0', path('0202 0000fbf0 00000000'), 'RFC 7607 2', WITHDRAW],
  ['AS_PATH with a confederation', path('0301 0000fde9'), 'RFC 5065 5', WITHDRAW, ACCEPT],
  ['AS_PATH with an AS_SET', path('0201 0000fbf0 0101 0000fbf4'), null, ACCEPT],
  ['NEXT_HOP 0.0.0.0', hop('00000000'), 'RFC 4271 6.3', IGNORE],
  ['NEXT_HOP 224.0.0.1', hop('e0000001'), 'RFC 4271 6.3', IGNORE],
  ['NEXT_HOP that is our own', hop('c0000209'), 'RFC 4271 6.3', IGNORE],
  ['AGGREGATOR with AS 0', more(attribute(0xc0, 7, '00000000 c0000201')), 'RFC 7607 2', DISCARD],
  ['AS4_PATH, 4-octet session', more(attribute(0xc0, 17, '0201 00010000')), 'RFC 6793 6', DISCARD],
  ['AS4_AGGREGATOR, 4-octet session', more(attribute(0xc0, 18, '00010000 c0000201')), 'RFC 6793 6', DISCARD],
  ['AS4_PATH of 7 octets', old('0201 5ba0', attribute(0xc0, 17, '0201 0001000000')), 'RFC 6793 6', DISCARD],
  ['AS4_PATH of 4 octets', old('0201 5ba0', attribute(0xc0, 17, '0201 0001')), 'RFC 6793 6', DISCARD],
  ['AS4_PATH with segment type 9', old('0201 5ba0', attribute(0xc0, 17, '0901 00010000')), 'RFC 6793 6', DISCARD],
  ['AS4_PATH with an empty segment', old('0201 5ba0', attribute(0xc0, 17, '0200 0200 0200')), 'RFC 6793 6', DISCARD],
  ['AS4_PATH that overruns', old('0201 5ba0', attribute(0xc0, 17, '0202 00010000')), 'RFC 6793 6', DISCARD],
  ['AS4_PATH with AS 0', old('0201 5ba0', attribute(0xc0, 17, '0201 00000000')), 'RFC 7607 2', DISCARD],
  ['AS4_PATH with a confederation', old('0201 5ba0', attribute(0xc0, 17, '0301 0000fde9')), null, ACCEPT],
  ['AS4_AGGREGATOR of 6 octets', old('0201 5ba0', attribute(0xc0, 18, zeros(6))), 'RFC 6793 6', DISCARD],
  ['AS4_AGGREGATOR with AS 0', old('0201 5ba0', attribute(0xc0, 18, zeros(8))), 'RFC 7607 2', DISCARD],
  ['AGGREGATOR of 8 octets, 2-octet AS', old('0201 fbf0', attribute(0xc0, 7, zeros(8))), 'RFC 7606 7.7', DISCARD],
  ['AIGP, which is not enabled', more(attribute(0x80, 26, '01000b0000000000000064')), 'RFC 7311 3', DISCARD],
  ['AIGP with a bad TLV', more(attribute(0x80, 26, '0100')), 'RFC 7311 3', DISCARD],
  ['PMSI_TUNNEL, not read', more(attribute(0xc0, 22, '00')), null, ACCEPT],
  ['TUNNEL_ENCAPSULATION, not read', more(attribute(0xc0, 23, '00')), null, ACCEPT],
  ['PREFIX_SID, not read', more(attribute(0xc0, 40, '00')), null, ACCEPT],
  ['ATTR_SET, not read', more(attribute(0xc0, 128, '00')), null, ACCEPT],
  ['an unknown optional attribute', more(attribute(0x80, 99, '00')), null, ACCEPT],
  ['an unknown well-known attribute', more(attribute(0x40, 99, '00')), 'RFC 4271 6.3', RESET(2)],
];

const VPN = '0000 0000 0000 0000';
const LISTS: readonly Row[] = [
  ['an attribute overruns the list', more('c008 08 fbf40001'), 'RFC 7606 4', WITHDRAW],
  ['an extended length overruns the list', more('d008 0800 fbf40001'), 'RFC 7606 4', WITHDRAW],
  ['one octet is left', more('c0'), 'RFC 7606 4', WITHDRAW],
  ['two octets are left', more('c008'), 'RFC 7606 4', WITHDRAW],
  ['three octets are left of an extended attribute', more('d00800'), 'RFC 7606 4', WITHDRAW],
  ['a break behind MP_REACH_NLRI', { attributes: `${MP_BASE}c008` }, 'RFC 7606 4', WITHDRAW],
  ['a break before MP_REACH_NLRI', { attributes: `${ORIGIN}${AS_PATH}c008ff${REACH6}` }, 'RFC 7606 5.2', RESET(1)],
  ['Withdrawn Routes beyond the message', { body: '0005 18c00002 0000' }, 'RFC 7606 3 b', RESET(1)],
  ['attributes beyond the message', { body: '0000 0004 400101' }, 'RFC 7606 3 b', RESET(1)],
  ['no attributes at all', { nlri: NLRI }, 'RFC 7606 3 d', WITHDRAW],
  [
    'attribute 0 twice, and no other',
    { attributes: attribute(0x80, 0, '').repeat(2), nlri: NLRI },
    'RFC 7606 3 d',
    WITHDRAW,
  ],
  ['ORIGIN missing', without(ORIGIN), 'RFC 7606 3 d', WITHDRAW],
  ['AS_PATH missing', without(AS_PATH), 'RFC 7606 3 d', WITHDRAW],
  ['NEXT_HOP missing', without(NEXT_HOP), 'RFC 7606 3 d', WITHDRAW],
  ['ORIGIN missing beside MP_REACH_NLRI', { attributes: REACH6 + AS_PATH }, 'RFC 7606 3 d', WITHDRAW],
  ['NEXT_HOP missing beside MP_REACH_NLRI', { attributes: MP_BASE }, null, ACCEPT],
  ['NEXT_HOP 0.0.0.0 beside MP_REACH_NLRI', { attributes: MP_BASE + attribute(0x40, 3, zeros(4)) }, null, ACCEPT],
  ['a fault and no route', { attributes: attribute(0x40, 1, '03') }, 'RFC 7606 5.2', RESET(1)],
  [
    'a fault and only withdrawn routes',
    { withdrawn: NLRI, attributes: attribute(0xc0, 8, '00') },
    'RFC 7606 5.2',
    RESET(1),
  ],
  ['a discard and no route', { attributes: attribute(0x40, 6, '00') }, 'RFC 7606 7.6', DISCARD],
  ['a withdrawn prefix of 33 bits', { withdrawn: '21c0000201 80' }, 'RFC 7606 5.3', RESET(10)],
  ['a withdrawn prefix that overruns', { withdrawn: '18c000' }, 'RFC 7606 5.3', RESET(10)],
  ['an announced prefix of 33 bits', { attributes: BASE, nlri: '21c000020180' }, 'RFC 7606 5.3', RESET(10)],
  ['an announced prefix that overruns', { attributes: BASE, nlri: '18c63364 20c000' }, 'RFC 7606 5.3', RESET(10)],
];

const MULTIPROTOCOL: readonly Row[] = [
  ['MP_REACH_NLRI of 0 octets', { attributes: reach('') }, 'RFC 7606 7.11', RESET(9)],
  ['MP_REACH_NLRI of 4 octets', { attributes: reach('00020100') }, 'RFC 7606 7.11', RESET(9)],
  ['a next hop that overruns', { attributes: reach('0002011020010db8') }, 'RFC 7606 7.11', RESET(9)],
  ['a next hop of 0 octets', { attributes: reach('0002010000 2020010db8') }, 'RFC 7606 7.11', RESET(9)],
  ['a next hop of 17 octets', { attributes: reach(`000201 11 ${HOP6}00 00`) }, 'RFC 7606 7.11', RESET(9)],
  ['a next hop of 4 octets for IPv6', { attributes: reach('000201 04 c0000201 00') }, 'RFC 7606 7.11', RESET(9)],
  [
    'an IPv6 prefix of 129 bits',
    { attributes: reach(`000201 10 ${HOP6} 00 81${zeros(17)}`) },
    'RFC 7606 7.11',
    RESET(9),
  ],
  ['an IPv6 prefix that overruns', { attributes: reach(`000201 10 ${HOP6} 00 20 2001`) }, 'RFC 7606 7.11', RESET(9)],
  ['an IPv4 prefix of 33 bits', { attributes: reach('000101 04 c0000201 00 21c000020180') }, 'RFC 7606 7.11', RESET(9)],
  ['MP_UNREACH_NLRI of 0 octets', { attributes: unreach('') }, 'RFC 7606 7.12', RESET(9)],
  ['MP_UNREACH_NLRI of 2 octets', { attributes: unreach('0002') }, 'RFC 7606 7.12', RESET(9)],
  ['a withdrawn prefix of 129 bits', { attributes: unreach(`000201 81${zeros(17)}`) }, 'RFC 7606 7.12', RESET(9)],
  ['a withdrawn prefix that overruns', { attributes: unreach('000201 20 2001') }, 'RFC 7606 7.12', RESET(9)],
  // A family that is shown and not held: RFC 4760 section 7 lets it go alone.
  ['a VPN: 4 octets', { attributes: reach('00018000') }, 'RFC 7606 7.11', DISABLE],
  ['a VPN: a next hop of 4 octets', { attributes: reach('000180 04 c0000201 00') }, 'RFC 7606 7.11', DISABLE],
  [
    'a VPN: a length within the labels',
    { attributes: reach(`000180 0c ${VPN} c0000201 00 10 0000`) },
    'RFC 7606 7.11',
    DISABLE,
  ],
  [
    'a VPN: a prefix of 33 bits',
    { attributes: reach(`000180 0c ${VPN} c0000201 00 79 000011${zeros(13)}`) },
    'RFC 7606 7.11',
    DISABLE,
  ],
  ['a VPN: a withdrawn route that overruns', { attributes: unreach('000180 70 800000') }, 'RFC 7606 7.12', DISABLE],
  // One that was not negotiated is left alone (RFC 4760 section 7), and only it.
  ['MP_REACH_NLRI not negotiated', more(reach('00194600 00 0102')), 'RFC 4760 7', DISCARD],
  ['MP_UNREACH_NLRI not negotiated', more(unreach('001946 0102')), 'RFC 4760 7', DISCARD],
];

/** What took sessions, and parts of the Internet, down. */
const HURT: readonly Row[] = [
  [
    'AS4_PATH with a confederation (2008)',
    old('0202 fbf0 5ba0', attribute(0xe0, 17, '0301 0000fde9 0202 0000fbf0 00010000')),
    null,
    ACCEPT,
  ],
  [
    'a path of 300 ASes in two segments (2009)',
    without(AS_PATH, attribute(0x50, 2, `02ff${'0000fbf0'.repeat(255)}022d${'0000fbf4'.repeat(45)}`)),
    null,
    ACCEPT,
  ],
  ['attribute 99 of 3000 octets (2010)', more(attribute(0xf0, 99, 'ab'.repeat(3000))), null, ACCEPT],
  ['a corrupt attribute 28 (2023)', more(attribute(0xe0, 28, '')), null, ACCEPT],
  ['attribute 40 of 37 zeros (2025)', more(attribute(0xc0, 40, zeros(37))), null, ACCEPT],
  ['OTC written with the wrong length (2025)', more('f023 04 00 0000fbf4'), 'RFC 7606 4', WITHDRAW],
  ['the same before MP_REACH_NLRI', { attributes: `${BASE}f023 04 00 0000fbf4${REACH6}` }, 'RFC 7606 5.2', RESET(1)],
  ['an AS_PATH segment of 0 ASes', path('0200'), 'RFC 7606 7.2', WITHDRAW],
  ['an AS_PATH of 2-octet ASes, 4-octet session', path('0203 fbf0 fbf4 fbf5'), 'RFC 7606 7.2', WITHDRAW],
];

/** Rows by what they are about. */
export const TABLES: Readonly<Record<string, readonly Row[]>> = {
  'flags (RFC 7606 section 3 c)': FLAGS,
  'an attribute twice (section 3 g)': TWICE,
  'lengths (section 7)': LENGTHS,
  'values (section 7, RFC 6793, RFC 7607, RFC 4271 section 6.3)': VALUES,
  'the list and the message (sections 3, 4, 5)': LISTS,
  'multiprotocol attributes (sections 7.11 and 7.12)': MULTIPROTOCOL,
  'updates that hurt the Internet': HURT,
};

/** The whole message of a row. */
export const message = ({ withdrawn = '', attributes = '', nlri = '', body }: Parts): Uint8Array =>
  encodeMessage(UPDATE, body === undefined ? updateBody(withdrawn, attributes, nlri) : hex(body));
