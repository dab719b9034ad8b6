import type { IncidentDetail } from '../../control/case-rows.ts';
import type { IncidentSummary } from '../../hijack/incident-summary.ts';
import { renderCases } from './case.ts';
import { showOrigin } from './origin.ts';
import { count, facts, table } from './text.ts';
import { duration, instant } from './time.ts';

/** So many of a list, and how many more there are. */
function some(values: readonly string[], most: number): string {
  const more = values.length - most;
  return `${values.slice(0, most).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

const asns = (list: readonly (number | null)[]): string[] => list.map(showOrigin);

const ageOf = ({ opened, ended }: IncidentSummary, now: number): string => duration((ended ?? now) - opened);

/** `show incident [open|all]`. */
export function renderIncidents(rows: readonly IncidentSummary[], now: number): string[] {
  if (rows.length === 0) return ['no incident'];
  return table(
    [
      { head: 'Incident' },
      { head: 'Severity' },
      { head: 'Open', right: true },
      { head: 'Cases', right: true },
      { head: 'Age', right: true },
      { head: 'Offenders', free: true },
      { head: 'Victims', free: true },
      { head: 'Prefixes', free: true },
    ],
    rows.map(row => [
      row.incident,
      row.severity ?? '-',
      row.open,
      row.cases,
      ageOf(row, now),
      some(asns(row.offenders), 2),
      some(asns(row.victims), 2),
      some(row.prefixes, 2),
    ]),
  );
}

/** Where cases are that other machines have. */
function places(elsewhere: NonNullable<IncidentDetail['elsewhere']>): string {
  if (elsewhere.length === 0) return '';
  const each = [...Map.groupBy(elsewhere, ({ machine }) => machine)].map(([machine, of]) => {
    const cases = of.reduce((sum, one) => sum + one.cases, 0);
    const partitions = of.map(({ partition }) => partition).join(', ');
    return `${cases} at ${machine ?? 'no machine now'} (partition ${partitions})`;
  });
  return `${each.join('; ')}: as the database has them`;
}

/** `show incident ID`: what its cases have in common, and each of them. */
export function renderIncident({ summary, cases, elsewhere = [] }: IncidentDetail, now: number): string[] {
  return [
    `Incident ${summary.incident}: ${count(summary.cases, 'case')}, ${summary.open} not over`,
    ...facts([
      ['Severity', summary.severity ?? ''],
      ['Opened', instant(summary.opened)],
      ['Ended', summary.ended === null ? '' : instant(summary.ended)],
      [summary.ended === null ? 'Lasts' : 'Lasted', ageOf(summary, now)],
      ['Offenders', some(asns(summary.offenders), 16)],
      ['Via', some(asns(summary.upstreams), 16)],
      ['Victims', some(asns(summary.victims), 16)],
      ['Elsewhere', places(elsewhere)],
    ]),
    '',
    ...renderCases(cases, now),
  ];
}
