/** The path attributes of an element, by name: what of it is the same wherever the octets are the same. */
import { flattenPath } from '../bgp/as-path.ts';
import type { DecodedAttributes } from '../bgp/attributes.ts';
import { formatExtendedCommunity } from '../bgp/communities.ts';
import { type Afi, formatAddress } from '../net/address.ts';
import { formatCommunity, formatLargeCommunity } from '../net/community.ts';
import type { DumpedReach } from './dumped-reach.ts';

const ORIGINS = ['IGP', 'EGP', 'incomplete'] as const;

/** Octets as they are shown where nothing better is known of them. */
export const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** The address that stands at `at`. */
export const addressAt = (bytes: Uint8Array, at: number, afi: Afi) =>
  formatAddress({ afi, bytes: bytes.subarray(at, at + (afi === 1 ? 4 : 16)) });

/** The attributes by name; what is absent is left out. */
export function attributesOf({ set, errors }: DecodedAttributes): object {
  const extended = Array.from({ length: set.extCommunities.length / 8 }, (_, i) =>
    formatExtendedCommunity(set.extCommunities.subarray(i * 8, i * 8 + 8)),
  );
  return {
    ...(set.present.has(2) && { path: flattenPath(set.path) }),
    ...(set.originCode !== null && { originCode: ORIGINS[set.originCode] }),
    ...(set.nextHop !== null && { nextHop: set.nextHop }),
    ...(set.med !== null && { med: set.med }),
    ...(set.localPref !== null && { localPref: set.localPref }),
    ...(set.atomicAggregate && { atomicAggregate: true }),
    ...(set.aggregator !== null && { aggregator: set.aggregator }),
    ...(set.communities.length > 0 && { communities: set.communities.map(formatCommunity) }),
    ...(set.largeCommunities.length > 0 && { largeCommunities: set.largeCommunities.map(formatLargeCommunity) }),
    ...(extended.length > 0 && { extendedCommunities: extended }),
    ...(set.originatorId !== null && { originatorId: set.originatorId }),
    ...(set.clusterList.length > 0 && { clusterList: set.clusterList }),
    ...(set.otc !== null && { onlyToCustomer: set.otc }),
    ...(set.unknown.length > 0 && {
      unknown: set.unknown.map(({ code, flags, bytes }) => ({ code, flags, hex: hex(bytes) })),
    }),
    ...(errors.length > 0 && {
      errors: errors.map(({ code, clause, what, action }) => ({ code, clause, what, action })),
    }),
  };
}

/** The next hop of MP_REACH_NLRI; families we do not know in hex. */
export function hopOf(bytes: Uint8Array, { hop, hopOctets }: DumpedReach): object {
  if (hopOctets === 0) return {};
  if (hopOctets === 4) return { nextHop: addressAt(bytes, hop, 1) };
  if (hopOctets === 16 || hopOctets === 32)
    return { nextHop: addressAt(bytes, hop, 2), ...(hopOctets === 32 && { linkLocal: addressAt(bytes, hop + 16, 2) }) };
  return { nextHop: hex(bytes.subarray(hop, hop + hopOctets)) };
}
