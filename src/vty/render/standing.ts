/** Standing traces of cases. */
import type { CaseTrace, StandingRow } from '../../control/standing-rows.ts';
import { count, fold, lastError, table, tableWith } from './text.ts';
import { duration, instant } from './time.ts';

/** `show trace standing`. */
export function renderStanding(rows: readonly StandingRow[], now: number): string[] {
  if (rows.length === 0) return [];
  return tableWith(
    [
      { head: 'Case' },
      { head: 'Prefix' },
      { head: 'Left', right: true },
      { head: 'Came', right: true },
      { head: 'Traced', right: true },
      { head: 'Left out', right: true },
      { head: 'By', free: true },
    ],
    rows,
    row => [
      row.caseId,
      row.prefix,
      row.until === null ? 'case' : duration(row.until - now),
      ...[row.seen, row.traced, row.leftOut, row.by],
    ],
    row => lastError(row.lastError),
  );
}

/** `trace case`. */
export function renderStandingOne({ caseId, prefix, until, traced }: StandingRow): string[] {
  const long = until === null ? 'as long as it lasts' : `until ${instant(until)}`;
  return fold(`Case ${caseId}: packets to ${prefix}, ${long}; ${count(traced, 'packet')} traced so far`, 2);
}

const CLAIMS: Readonly<Record<NonNullable<CaseTrace['claim']>, string>> = {
  'as-bgp-says': 'as BGP says',
  elsewhere: 'elsewhere',
  unrouted: 'unrouted',
  own: 'own source',
  'not-seen': '',
};

/** The traces of a case, as they stand with it. */
export function caseTraceLines(traces: readonly CaseTrace[]): string[] {
  if (traces.length === 0) return [];
  return [
    '',
    `Traces: the latest ${traces.length} of its packets`,
    ...table(
      [{ head: 'Trace' }, { head: 'State' }, { head: 'Entry' }, { head: 'Source' }, { head: 'Came in' }],
      traces.map(({ id, state, entry, source = '', claim }) => [
        id,
        state,
        entry === null ? 'not found' : `AS${entry.as}${entry.via === null ? '' : ` via AS${entry.via}`}`,
        source,
        claim === null ? '' : CLAIMS[claim],
      ]),
    ).map(line => `  ${line}`),
  ];
}
