import { expect } from 'chai';
import type { Machine } from '../../src/bus/presence.ts';
import { behindOf, countsOf, sharedOf } from '../../src/daemon/machine-counts.ts';
import { machineProblems } from '../../src/daemon/machine-problems.ts';
import { partitionRows, rowsWithout } from '../../src/daemon/partition-answers.ts';
import { keepPace } from '../../src/store/postgresql/pace.ts';
import type { StoredPartition } from '../../src/store/postgresql/partition-rows.ts';

const machine = (name: string, more: Partial<Machine> = {}): Machine => ({
  ...{ machine: name, version: '0.1.0', roles: ['cases'], started: 1, peers: 0, established: 0, routes: 0 },
  ...{ published: 0, waiting: 0, dropped: 0, partitions: [], problems: [], heard: 9, missed: false },
  ...{ ahead: 0, twice: false, unheard: false, ...more },
});
const stored = (partition: number, holder: string, left: number): StoredPartition => ({
  ...{ partition, holder, left, fence: 3, openCases: 2, pending: 1, oldestPending: 7 },
  cursors: [{ collector: '192-0-2-1', life: 5, sequence: 8 }],
});

describe('daemon: what is shown of machines', () => {
  it('says how far a partition is behind where whoever has it says so', () => {
    const machines = [
      machine('192-0-2-1', { partitions: [0, 2], behind: [4, null], oldest: [90, 0] }),
      // It says that it has what the database says another has.
      machine('192-0-2-2', { partitions: [0, 1], behind: [666, 666], oldest: [1, 1] }),
      machine('192-0-2-3', { partitions: [3], behind: [1], oldest: [1], missed: true }),
    ];
    const rows = partitionRows(
      [
        stored(0, '192.0.2.1 at tokyo', 4_000),
        stored(1, '192.0.2.1 at tokyo', -9),
        stored(2, '192.0.2.1 at tokyo', 1),
        stored(3, '192.0.2.3 at osaka', 800),
      ],
      5,
      machines,
      '192.0.2.3',
    );
    expect(rows.map(({ holder, left, behind, oldest, self }) => [holder, left, behind, oldest, self])).to.deep.equal([
      ['192.0.2.1', 4_000, 4, 90, false],
      ['192.0.2.1', 0, null, null, false],
      ['192.0.2.1', 1, null, null, false],
      ['192.0.2.3', 800, null, null, true],
      ['', 0, null, null, false],
    ]);
    expect(rows[0]).to.deep.include({
      ...{ partition: 0, host: 'tokyo', fence: 3, openCases: 2, pending: 1, oldestPending: 7 },
      cursors: [{ collector: '192.0.2.1', life: 5, sequence: 8 }],
    });
  });

  it('says what it knew last while the database is away: what is held here, and what others say that they have', () => {
    const machines = [
      machine('192-0-2-1', { partitions: [0, 1], behind: [4, 7], oldest: [90, 1] }),
      machine('192-0-2-2', { partitions: [0, 2], behind: [666, 5], oldest: [1, 2] }),
      machine('192-0-2-3', { partitions: [3], missed: true }),
    ];
    const last = partitionRows([stored(0, '192.0.2.2 at osaka', 9), stored(3, '192.0.2.3 at oita', 9)], 5, [], 'none');
    const away = { since: 60_000, answered: null, why: 'postgresql: refused' };
    const held = new Map([[0, { taken: 77, openCases: 8 }]]);
    const rows = rowsWithout(away, last, held, machines, { holder: '192.0.2.1', host: 'tokyo' });
    expect(rows.map(({ holder, host, self, left, behind }) => [holder, host, self, left, behind])).to.deep.equal([
      ['192.0.2.1', 'tokyo', true, 0, 4],
      ['192.0.2.1', '', false, 0, 7],
      ['192.0.2.2', '', false, 0, 5],
      ['192.0.2.3', 'oita', false, 0, null],
      ['', '', false, 0, null],
    ]);
    expect(rows.map(({ openCases, away: of }) => [openCases, of?.taken])).to.deep.equal([
      [8, 77],
      [0, null],
      [0, null],
      [2, null],
      [0, null],
    ]);
    expect(rows[0]!.away).to.deep.equal({ ...away, taken: 77 });
  });

  it('adds up what the parts count', () => {
    const pace = keepPace();
    pace.waits();
    pace.waits()();
    for (const milliseconds of [5, 1, 60]) pace.took(milliseconds);
    const part = (gaps: number, waiting: number | null) => ({
      counts: () => ({ gaps, twice: 1 }),
      backlog: () => ({ waiting, oldest: 30, trouble: '', held: new Map(), copies: 1 }),
    });
    const running = new Map([
      [0, part(1, 7)],
      [3, part(2, null)],
    ]);
    const row = { what: 'alive', machine: '', last: 1, why: '' } as const;
    const parts = {
      bus: {
        ...{ up: false, since: 77, lost: 2 },
        refused: { count: () => {}, rows: () => [{ ...row, times: 4 }], problems: () => [] },
      },
      publisher: { report: () => ({ published: 1, again: 9, waiting: 2, dropped: 3, room: 500_000 }) },
      ...{ database: { pace }, running, taken: 4, asked: 5, told: 6 },
    };
    const counts = countsOf(parts);
    expect(counts).to.deep.equal({
      ...{ room: 500_000, again: 9, lost: 2, taken: 4, asked: 5, told: 6, gaps: 3, twice: 2, refused: 4 },
      ...{ requests: 1, transactions: 3, usual: 5, longest: 60 },
    });
    expect(behindOf([0, 3], running)).to.deep.equal({ behind: [7, null], oldest: [30, 30] });
    const machines = [machine('192-0-2-1'), machine('192-0-2-2', { missed: true })];
    expect(sharedOf({ ...parts, machines })).to.deep.equal({
      ...{ up: false, since: 77, known: 2, missed: ['192.0.2.2'], partitions: [0, 3], behind: 7 },
      ...{ published: 1, waiting: 2, dropped: 3, counts },
    });
  });

  it('says of a machine that it is missed, twice there, or has another clock', () => {
    expect(
      machineProblems([
        machine('192-0-2-1', { missed: true, ahead: 99_000 }),
        machine('192-0-2-2', { ahead: 4_999 }),
        machine('192-0-2-3', { ahead: -7_200_000 }),
        machine('192-0-2-4', { ahead: 12_000, twice: true }),
        machine('192-0-2-5', { ahead: null }),
      ]),
    ).to.deep.equal([
      'machine 192.0.2.1 is not heard; if it was removed for good: clear collector 192.0.2.1',
      'the clock of machine 192.0.2.3 is 7200 s behind ours',
      'two daemons say that they are machine 192.0.2.4: each needs a router id of its own',
      'the clock of machine 192.0.2.4 is 12 s ahead of ours',
    ]);
  });
});
