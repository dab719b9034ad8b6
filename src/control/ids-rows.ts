/** Rows of the commands about `ids`. */

/** What is counted of one `ids`, from its sources to its traces. */
export interface IdsCounts {
  /** Lines of EVE, those that could not be read, and those that were too long to be looked at. */
  lines: number;
  /** Lines of EVE that could not be read. */
  unreadable: number;
  /** Lines of EVE that were too long to be looked at. */
  tooLong: number;
  /** Captures that came into a spool. */
  captures: number;
  /** Alerts in the lines, and those that a rule named. */
  alerts: number;
  /** Alerts that a rule named. */
  matched: number;
  /** What became of the alerts that a rule named, and of the captures. */
  withoutPacket: number;
  /** Alerts whose packet has no digest. */
  withoutDigest: number;
  duplicates: number;
  /** Alerts that were not traced, for the budget was spent. */
  overBudget: number;
  leftOut: number;
  failed: number;
  /** Traces that were begun. */
  traces: number;
}

/** A source, and why nothing comes from it now; '' when it can. */
export interface IdsSource {
  readonly source: string;
  /** Lines of EVE, or captures, that came from it. */
  readonly taken: number;
  readonly problem: string;
}

/** Row of `show ids`. */
export interface IdsRow {
  readonly ids: string;
  /** Where it hears of alerts and captures. */
  readonly sources: readonly IdsSource[];
  /** What was counted since the daemon began. */
  readonly counts: Readonly<IdsCounts>;
  /** `10/1h`. */
  readonly budget: string;
  /** The latest trace that it began; null before the first. */
  readonly latest: {
    /** Name of the trace. */
    readonly id: string;
    readonly at: number;
  } | null;
  readonly lastError: string;
}
