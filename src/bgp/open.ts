import { AFI_IPV4, AFI_IPV6, formatAddress, parseAddress } from '../net/address.ts';
import { Cursor } from '../net/cursor.ts';
import { AS_TRANS } from './as-path.ts';
import {
  type Capability,
  decodeCapabilities,
  encodeCapabilities,
  familiesOf,
  fourOctetAs,
  fourOctetAsOf,
  multiprotocol,
  ROUTE_REFRESH_CAPABILITY,
} from './capabilities.ts';
import { type SessionError, sessionError, sessionErrorAt } from './errors.ts';
import { type Family, formatFamily, includesFamily, isHeld, UNICAST } from './family.ts';
import { encodeMessage, OPEN } from './message.ts';
import {
  addPathOf,
  addPathReceived,
  ENHANCED_ROUTE_REFRESH,
  EXTENDED_MESSAGE,
  extendedNextHop,
  extendedNextHopOf,
  gracefulRestart,
  type LongLived,
  longLived,
  longLivedOf,
  marksRefresh,
  RECEIVES,
  type Restart,
  restartOf,
  roleCapability,
  roleOf,
  SENDS,
  takesExtendedMessages,
} from './offers.ts';
import { OPPOSITE, type Relation, type Role } from './role.ts';

/** An OPEN message (RFC 4271 section 4.2). */
export interface Open {
  readonly version: number;
  /** From the 4-octet AS capability when there is one, else from My Autonomous System. */
  readonly as: number;
  /** Seconds. */
  readonly holdTime: number;
  /** BGP Identifier, as dotted quad. */
  readonly id: string;
  readonly capabilities: readonly Capability[];
}

const CAPABILITIES_PARAMETER = 2; // RFC 5492 section 4
const EXTENDED_LENGTH = 255; // RFC 9072 section 2

/**
 * Reads the body of an OPEN and checks what can be checked without knowing the configuration. Errors are those of
 * RFC 4271 section 6.2: 2/1 version, 2/2 AS 0 (RFC 7607), 2/3 identifier 0 (RFC 6286), 2/4 parameter, 2/6 hold time, and
 * 2/0 when the lengths do not add up.
 */
export function decodeOpen(buffer: Uint8Array, start: number, end: number): Open | SessionError {
  const c = new Cursor(buffer, start, end);
  const version = c.u8();
  const as2 = c.u16();
  const holdTime = c.u16();
  const id = formatAddress({ afi: AFI_IPV4, bytes: c.sub(4).view(4) });
  const malformed = (at: number, what: string) => sessionErrorAt(at, 2, 0, `OPEN: ${what}`);
  if (version !== 4) return sessionErrorAt(start, 2, 1, `version ${version}`, Uint8Array.of(0, 4));

  // RFC 9072 section 2: 255 twice announces 2-octet lengths; a short message may use them too.
  const lengthAt = c.offset;
  let length = c.u8();
  const extended = length > 0 && buffer[c.offset] === EXTENDED_LENGTH && c.left > 0;
  if (extended) {
    c.skip(1);
    length = c.u16();
  }
  if (c.failed || length !== c.left)
    return malformed(lengthAt, 'optional parameters length does not match the message');

  const capabilities: Capability[] = [];
  while (c.left > 0) {
    const at = c.offset;
    const type = c.u8();
    const parameter = c.sub(extended ? c.u16() : c.u8());
    if (c.failed) return malformed(at, 'an optional parameter overruns the message');
    if (type !== CAPABILITIES_PARAMETER) return sessionErrorAt(at, 2, 4, `optional parameter ${type}`);
    const read = decodeCapabilities(parameter);
    if (read === null) return malformed(parameter.offset, 'a capability overruns its parameter');
    capabilities.push(...read);
  }

  const as4 = fourOctetAsOf(capabilities);
  if (as4 === -1) return malformed(lengthAt, '4-octet AS capability is not 4 octets long');
  const as = as4 ?? as2;
  if (as === 0 || as2 === 0) return sessionErrorAt(start + 1, 2, 2, 'AS 0');
  if (id === '0.0.0.0') return sessionErrorAt(start + 5, 2, 3, 'BGP identifier 0.0.0.0');
  if (holdTime === 1 || holdTime === 2) return sessionErrorAt(start + 3, 2, 6, `hold time ${holdTime} s`);
  return { version, as, holdTime, id, capabilities };
}

/**
 * A whole OPEN message. All capabilities go into one parameter; when they do not fit the 1-octet lengths, those of
 * RFC 9072 are used.
 */
