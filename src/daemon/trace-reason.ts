/** Why and how a trace of packets was begun. */
import type { TraceTerms } from './trace-terms.ts';

export interface TraceReason extends TraceTerms {
  /** How many of the packets one vantage has to have seen; null: `needOf`. */
  readonly need?: number | null;
  /** The packets are replies, and what triggered them is to be traced. */
  readonly trigger?: boolean;
  /** The case that it is for, and where the packets are from. */
  readonly caseId?: string;
  readonly source?: string;
  /** Ends the trace; `by` is then told of it. */
  readonly signal?: AbortSignal;
}
