/** Rows of the commands about cases. Plain data; times are ms since the epoch. */
import type { Case } from '../hijack/case.ts';
import type { ChainCheck, Evidence, SealedEvidence } from '../hijack/evidence-chain.ts';
import type { IncidentSummary } from '../hijack/incident-summary.ts';
import type { NoticeRow } from './daemon.ts';

/** `show case ID` and `detail`: the case and what became of its notices. */
export interface CaseDetail extends Case {
  readonly notices: readonly NoticeRow[];
  /** Whom its objects name and who is not told, in words with the reason. */
  readonly refused: readonly string[];
}

/** `show case … timeline`. */
export type CaseTimeline = Pick<Case, 'id' | 'state' | 'prefix' | 'offender' | 'timeline'>;

/** `show case … evidence`. */
export interface CaseEvidence {
  readonly case: string;
  readonly check: ChainCheck;
  readonly records: readonly (Evidence & { readonly hash: string })[];
}

/** `check evidence ID`, where nothing is wrong. */
export interface CheckedEvidence extends ChainCheck {
  readonly case: string;
}

/** `case export ID json`. The records' bodies are texts: they are what was hashed. */
export interface CaseExport {
  readonly format: 'intertrack-case-1';
  readonly exported: number;
  readonly case: Case;
  readonly notices: readonly NoticeRow[];
  readonly evidence: readonly SealedEvidence[];
}

/** `case export ID iodef`: the XML document. */
export interface IodefExport {
  readonly iodef: string;
}

/** `show incident ID`. */
export interface IncidentDetail {
  readonly summary: IncidentSummary;
  readonly cases: readonly Case[];
}
