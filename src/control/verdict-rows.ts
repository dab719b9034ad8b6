/** Rows of the commands about verdicts: `check route`, `explain`. Plain data. */
import type { AsPath } from '../collector/messages.ts';
import type { AspaHop } from '../registry/aspa-path.ts';
import type { RouteCheck } from '../registry/route-check.ts';
import type { AspaState, IrrState, RovState } from '../registry/verdict.ts';
import type { WhatIf } from '../registry/what-if.ts';

/** `check route PREFIX AS` and `explain PREFIX AS`. */
export interface VerdictQuestion {
  readonly prefix: string;
  readonly as: number;
  /** As text; null when none is given. */
  readonly path: string | null;
  /** Role of the neighbour that the path comes from. */
  readonly from: 'provider' | 'customer' | 'peer' | 'rs' | 'rs-client';
}

/** A route of the very prefix, as a peer holds it now. */
export interface HeldRow {
  readonly peer: string;
  readonly peerAs: number;
  readonly path: AsPath;
  readonly origin: number | null;
  readonly irr: IrrState;
  readonly rov: RovState;
}

/** `check route PREFIX AS`: the verdict of the registry in force, and what peers hold of the prefix. */
export interface RouteAnswer extends RouteCheck {
  /** What peers hold of the prefix now. */
  readonly held: readonly HeldRow[];
  /** Why the answer may not be the last word: data that is missing, stale or doubted, a line each. */
  readonly doubts: readonly string[];
}

/** Where an object or a list of VRPs stands now. Times are ms. */
export interface SourceRow {
  readonly source: string;
  readonly authoritative: boolean;
  readonly serial: number | null;
  /** Since what is in use was certainly the newest; null when nothing is in use. */
  readonly age: number | null;
  readonly objects: number;
  /** What is wrong with it; empty when it is well. */
  readonly trouble: string;
}

/** A block of RPKI data. */
export interface RpkiRow {
  readonly source: string;
  /** The cache or file that is in use; null: none. */
  readonly inUse: string | null;
  /** Serial of the cache in use; null for a file. */
  readonly serial: number | null;
  /** Since its data was last known to be current; null when there is none. */
  readonly age: number | null;
  /** What is wrong with its data, in words; empty: nothing. */
  readonly trouble: string;
}

/** One path on which the route is held, or the one that was asked about, verified. */
export interface PathRow {
  readonly path: AsPath;
  /** Names of the peers that hold it; empty for a path that was asked about. */
  readonly peers: readonly string[];
  /** What the peers are to us; null where no role is configured. */
  readonly role: string | null;
  /** Which way a path from there may go by the roles (RFC 9234). */
  readonly direction: 'upstream' | 'downstream';
  readonly aspa: AspaState;
  readonly why: string;
  /** The steps of the path, from the origin on, and what ASPAs say of each. */
  readonly hops: readonly AspaHop[];
  /** ONLY_TO_CUSTOMER as it came; null without. */
  readonly otc: string | null;
  /** Why it is a leak by RFC 9234, in words; null when nothing says so. */
  readonly leak: string | null;
}

/** `explain`. */
export interface Explanation extends RouteCheck {
  readonly time: number;
  /** The registry sources, and how current each of them is. */
  readonly sources: readonly SourceRow[];
  /** The RPKI data, and how current it is. */
  readonly rpki: readonly RpkiRow[];
  /** Objects that are removed if nobody touches them, by the registry's rule. */
  readonly expiring: readonly {
    readonly source: string;
    readonly prefix: string;
    readonly origin: number;
    readonly removal: number;
  }[];
  /** Watches that the prefix falls under, each with what puts it there. */
  readonly watches: readonly {
    /** Name of the watch. */
    readonly watch: string;
    readonly because: string;
  }[];
  /** Other origins of the very prefix at peers: how many hold it from whom. */
  readonly holders: readonly {
    readonly origin: number | null;
    /** How many peers hold it. */
    readonly peers: number;
  }[];
  /** Paths of the prefix at peers, and what ASPAs say of them. */
  readonly paths: readonly PathRow[];
  /** Paths that are not shown. */
  readonly morePaths: number;
  /** Open cases of this prefix. */
  readonly cases: readonly {
    /** Number of the case. */
    readonly id: string;
    /** State of the case. */
    readonly state: string;
  }[];
  /** What the verdict would be if something else were registered. */
  readonly whatIf: readonly WhatIf[];
}
