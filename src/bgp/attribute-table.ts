import { AFI_IPV4, formatAddress } from '../net/address.ts';
import { formatCommunity, formatLargeCommunity } from '../net/community.ts';
import { Cursor } from '../net/cursor.ts';
import { AS_ZERO, decodePath, formatPath, isConfederation } from './as-path.ts';
import type { Aggregator, AttributeSet, Draft } from './attribute-set.ts';
import { formatExtendedCommunity, formatIpv6ExtendedCommunity } from './communities.ts';
import type { AttributeContext } from './context.ts';
import type { Action, Damage } from './errors.ts';
import { formatFamily } from './family.ts';
import { decodeReach, decodeUnreach } from './reach.ts';

/** Attribute flags (RFC 4271 section 4.3). */
export const OPTIONAL = 0x80;
export const TRANSITIVE = 0x40;
export const PARTIAL = 0x20;
export const EXTENDED_LENGTH = 0x10;

/**
 * Reads one value into the draft. The answer is null, or what is wrong, mostly in words alone; the cursor then stands at the
 * place. A decoder that found something wrong has left the draft alone.
 */
type Decode = (value: Cursor, set: Draft, context: AttributeContext) => string | Damage | null;

/** A value to be shown: a list is shown with blanks between its items, `true` by the name of the attribute alone. */
export type Shown = string | number | true | readonly string[];

/** One path attribute: a line of the table below. */
export interface PathAttribute {
  readonly code: number;
  readonly name: string;
  /** The Optional and Transitive bits it must have. */
  readonly flags: number;
  /** What a malformed one makes of the UPDATE, and who says so. */
  readonly malformed: Action;
  readonly clause: string;
  readonly decode: Decode;
  /** The value for the screen and for JSON; null when the set has none. */
  readonly show: (set: AttributeSet) => Shown | null;
  /** A reason to drop the attribute unread: from such a peer it has no business to come. */
  readonly unwanted?: (context: AttributeContext) => string | null;
  /** What wrong flags make of the UPDATE, where it is not treat-as-withdraw (RFC 7606 section 3 c). */
  readonly flagged?: Action;
}

const ADDRESS = 4;
const address = (value: Cursor) => formatAddress({ afi: AFI_IPV4, bytes: value.sub(ADDRESS).view(ADDRESS) });
const list = (texts: readonly string[]) => (texts.length === 0 ? null : texts);
const lengthIsNot = (value: Cursor, octets: number) =>
  value.left === octets ? null : `length ${value.left}, must be ${octets}`;
const lengthIsNoMultipleOf = (value: Cursor, octets: number) =>
  value.left > 0 && value.left % octets === 0 ? null : `length ${value.left}, must be a non-zero multiple of ${octets}`;
const fromExternal = (context: AttributeContext) => (context.ebgp ? 'from an external peer' : null);
const fromNewSpeaker = (context: AttributeContext) =>
  context.as4 ? 'from a peer that speaks 4-octet AS numbers' : null;

/** A decoder of a value of fixed length: `read` takes the octets and stores them. */
const fixed =
  (octets: number, read: (value: Cursor, set: Draft) => void): Decode =>
  (value, set) => {
    const wrong = lengthIsNot(value, octets);
    if (wrong === null) read(value, set);
    return wrong;
  };

/** A decoder of a list of items of the same length, at least one. */
const several =
  (octets: number, read: (value: Cursor, count: number, set: Draft) => void): Decode =>
  (value, set) => {
    const wrong = lengthIsNoMultipleOf(value, octets);
    if (wrong === null) read(value, value.left / octets, set);
    return wrong;
  };

const times = <T>(count: number, read: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => read(i));

const origin: Decode = (value, set) => {
  const wrong = lengthIsNot(value, 1);
  if (wrong !== null) return wrong;
  const code = value.u8();
  if (code === 0 || code === 1 || code === 2) {
    set.originCode = code;
    return null;
  }
  value.offset -= 1;
  return `ORIGIN ${code}`;
};

/** RFC 7607 section 2, where the words are about AS 0. */
const orAsZero = (what: string): string | Damage => (what === AS_ZERO ? { what, clause: 'RFC 7607 2' } : what);

const asPath: Decode = (value, set, { as4, ebgp }) => {
  const at = value.offset;
  const path = decodePath(value, as4 ? 4 : 2);
  if (typeof path === 'string') {
    const other = as4 ? 2 : 4;
    const swapped = typeof decodePath(new Cursor(value.bytes, at, value.end), other) !== 'string';
    return swapped ? `${path}; it reads as a path of ${other}-octet AS numbers` : orAsZero(path);
  }
  if (ebgp && path.some(isConfederation)) {
    value.offset = at;
    return { what: 'confederation segment from an external peer', clause: 'RFC 5065 5' };
  }
  set.path = path;
  return null;
};

