import type { MachineRow } from '../../control/machine-rows.ts';
import { count, table } from './text.ts';
import { duration } from './time.ts';

/** `show collector`. */
export function renderMachines(rows: readonly MachineRow[], now: number): string[] {
  if (rows.length === 0) return [];
  const lines = table(
    [
      { head: 'Machine' },
      { head: 'State' },
      { head: 'Up', right: true },
      { head: 'Peers', right: true },
      { head: 'Routes', right: true },
      { head: 'Waiting', right: true },
      { head: 'Dropped', right: true },
      { head: 'Cases of' },
      { head: 'Does', free: true },
    ],
    rows.map(row => [
      row.self ? `${row.machine} *` : row.machine,
      row.missed ? `silent ${duration(now - row.heard)}` : 'there',
      duration(now - row.started),
      `${row.established}/${row.peers}`,
      row.routes,
      row.waiting,
      row.dropped,
      row.partitions.join(',') || '-',
      row.roles.join(' '),
    ]),
  );
  for (const { machine, problems } of rows) for (const words of problems) lines.push(`${machine}: ${words}`);
  const silent = rows.filter(({ missed }) => missed).length;
  lines.push(`${count(rows.length, 'machine')}, ${silent === 0 ? 'all of them heard' : `${silent} not heard`}`);
  return lines;
}
