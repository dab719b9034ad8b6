/** What both OPENs of a session agree on, or why there can be none. */
import { AFI_IPV4, AFI_IPV6 } from '../net/address.ts';
import { type Capability, encodeCapabilities, familiesOf, fourOctetAsOf, multiprotocol } from './capabilities.ts';
import { type SessionError, sessionError } from './errors.ts';
import { type Family, formatFamily, includesFamily, isHeld, UNICAST } from './family.ts';
import {
  addPathOf,
  extendedNextHopOf,
  type LongLived,
  longLivedOf,
  marksRefresh,
  RECEIVES,
  type Restart,
  restartOf,
  roleOf,
  SENDS,
  takesExtendedMessages,
} from './offers.ts';
import type { Open } from './open.ts';
import { OPPOSITE, type Relation, type Role } from './role.ts';

/** What holds for a session after both OPENs. */
export interface Negotiated {
  /** AS numbers in AS_PATH and AGGREGATOR are 4 octets long (RFC 6793). */
  readonly as4: boolean;
  /** The peer may send IPv4 (IPv6) unicast routes. */
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  /** The peer may send routes of these too. */
  readonly others: readonly Family[];
  /** Messages but OPEN and KEEPALIVE may be 65535 octets long (RFC 8654). */
  readonly extendedMessage: boolean;
  /** The beginning and the end of a route refresh are marked (RFC 7313). */
  readonly enhancedRefresh: boolean;
  /** Families whose routes the peer sends with path identifiers (RFC 7911). */
  readonly addPath: readonly Family[];
  /** IPv4 families whose next hop may be an IPv6 address (RFC 8950). */
  readonly extendedNextHop: readonly Family[];
  /** Our role, where one is configured, whether or not the peer says its own (RFC 9234). */
  readonly role?: Relation;
  /** As the peer said it (RFC 4724); null when it knows nothing of it. */
  readonly restart: Restart | null;
  /** As the peer said it (RFC 9494). */
  readonly longLived: readonly LongLived[];
  /** Seconds; 0 for none. The smaller of both offers (RFC 4271 section 4.2). */
  readonly holdTime: number;
  readonly peerAs: number;
  readonly peerId: string;
  readonly localAs: number;
  readonly ebgp: boolean;
  /** As the peer sent them, and as we did. */
  readonly capabilities: readonly Capability[];
  readonly ourCapabilities: readonly Capability[];
  /** Of the connection, canonical text. */
  readonly localAddress: string;
  readonly remoteAddress: string;
}

/** Who the peer must be. */
export interface Expected {
  readonly as: number;
  /** Our role towards it (RFC 9234), whether or not this OPEN of ours says it; strict: it must say its own (section 4.2). */
  readonly role?: Role;
  readonly strictRole?: boolean;
}

/**
 * Puts both OPENs together. 2/2 when the peer is not the expected AS; 2/3 when an internal peer bears our identifier (an
 * external one may: RFC 6286 section 2.1); 2/7 with the missing capabilities when no family is left (RFC 5492 section 3);
 * 2/11 when its role is none that goes with ours (RFC 9234 section 4.2).
 */
export function negotiate(
  local: Open,
  remote: Open,
  expected: Expected,
  addresses: { readonly localAddress: string; readonly remoteAddress: string },
): Negotiated | SessionError {
  if (remote.as !== expected.as) return sessionError(2, 2, `peer is AS ${remote.as}, AS ${expected.as} is configured`);
  const ebgp = remote.as !== local.as;
  if (!ebgp && remote.id === local.id) return sessionError(2, 3, `internal peer has our BGP identifier ${remote.id}`);

  const ours = familiesOf(local.capabilities);
  const theirs = familiesOf(remote.capabilities);
  // RFC 4760 section 8: who sends no multiprotocol capability speaks IPv4 unicast.
  for (const families of [ours, theirs]) if (families.length === 0) families.push({ afi: AFI_IPV4, safi: UNICAST });
  const shared = ours.filter(family => includesFamily(theirs, family));
  if (shared.length === 0) {
    const wanted = encodeCapabilities(ours.map(multiprotocol));
    return sessionError(
      2,
      7,
      `no address family in common; ours: ${ours.map(formatFamily).join(', ')}`,
      Uint8Array.from(wanted),
    );
  }
  const { role, strictRole = false } = expected;
  const mismatch = role === undefined ? null : roleMismatch(role, remote.capabilities, strictRole);
  if (mismatch !== null) return sessionError(2, 11, mismatch);

  const both = (offered: (capabilities: readonly Capability[]) => readonly Family[]) => {
    const wanted = offered(local.capabilities);
    return offered(remote.capabilities).filter(one => includesFamily(wanted, one) && includesFamily(shared, one));
  };
  const received = addPathOf(local.capabilities, RECEIVES);
  return {
    as4: fourOctetAsOf(remote.capabilities) !== null && fourOctetAsOf(local.capabilities) !== null,
    ipv4: includesFamily(shared, { afi: AFI_IPV4, safi: UNICAST }),
    ipv6: includesFamily(shared, { afi: AFI_IPV6, safi: UNICAST }),
    others: shared.filter(family => !isHeld(family)),
    extendedMessage: takesExtendedMessages(local.capabilities) && takesExtendedMessages(remote.capabilities),
    enhancedRefresh: marksRefresh(local.capabilities) && marksRefresh(remote.capabilities),
    addPath: addPathOf(remote.capabilities, SENDS).filter(
      family => includesFamily(received, family) && includesFamily(shared, family),
    ),
    extendedNextHop: both(extendedNextHopOf),
    ...(role !== undefined && { role: { ours: role, peerAs: remote.as } }),
    restart: restartOf(remote.capabilities),
    longLived: longLivedOf(remote.capabilities),
    holdTime: Math.min(local.holdTime, remote.holdTime),
    peerAs: remote.as,
    peerId: remote.id,
    localAs: local.as,
    ebgp,
    capabilities: remote.capabilities,
    ourCapabilities: local.capabilities,
    ...addresses,
  };
}

/** What is wrong with the peer's role (RFC 9234 section 4.2), in words; null when nothing is. */
export function roleMismatch(ours: Role, theirs: readonly Capability[], strict: boolean): string | null {
  const role = roleOf(theirs);
  if (role === null) return strict ? `the peer says no role, and ours (${ours}) is strict` : null;
  if (role === 'contradicting') return 'the peer says two roles';
  return role === OPPOSITE[ours] ? null : `the peer says it is ${role}, we are ${ours} to it`;
}
