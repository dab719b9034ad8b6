/** A case: one suspicious fact with a life. Plain data: stored, shown and mailed as it is. Times are ms since the epoch. */

export type CaseState = 'suspected' | 'ongoing' | 'dormant' | 'unseen' | 'resolved' | 'dismissed';

/** `origin`: the registered prefix itself has another origin. `more-specific`: a prefix inside it has. */
export type CaseKind = 'origin' | 'more-specific';

/** An AS_PATH, neighbour AS first; an AS_SET is an inner array. */
export type AsPath = readonly (number | readonly number[])[];

/** A peer that holds, or held, the offending route. */
export interface Witness {
  readonly peer: string;
  readonly as: number;
  readonly address: string;
  readonly path: AsPath;
  readonly since: number;
  readonly until: number | null;
  /** `holds`; `gone`: withdrawn or replaced; `unseen`: the session was lost while it held the route. */
  readonly state: 'holds' | 'gone' | 'unseen';
}

/** A registered object as it stood when the case was opened. */
export interface ObjectEvidence {
  readonly source: string;
  readonly prefix: string;
  readonly origin: number;
  readonly maintainers: readonly string[];
  readonly text: string;
}

/** One line of the case's timeline. */
export interface CaseEvent {
  readonly time: number;
  readonly what: string;
  readonly state: CaseState;
}

export interface Case {
  /** `YYYY-MM-DD-NN`, counted within the UTC day of opening; never used twice. */
  readonly id: string;
  readonly kind: CaseKind;
  readonly state: CaseState;
  readonly prefix: string;
  /** The contradicting origin; null when the path ends in an AS_SET. */
  readonly offender: number | null;
  /** Registered origins for `decidedBy`, ascending. */
  readonly expected: readonly number[];
  /** The registered prefix that decided. */
  readonly decidedBy: string;
  /** Names of the watches it falls under. */
  readonly watches: readonly string[];
  readonly critical: boolean;
  readonly opened: number;
  readonly changed: number;
  /** When the last witness was gone, for a resolved case. */
  readonly ended: number | null;
  readonly witnesses: readonly Witness[];
  readonly peakWitnesses: number;
  /** The AS one up the path from the offender, common to most witnesses; null when no path has one. */
  readonly upstream: number | null;
  readonly objects: readonly ObjectEvidence[];
  /** Mail addresses that are told, each with the reason: `x-keiro`, `group noc`, `notify`. */
  readonly recipients: readonly { readonly address: string; readonly because: string }[];
  readonly timeline: readonly CaseEvent[];
  /** Which notices were put into the outbox, so that none is sent twice. */
  readonly told: readonly ('begin' | 'end')[];
}
