/** What a session is told to be, and what that comes to on the wire. */
import { leastTtlOf, type TcpProtection } from '../net/tcp-options.ts';
import { familyNamed } from './family.ts';
import type { Expected } from './negotiate.ts';
import { localOpen, type Open } from './open.ts';
import type { Role } from './role.ts';

/** What a session needs of `protocol bgp`; a BgpPeerConfig of the configuration is one. Times are milliseconds. */
export interface SessionConfig {
  readonly neighbor: string;
  readonly neighborPort: number;
  readonly neighborAs: number;
  readonly localAddress?: string;
  readonly localAs: number;
  /** Interface or VRF that the connections go through. */
  readonly interface?: string;
  /** Key of TCP MD5 (RFC 2385). */
  readonly password?: string;
  /** How many hops away the peer may be (RFC 5082); null: any number. */
  readonly ttlSecurity?: number | null;
  readonly passive: boolean;
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  /** Families besides these two, by their names (family.ts). */
  readonly others?: readonly string[];
  /** Takes several paths for a prefix (RFC 7911). */
  readonly addPaths?: boolean;
  /** Takes IPv6 next hops for IPv4 routes (RFC 8950). */
  readonly extendedNextHop?: boolean;
  /** What we are to the peer (RFC 9234); `strictRole`: it must say what it is. */
  readonly role?: Role;
  readonly strictRole?: boolean;
  readonly holdTime: number;
  readonly connectRetry: number;
}

/** What is demanded of its connections, in both directions. */
export function protectionOf({ password, interface: device, ttlSecurity }: SessionConfig): TcpProtection {
  return {
    ...(password !== undefined && { password }),
    ...(device !== undefined && { interface: device }),
    ...(typeof ttlSecurity === 'number' && { leastTtl: leastTtlOf(ttlSecurity) }),
  };
}

/** Our OPEN. */
export function offerOf(config: SessionConfig, routerId: string): Open {
  const others = (config.others ?? []).map(familyNamed).filter(family => family !== null);
  return localOpen({ ...config, others, routerId, holdTime: Math.floor(config.holdTime / 1000) });
}

/** Who the peer must be. */
export function expectedOf({ neighborAs: as, role, strictRole = false }: SessionConfig): Expected {
  return { as, strictRole, ...(role && { role }) };
}
