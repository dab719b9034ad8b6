/** Those who watch cases as they change (`itctl watch cases`). */
import type { CaseLineRow } from '../control/case-rows.ts';
import type { CaseChange } from '../hijack/case-reports.ts';

export interface LineWatchers {
  tellLine(line: CaseLineRow): void;
  /** Has `take` told from now on; returns what ends it. */
  add(take: (line: CaseLineRow) => void): () => void;
}

export interface CaseWatchers extends Pick<LineWatchers, 'add'> {
  /** A case has changed. */
  tell(change: CaseChange): void;
}

/** The line of a change. */
export function caseLine({ case: of, notice, why }: CaseChange): CaseLineRow {
  const { id, state, severity = null, kind, prefix, offender, witnesses, peakWitnesses, changed } = of;
  const holds = witnesses.filter(one => one.state === 'holds').length;
  return { time: changed, case: id, state, severity, kind, prefix, offender, holds, peakWitnesses, notice, what: why };
}

/** Nobody watches yet. */
export function lineWatchers(): LineWatchers & { readonly any: boolean } {
  const watching = new Set<(line: CaseLineRow) => void>();
  return {
    get any() {
      return watching.size > 0;
    },
    tellLine(line) {
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

/** The same for changes, whose lines are made where somebody watches. */
export function caseWatchers(): CaseWatchers {
  const watchers = lineWatchers();
  return {
    tell(change) {
      if (watchers.any) watchers.tellLine(caseLine(change));
    },
    add: watchers.add,
  };
}
