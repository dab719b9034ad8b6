import { expect } from 'chai';
import type { MachineDetail, PartitionRow } from '../../src/control/machine-rows.ts';
import { renderAnswer } from '../../src/vty/render/answer.ts';
import { layOut, newPage } from '../../src/vty/render/page.ts';
import { ROUTES } from '../control/scripted.ts';

const NOW = Date.UTC(2026, 2, 1, 12);
const HOUR = 3_600_000;
const TOKYO: MachineDetail = {
  ...{
    machine: '192.0.2.10',
    self: true,
    missed: false,
    unheard: false,
    heard: NOW - 400,
    version: '0.1.0',
    started: NOW - 3 * HOUR,
  },
  ...{ roles: ['collector', 'cases'], peers: 2, established: 1, routes: 1_012_345, published: 1_200, waiting: 7 },
  ...{ dropped: 0, partitions: [0, 2], behind: [3, 0], oldest: [2_400, 0], problems: [], ahead: 1, twice: false },
  counts: {
    ...{ room: 500_000, again: 2, lost: 1, asked: 7, told: 3, gaps: 1, twice: 5, taken: 4 },
    ...{ requests: 0, transactions: 900, usual: 4, longest: 61, refused: 4 },
  },
  refused: [],
};
const OSAKA: MachineDetail = {
  ...{ machine: '255.255.255.255', self: false, missed: true, unheard: false, heard: NOW - 90_000, version: '0.1.0' },
  ...{ started: NOW - HOUR, roles: ['collector'], peers: 4, established: 4, routes: 12, published: 3, waiting: 0 },
  ...{ dropped: 12, partitions: [], problems: ['the \u001b[31mdisk is full'], ahead: -7_200_000, twice: true },
  refused: [{ what: 'judged', machine: '192.0.2.20', times: 3, last: NOW, why: 'it is no \u202eJSON' }],
};
const PARTITIONS: readonly PartitionRow[] = [
  {
    ...{ partition: 0, holder: '192.0.2.10', host: 'tokyo', self: true, left: 5_200, fence: 12 },
    ...{ behind: 1_200, oldest: 200_000, openCases: 2, pending: 1, oldestPending: NOW - 61_000 },
    cursors: [{ collector: '192.0.2.20', life: NOW - HOUR, sequence: 310 }],
  },
  {
    ...{ partition: 1, holder: '255.255.255.255', host: 'osaka', self: false, left: 0, fence: 4 },
    ...{ behind: null, oldest: null, openCases: 0, pending: 0, oldestPending: null, cursors: [] },
  },
];

