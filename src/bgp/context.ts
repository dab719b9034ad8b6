import type { Family } from './family.ts';
import type { Relation } from './role.ts';

/** What the reading of an attribute depends on. */
export interface AttributeContext {
  /** AS numbers are 4 octets long (RFC 6793). */
  readonly as4: boolean;
  /** The peer is external. */
  readonly ebgp: boolean;
  /**
   * Families negotiated besides IPv4 and IPv6 unicast: they are decoded to be shown and not held, so that a damaged
   * attribute of one of them disables that family and not the session.
   */
  readonly others?: readonly Family[];
}

/** What the reading of an UPDATE depends on. */
export interface UpdateContext extends AttributeContext {
  /** IPv4 and IPv6 unicast: negotiated. */
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  /** Families whose routes the peer sends with a path identifier (RFC 7911). */
  readonly addPath?: readonly Family[];
  /** IPv4 families whose next hop may be an IPv6 address (RFC 8950). */
  readonly extendedNextHop?: readonly Family[];
  /** Our own addresses, canonical text: a NEXT_HOP that is one of them is of no use (RFC 4271 section 6.3). */
  readonly ownAddresses?: readonly string[];
  /** Our role towards the peer and its AS, where a role is configured (RFC 9234). */
  readonly role?: Relation;
}
