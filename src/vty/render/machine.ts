import type {
  ForgottenRow,
  MachineDetail,
  MachineRouteRow,
  MachineRow,
  MachineSummaryRow,
  RefusedRow,
  SilentRow,
} from '../../control/machine-rows.ts';
import { renderSummary } from './bgp.ts';
import { renderRoutes } from './route.ts';
import { count, facts, fold, table } from './text.ts';
import { duration, instant } from './time.ts';

/** `show collector`. */
export function renderMachines(rows: readonly MachineRow[], now: number): string[] {
  if (rows.length === 0) return [];
  const lines = table(
    [
      { head: 'Machine' },
      { head: 'State' },
      { head: 'Version' },
      { head: 'Peers', right: true },
      { head: 'Routes', right: true },
      { head: 'Waiting', right: true },
      { head: 'Cases of' },
      { head: 'Does' },
    ],
    rows.map(row => [
      row.self ? `${row.machine} *` : row.machine,
      stateOf(row, now),
      row.version,
      `${row.established}/${row.peers}`,
      row.routes,
      row.waiting,
      partitionsOf(row),
      row.roles.join(' '),
    ]),
  );
  const problems = rows.flatMap(({ machine, problems, twice, dropped }) =>
    [
      ...(twice ? ['two daemons bear this name'] : []),
      ...(dropped > 0 ? [`${dropped} changes dropped since its start: too many waited for the bus`] : []),
      ...problems,
    ].map(words => `${machine}: ${words}`),
  );
  return [
    ...lines,
    ...problems.flatMap(words => fold(words, 2)),
    ...fold(`${count(rows.length, 'machine')}, ${heardWords(rows)}`, 0),
  ];
}

function stateOf({ missed, unheard, heard, started }: MachineRow, now: number): string {
  if (missed) return `silent ${duration(now - heard)}`;
  return unheard ? `unheard ${duration(now - heard)}` : `up ${duration(now - started)}`;
}

/** Those of a machine that is silent are another's by now, or soon. */
const partitionsOf = ({ missed, partitions }: MachineRow): string =>
  partitions.length === 0 ? '-' : `${missed ? 'was ' : ''}${partitions.join(',')}`;

/** Whether all are heard; and where none can be, that it says nothing of them. */
function heardWords(rows: readonly MachineRow[]): string {
  const silent = rows.filter(({ missed }) => missed).length;
  const unheard = rows.filter(row => row.unheard && !row.missed).length;
  if (unheard > 0)
    return `${silent + unheard} not heard, for the bus is not there: they stand as they were when they were heard last`;
  return silent === 0 ? 'all of them heard' : `${silent} not heard`;
}

/** `show collector MACHINE`. */
export function renderMachine(row: MachineDetail, now: number): string[] {
  const { counts, partitions, behind = [], oldest = [] } = row;
  const having = partitions.map((one, i) => {
    const waiting = behind[i] ?? null;
    return waiting === null || waiting === 0 ? `${one}` : `${one} (${waiting} behind, ${seconds(oldest[i] ?? 0)})`;
  });
  return [
    ...facts([
      ['Machine', `${row.machine}${row.self ? ', this one' : ''}, intertrackd ${row.version}`],
      ['Does', row.roles.join(', ')],
      ['State', heardText(row, now)],
      ['Name', row.twice ? 'two daemons bear it: each needs a router id of its own' : ''],
      [row.missed || row.unheard ? 'Started' : 'Running', startOf(row, now)],
      ['Clock', row.self ? '' : clockOf(row.ahead)],
      ['BGP', `${row.established} of ${count(row.peers, 'peer')} established, ${count(row.routes, 'route')}`],
      [
        'Published',
        `${count(row.published, 'message')}${counts === undefined ? '' : `, ${counts.again} sent again`}; ${count(row.dropped, 'change')} dropped`,
      ],
      ['Waiting', `${count(row.waiting, 'change')}${counts === undefined ? '' : `, room for ${counts.room}`}`],
      ['Partitions', having.join(', ') || 'none'],
      ...(counts === undefined
        ? []
        : ([
            ['Taken', `${count(counts.taken, 'partition')} since its start`],
            ['Messages', `${counts.gaps} missing, ${counts.twice} twice, ${counts.refused} refused`],
            ['Retold', `${count(counts.told, 'time')}; asked others ${count(counts.asked, 'time')}`],
            ['Bus', `lost ${count(counts.lost, 'time')}`],
            [
              'Database',
              counts.transactions === 0
                ? ''
                : `${count(counts.transactions, 'transaction')}, ${counts.usual} ms each, ${counts.longest} ms at most; ${count(counts.requests, 'request')} waiting`,
            ],
          ] as const)),
    ]),
    ...row.refused.flatMap(one => fold(`Refused here: ${refusedWords(one)}`, 2)),
    ...(row.problems.length === 0 ? ['No problems.'] : ['Problems:', ...row.problems.map(line => `  ${line}`)]),
  ];
}

