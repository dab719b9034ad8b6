/**
 * The encoder of UPDATE messages. It stands apart from every decoder on purpose: a thread that does not load this file cannot
 * announce (RFC 8212 in its strictest form). A collector loads it when the configuration has an `announce` block; besides, the
 * scripted speakers of the tests and of the demo do.
 */
import { AFI_IPV4, type Afi, parseAddress } from '../net/address.ts';
import type { Prefix } from '../net/prefix.ts';
import { AS_TRANS, type AsPath, isConfederation } from './as-path.ts';
import type { Aggregator, AttributeSet } from './attribute-set.ts';
import { EXTENDED_LENGTH, OPTIONAL, TRANSITIVE } from './attribute-table.ts';
import { noteEncoder } from './encoder-loaded.ts';
import { UNICAST } from './family.ts';
import { encodeMessage, HEADER_LENGTH, MAX_LENGTH, UPDATE } from './message.ts';

noteEncoder();

/** What a route is announced with; what is left out is not sent. `present`, `mpReach` and `mpUnreach` are not of the sender. */
export type Announcement = Partial<Omit<AttributeSet, 'present' | 'mpReach' | 'mpUnreach'>> & {
  readonly originCode: 0 | 1 | 2;
  readonly path: AsPath;
  /** IPv4 text for IPv4 prefixes, IPv6 text for IPv6. */
  readonly nextHop: string;
};

export interface EncodeContext {
  /** The session carries 4-octet AS numbers; else AS_TRANS and AS4_PATH are written (RFC 6793 section 4.2.2). */
  readonly as4: boolean;
}

const u16 = (value: number) => [(value >> 8) & 0xff, value & 0xff];
const u32 = (value: number) => [value >>> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff];

/** Octets of an address; throws on what is none, which is a fault of the program that announces. */
function octets(text: string): number[] {
  const address = parseAddress(text);
  if (address === null) throw new TypeError(`no address: ${text}`);
  return [...address.bytes];
}

/** One attribute: flags, code, length of 1 or 2 octets, value (RFC 4271 section 4.3). */
function attribute(flags: number, code: number, value: readonly number[]): number[] {
  return value.length > 255
    ? [flags | EXTENDED_LENGTH, code, ...u16(value.length), ...value]
    : [flags & ~EXTENDED_LENGTH, code, value.length, ...value];
}

/** NLRI: length octet and the octets that hold it (RFC 4271 section 4.3). */
export function encodePrefix(prefix: Prefix): number[] {
  return [prefix.length, ...prefix.bytes.subarray(0, (prefix.length + 7) >> 3)];
}

function encodePath(path: AsPath, width: 2 | 4): number[] {
  const as = (value: number) => (width === 4 ? u32(value) : u16(value > 0xffff ? AS_TRANS : value));
  return path.flatMap(({ type, asns }) => [type, asns.length, ...asns.flatMap(as)]);
}

const isLong = (as: number) => as > 0xffff;
const aggregatorValue = ({ as, address }: Aggregator, as4: boolean) => [
  ...(as4 ? u32(as) : u16(isLong(as) ? AS_TRANS : as)),
  ...octets(address),
];

/** The path attributes in the order of their codes, but for NEXT_HOP and the MP attributes, which depend on the family. */
function encodeCommon(a: Announcement, as4: boolean): number[][] {
  const both = OPTIONAL | TRANSITIVE;
  const lines: number[][] = [];
  const add = (flags: number, code: number, value: readonly number[]) => lines.push(attribute(flags, code, value));
  add(TRANSITIVE, 1, [a.originCode]);
  add(TRANSITIVE, 2, encodePath(a.path, as4 ? 4 : 2));
  if (a.med != null) add(OPTIONAL, 4, u32(a.med));
  if (a.localPref != null) add(TRANSITIVE, 5, u32(a.localPref));
  if (a.atomicAggregate) add(TRANSITIVE, 6, []);
  if (a.aggregator) add(both, 7, aggregatorValue(a.aggregator, as4));
  if (a.communities?.length) add(both, 8, a.communities.flatMap(u32));
  if (a.originatorId != null) add(OPTIONAL, 9, octets(a.originatorId));
  if (a.clusterList?.length) add(OPTIONAL, 10, a.clusterList.flatMap(octets));
  if (a.extCommunities?.length) add(both, 16, [...a.extCommunities]);
  const exact = a.path.filter(segment => !isConfederation(segment));
  if (!as4 && exact.some(segment => segment.asns.some(isLong))) add(both, 17, encodePath(exact, 4));
  if (!as4 && a.aggregator && isLong(a.aggregator.as)) add(both, 18, aggregatorValue(a.aggregator, true));
  if (a.ipv6ExtCommunities?.length) add(both, 25, [...a.ipv6ExtCommunities]);
  if (a.largeCommunities?.length) add(both, 32, a.largeCommunities.flat().flatMap(u32));
  if (a.otc != null) add(both, 35, u32(a.otc));
  for (const { code, flags, bytes } of a.unknown ?? []) add(flags, code, [...bytes]);
  return lines;
}

