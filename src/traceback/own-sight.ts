/** Proof of sight on the side of one AS: what it commits to and proves, and what it makes of the proofs of others. */
import type { TracebackConfig } from '../config/traceback-tree.ts';
import type { Probes } from './btm.ts';
import { type Committing, createCommitting } from './committing.ts';
import { commitmentsInMemory, type KeptCommitments } from './kept-commitments.ts';
import type { Log, Peering } from './peering.ts';
import { type AskedQuestion, proveQuestions } from './proving.ts';
import { createSightGate, type SightCounts, type SightGate } from './sight-gate.ts';

export interface SightStatus extends SightCounts, Pick<TracebackConfig['answer'], 'proof'> {
  /** Questions a second of each AS that are answered without one. */
  readonly rate: number;
  /** What this AS has committed to last: when its ten seconds began, ms, and the root; null before the first. */
  readonly committed: {
    readonly from: number;
    /** 64 hexadecimal digits. */
    readonly root: string;
  } | null;
}

export interface OwnSight extends Pick<Committing, 'sealed' | 'up' | 'hear' | 'close'>, Pick<SightGate, 'judge'> {
  /** Items of a request's `proof`. */
  prove(questions: readonly AskedQuestion[]): Promise<readonly Uint8Array[]>;
  status(): SightStatus;
}

export interface OwnSightOptions {
  /** In memory when left out. */
  readonly kept: KeptCommitments | undefined;
  readonly probes: Pick<Probes, 'prove'>;
  readonly peerings: () => Iterable<Peering>;
  readonly answer: () => TracebackConfig['answer'];
  readonly clock: () => number;
  readonly log: Log;
}

export function createOwnSight({ probes, peerings, answer, clock, log, ...options }: OwnSightOptions): OwnSight {
  const kept = options.kept ?? commitmentsInMemory();
  const committing = createCommitting({ kept, peerings, clock, log });
  const { judge, counts } = createSightGate({ answer, held: kept.held, clock });
  return {
    ...committing,
    judge,
    prove: questions => proveQuestions(probes, committing, questions, clock()),
    status() {
      const { proof, unproved } = answer();
      return { ...counts(), proof, rate: unproved, committed: committing.latest() };
    },
  };
}