export function encodeOpen(open: Open): Uint8Array {
  const list = encodeCapabilities(open.capabilities);
  const length = list.length;
  let parameters: number[];
  if (length === 0) parameters = [0];
  else if (length <= 253) parameters = [length + 2, CAPABILITIES_PARAMETER, length, ...list];
  else {
    const [all, one] = [length + 3, length];
    parameters = [255, EXTENDED_LENGTH, all >> 8, all & 0xff, CAPABILITIES_PARAMETER, one >> 8, one & 0xff, ...list];
  }
  const as2 = open.as > 0xffff ? AS_TRANS : open.as;
  const id = parseAddress(open.id)?.bytes ?? new Uint8Array(4);
  return encodeMessage(
    OPEN,
    Uint8Array.from([
      open.version,
      as2 >> 8,
      as2 & 0xff,
      open.holdTime >> 8,
      open.holdTime & 0xff,
      ...id,
      ...parameters,
    ]),
  );
}

/** What this side says of itself. */
export interface LocalOpen {
  readonly localAs: number;
  readonly routerId: string;
  /** Seconds. */
  readonly holdTime: number;
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  /** Families besides IPv4 and IPv6 unicast. */
  readonly others?: readonly Family[];
  /** Takes several paths for a prefix, with path identifiers (RFC 7911), in every family. */
  readonly addPaths?: boolean;
  /** Takes IPv6 next hops for the IPv4 families (RFC 8950). */
  readonly extendedNextHop?: boolean;
  /** What this side is to the peer (RFC 9234). */
  readonly role?: Role;
  /** Takes messages of up to 65535 octets (RFC 8654); it does unless this says false. */
  readonly extendedMessages?: boolean;
}

/** IPv4 families that RFC 8950 section 4 is about: their next hop stands before NLRI that are prefixes. */
const NEXT_HOP_EXTENDS = [UNICAST, 2, 4, 128];

/**
 * The OPEN of a collector. Graceful restart is advertised without a family and with time 0: this side keeps nothing
 * through its own restart, but a peer that sees the capability marks the end of its table (RFC 4724 sections 2 and 4.1) and
 * knows that its routes are kept through its restart, even behind a NOTIFICATION (RFC 8538); the same holds for the long-lived
 * kind (RFC 9494 section 4.2), without which routes that are stale elsewhere would not be shown to us (section 4.3).
 * Multiprotocol for IPv4 is always explicit: some routers refuse an OPEN with capabilities that lacks it.
 */
export function localOpen(local: LocalOpen): Open {
  const { localAs, routerId, holdTime, ipv4, ipv6, others = [], role } = local;
  const families: Family[] = [...others];
  if (ipv6) families.unshift({ afi: AFI_IPV6, safi: UNICAST });
  if (ipv4) families.unshift({ afi: AFI_IPV4, safi: UNICAST });
  const capabilities: Capability[] = families.map(multiprotocol);
  capabilities.push({ code: ROUTE_REFRESH_CAPABILITY, value: new Uint8Array(0) });
  const extends4 = families.filter(({ afi, safi }) => afi === AFI_IPV4 && NEXT_HOP_EXTENDS.includes(safi));
  if (local.extendedNextHop && extends4.length > 0) capabilities.push(extendedNextHop(extends4));
  if (local.extendedMessages !== false) capabilities.push({ code: EXTENDED_MESSAGE, value: new Uint8Array(0) });
  if (role !== undefined) capabilities.push(roleCapability(role));
  capabilities.push(gracefulRestart({ seconds: 0, restarting: false, notification: true, families: [] }));
  capabilities.push(fourOctetAs(localAs));
  if (local.addPaths) capabilities.push(addPathReceived(families));
  capabilities.push({ code: ENHANCED_ROUTE_REFRESH, value: new Uint8Array(0) });
  capabilities.push(longLived([]));
  return { version: 4, as: localAs, holdTime, id: routerId, capabilities };
}

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

/** What is wrong with the peer's role, in words; null when nothing is. */
function roleMismatch(ours: Role, theirs: readonly Capability[], strict: boolean): string | null {
  const role = roleOf(theirs);
  if (role === null) return strict ? `the peer says no role, and ours (${ours}) is strict` : null;
  if (role === 'contradicting') return 'the peer says two roles';
  return role === OPPOSITE[ours] ? null : `the peer says it is ${role}, we are ${ours} to it`;
}
