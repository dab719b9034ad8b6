/** MRT types and subtypes: RFC 6396 section 4 and appendix B, RFC 6397, RFC 8050; numbers of the IANA registry. */

export const BGP = 5;
export const TABLE_DUMP = 12;
export const TABLE_DUMP_V2 = 13;
export const BGP4MP = 16;
export const BGP4MP_ET = 17;

/** Subtypes of BGP, the deprecated type of the first archives (RFC 6396 appendix B.2.2). */
export const BGP_UPDATE = 1;
export const BGP_STATE_CHANGE = 3;

/** Subtypes of TABLE_DUMP_V2 (RFC 6396 section 4.3) that are no RIB of a family. */
export const PEER_INDEX_TABLE = 1;
export const RIB_GENERIC = 6;
export const GEO_PEER_TABLE = 7;
export const RIB_GENERIC_ADDPATH = 12;
export const RIB_IPV4_UNICAST = 2;
export const RIB_IPV6_UNICAST = 4;
export const RIB_IPV4_UNICAST_ADDPATH = 8;
export const RIB_IPV6_UNICAST_ADDPATH = 10;

/** Subtypes of BGP4MP and BGP4MP_ET (RFC 6396 section 4.4, RFC 8050 section 3). */
export const STATE_CHANGE = 0;
export const MESSAGE = 1;
export const MESSAGE_AS4 = 4;
export const STATE_CHANGE_AS4 = 5;
export const MESSAGE_ADDPATH = 8;
export const MESSAGE_AS4_ADDPATH = 9;

/** What the subtype of a BGP4MP message says of it. */
export interface MessageSubtype {
  /** AS numbers, in the record and in its message, take 4 octets. */
  readonly as4: boolean;
  /** The message was sent by the collector, not received. */
  readonly local: boolean;
  /** Each prefix has a path identifier before it (RFC 7911). */
  readonly addPath: boolean;
}

const subtype = (as4: boolean, local: boolean, addPath: boolean): MessageSubtype => ({ as4, local, addPath });

export const MESSAGE_SUBTYPES: Readonly<Record<number, MessageSubtype>> = {
  1: subtype(false, false, false), // MESSAGE
  4: subtype(true, false, false), // MESSAGE_AS4
  6: subtype(false, true, false), // MESSAGE_LOCAL
  7: subtype(true, true, false), // MESSAGE_AS4_LOCAL
  8: subtype(false, false, true), // MESSAGE_ADDPATH
  9: subtype(true, false, true), // MESSAGE_AS4_ADDPATH
  10: subtype(false, true, true), // MESSAGE_LOCAL_ADDPATH
  11: subtype(true, true, true), // MESSAGE_AS4_LOCAL_ADDPATH
};

/** The family of a RIB subtype of TABLE_DUMP_V2. */
export interface RibSubtype {
  readonly afi: 1 | 2;
  readonly safi: 1 | 2;
  readonly addPath: boolean;
}

export const RIB_SUBTYPES: Readonly<Record<number, RibSubtype>> = {
  2: { afi: 1, safi: 1, addPath: false }, // RIB_IPV4_UNICAST
  3: { afi: 1, safi: 2, addPath: false }, // RIB_IPV4_MULTICAST
  4: { afi: 2, safi: 1, addPath: false }, // RIB_IPV6_UNICAST
  5: { afi: 2, safi: 2, addPath: false }, // RIB_IPV6_MULTICAST
  8: { afi: 1, safi: 1, addPath: true }, // RIB_IPV4_UNICAST_ADDPATH
  9: { afi: 1, safi: 2, addPath: true }, // RIB_IPV4_MULTICAST_ADDPATH
  10: { afi: 2, safi: 1, addPath: true }, // RIB_IPV6_UNICAST_ADDPATH
  11: { afi: 2, safi: 2, addPath: true }, // RIB_IPV6_MULTICAST_ADDPATH
};

const TYPE_NAMES: Readonly<Record<number, string>> = {
  5: 'BGP',
  6: 'RIP',
  7: 'IDRP',
  8: 'RIPNG',
  9: 'BGP4PLUS',
  10: 'BGP4PLUS_01',
  11: 'OSPFv2',
  12: 'TABLE_DUMP',
  13: 'TABLE_DUMP_V2',
  16: 'BGP4MP',
  17: 'BGP4MP_ET',
  32: 'ISIS',
  33: 'ISIS_ET',
  48: 'OSPFv3',
  49: 'OSPFv3_ET',
};

/** How many subtypes the types that carry BGP have; a higher number is nothing that was ever written. */
const SUBTYPES: Readonly<Record<number, number>> = { 5: 8, 12: 5, 13: 13, 16: 12, 17: 12 };

/** Name of a type, or its number in words. */
export function typeName(type: number): string {
  return TYPE_NAMES[type] ?? `type ${type}`;
}

/** True for a type that the registry has and that may hold data: types 0 to 4 were signals without a body. */
export function isKnownType(type: number): boolean {
  return TYPE_NAMES[type] !== undefined;
}

/** True for a type that carries BGP, with a subtype that exists. */
export function isBgpSubtype(type: number, number: number): boolean {
  return number < (SUBTYPES[type] ?? 0);
}

/** True for the types whose header is followed by microseconds (RFC 6396 section 3). */
export function isExtended(type: number): boolean {
  return type === 17 || type === 33 || type === 49;
}
