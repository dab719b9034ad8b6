import type { AsPath } from './as-path.ts';
import type { Reach, Unreach } from './reach.ts';

export interface Aggregator {
  readonly as: number;
  readonly address: string;
}

/** An attribute that is kept as it came: unknown to us, or known and not parsed. */
export interface OpaqueAttribute {
  readonly code: number;
  readonly flags: number;
  readonly bytes: Uint8Array;
}

/** Where an attribute stood, and the flags it bore. */
export interface Place {
  /** Of its flags octet, in the buffer that was decoded. */
  readonly offset: number;
  readonly flags: number;
}

/** The path attributes of one UPDATE, decoded. What was absent or discarded is null or empty. */
export interface AttributeSet {
  /** ORIGIN: 0 IGP, 1 EGP, 2 incomplete. */
  readonly originCode: 0 | 1 | 2 | null;
  /** AS_PATH with AS4_PATH merged in; empty when absent (`present` tells) or empty. */
  readonly path: AsPath;
  /** NEXT_HOP; the next hop of MP_REACH_NLRI stands there. */
  readonly nextHop: string | null;
  readonly med: number | null;
  readonly localPref: number | null;
  readonly atomicAggregate: boolean;
  /** AGGREGATOR with AS4_AGGREGATOR merged in. */
  readonly aggregator: Aggregator | null;
  /** 32-bit values, in the order received. */
  readonly communities: readonly number[];
  readonly largeCommunities: readonly (readonly [number, number, number])[];
  /** 8 octets each. */
  readonly extCommunities: Uint8Array;
  /** 20 octets each (RFC 5701). */
  readonly ipv6ExtCommunities: Uint8Array;
  readonly originatorId: string | null;
  readonly clusterList: readonly string[];
  /** Only to Customer (RFC 9234 section 5): an AS. */
  readonly otc: number | null;
  readonly mpReach: Reach | null;
  readonly mpUnreach: Unreach | null;
  readonly unknown: readonly OpaqueAttribute[];
  /** By code, the attributes that were there and were not discarded. */
  readonly present: ReadonlyMap<number, Place>;
}

/** An attribute set while it is being read, with the two attributes that are merged away at its end. */
export type Draft = { -readonly [K in keyof AttributeSet]: AttributeSet[K] } & {
  path4: AsPath | null;
  aggregator4: Aggregator | null;
};

/** A draft with nothing in it. */
export function emptyDraft(): Draft {
  return {
    originCode: null,
    path: [],
    nextHop: null,
    med: null,
    localPref: null,
    atomicAggregate: false,
    aggregator: null,
    communities: [],
    largeCommunities: [],
    extCommunities: new Uint8Array(0),
    ipv6ExtCommunities: new Uint8Array(0),
    originatorId: null,
    clusterList: [],
    otc: null,
    mpReach: null,
    mpUnreach: null,
    unknown: [],
    present: new Map(),
    path4: null,
    aggregator4: null,
  };
}
