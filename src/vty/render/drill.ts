import type { DrillNotice, DrillReport } from '../../control/case-rows.ts';
import { count, table } from './text.ts';

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
    [
      { head: 'Event' },
      { head: 'Channel' },
      { head: 'Recipient', free: true },
      { head: 'After', right: true },
      { head: 'State', free: true },
    ],
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
