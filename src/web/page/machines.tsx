/** Machines that share the work, and who has which partition of the cases: shown where there is more than one. */
import type { MachineRow, PartitionRow } from '../../control/machine-rows.ts';
import { useAsk, useWords } from './context.ts';
import { Mark, Read, Table, term } from './parts.tsx';
import { age, count, instant } from './show.ts';

/** A clock that differs by less is as ours: the way of a message takes as long. Milliseconds. */
const CLOCKS = 5_000;

export function Machines() {
  const machines = useAsk<MachineRow[]>('show collector');
  // Where a machine is alone nothing of this is to be seen, not even that it is alone.
  if (machines.trouble === '' && (machines.value?.length ?? 0) < 2) return null;
  return (
    <>
      <Read of={machines}>{rows => <MachineTable rows={rows} />}</Read>
      <Partitions />
    </>
  );
}

/** Those that are not heard come first. */
function MachineTable({ rows }: { rows: readonly MachineRow[] }) {
  const words = useWords();
  const clock = (ahead: number | null) => {
    if (ahead === null || Math.abs(ahead) < CLOCKS) return '';
    const differs = age(Math.abs(ahead));
    return <Mark of={ahead > 0 ? words.clockAhead(differs) : words.clockBehind(differs)} as="bad" />;
  };
  const state = ({ missed, unheard, twice, heard }: MachineRow) => {
    if (missed) return <Mark of={words.notHeard(age(Date.now() - heard))} as="bad" />;
    if (unheard) return <Mark of={words.unheard(age(Date.now() - heard))} as="bad" />;
    return twice ? <Mark of={words.nameTwice} as="bad" /> : <Mark of={words.heard} as="good" />;
  };
  return (
    <Table
      heading={2}
      caption={words.machines}
      rows={rows.toSorted((a, b) => Number(b.missed) - Number(a.missed))}
      keyOf={row => row.machine}
      columns={[
        {
          title: words.machine,
          show: row => (row.self ? `${row.machine} (${words.thisMachine})` : row.machine),
          kind: 'id',
        },
        { title: words.state, show: state },
        { title: words.does, show: row => row.roles.map(role => term(words.dutyOf, role)).join(', ') },
        { title: words.upSince, show: row => instant(row.started), kind: 'time' },
        { title: words.peersUp, show: row => `${row.established} / ${row.peers}`, kind: 'number' },
        { title: words.routesHeld, show: row => count(row.routes), kind: 'number' },
        { title: words.partitionsHad, show: row => row.partitions.join(', ') },
        { title: words.waitingForBus, show: row => (row.waiting > 0 ? count(row.waiting) : ''), kind: 'number' },
        { title: words.clock, show: row => clock(row.ahead) },
        { title: words.wrongThere, show: row => (row.problems.length === 0 ? '' : <Words of={row.problems} />) },
      ]}
    />
  );
}

/** Lines of a daemon, which speaks English. */
const Words = ({ of }: { of: readonly string[] }) => <span lang="en">{of.join('; ')}</span>;

function Partitions() {
  const words = useWords();
  const partitions = useAsk<PartitionRow[]>('show partition');
  return (
    <Read of={partitions}>
      {rows =>
        rows.length === 0 ? null : (
          <Table
            heading={2}
            caption={words.partitions}
            rows={rows}
            keyOf={row => String(row.partition)}
            columns={[
              { title: words.partition, show: row => String(row.partition), kind: 'number' },
              {
                title: words.holder,
                show: row =>
                  row.left > 0 ? (
                    row.holder
                  ) : (
                    <Mark of={(row.away === undefined ? words.nobodyHolds : words.heldLast)(row.holder)} as="bad" />
                  ),
                kind: 'id',
              },
              {
                title: words.lease,
                show: row => (row.left > 0 ? (row.left / 1000).toFixed(1) : ''),
                kind: 'number',
              },
              { title: words.messagesBehind, show: row => count(row.behind), kind: 'number' },
              {
                title: words.oldestMessage,
                show: row => ((row.oldest ?? 0) < 1_000 ? '' : age(row.oldest)),
                kind: 'time',
              },
              { title: words.openCases, show: row => count(row.openCases), kind: 'number' },
              { title: words.noticesWaiting, show: row => count(row.pending), kind: 'number' },
            ]}
          />
        )
      }
    </Read>
  );
}
