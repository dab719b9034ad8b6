import { AFI_IPV4, AFI_IPV6, formatAddress, parseAddress } from '../net/address.ts';
import { Cursor } from '../net/cursor.ts';
import { AS_TRANS } from './as-path.ts';
import {
  type Capability,
  decodeCapabilities,
  encodeCapabilities,
  fourOctetAs,
  fourOctetAsOf,
  lengthFault,
  multiprotocol,
  ROUTE_REFRESH_CAPABILITY,
} from './capabilities.ts';
import { type SessionError, sessionErrorAt } from './errors.ts';
import { type Family, UNICAST } from './family.ts';
import { encodeMessage, OPEN } from './message.ts';
import {
  addPathReceived,
  ENHANCED_ROUTE_REFRESH,
  EXTENDED_MESSAGE,
  extendedNextHop,
  gracefulRestart,
  longLived,
  roleCapability,
} from './offers.ts';
import type { Role } from './role.ts';

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
 * 2/0 when the lengths do not add up, or a capability that is known has another length than it must have.
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
    let place = parameter.offset;
    if (c.failed) return malformed(at, 'an optional parameter overruns the message');
    if (type !== CAPABILITIES_PARAMETER) return sessionErrorAt(at, 2, 4, `optional parameter ${type}`);
    const read = decodeCapabilities(parameter);
    if (read === null) return malformed(parameter.offset, 'a capability overruns its parameter');
    for (const capability of read) {
      const fault = lengthFault(capability);
      if (fault !== null) return malformed(place, fault);
      capabilities.push(capability);
      place += 2 + capability.value.length;
    }
  }

  const as = fourOctetAsOf(capabilities) ?? as2;
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
