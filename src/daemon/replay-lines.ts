/** What a replay prints: an object for each change of a case, and one for the whole (intertrackd(8), REPLAY). */
import type { CaseHint, CaseKind, CaseState } from '../hijack/case.ts';
import type { CaseChange } from '../hijack/case-reports.ts';
import type { Severity } from '../registry/verdict.ts';
import type { ReplayedSource } from './replay-registry.ts';

/** A change of a case. Times are ms since the epoch. */
export interface CaseLine {
  readonly what: 'begin' | 'end' | 'change';
  readonly time: number;
  readonly case: string;
  readonly state: CaseState;
  readonly kind: CaseKind;
  readonly prefix: string;
  readonly origin: number | null;
  readonly offender: number | null;
  readonly expected: readonly number[];
  readonly witnesses: readonly string[];
  readonly hints: readonly Pick<CaseHint, 'hint' | 'text'>[];
  readonly severity: Severity | null;
  readonly recipients: readonly { readonly address: string; readonly because: string }[];
  readonly why: string;
  /** How the severity came about; null before it was judged. */
  readonly rule: string | null;
  readonly opened: number;
  readonly ended: number | null;
}

export function caseLine({ case: of, notice, why }: CaseChange): CaseLine {
  return {
    what: notice ?? 'change',
    time: of.changed,
    case: of.id,
    state: of.state,
    kind: of.kind,
    prefix: of.prefix,
    origin: of.origin,
    offender: of.offender,
    expected: of.expected,
    witnesses: of.witnesses.filter(({ state }) => state === 'holds').map(({ peer }) => peer),
    hints: (of.hints ?? []).map(({ hint, text }) => ({ hint, text })),
    severity: of.severity ?? null,
    recipients: of.recipients,
    why,
    rule: of.why?.rule ?? null,
    opened: of.opened,
    ended: of.ended,
  };
}

/** What there was of cases, of one kind or of all. */
export interface CaseTally {
  cases: number;
  /** Those that were not over at the end. */
  open: number;
  begins: number;
  ends: number;
}

export interface SummaryLine extends CaseTally {
  readonly what: 'summary';
  /** Times of the first and the last record; null when there was none. */
  readonly from: number | null;
  readonly until: number | null;
  readonly files: number;
  readonly records: number;
  readonly damaged: number;
  readonly peers: number;
  readonly updates: number;
  readonly routes: number;
  readonly malformed: number;
  readonly leftOut: Readonly<Record<string, number>>;
  readonly sources: readonly ReplayedSource[];
  readonly vrps: number;
  readonly kinds: Readonly<Record<string, CaseTally>>;
  readonly refused: number;
}

/** Counts cases by what is told of them. */
export function caseTally() {
  const kinds = new Map<string, CaseTally>();
  const open = new Set<string>();
  const none = (): CaseTally => ({ cases: 0, open: 0, begins: 0, ends: 0 });
  const known = new Set<string>();
  return {
    /** How many are not over. */
    open: () => open.size,
    count({ case: { id, kind, state }, notice }: CaseChange): void {
      const tally = kinds.get(kind) ?? none();
      kinds.set(kind, tally);
      if (!known.has(id)) {
        known.add(id);
        tally.cases++;
      }
      if (notice === 'begin') tally.begins++;
      if (notice === 'end') tally.ends++;
      const over = state === 'resolved';
      if (over && open.delete(id)) tally.open--;
      if (over || open.has(id)) return;
      open.add(id);
      tally.open++;
    },
    of: (): { readonly all: CaseTally; readonly kinds: Readonly<Record<string, CaseTally>> } => {
      const all = none();
      for (const { cases, open: left, begins, ends } of kinds.values()) {
        all.cases += cases;
        all.open += left;
        all.begins += begins;
        all.ends += ends;
      }
      const sorted = [...kinds].sort(([a], [b]) => (a < b ? -1 : 1));
      return { all, kinds: Object.fromEntries(sorted) };
    },
  };
}