function message(withdrawn: readonly number[], attributes: readonly number[], nlri: readonly number[]): Uint8Array {
  const body = [...u16(withdrawn.length), ...withdrawn, ...u16(attributes.length), ...attributes, ...nlri];
  return encodeMessage(UPDATE, Uint8Array.from(body));
}

/** Fills messages of at most 4096 octets with prefixes; `build` makes a message of a run, `overhead` octets besides. */
function split(prefixes: readonly Prefix[], overhead: number, build: (nlri: number[]) => Uint8Array): Uint8Array[] {
  const messages: Uint8Array[] = [];
  const room = MAX_LENGTH - HEADER_LENGTH - overhead;
  let run: number[] = [];
  for (const prefix of prefixes) {
    const encoded = encodePrefix(prefix);
    if (run.length > 0 && run.length + encoded.length > room) {
      messages.push(build(run));
      run = [];
    }
    run.push(...encoded);
  }
  if (run.length > 0) messages.push(build(run));
  return messages;
}

const ofFamily = (prefixes: readonly Prefix[], afi: Afi) => prefixes.filter(prefix => prefix.afi === afi);

/** MP_REACH_NLRI (RFC 4760 section 3) for IPv6 unicast, always with the long length so that its overhead is known. */
const reachV6 = (hop: readonly number[], nlri: readonly number[]) => {
  const value = [...u16(2), UNICAST, hop.length, ...hop, 0, ...nlri];
  return [OPTIONAL | EXTENDED_LENGTH, 14, ...u16(value.length), ...value];
};
const unreachV6 = (nlri: readonly number[]) => [
  OPTIONAL | EXTENDED_LENGTH,
  15,
  ...u16(nlri.length + 3),
  ...u16(2),
  UNICAST,
  ...nlri,
];

/**
 * UPDATE messages that announce the prefixes, all of one family, with one set of attributes. IPv4 goes into the NLRI field, IPv6
 * into MP_REACH_NLRI. A message holds as many prefixes as fit 4096 octets.
 */
export function encodeAnnounce(
  prefixes: readonly Prefix[],
  announcement: Announcement,
  { as4 }: EncodeContext,
): Uint8Array[] {
  const lines = encodeCommon(announcement, as4);
  const hop = octets(announcement.nextHop);
  if (hop.length === 4) {
    lines.splice(2, 0, attribute(TRANSITIVE, 3, hop));
    const attributes = lines.flat();
    return split(ofFamily(prefixes, AFI_IPV4), 4 + attributes.length, nlri => message([], attributes, nlri));
  }
  const attributes = lines.flat();
  const overhead = 4 + attributes.length + reachV6(hop, []).length;
  // RFC 7606 section 5.1: MP_REACH_NLRI comes first.
  return split(ofFamily(prefixes, 2), overhead, nlri => message([], [...reachV6(hop, nlri), ...attributes], []));
}

/** UPDATE messages that withdraw prefixes of both families. */
export function encodeWithdraw(prefixes: readonly Prefix[]): Uint8Array[] {
  return [
    ...split(ofFamily(prefixes, AFI_IPV4), 4, nlri => message(nlri, [], [])),
    ...split(ofFamily(prefixes, 2), 4 + unreachV6([]).length, nlri => message([], unreachV6(nlri), [])),
  ];
}
