/** What `show bgp neighbor` tells of a session besides its counters (messages.ts). */
import type { MonitoredRib, PrefixLimit } from '../config/tree.ts';

/** A family whose routes are stale: their peer restarts, or sends them anew (RFC 4724, RFC 9494, RFC 7313). */
export interface RestartRow {
  readonly family: string;
  /** `restarting`, `long-lived`, `returned`, `returned-long-lived` or `refreshing` (bgp/graceful-restart.ts). */
  readonly state: string;
  /** Since when they are so; null when they are not marked. */
  readonly since: number | null;
  /** Routes that are still stale. */
  readonly stale: number;
  /** What is left of the Restart Time or of the stale path time, and of the Long-lived Stale Time. */
  readonly left: number | null;
  /** What is left of the Long-lived Stale Time (RFC 9494), milliseconds; null: it does not run. */
  readonly longLivedLeft: number | null;
}

/** How many routes of a family are held. */
export interface OtherCountRow {
  readonly family: string;
  readonly routes: number;
  /** Routes that found no room. */
  readonly refused: number;
  /** Its End-of-RIB has come. */
  readonly ended: boolean;
  /** What was malformed and ended it for the rest of the session; '' while it goes on. */
  readonly disabled: string;
}

/** What both ends of a session offered, in words, and what came of it. */
export interface AgreementRow {
  /** Capabilities that we offered, in words. */
  readonly ours: readonly string[];
  /** Capabilities that the peer offered, in words; empty: it was not heard. */
  readonly theirs: readonly string[];
  /** RFC 8654. */
  readonly extendedMessage: boolean;
  /** RFC 7313. */
  readonly enhancedRefresh: boolean;
  /** Families that come with path identifiers (RFC 7911), and whose next hops may be IPv6 addresses (RFC 8950). */
  readonly addPath: readonly string[];
  /** Families whose next hops may be IPv6 addresses (RFC 8950). */
  readonly extendedNextHop: readonly string[];
  /** RFC 9234; null where none is configured. `theirs` is null when the peer says none. */
  readonly role: {
    /** Our role. */
    readonly ours: string;
    /** The peer's role; null: it says none. */
    readonly theirs: string | null;
  } | null;
  /** RFC 4724, as the peer said; null when it knows nothing of it. */
  readonly restart: {
    readonly seconds: number;
    /** A NOTIFICATION does not end what it keeps (RFC 8538). */
    readonly notification: boolean;
    /** Families whose routes it has kept over its restart. */
    readonly preserved: readonly string[];
  } | null;
  /** RFC 9494, as the peer said. */
  readonly longLived: readonly { readonly family: string; readonly seconds: number }[];
}

/** What is demanded of a session's connection, and of its routes. */
export interface ProtectionRow {
  /** The `neighbor range` that the peer came out of. */
  readonly range: string | null;
  /** TCP MD5 (RFC 2385). */
  readonly password: boolean;
  /** RFC 5082. */
  readonly leastTtl: number | null;
  /** Interface that the session is bound to; null: any. */
  readonly interface: string | null;
  /** What is done when the peer announces too many prefixes. */
  readonly prefixLimits: readonly PrefixLimit[];
  /** What is not as it should be, a line each. */
  readonly problems: readonly string[];
}

/** How a monitored peer is seen. */
export interface MonitoringRow {
  /** Name of the router that is monitored (RFC 7854). */
  readonly router: string;
  /** Address that the router connects from. */
  readonly routerAddress: string;
  readonly rib: MonitoredRib;
  /** VRF/Table Name (RFC 9069 section 5.3); '' when there is none. */
  readonly vrf: string;
  /** Its routes came without a Peer Up: what the session agreed on is not known. */
  readonly assumed: boolean;
  /** Route Monitoring messages whose UPDATE could not be read; what they said is not held. */
  readonly unreadable: number;
  /** The last Statistics Report, by what is counted. */
  readonly statistics: Readonly<Record<string, number>>;
}
