import type { PartitionRow } from '../../control/machine-rows.ts';
import { count, facts, fold, table } from './text.ts';
import { duration, instant } from './time.ts';

const holderOf = ({ holder, left, self, away }: PartitionRow): string => {
  if (away !== undefined) return holder === '' ? 'not known' : self ? `${holder} *` : holder;
  if (left === 0) return holder === '' ? 'nobody' : `nobody, was ${holder}`;
  return self ? `${holder} *` : holder;
};
const leftOf = (left: number): string => (left === 0 ? '-' : `${(left / 1000).toFixed(1)}s`);
const ageOf = (oldest: number | null): string =>
  oldest === null ? '-' : oldest < 60_000 ? `${(oldest / 1000).toFixed(1)}s` : duration(oldest);

/** Since when the database is away, and why. */
const awayLines = ({ since, answered, why }: NonNullable<PartitionRow['away']>, now: number): string[] => [
  `The database is away since ${instant(since)}, for ${duration(now - since)}:`,
  ...fold(why, 4, 2),
  `  It answered last ${answered === null ? 'before this daemon started' : instant(answered)}.`,
];

/** `show partition`. */
export function renderPartitions(rows: readonly PartitionRow[], now: number): string[] {
  if (rows.length === 0) return [];
  const away = rows.find(row => row.away !== undefined)?.away;
  const free = rows.filter(({ left }) => left === 0).length;
  return [
    ...table(
      [
        { head: 'Partition', right: true },
        { head: 'Holder' },
        { head: 'Lease', right: true },
        { head: 'Fence', right: true },
        { head: 'Behind', right: true },
        { head: 'Oldest', right: true },
        { head: 'Cases', right: true },
        { head: 'Outbox', right: true },
      ],
      rows.map(row => [
        row.partition,
        holderOf(row),
        row.away === undefined ? leftOf(row.left) : '?',
        row.fence,
        row.behind ?? '-',
        ageOf(row.oldest),
        row.openCases,
        row.pending,
      ]),
    ),
    ...(away !== undefined
      ? [`${count(rows.length, 'partition')}, as this machine knew them last`, ...awayLines(away, now)]
      : [`${count(rows.length, 'partition')}, ${free === 0 ? 'each has a holder' : `${free} without a holder`}`]),
  ];
}

const takenOf = ({ self }: PartitionRow, { taken }: NonNullable<PartitionRow['away']>): string =>
  self && taken !== null ? `by this machine, ${instant(taken)}` : 'not by this machine';

/** `show partition PARTITION`. */
export function renderPartition(row: PartitionRow, now: number): string[] {
  const { behind, oldest, openCases, pending, oldestPending, cursors, away } = row;
  return [
    ...facts([
      ['Partition', `${row.partition}`],
      ['Holder', `${holderOf(row)}${row.host === '' ? '' : ` (${row.host})`}`],
      ...(away === undefined ? [] : [['Taken', takenOf(row, away)] as const]),
      [
        'Lease',
        away !== undefined
          ? 'waits for the database'
          : row.left === 0
            ? 'over'
            : `lasts ${leftOf(row.left)} on, holder number ${row.fence}`,
      ],
      [
        'Behind',
        behind === null ? 'not known' : `${count(behind, 'message')}${behind === 0 ? '' : `, oldest ${ageOf(oldest)}`}`,
      ],
      ['Cases', `${openCases} open`],
      ['Outbox', `${pending} pending${oldestPending === null ? '' : `, oldest ${duration(now - oldestPending)}`}`],
    ]),
    ...(cursors.length === 0
      ? ['Nothing of any machine is taken in.']
      : table(
          [{ head: 'Machine' }, { head: 'Message', right: true }, { head: 'Of its life since' }],
          cursors.map(({ collector, life, sequence }) => [collector, sequence, instant(life)]),
        )),
    ...(away === undefined ? [] : ['This is what this machine knew last.', ...awayLines(away, now)]),
  ];
}
