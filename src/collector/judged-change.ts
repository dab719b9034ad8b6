/** What a collector tells of the routes with which something is wrong. A message (messages.ts): plain data. */
import type { IrrState } from '../registry/verdict.ts';
import type { FindingKind } from './finding.ts';
import type { AsPath } from './messages.ts';

/** A route with which something is wrong, or no longer is, at one peer. */
export interface JudgedChange {
  /** Name of the peer as configured, with its AS and address as the witness's identity. */
  readonly peer: string;
  readonly peerAs: number;
  readonly peerAddress: string;
  readonly prefix: string;
  /** RFC 6811 section 2; null stands for NONE (the path ends in an AS_SET). */
  readonly origin: number | null;
  /** What is wrong, and the AS that is to be asked about it: the origin, or one in the path; null for NONE. */
  readonly kind: FindingKind;
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
  /** Empty when `what` is not `held`. */
  readonly path: AsPath;
  readonly state: IrrState;
  /** The registered prefix that decided: equal to `prefix`, covering it, or covered by it. */
  readonly decidedBy: string;
  /** The peer sends several paths for a prefix (RFC 7911): that it holds this one says nothing of others. */
  readonly beside?: boolean;
}
