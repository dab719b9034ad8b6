/**
 * The gate of proofs of sight: checks each request's once, however many ways it comes by, and keeps the rates of what is
 * answered without one.
 */
import type { TracebackConfig } from '../config/traceback-tree.ts';
import { rateOfEach } from '../net/rate.ts';
import type { HeldCommitment } from './kept-commitments.ts';
import { forgetFirst } from './memory.ts';
import type { SignedRequest } from './request.ts';
import { checkSightOf, decideSight, type MayAsk, type Sight } from './sight.ts';

/** Requests whose proofs are remembered, and ASes whose rate is. */
const MOST = 4096;

export interface SightCounts {
  /** QUERYs that were proved by commitments held here, and by the word of the peer that asked. */
  readonly held: number;
  /** QUERYs that were proved by the word of the peer that asked. */
  readonly vouched: number;
  /** Answered without, or with questions without; refused, or told `busy`, for the lack of a good proof. */
  readonly unproved: number;
  readonly refused: number;
}

export type SightOutcome = (
  | { readonly ask: MayAsk }
  | { readonly verdict: 'refused' | 'busy'; readonly reason: string; readonly fault: boolean }
) & {
  /** What goes on to others: that the proofs are good. */
  readonly proved: boolean;
  /** For the audit log: nothing where proofs are not looked at. */
  readonly told: Readonly<Record<string, unknown>>;
};

export interface SightGateOptions {
  readonly answer: () => Pick<TracebackConfig['answer'], 'proof' | 'unproved'>;
  readonly held: (as: number, window: number) => Promise<readonly HeldCommitment[]>;
  readonly clock: () => number;
}

export interface SightGate {
  /**
   * Judges a request that is its origin's. `vouches`: who asks is another AS, and says that it has checked the proofs;
   * `accountable`: the AS whose rate it is, the origin, or who speaks for one that nobody here believes.
   */
  judge(signed: SignedRequest, vouches: boolean, accountable: number): Promise<SightOutcome>;
  counts(): SightCounts;
}

export function createSightGate({ answer, held, clock }: SightGateOptions): SightGate {
  const checked = new Map<string, Sight>();
  const spend = rateOfEach<number>(MOST, clock);
  /** Requests that have cost their token: by another way they ask nothing new. */
  const paid = new Set<string>();
  const counts = { held: 0, vouched: 0, unproved: 0, refused: 0 };

  const check = async ({ request, hash }: SignedRequest, vouches: boolean): Promise<Sight> => {
    const name = Buffer.from(hash).toString('base64');
    const known = checked.get(name);
    // The word of a peer may come after a QUERY without it, and holds for the QUERYs of who gives it.
    if (known !== undefined && (vouches ? known.lack === null : known.by !== 'vouched')) return known;
    const sight = await checkSightOf(request, window => held(request.origin, window), vouches);
    forgetFirst(checked, MOST);
    checked.set(name, sight);
    return sight;
  };

  return {
    async judge(signed, vouches, accountable) {
      const policy = answer();
      if (policy.proof === 'none') return { ask: signed.request, proved: vouches, told: {} };
      const sight = await check(signed, vouches);
      const name = Buffer.from(signed.hash).toString('base64');
      const token = () => {
        if (paid.has(name)) return true;
        if (!spend(accountable, policy.unproved)) return false;
        paid.add(name);
        forgetFirst(paid, MOST);
        return true;
      };
      const decision = decideSight(signed.request, sight, policy, clock(), token);
      const proved = sight.by !== null && sight.fault === null;
      const told = { sight: { by: sight.by, proved: sight.proved.size, of: signed.request.questions.length } };
      if ('verdict' in decision) {
        counts.refused++;
        return { ...decision, fault: sight.fault !== null, proved, told };
      }
      if (decision.unproved > 0) counts.unproved++;
      else if (sight.by === 'held') counts.held++;
      else counts.vouched++;
      return { ask: decision.ask, proved, told };
    },
    counts: () => ({ ...counts }),
  };
}
