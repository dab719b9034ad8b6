import type { RouteRow } from '../../collector/messages.ts';
import type { IrrState } from '../../registry/verdict.ts';
import { showPath } from './path.ts';
import { table } from './text.ts';

const IRR_LETTERS: Readonly<Record<IrrState, string>> = {
  match: 'V',
  'match-covering': 'v',
  mismatch: 'X',
  'mismatch-covering': 'x',
  unknown: '-',
};

const ORIGIN_LETTERS = { IGP: 'i', EGP: 'e', incomplete: '?' } as const;

/** `show route`: a legend, then one line for each route, the prefix only where it changes. */
export function renderRoutes(rows: readonly RouteRow[]): string[] {
  if (rows.length === 0) return [];
  const pathIds = rows.some(({ pathId }) => pathId !== undefined);
  const pathIdColumn = pathIds ? [{ head: 'Path id', right: true as const }] : [];
  return [
    'IRR: V match, v match by a covering object, X mismatch,',
    '     x mismatch with a covering object, - unknown',
    ...table(
      [{ head: 'IRR' }, { head: 'Prefix' }, { head: 'Peer' }, ...pathIdColumn, { head: 'Next hop' }, { head: 'Path' }],
      rows.map((row, i) => [
        IRR_LETTERS[row.state] ?? '?',
        rows[i - 1]?.prefix === row.prefix ? '' : row.prefix,
        row.peer,
        ...(pathIds ? [String(row.pathId ?? '')] : []),
        row.nextHop,
        `${showPath(row.path)} ${ORIGIN_LETTERS[row.originCode] ?? '?'}`.trimStart(),
      ]),
    ),
  ];
}
