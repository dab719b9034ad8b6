/** `show drift`: where announcements and registry have come apart, in watched space. Plain data; times are ms since the epoch. */

import type { RovReason } from '../registry/verdict.ts';

/** A registered route of watched space. */
export interface DriftObject {
  readonly source: string;
  readonly prefix: string;
  readonly origin: number;
}

/** An object of another than ours, or a VRP for another AS, for a prefix of ours or inside one. */
export interface Stranger {
  /** An object of an IRR source, or a VRP. */
  readonly kind: 'object' | 'vrp';
  /** Empty for a VRP. */
  readonly source: string;
  readonly prefix: string;
  readonly origin: number;
  /** Of a VRP; null for an object. */
  readonly maxLength: number | null;
  readonly mntBy: readonly string[];
  readonly firstSeen: number;
  /** It was there when the records begin: since when, nobody knows. */
  readonly earlier: boolean;
}

export interface DriftReport {
  readonly time: number;
  /** When the records of what was seen begin. */
  readonly since: number;
  /** How many days a registered route may not be seen before it is told as silent. */
  readonly days: number;
  /** Registered routes of watched space. */
  readonly watched: number;
  /** Announced by an AS of ours, and neither registered nor covered by an object. */
  readonly announced: readonly {
    readonly prefix: string;
    readonly origin: number;
    /** At how many peers. */
    readonly peers: number;
  }[];
  /** Registered, and not seen for so many days. `lastSeen` is null when it never was since `since`. */
  readonly silent: readonly (DriftObject & {
    /** When it was last held, milliseconds since the epoch; null: never since `since`. */
    readonly lastSeen: number | null;
  })[];
  /** Registered and not held now, but not for so long yet, as far as it is known. */
  readonly waiting: number;
  /** Objects that their registry has warned of, or is due to remove. */
  readonly expiring: readonly (DriftObject & {
    readonly notice: number;
    readonly removal: number;
    /** `notice`: its registry has warned of it; `removal`: it is due to be removed. */
    readonly state: 'notice' | 'removal';
  })[];
  /** Registered routes that are ROV invalid: who filters by the RPKI drops them. `why` is a sentence without its full stop. */
  readonly contradicted: readonly (DriftObject & { readonly reason: RovReason; readonly why: string })[];
  /** Objects of others than ours, and VRPs for other ASes, in our space. */
  readonly strangers: readonly Stranger[];
  /** What was too much to be told, in words. */
  readonly remarks: readonly string[];
}