const as4Path: Decode = (value, set) => {
  if (value.left < 6 || value.left % 2 === 1) return `length ${value.left}, must be even and at least 6`;
  const path = decodePath(value, 4);
  if (typeof path === 'string') return orAsZero(path);
  set.path4 = path.filter(segment => !isConfederation(segment)); // RFC 6793 section 6
  return null;
};

/** Whether the address is of use depends on the routes: update.ts. */
const nextHop = fixed(ADDRESS, (value, set) => {
  set.nextHop = address(value);
});

const aggregatorOf = (value: Cursor, width: 2 | 4): Aggregator | string => {
  const wrong = lengthIsNot(value, width + ADDRESS);
  if (wrong !== null) return wrong;
  const as = width === 4 ? value.u32() : value.u16();
  if (as !== 0) return { as, address: address(value) };
  value.offset -= width;
  return AS_ZERO;
};

const aggregator: Decode = (value, set, { as4 }) => {
  const read = aggregatorOf(value, as4 ? 4 : 2);
  if (typeof read === 'string') return orAsZero(read);
  set.aggregator = read;
  return null;
};

const as4Aggregator: Decode = (value, set) => {
  const read = aggregatorOf(value, 4);
  if (typeof read === 'string') return orAsZero(read);
  set.aggregator4 = read;
  return null;
};

const reach: Decode = (value, set) => {
  const read = decodeReach(value);
  if ('what' in read) return read;
  set.mpReach = read;
  return null;
};

const unreach: Decode = (value, set) => {
  const read = decodeUnreach(value);
  if ('what' in read) return read;
  set.mpUnreach = read;
  return null;
};

const med = fixed(4, (value, set) => {
  set.med = value.u32();
});
const localPref = fixed(4, (value, set) => {
  set.localPref = value.u32();
});
const atomic = fixed(0, (_, set) => {
  set.atomicAggregate = true;
});
const originator = fixed(ADDRESS, (value, set) => {
  set.originatorId = address(value);
});
const onlyToCustomer = fixed(4, (value, set) => {
  set.otc = value.u32();
});
const communities = several(4, (value, count, set) => {
  set.communities = times(count, () => value.u32());
});
const clusters = several(ADDRESS, (value, count, set) => {
  set.clusterList = times(count, () => address(value));
});
const extended = several(8, (value, count, set) => {
  set.extCommunities = new Uint8Array(value.view(count * 8));
});
const extended6 = several(20, (value, count, set) => {
  set.ipv6ExtCommunities = new Uint8Array(value.view(count * 20));
});
/** A value that stands there twice counts once: RFC 8092 section 3. */
const large = several(12, (value, count, set) => {
  const values = times(count, () => [value.u32(), value.u32(), value.u32()] as const);
  set.largeCommunities = [...new Map(values.map(one => [one.join(':'), one])).values()];
});

const ORIGINS = ['IGP', 'EGP', 'incomplete'] as const;
const showAggregator = ({ aggregator: found }: AttributeSet) => found && `AS ${found.as} ${found.address}`;
/** Items of so many octets each, as a list of texts. */
const items = (bytes: Uint8Array, octets: number, format: (item: Uint8Array) => string) =>
  list(times(bytes.length / octets, i => format(bytes.subarray(i * octets, (i + 1) * octets))));
const showReach = ({ mpReach: r }: AttributeSet) => {
  if (r === null) return null;
  const hops = [r.nextHop, r.linkLocal].filter(hop => hop !== null && hop !== '').join(' ');
  return hops === '' ? formatFamily(r) : `${formatFamily(r)} via ${hops}`;
};
const showUnreach = ({ mpUnreach: u }: AttributeSet) => u && formatFamily(u);
const merged = () => null;

const WELL_KNOWN = TRANSITIVE;
const OPTIONAL_TRANSITIVE = OPTIONAL | TRANSITIVE;
const DISCARD: Action = 'attribute-discard';
const WITHDRAW: Action = 'treat-as-withdraw';
const RESET: Action = 'session-reset';

