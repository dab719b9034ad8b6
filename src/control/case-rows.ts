/** Rows of the commands about cases. Plain data; times are ms since the epoch. */
import type { Case } from '../hijack/case.ts';
import type { ChainCheck, SealedEvidence } from '../hijack/evidence-chain.ts';
import type { IncidentSummary } from '../hijack/incident-summary.ts';
import type { WholeEvidence } from '../hijack/whole-evidence.ts';
import type { Severity } from '../registry/verdict.ts';
import type { OutboxRecord } from '../store/records.ts';
import type { NoticeRow } from './daemon.ts';
import type { CaseTrace } from './standing-rows.ts';

/** `show case ID` and `detail`: the case and what became of its notices. */
export interface CaseDetail extends Case {
  readonly notices: readonly NoticeRow[];
  /** Whom its objects name and who is not told, in words with the reason. */
  readonly refused: readonly string[];
  /** The latest traces of packets to its prefix; not there: none. */
  readonly traces?: readonly CaseTrace[];
  /** Another machine has the case: it is shown as the database has it. Not there: it is as this machine knows it, or over. */
  readonly elsewhere?: CaseElsewhere;
}

/** Where what is done about a case is done, when that is at another machine. */
export interface CaseElsewhere {
  /** The partition that it falls in, from 0. */
  readonly partition: number;
  /** The router id of the machine that has the partition; null: none has it now, and the case stands still. */
  readonly machine: string | null;
}

/** `show case … timeline`. */
export type CaseTimeline = Pick<Case, 'id' | 'state' | 'prefix' | 'offender' | 'timeline'>;

/** `show case … evidence`. */
export interface CaseEvidence {
  readonly case: string;
  readonly check: ChainCheck;
  /** The records of the chain, each with its hash, the first first. */
  readonly records: readonly WholeEvidence[];
}

/** `check evidence ID`, where nothing is wrong. */
export interface CheckedEvidence extends ChainCheck {
  readonly case: string;
}

/** `case export ID json`. The records' bodies are texts: they are what was hashed. */
export interface CaseExport {
  /** The name of this format, and its version. */
  readonly format: 'intertrack-case-1';
  readonly exported: number;
  /** The case as it was when it was written. */
  readonly case: Case;
  readonly notices: readonly NoticeRow[];
  /** The records of its chain, as they were sealed. */
  readonly evidence: readonly SealedEvidence[];
}

/** `case export ID iodef`: the XML document. */
export interface IodefExport {
  /** The XML document (RFC 7970). */
  readonly iodef: string;
}

/** `watch cases`: a change of a case. */
export interface CaseLineRow {
  readonly time: number;
  readonly case: string;
  /** The state that it led to. */
  readonly state: Case['state'];
  readonly severity: Severity | null;
  /** What kind of contradiction it is. */
  readonly kind: Case['kind'];
  readonly prefix: string;
  readonly offender: number | null;
  /** Witnesses that hold the route, and the most there were. */
  readonly holds: number;
  readonly peakWitnesses: number;
  /** The notice that the change causes. */
  readonly notice: 'begin' | 'end' | null;
  readonly what: string;
}

/** `drill`. */
export interface DrillReport {
  readonly case: string;
  readonly prefix: string;
  readonly as: number;
  /** Watches that the prefix falls under. */
  readonly watches: readonly string[];
  readonly severity: Severity | null;
  /** What became of the notices that it has begun. */
  readonly begin: readonly DrillNotice[];
  /** What became of the notices that it is over. */
  readonly end: readonly DrillNotice[];
}

/** What became of a notice. */
export interface DrillNotice {
  readonly channel: OutboxRecord['channel'];
  readonly recipient: string;
  /** `pending`: on the way; `sent`: taken; `failed`: given up. */
  readonly state: OutboxRecord['state'];
  /** From the route's coming, or going, to the word that the notice was taken, milliseconds; null when it was not. */
  readonly after: number | null;
  readonly attempts: number;
  readonly lastError: string;
}

/** `show incident ID`. */
export interface IncidentDetail {
  /** The incident as a whole. */
  readonly summary: IncidentSummary;
  /** Its cases, the first first. */
  readonly cases: readonly Case[];
  /** Where those are that other machines have, and are not over; not there: all of them are here, or over. */
  readonly elsewhere?: readonly (CaseElsewhere & {
    /** How many of its cases fall in that partition. */
    readonly cases: number;
  })[];
}
