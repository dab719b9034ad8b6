/**
 * What the case book has to tell of its cases: the last word about each that a call changed. Where a case has many witnesses
 * and nothing but them has changed, it is told at most so often: else each of n would cost the writing of all n.
 */
import type { Case } from './case.ts';
import type { Notice } from './life-cycle.ts';
import { type OpenCase, snapshotOf } from './open-case.ts';
import { FEW } from './witness-ledger.ts';

/** A case changed: to be stored and, when there is a notice, told, in one transaction. */
export interface CaseChange {
  readonly case: Case;
  /** `end` without `begin` in `case.told`: it was over before anybody was told (a blip); one notice tells both. */
  readonly notice: Notice;
  readonly why: string;
}

export interface CaseReports {
  /** Who holds its route has changed, and perhaps nothing else. */
  witnessed(open: OpenCase, why: string): void;
  /** Something else about it is another now, that is told at once. */
  touched(open: OpenCase, why: string): void;
  /** It took a step in its life. */
  stepped(open: OpenCase, notice: Notice, why: string): void;
  /** True when this call has changed it, and that was not told yet. */
  isTouched(open: OpenCase): boolean;
  /** What is to be told now, in its order. `all`: also what could wait. */
  take(all?: boolean): readonly CaseChange[];
}

/**
 * How long changes of witnesses alone wait after the last word about a case, milliseconds: so long in any case, and no longer
 * where they are a quarter of all, so that what is written grows as the witnesses do.
 */
const LEAST = 250;
const ENOUGH = 1 / 4;
/** And so long at most, by the number of witnesses. */
export const longestWait = (witnesses: number): number => Math.min(5_000, LEAST + witnesses);

/** What changes of witnesses leave as it is where nothing else changes. */
interface Told {
  readonly at: number;
  readonly of: readonly unknown[];
}
const SAME = [
  'state',
  'severity',
  'hints',
  'why',
  'upstream',
  'graveSince',
  'heldSince',
  'acknowledged',
  'dismissed',
  'flaps',
] as const satisfies readonly (keyof OpenCase)[];
const restOf = (open: OpenCase): readonly unknown[] => [...SAME.map(name => open[name]), open.told.length];

interface Word {
  readonly why: string;
  readonly count: number;
  readonly mayWait: boolean;
}

/** `assess` judges a case that changed, before it is told. */
export function caseReports(clock: () => number, assess: (open: OpenCase) => void): CaseReports {
  let touched = new Map<OpenCase, Word>();
  let changes: CaseChange[] = [];
  const waiting = new Map<OpenCase, Word>();
  const lastTold = new WeakMap<OpenCase, Told>();

  function tell(open: OpenCase, notice: Notice, why: string): void {
    waiting.delete(open);
    if (open.state === 'resolved') lastTold.delete(open);
    else if (open.witnesses.size > FEW) lastTold.set(open, { at: clock(), of: restOf(open) });
    changes.push({ case: snapshotOf(open), notice, why });
  }

  function mayWait(open: OpenCase, changed: number): boolean {
    const last = lastTold.get(open);
    if (last === undefined || open.witnesses.counts.holds === 0) return false;
    const since = clock() - last.at;
    const { size } = open.witnesses;
    if (since < 0 || since >= (changed < size * ENOUGH ? longestWait(size) : LEAST)) return false;
    const rest = restOf(open);
    return last.of.every((one, i) => one === rest[i]);
  }

  const touch = (open: OpenCase, why: string) => void touched.set(open, { why, count: 1, mayWait: false });

  const words = (open: OpenCase, { why, count, mayWait: alone }: Word): string =>
    alone && count > 1 && open.witnesses.size > FEW ? `${count} changes of witnesses, the last: ${why}` : why;

  return {
    witnessed(open, why) {
      const before = touched.get(open);
      touched.set(open, { why, count: (before?.count ?? 0) + 1, mayWait: before?.mayWait ?? true });
    },
    touched: touch,
    stepped(open, notice, why) {
      // Its witnesses of this call are told with it.
      if (notice === null) return touch(open, why);
      touched.delete(open);
      tell(open, notice, why);
    },
    isTouched: open => touched.has(open),
    take(all = false) {
      for (const [open, word] of touched) {
        assess(open);
        const before = waiting.get(open);
        const whole = { ...word, count: word.mayWait ? word.count + (before?.count ?? 0) : 1 };
        if (!all && word.mayWait && mayWait(open, whole.count)) waiting.set(open, whole);
        else tell(open, null, words(open, whole));
      }
      touched = new Map();
      for (const [open, word] of waiting) if (all || !mayWait(open, word.count)) tell(open, null, words(open, word));
      const taken = changes;
      changes = [];
      return taken;
    },
  };
}
