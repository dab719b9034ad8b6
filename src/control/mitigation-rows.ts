/** What the commands about counter-measures ask and answer with. */
import type { Mitigation } from '../hijack/mitigation.ts';
import type { MitigationPlan } from '../hijack/mitigation-plan.ts';

export type { MitigationPlan };

/** `mitigate announce`. */
export interface MitigationOrder {
  readonly caseId: string;
  readonly peer: string;
  /** Null: one longer than the offender's prefix. */
  readonly length: number | null;
  /** The number of the case as it was typed once more; null: not yet. */
  readonly confirmed: string | null;
  /** Also what validators will drop. */
  readonly force: boolean;
}

/** Its answer: what is announced, or what would be. */
export interface MitigationOrdered {
  readonly caseId: string;
  readonly peer: string;
  readonly prefixes: readonly string[];
  /** True: it is announced; false: it is withdrawn. */
  readonly announced: boolean;
}

/** Row of `show mitigation`. */
export interface MitigationRow extends Mitigation {
  /** How many of its prefixes the peer knows now. */
  readonly told: number;
}
