/**
 * Prefixes that nobody may announce to the Internet: IANA's registries of special-purpose addresses (RFC 6890 and its
 * updates), of multicast (RFC 5771, 4291) and of what is reserved. Left out is what is globally reachable, such as the
 * anycast prefixes of AS112 and of 6to4.
 */
import { type Prefix, parsePrefix } from './prefix.ts';

// biome-ignore format: a table
const SPECIAL: readonly (readonly [prefix: string, what: string])[] = [
  ['0.0.0.0/8',       'this network (RFC 791)'],
  ['10.0.0.0/8',      'private use (RFC 1918)'],
  ['100.64.0.0/10',   'shared address space (RFC 6598)'],
  ['127.0.0.0/8',     'loopback (RFC 1122)'],
  ['169.254.0.0/16',  'link local (RFC 3927)'],
  ['172.16.0.0/12',   'private use (RFC 1918)'],
  ['192.0.0.0/24',    'IETF protocol assignments (RFC 6890)'],
  ['192.0.2.0/24',    'documentation (RFC 5737)'],
  ['192.168.0.0/16',  'private use (RFC 1918)'],
  ['198.18.0.0/15',   'benchmarking (RFC 2544)'],
  ['198.51.100.0/24', 'documentation (RFC 5737)'],
  ['203.0.113.0/24',  'documentation (RFC 5737)'],
  ['224.0.0.0/4',     'multicast (RFC 5771)'],
  ['240.0.0.0/4',     'reserved (RFC 1112)'],
  ['::/8',            'reserved by IETF (RFC 4291)'],
  ['100::/64',        'discard only (RFC 6666)'],
  ['2001:2::/48',     'benchmarking (RFC 5180)'],
  ['2001:10::/28',    'ORCHID (RFC 4843)'],
  ['2001:db8::/32',   'documentation (RFC 3849)'],
  ['3fff::/20',       'documentation (RFC 9637)'],
  ['5f00::/16',       'segment routing SIDs (RFC 9602)'],
  ['fc00::/7',        'unique local (RFC 4193)'],
  ['fe80::/10',       'link local (RFC 4291)'],
  ['fec0::/10',       'site local, deprecated (RFC 3879)'],
  ['ff00::/8',        'multicast (RFC 4291)'],
];

/** Each with what it is for. */
export const SPECIAL_PREFIXES: readonly { readonly prefix: Prefix; readonly what: string }[] = SPECIAL.map(
  ([prefix, what]) => ({ prefix: parsePrefix(prefix)!, what }),
);
