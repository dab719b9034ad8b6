/** What can leave a collector, for `show safety`. */
import { encoderLoadedAt } from '../bgp/encoder-loaded.ts';
import type { SessionStatus } from '../bgp/session.ts';
import type { AnnouncedRoute, BgpPeerConfig, MitigateConfig } from '../config/tree.ts';
import { leastTtlOf } from '../net/tcp-options.ts';
import type { Announcer, ToldRoute } from './announcer.ts';
import type { RowPeer } from './rows.ts';

/** What may be told to one peer, what is, and what guards the session. */
export interface SafetyRow {
  readonly peer: string;
  readonly address: string;
  readonly as: number;
  /** State of the session (RFC 4271 section 8.2.2). */
  readonly state: string;
  /** The whole of its `announce` block, and what it is told by order; empty: nothing is told. */
  readonly may: readonly AnnouncedRoute[];
  /** What it may be told on an operator's order, beside `may`; null without a `mitigate` block. */
  readonly mitigate: MitigateConfig | null;
  /** What the peer knows now: with next hops, without families that it did not agree to. */
  readonly told: readonly ToldRoute[];
  /** UPDATE messages sent since the peer was configured: those with routes or withdrawals, and mere End-of-RIB markers. */
  readonly updates: number;
  /** End-of-RIB markers sent since the peer was configured. */
  readonly marks: number;
  /** TCP MD5 (RFC 2385) and RFC 5082. */
  readonly password: boolean;
  readonly leastTtl: number | null;
}

/** One collector. */
export interface SafetyReport {
  /** When the encoder of announcements was loaded into its thread; null when it is not there. */
  readonly encoder: number | null;
  readonly peers: readonly SafetyRow[];
}

/** The row of a peer with a session of our own. */
export function safetyRow(
  { name, address, as }: RowPeer,
  { announce = [], mitigate, password, ttlSecurity }: BgpPeerConfig,
  { state, sent }: SessionStatus,
  { told, marks }: Pick<Announcer, 'told' | 'marks'>,
): SafetyRow {
  return {
    peer: name,
    address,
    as,
    state,
    may: announce,
    mitigate: mitigate ?? null,
    told: told(),
    updates: sent.update - marks(),
    marks: marks(),
    password: password !== undefined,
    leastTtl: ttlSecurity === null ? null : leastTtlOf(ttlSecurity),
  };
}

/** What the thread that asks could announce, by these rows of its peers. */
export const safetyReport = (peers: readonly SafetyRow[]): SafetyReport => ({ encoder: encoderLoadedAt(), peers });
