import type { HistoryRow } from '../../control/daemon.ts';
import { LEGEND, lettersOf, pathOf } from './route.ts';
import { table } from './text.ts';
import { instant } from './time.ts';

/** `show route history`: one line for each event, the latest last. */
export function renderHistory(rows: readonly HistoryRow[]): string[] {
  if (rows.length === 0) return [];
  const pathIds = rows.some(({ pathId }) => pathId !== undefined);
  return [
    ...LEGEND,
    ...table(
      [
        { head: 'Time' },
        { head: 'Event' },
        { head: 'IRR' },
        { head: 'ROV' },
        { head: 'Prefix' },
        { head: 'Peer' },
        ...(pathIds ? [{ head: 'Path id', right: true as const }] : []),
        { head: 'Next hop' },
        { head: 'Path' },
      ],
      rows.map(({ time, what, prefix, peer, pathId, route, why }) => [
        instant(time),
        what,
        ...(route === null ? ['', ''] : lettersOf(route)),
        prefix,
        peer,
        ...(pathIds ? [String(pathId ?? '')] : []),
        route?.nextHop ?? '',
        route === null ? malformed(why) : pathOf(route),
      ]),
    ),
  ];
}

const malformed = (why: string | undefined) => (why === undefined ? '' : `malformed: ${why}`);
