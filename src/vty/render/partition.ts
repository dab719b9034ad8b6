import type { PartitionRow } from '../../control/machine-rows.ts';
import { count, facts, table } from './text.ts';
import { duration, instant } from './time.ts';

const holderOf = ({ holder, left, self }: PartitionRow): string => {
  if (left === 0) return holder === '' ? 'nobody' : `nobody, was ${holder}`;
  return self ? `${holder} *` : holder;
};
const leftOf = (left: number): string => (left === 0 ? '-' : `${(left / 1000).toFixed(1)}s`);
const ageOf = (oldest: number | null): string =>
  oldest === null ? '-' : oldest < 60_000 ? `${(oldest / 1000).toFixed(1)}s` : duration(oldest);

/** `show partition`. */
export function renderPartitions(rows: readonly PartitionRow[]): string[] {
  if (rows.length === 0) return [];
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
        leftOf(row.left),
        row.fence,
        row.behind ?? '-',
        ageOf(row.oldest),
        row.openCases,
        row.pending,
      ]),
    ),
    `${count(rows.length, 'partition')}, ${free === 0 ? 'each has a holder' : `${free} without a holder`}`,
  ];
}

/** `show partition PARTITION`. */
export function renderPartition(row: PartitionRow, now: number): string[] {
  const { behind, oldest, openCases, pending, oldestPending, cursors } = row;
  return [
    ...facts([
      ['Partition', `${row.partition}`],
      ['Holder', `${holderOf(row)}${row.host === '' ? '' : ` (${row.host})`}`],
      ['Lease', row.left === 0 ? 'over' : `lasts ${leftOf(row.left)} on, holder number ${row.fence}`],
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
  ];
}