describe('vty: machines and partitions', () => {
  const shown = (command: string, ...rows: object[]) => renderAnswer(command, rows, NOW);

  it('are a table that has room in 80 columns, with what is wrong below', () => {
    const lines = shown('show collector', TOKYO, OSAKA);
    expect(lines).to.deep.equal([
      'Machine         State           Version Peers  Routes Waiting Cases of Does',
      '192.0.2.10 *    up 03:00:00     0.1.0     1/2 1012345       7 0,2      collector cases',
      '255.255.255.255 silent 00:01:30 0.1.0     4/4      12       0 -        collector',
      '255.255.255.255: two daemons bear this name',
      '255.255.255.255: 12 changes dropped since its start: too many waited for the bus',
      '255.255.255.255: the \\u{1b}[31mdisk is full',
      '2 machines, 1 not heard',
    ]);
    const narrow = layOut(newPage(80), () => shown('show collector', TOKYO, OSAKA));
    for (const line of narrow) expect(line.length, line).to.be.at.most(80);
  });

  it('say of those that cannot be heard, for the bus is not there, that they stand as they were', () => {
    const unheard = { ...OSAKA, missed: false, unheard: true, twice: false, dropped: 0, problems: [] };
    expect(shown('show collector', TOKYO, unheard).slice(2)).to.deep.equal([
      '255.255.255.255 unheard 00:01:30 0.1.0     4/4      12       0 -        collector',
      '2 machines, 1 not heard, for the bus is not there: they stand as they were when',
      'they were heard last',
    ]);
    expect(shown('show collector MACHINE', unheard)).to.include(
      'State:      not heard since 2026-03-01 11:58:30Z (bus down): the rest is of then',
    );
    expect(shown('watch machines', unheard).join()).to.contain(
      'is not heard since 2026-03-01 11:58:30Z (the bus is not there)',
    );
  });

  it('show one machine with all that it counts', () => {
    expect(shown('show collector MACHINE', TOKYO)).to.deep.equal([
      'Machine:    192.0.2.10, this one, intertrackd 0.1.0',
      'Does:       collector, cases',
      'State:      heard 0.4 s ago',
      'Running:    03:00:00 since 2026-03-01 09:00:00Z by its clock',
      'BGP:        1 of 2 peers established, 1012345 routes',
      'Published:  1200 messages, 2 sent again; 0 changes dropped',
      'Waiting:    7 changes, room for 500000',
      'Partitions: 0 (3 behind, 2.4 s), 2',
      'Taken:      4 partitions since its start',
      'Messages:   1 missing, 5 twice, 4 refused',
      'Retold:     3 times; asked others 7 times',
      'Bus:        lost 1 time',
      'Database:   900 transactions, 4 ms each, 61 ms at most; 0 requests waiting',
      'No problems.',
    ]);
  });

  it('show one machine of an older version that is not heard, and what is not believed of it', () => {
    expect(shown('show collector MACHINE', OSAKA)).to.deep.equal([
      'Machine:    255.255.255.255, intertrackd 0.1.0',
      'Does:       collector',
      'State:      not heard since 2026-03-01 11:58:30Z',
      'Name:       two daemons bear it: each needs a router id of its own',
      'Started:    2026-03-01 11:00:00Z by its clock',
      'Clock:      02:00:00 behind ours',
      'BGP:        4 of 4 peers established, 12 routes',
      'Published:  3 messages; 12 changes dropped',
      'Waiting:    0 changes',
      'Partitions: none',
      'Refused here: what it judged, 3 times, last 2026-03-01 12:00:00Z: it is no \\u{202e}JSON',
      'Problems:',
      '  the \\u{1b}[31mdisk is full',
    ]);
  });

  it('show who has which partition, and how far behind it is', () => {
    const lines = shown('show partition', ...PARTITIONS);
    expect(lines).to.deep.equal([
      'Partition Holder                      Lease Fence Behind   Oldest Cases Outbox',
      '        0 192.0.2.10 *                 5.2s    12   1200 00:03:20     2      1',
      '        1 nobody, was 255.255.255.255     -     4      -        -     0      0',
      '2 partitions, 1 without a holder',
    ]);
    expect(shown('show partition PARTITION', PARTITIONS[0]!)).to.deep.equal([
      'Partition: 0',
      'Holder:    192.0.2.10 * (tokyo)',
      'Lease:     lasts 5.2s on, holder number 12',
      'Behind:    1200 messages, oldest 00:03:20',
      'Cases:     2 open',
      'Outbox:    1 pending, oldest 00:01:01',
      'Machine    Message Of its life since',
      '192.0.2.20     310 2026-03-01 11:00:00Z',
    ]);
    expect(shown('show partition PARTITION', PARTITIONS[1]!)).to.include.members([
      'Holder:    nobody, was 255.255.255.255 (osaka)',
      'Lease:     over',
      'Behind:    not known',
      'Nothing of any machine is taken in.',
    ]);
  });

  it('show what was known of partitions while the database is away, and since when it is', () => {
    const away = { since: NOW - 80_000, answered: NOW - 81_000, why: 'postgresql 192.0.2.9: \u001b[31mrefused' };
    const [mine, other] = PARTITIONS.map(row => ({ ...row, left: 0 }));
    const rows: PartitionRow[] = [
      { ...mine!, away: { ...away, taken: NOW - 3_600_000 } },
      { ...other!, holder: '', away: { ...away, answered: null, taken: null } },
    ];
    expect(shown('show partition', ...rows)).to.deep.equal([
      'Partition Holder       Lease Fence Behind   Oldest Cases Outbox',
      '        0 192.0.2.10 *     ?    12   1200 00:03:20     2      1',
      '        1 not known        ?     4      -        -     0      0',
      '2 partitions, as this machine knew them last',
      'The database is away since 2026-03-01 11:58:40Z, for 00:01:20:',
      '  postgresql 192.0.2.9: \\u{1b}[31mrefused',
      '  It answered last 2026-03-01 11:58:39Z.',
    ]);
    expect(shown('show partition PARTITION', rows[0]!)).to.include.members([
      'Taken:     by this machine, 2026-03-01 11:00:00Z',
      'Lease:     waits for the database',
      'This is what this machine knew last.',
    ]);
    const second = shown('show partition PARTITION', rows[1]!);
    expect(second).to.include.members(['Holder:    not known (osaka)', 'Taken:     not by this machine']);
    expect(second.join('\n')).to.contain('It answered last before this daemon started.');
  });

  it('show what the others answered where one machine answers with no such rows', () => {
    const whole = shown('show route PREFIX all', ...ROUTES.map(one => ({ ...one, machine: '192.0.2.10' })));
    const hostile = [{ machine: '192.0.2.66' }, { machine: '192.0.2.66', prefix: 7, path: {}, communities: 'x' }];
    const lines = shown(
      'show route PREFIX all',
      ...ROUTES.map(one => ({ ...one, machine: '192.0.2.10' })),
      ...hostile,
      { machine: '192.0.2.30', silent: 'it is not heard' },
    );
    expect(lines).to.deep.equal([
      ...whole,
      'No answer from 192.0.2.30: it is not heard',
      'What 192.0.2.66 answers cannot be shown',
    ]);
    expect(shown('show bgp summary all', { machine: '192.0.2.66', lastError: 7 }).join()).to.contain('192.0.2.66');
  });
});
