import type {
  ForgottenRow,
  MachineRouteRow,
  MachineRow,
  MachineSummaryRow,
  SilentRow,
} from '../../control/machine-rows.ts';
import { renderSummary } from './bgp.ts';
import { renderRoutes } from './route.ts';
import { count, table } from './text.ts';
import { duration } from './time.ts';

/** `show collector`. */
export function renderMachines(rows: readonly MachineRow[], now: number): string[] {
  if (rows.length === 0) return [];
  const lines = table(
    [
      { head: 'Machine' },
      { head: 'State' },
      { head: 'Version' },
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
      row.version,
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

/** `clear collector`. */
export function renderForgotten(rows: readonly ForgottenRow[]): string[] {
  return table(
    [
      { head: 'Machine' },
      { head: 'In cases of' },
      { head: 'Cases', right: true },
      { head: 'Witnesses gone', right: true },
      { head: 'Not done', free: true },
    ],
    rows.map(row => [row.machine, row.partitions.join(',') || '-', row.cases, row.witnesses, row.silent]),
  );
}

/** `show bgp summary all`. */
export function renderSummaryOfAll(rows: readonly (MachineSummaryRow | SilentRow)[], now: number): string[] {
  const [answered, silent] = apart(rows);
  return [...renderSummary(answered, now), ...silent];
}

/** `show route PREFIX all`. */
export function renderRoutesOfAll(rows: readonly (MachineRouteRow | SilentRow)[]): string[] {
  const [answered, silent] = apart(rows);
  return [...renderRoutes(answered), ...silent];
}

/** The rows of machines that answered, and a line for each of the others. */
function apart<T extends object>(rows: readonly (T | SilentRow)[]): readonly [answered: T[], silent: string[]] {
  const answered: T[] = [];
  const silent: string[] = [];
  for (const row of rows)
    if (!('silent' in row)) answered.push(row);
    else silent.push(`No answer from ${row.machine === '' ? 'other machines' : row.machine}: ${row.silent}`);
  return [answered, silent];
}
