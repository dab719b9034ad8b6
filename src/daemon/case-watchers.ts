/** Those who watch cases as they change (`itctl watch cases`). */
import type { CaseLineRow } from '../control/case-rows.ts';
import type { CaseChange } from '../hijack/case-book.ts';

export interface CaseWatchers {
  /** A case has changed. */
  tell(change: CaseChange): void;
  /** Has `take` told from now on; returns what ends it. */
  add(take: (line: CaseLineRow) => void): () => void;
}

/** The line of a change. */
export function caseLine({ case: of, notice, why }: CaseChange): CaseLineRow {
  const { id, state, severity = null, kind, prefix, offender, witnesses, peakWitnesses, changed } = of;
  const holds = witnesses.filter(one => one.state === 'holds').length;
  return { time: changed, case: id, state, severity, kind, prefix, offender, holds, peakWitnesses, notice, what: why };
}

/** Nobody watches yet. */
export function caseWatchers(): CaseWatchers {
  const watching = new Set<(line: CaseLineRow) => void>();
  return {
    tell(change) {
      if (watching.size === 0) return;
      const line = caseLine(change);
      for (const take of watching) take(line);
    },
    add(take) {
      // Each time another function: who watches twice is told twice.
      const own = (line: CaseLineRow) => take(line);
      watching.add(own);
      return () => void watching.delete(own);
    },
  };
}
