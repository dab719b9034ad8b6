/** Standing traces of cases, and the traces that a case has. */
import type { Trace } from '../traceback/trace.ts';

/** Row of `show trace standing`. */
export interface StandingRow {
  readonly caseId: string;
  readonly prefix: string;
  readonly since: number;
  /** Null: as long as the case lasts. */
  readonly until: number | null;
  /** A watch, or a person, in words. */
  readonly by: string;
  /** Packets to the prefix, those that were traced, and those left out: the rate was used up, or they cannot be traced. */
  readonly seen: number;
  readonly traced: number;
  readonly leftOut: number;
  readonly lastError: string;
}

/** A trace in the list of a case. */
export interface CaseTrace
  extends Pick<Trace, 'id' | 'asked' | 'state' | 'entry' | 'certainty'>,
    Partial<Pick<Trace, 'source'>> {
  /** What BGP claimed beside what was seen; null where that was not looked at. */
  readonly claim: NonNullable<Trace['claim']>['verdict'] | null;
}

export interface StandingAnswers {
  /** Opens one for a case, until a time or as long as the case lasts. Rejects, in words, when the case is over. */
  traceCase(caseId: string, until: number | null, by: string): Promise<StandingRow>;
  /** Rejects, in words, when the case has none. */
  stopCaseTrace(caseId: string, by: string): Promise<StandingRow>;
  standingTraces(): Promise<readonly StandingRow[]>;
  /** The latest traces of a case. */
  tracesOf(caseId: string): Promise<readonly CaseTrace[]>;
  /** True when something brings packets: an `ids`. */
  bringsPackets(): boolean;
}
