import type { WatchConfig } from '../config/tree.ts';
import type { Prefix } from '../net/prefix.ts';
import type { RouteObject } from '../registry/objects.ts';
import type { Decision } from '../registry/snapshot.ts';
import type { IrrState } from '../registry/verdict.ts';
import type { Nobodys } from '../registry/watch.ts';
import type { AsPath, FoundKind } from './case.ts';

/** A route with which something is wrong, or no longer is, at one peer: what a collector sends of it. */
export interface Judged {
  readonly peer: string;
  readonly peerAs: number;
  readonly peerAddress: string;
  readonly prefix: string;
  /** Null when the AS_PATH ends in an AS_SET. */
  readonly origin: number | null;
  readonly kind: FoundKind;
  /** The AS that is to be asked about it; null when that is an AS_SET. */
  readonly offender: number | null;
  /** What a path is blamed for, in words; '' for what the registry says. */
  readonly ground: string;
  /** Of a `super-prefix`: the peer has no route for what is covered, so that it draws its traffic. */
  readonly drawing?: boolean;
  /** Of an `origin` or `more-specific`: peers that hold the registered prefix from a registered origin. */
  readonly rightly?: number;
  /** The route asks to drop what is sent to it (RFC 7999). */
  readonly blackhole?: boolean;
  /** Of a `visibility`: peers that have or had the prefix. */
  readonly hadBy?: number;
  readonly what: 'held' | 'gone' | 'unseen';
  readonly why: 'update' | 'withdraw' | 'replaced' | 'registry' | 'session';
  readonly time: number;
  readonly path: AsPath;
  readonly state: IrrState;
  readonly decidedBy: string;
  /** The peer sends several paths for a prefix (RFC 7911): that it holds this one says nothing of others. */
  readonly beside?: boolean;
}

/** What the case book asks the registry (registry/registry.ts). */
export interface RegistryView {
  decide(prefix: Prefix, origin: number): Decision;
  objectsFor(prefix: Prefix): readonly RouteObject[];
  watchesFor(prefix: Prefix): readonly WatchConfig[];
  watchesOf(asn: number): readonly WatchConfig[];
  nobodys(prefix: Prefix): Nobodys | null;
  guards(object: RouteObject): readonly WatchConfig[];
  lacks(source: string): boolean;
}
