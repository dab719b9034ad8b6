import type { IrrObjectRow, IrrStatusRow } from '../../control/daemon.ts';
import type { SourceReport } from '../../registry/sources.ts';
import { count, table } from './text.ts';
import { duration, instant } from './time.ts';

/** `show irr`: the sources, and what a person should know of them. */
export function renderIrr(rows: readonly IrrStatusRow[], now: number): string[] {
  const alarms = rows.flatMap(({ source, alarms }) =>
    alarms.map(({ time, why }) => `${source}: ${instant(time)}: ${why}`),
  );
  return [
    ...sourcesTable(rows, now),
    ...(alarms.length === 0 ? [] : ['', 'Alarms:', ...alarms.map(line => `  ${line}`)]),
  ];
}

function sourcesTable(rows: readonly IrrStatusRow[], now: number): string[] {
  return table(
    [
      { head: 'Source' },
      { head: 'Objects', right: true },
      { head: 'Refused', right: true },
      { head: 'Via' },
      { head: 'Serial', right: true },
      { head: 'Changed', right: true },
      { head: 'Age', right: true },
      { head: 'State' },
    ],
    rows.map(row => [
      row.source,
      row.objects,
      row.refused,
      row.transport,
      row.serial ?? '-',
      row.changed === null ? 'never' : duration(now - row.changed),
      row.age === null ? '-' : duration(row.age),
      [
        row.loaded === null ? 'not loaded' : row.stale ? 'stale' : 'ok',
        ...(row.authoritative ? ['authoritative'] : []),
        ...(row.lastError === '' ? [] : [row.lastError]),
      ].join(', '),
    ]),
  );
}

/** `reload irr SOURCE`. */
export const renderIrrReload = ({ source, what, objects }: SourceReport): string[] => [
  `irr ${source}: ${what}, ${count(objects, 'route object')}`,
];

/** `show irr PREFIX`: the objects as their source writes them. */
export function renderIrrObjects(rows: readonly IrrObjectRow[]): string[] {
  const lines = rows.flatMap(row => [
    `# ${row.source}: ${row.prefix} AS${row.origin}`,
    ...row.text.trim().split('\n'),
    '',
  ]);
  return rows.length === 0 ? [] : [...lines, count(rows.length, 'object')];
}
