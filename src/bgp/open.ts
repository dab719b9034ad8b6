import { AFI_IPV4, AFI_IPV6, formatAddress, parseAddress } from '../net/address.ts';
import { Cursor } from '../net/cursor.ts';
import { AS_TRANS } from './as-path.ts';
import {
  type Capability,
  familiesOf,
  fourOctetAs,
  fourOctetAsOf,
  GRACEFUL_RESTART,
  multiprotocol,
  ROUTE_REFRESH_CAPABILITY,
} from './capabilities.ts';
import { type SessionError, sessionError, sessionErrorAt } from './errors.ts';
import { type Family, UNICAST } from './family.ts';
import { encodeMessage, OPEN } from './message.ts';

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
    while (parameter.left > 0) {
      const capabilityAt = parameter.offset;
      const code = parameter.u8();
      const value = parameter.view(parameter.u8());
      if (parameter.failed) return malformed(capabilityAt, `capability ${code} overruns its parameter`);
      capabilities.push({ code, value: new Uint8Array(value) });
    }
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
  const list = open.capabilities.flatMap(({ code, value }) => [code, value.length, ...value]);
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
}

/**
 * The OPEN of a collector. Graceful restart is advertised without a family and with time 0: this side keeps nothing
 * through its own restart, but a peer that sees the capability marks the end of its table (RFC 4724 sections 2 and 4.1).
 * Multiprotocol for IPv4 is always explicit: some routers refuse an OPEN with capabilities that lacks it.
 */
export function localOpen({ localAs, routerId, holdTime, ipv4, ipv6 }: LocalOpen): Open {
  const capabilities: Capability[] = [];
  if (ipv4) capabilities.push(multiprotocol({ afi: AFI_IPV4, safi: UNICAST }));
  if (ipv6) capabilities.push(multiprotocol({ afi: AFI_IPV6, safi: UNICAST }));
  capabilities.push({ code: ROUTE_REFRESH_CAPABILITY, value: new Uint8Array(0) });
  capabilities.push({ code: GRACEFUL_RESTART, value: Uint8Array.of(0, 0) });
  capabilities.push(fourOctetAs(localAs));
  return { version: 4, as: localAs, holdTime, id: routerId, capabilities };
}

/** What holds for a session after both OPENs. */
export interface Negotiated {
  /** AS numbers in AS_PATH and AGGREGATOR are 4 octets long (RFC 6793). */
  readonly as4: boolean;
  /** The peer may send IPv4 (IPv6) unicast routes. */
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  /** Seconds; 0 for none. The smaller of both offers (RFC 4271 section 4.2). */
  readonly holdTime: number;
  readonly peerAs: number;
  readonly peerId: string;
  readonly localAs: number;
  readonly ebgp: boolean;
  /** As the peer sent them. */
  readonly capabilities: readonly Capability[];
  /** Of the connection, canonical text. */
  readonly localAddress: string;
  readonly remoteAddress: string;
}

/**
 * Puts both OPENs together. 2/2 when the peer is not `expectedAs`; 2/3 when an internal peer bears our identifier (an
 * external one may: RFC 6286 section 2.1); 2/7 with the missing capabilities when no family is left (RFC 5492 section 3).
 */
export function negotiate(
  local: Open,
  remote: Open,
  expectedAs: number,
  addresses: { readonly localAddress: string; readonly remoteAddress: string },
): Negotiated | SessionError {
  if (remote.as !== expectedAs) return sessionError(2, 2, `peer is AS ${remote.as}, AS ${expectedAs} is configured`);
  const ebgp = remote.as !== local.as;
  if (!ebgp && remote.id === local.id) return sessionError(2, 3, `internal peer has our BGP identifier ${remote.id}`);

  const ours = familiesOf(local.capabilities);
  const theirs = familiesOf(remote.capabilities);
  // RFC 4760 section 8: who sends no multiprotocol capability speaks IPv4 unicast.
  if (theirs.length === 0) theirs.push({ afi: AFI_IPV4, safi: UNICAST });
  const has = (families: readonly Family[], afi: number) => families.some(f => f.afi === afi && f.safi === UNICAST);
  const ipv4 = has(ours, AFI_IPV4) && has(theirs, AFI_IPV4);
  const ipv6 = has(ours, AFI_IPV6) && has(theirs, AFI_IPV6);
  if (!ipv4 && !ipv6) {
    const wanted = ours.map(multiprotocol).flatMap(({ code, value }) => [code, value.length, ...value]);
    return sessionError(2, 7, 'no address family in common', Uint8Array.from(wanted));
  }
  return {
    as4: fourOctetAsOf(remote.capabilities) !== null && fourOctetAsOf(local.capabilities) !== null,
    ipv4,
    ipv6,
    holdTime: Math.min(local.holdTime, remote.holdTime),
    peerAs: remote.as,
    peerId: remote.id,
    localAs: local.as,
    ebgp,
    capabilities: remote.capabilities,
    ...addresses,
  };
}
