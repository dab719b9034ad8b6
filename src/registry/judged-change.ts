/**
 * What a collector tells the cases of routes with which something is wrong, and the watch over ROAs of those: the border between
 * them, which may not know each other. A message: plain data.
 */
import type { IrrState } from './verdict.ts';

/**
 * `origin`: the registered prefix itself has another origin. `more-specific`: one inside it has. `rpki-invalid`: the IRR does
 * not object, the RPKI does. `super-prefix`: a stranger's route covers watched prefixes. `new-prefix`: a watched AS announces
 * what nobody has registered. `upstream`: an AS stands next to the origin that is none of its upstreams. `leak`: the path
 * goes down and up again, or its sender was to keep it. `path`: it is not as a watch demands. `visibility`: a peer had a
 * watched prefix, and has it no longer (visibility.ts).
 */
export type FindingKind =
  | 'origin'
  | 'more-specific'
  | 'rpki-invalid'
  | 'super-prefix'
  | 'new-prefix'
  | 'upstream'
  | 'leak'
  | 'path'
  | 'visibility';

/**
 * What is found in the RPKI itself, of no route. `roa-vanished`: no ROA covers a registered route any more that one made valid.
 * `roa-expiring`: that is about to be so. `trust-anchor`: so many VRPs of one are missing at once that it is its own fault.
 */
export type RoaKind = 'roa-vanished' | 'roa-expiring' | 'trust-anchor';

export type FoundKind = FindingKind | RoaKind;

/** A route with which something is wrong, or no longer is, at one peer. */
export interface JudgedChange<Kind extends FoundKind = FindingKind> {
  /** Name of the peer as configured, with its AS and address as the witness's identity. */
  readonly peer: string;
  readonly peerAs: number;
  readonly peerAddress: string;
  readonly prefix: string;
  /** RFC 6811 section 2; null stands for NONE (the path ends in an AS_SET). */
  readonly origin: number | null;
  /** What is wrong, and the AS that is to be asked about it: the origin, or one in the path; null for NONE. */
  readonly kind: Kind;
  readonly offender: number | null;
  /** What a path is blamed for, in words; '' for what the registry says. */
  readonly ground: string;
  /** Of a route that covers watched space: the peer has no route for what is covered, so that it draws its traffic. */
  readonly drawing?: boolean;
  /** Of an `origin` or `more-specific`: peers that hold the registered prefix from a registered origin. */
  readonly rightly?: number;
  /** The route asks to drop what is sent to it (RFC 7999). */
  readonly blackhole?: boolean;
  /** Of a `visibility`: peers that have or had the prefix. */
  readonly hadBy?: number;
  /**
   * `held`: the peer holds the route now (new, or still there with another path). `gone`: the peer withdrew it, replaced
   * it by one with which nothing is wrong, or the registry changed so that nothing is (`why` tells).
   * `unseen`: the session is lost; nobody knows.
   */
  readonly what: 'held' | 'gone' | 'unseen';
  readonly why: 'update' | 'withdraw' | 'replaced' | 'registry' | 'session';
  readonly time: number;
  /** Neighbour first, an AS_SET as an inner array; empty when `what` is not `held`. */
  readonly path: readonly (number | readonly number[])[];
  readonly state: IrrState;
  /** The registered prefix that decided: equal to `prefix`, covering it, or covered by it. */
  readonly decidedBy: string;
  /** The peer sends several paths for a prefix (RFC 7911): that it holds this one says nothing of others. */
  readonly beside?: boolean;
}
