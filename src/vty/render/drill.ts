import type { CaseLineRow, DrillNotice, DrillReport, LeftOutRow } from '../../control/case-rows.ts';
import { showOrigin } from './origin.ts';
import { count, table } from './text.ts';
import { instant } from './time.ts';

/** `watch cases`: a line for each row. */
export function renderCaseLines(rows: readonly (CaseLineRow | LeftOutRow)[]): string[] {
  return rows.map(row => {
    if ('leftOut' in row) return `${count(row.leftOut, 'change')} left out: they came faster than they were read`;
    const severity = row.severity === null ? '' : ` ${row.severity}`;
    const notice = row.notice === null ? '' : ` [${row.notice}]`;
    return `${instant(row.time)} ${row.case} ${row.state}${severity} ${row.kind} ${row.prefix} ${showOrigin(row.offender)} ${row.holds}/${row.peakWitnesses}${notice}: ${row.what}`;
  });
}

/** `drill`. */
export function renderDrill({ case: id, prefix, as, watches, severity, begin, end }: DrillReport): string[] {
  return [
    `Drill of ${prefix} by AS${as}: case ${id}${severity === null ? '' : `, ${severity}`}, watch ${watches.join(', ')}`,
    ...(begin.length === 0 ? ['nobody would be told'] : notices({ begin, end })),
  ];
}

function notices(ends: Readonly<Record<'begin' | 'end', readonly DrillNotice[]>>): string[] {
  const rows = (['begin', 'end'] as const).flatMap(event => ends[event].map(notice => ({ event, ...notice })));
  return table(
    [{ head: 'Event' }, { head: 'Channel' }, { head: 'Recipient' }, { head: 'After', right: true }, { head: 'State' }],
    rows.map(({ event, channel, recipient, after, state, attempts, lastError }) => [
      event,
      channel,
      recipient,
      after === null ? '-' : `${after} ms`,
      state === 'sent'
        ? 'delivered'
        : `${state} after ${count(attempts, 'attempt')}${lastError === '' ? '' : `: ${lastError}`}`,
    ]),
  );
}