function heardText({ missed, unheard, heard }: MachineRow, now: number): string {
  if (missed) return `not heard since ${instant(heard)}`;
  if (unheard) return `not heard since ${instant(heard)} (bus down): the rest is of then`;
  return `heard ${seconds(now - heard)} ago`;
}

const startOf = ({ missed, unheard, started }: MachineRow, now: number): string =>
  `${missed || unheard ? '' : `${duration(now - started)} since `}${instant(started)} by its clock`;

const REFUSED: Readonly<Record<RefusedRow['what'], string>> = {
  judged: 'what it judged',
  alive: 'what it says of itself',
  question: 'questions',
  answer: 'answers',
};

const refusedWords = ({ what, times, last, why }: RefusedRow): string =>
  `${REFUSED[what]}, ${count(times, 'time')}, last ${instant(last)}: ${why}`;

/** Below an hour in seconds, for what should take less than one. */
const seconds = (milliseconds: number): string =>
  milliseconds >= 3_600_000 ? duration(milliseconds) : `${(Math.max(0, milliseconds) / 1000).toFixed(1)} s`;

/** `ahead` in ms; a difference that the way of a message may make is none. */
function clockOf(ahead: number | null): string {
  if (ahead === null) return 'not told';
  if (Math.abs(ahead) < 1_000) return 'as ours, within a second';
  return `${seconds(Math.abs(ahead))} ${ahead > 0 ? 'ahead of' : 'behind'} ours`;
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
export const renderSummaryOfAll = (rows: readonly (MachineSummaryRow | SilentRow)[], now: number): string[] =>
  apart(rows, answered => renderSummary(answered, now));

/** `show route PREFIX all`. */
export const renderRoutesOfAll = (rows: readonly (MachineRouteRow | SilentRow)[]): string[] =>
  apart(rows, renderRoutes);

/**
 * The rows of machines that answered, and a line for each of the others. What one of them answers has come over the bus, and
 * may be no such rows: then those of the others are shown all the same.
 */
function apart<T extends { readonly machine: string }>(
  rows: readonly (T | SilentRow)[],
  render: (answered: readonly T[]) => string[],
): string[] {
  const silent = rows.flatMap(row =>
    'silent' in row ? `No answer from ${row.machine === '' ? 'other machines' : row.machine}: ${row.silent}` : [],
  );
  const answered = rows.filter((row): row is T => !('silent' in row));
  const wrong = canShow(answered, render)
    ? new Set<string>()
    : new Set(answered.filter(row => !canShow([row], render)).map(({ machine }) => machine));
  return [
    ...render(answered.filter(({ machine }) => !wrong.has(machine))),
    ...silent,
    ...[...wrong].map(machine => `What ${machine} answers cannot be shown`),
  ];
}

function canShow<T>(rows: readonly T[], render: (rows: readonly T[]) => string[]): boolean {
  try {
    render(rows);
    return true;
  } catch {
    return false;
  }
}
