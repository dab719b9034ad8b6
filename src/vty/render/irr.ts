import type { IrrObjectRow, IrrStatusRow } from '../../control/daemon.ts';
import { count, table } from './text.ts';
import { duration } from './time.ts';

/** `show irr`: the sources. */
export function renderIrr(rows: readonly IrrStatusRow[], now: number): string[] {
  return table(
    [
      { head: 'Source' },
      { head: 'Objects', right: true },
      { head: 'Refused', right: true },
      { head: 'Age', right: true },
      { head: 'State' },
    ],
    rows.map(row => [
      row.source,
      row.objects,
      row.refused,
      row.loaded === null ? 'never' : duration(now - row.loaded),
      [
        row.loaded === null ? 'not loaded' : row.stale ? 'stale' : 'ok',
        ...(row.authoritative ? ['authoritative'] : []),
        ...(row.lastError === '' ? [] : [row.lastError]),
      ].join(', '),
    ]),
  );
}

/** `show irr PREFIX`: the objects as their source writes them. */
export function renderIrrObjects(rows: readonly IrrObjectRow[]): string[] {
  const lines = rows.flatMap(row => [
    `# ${row.source}: ${row.prefix} AS${row.origin}`,
    ...row.text.trim().split('\n'),
    '',
  ]);
  return rows.length === 0 ? [] : [...lines, count(rows.length, 'object')];
}