/** The attributes that are read, in the order of their codes. Every other one is kept as bytes. */
// biome-ignore format: a table, one rule a line
export const ATTRIBUTES: readonly PathAttribute[] = [
  { code: 1,  name: 'ORIGIN',           flags: WELL_KNOWN,          malformed: WITHDRAW, clause: 'RFC 7606 7.1',  decode: origin,         show: s => s.originCode === null ? null : ORIGINS[s.originCode] },
  { code: 2,  name: 'AS_PATH',          flags: WELL_KNOWN,          malformed: WITHDRAW, clause: 'RFC 7606 7.2',  decode: asPath,         show: s => s.present.has(2) ? formatPath(s.path) : null },
  { code: 3,  name: 'NEXT_HOP',         flags: WELL_KNOWN,          malformed: WITHDRAW, clause: 'RFC 7606 7.3',  decode: nextHop,        show: s => s.nextHop },
  { code: 4,  name: 'MULTI_EXIT_DISC',  flags: OPTIONAL,            malformed: WITHDRAW, clause: 'RFC 7606 7.4',  decode: med,            show: s => s.med },
  { code: 5,  name: 'LOCAL_PREF',       flags: WELL_KNOWN,          malformed: WITHDRAW, clause: 'RFC 7606 7.5',  decode: localPref,      show: s => s.localPref, unwanted: fromExternal },
  { code: 6,  name: 'ATOMIC_AGGREGATE', flags: WELL_KNOWN,          malformed: DISCARD,  clause: 'RFC 7606 7.6',  decode: atomic,         show: s => s.atomicAggregate || null },
  { code: 7,  name: 'AGGREGATOR',       flags: OPTIONAL_TRANSITIVE, malformed: DISCARD,  clause: 'RFC 7606 7.7',  decode: aggregator,     show: showAggregator },
  { code: 8,  name: 'COMMUNITIES',      flags: OPTIONAL_TRANSITIVE, malformed: WITHDRAW, clause: 'RFC 7606 7.8',  decode: communities,    show: s => list(s.communities.map(formatCommunity)) },
  { code: 9,  name: 'ORIGINATOR_ID',    flags: OPTIONAL,            malformed: WITHDRAW, clause: 'RFC 7606 7.9',  decode: originator,     show: s => s.originatorId, unwanted: fromExternal },
  { code: 10, name: 'CLUSTER_LIST',     flags: OPTIONAL,            malformed: WITHDRAW, clause: 'RFC 7606 7.10', decode: clusters,       show: s => list(s.clusterList), unwanted: fromExternal },
  { code: 14, name: 'MP_REACH_NLRI',    flags: OPTIONAL,            malformed: RESET,    clause: 'RFC 7606 7.11', decode: reach,          show: showReach, flagged: RESET },
  { code: 15, name: 'MP_UNREACH_NLRI',  flags: OPTIONAL,            malformed: RESET,    clause: 'RFC 7606 7.12', decode: unreach,        show: showUnreach, flagged: RESET },
  { code: 16, name: 'EXTENDED_COMMUNITIES', flags: OPTIONAL_TRANSITIVE, malformed: WITHDRAW, clause: 'RFC 7606 7.14', decode: extended,   show: s => items(s.extCommunities, 8, formatExtendedCommunity) },
  { code: 17, name: 'AS4_PATH',         flags: OPTIONAL_TRANSITIVE, malformed: DISCARD,  clause: 'RFC 6793 6',    decode: as4Path,        show: merged, unwanted: fromNewSpeaker },
  { code: 18, name: 'AS4_AGGREGATOR',   flags: OPTIONAL_TRANSITIVE, malformed: DISCARD,  clause: 'RFC 6793 6',    decode: as4Aggregator,  show: merged, unwanted: fromNewSpeaker },
  { code: 25, name: 'IPV6_EXTENDED_COMMUNITIES', flags: OPTIONAL_TRANSITIVE, malformed: WITHDRAW, clause: 'RFC 7606 7.15', decode: extended6, show: s => items(s.ipv6ExtCommunities, 20, formatIpv6ExtendedCommunity) },
  { code: 26, name: 'AIGP',             flags: OPTIONAL,            malformed: DISCARD,  clause: 'RFC 7311 3',    decode: () => null,     show: merged, unwanted: () => 'not enabled', flagged: DISCARD },
  { code: 32, name: 'LARGE_COMMUNITY',  flags: OPTIONAL_TRANSITIVE, malformed: WITHDRAW, clause: 'RFC 8092 6',    decode: large,          show: s => list(s.largeCommunities.map(formatLargeCommunity)) },
  { code: 35, name: 'ONLY_TO_CUSTOMER', flags: OPTIONAL_TRANSITIVE, malformed: WITHDRAW, clause: 'RFC 9234 5',    decode: onlyToCustomer, show: s => s.otc },
];
