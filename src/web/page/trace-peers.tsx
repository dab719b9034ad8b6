/** ASes with which traces are exchanged. */
import type { TracePeerRow } from '../../control/traceback-rows.ts';
import { useAsk, useWords } from './context.ts';
import { Mark, Read, Table } from './parts.tsx';
import { count, instant } from './show.ts';

export function TracePeers() {
  const words = useWords();
  const peers = useAsk<TracePeerRow[]>('show traceback');
  return (
    <>
      <h1>{words.traceback}</h1>
      <Read of={peers}>
        {rows => (
          <Table
            caption={words.traceback}
            rows={rows}
            keyOf={row => String(row.as)}
            columns={[
              { title: words.as, show: row => `AS${row.as}`, kind: 'id' },
              {
                title: words.state,
                show: row => <Mark of={row.state} as={row.state === 'Established' ? 'good' : 'bad'} />,
              },
              { title: words.since, show: row => instant(row.since), kind: 'time' },
              { title: words.asked_, show: row => count(row.asked), kind: 'number' },
              { title: words.answered, show: row => count(row.answered), kind: 'number' },
              { title: words.refused, show: row => count(row.refused), kind: 'number' },
              { title: words.lastError, show: row => row.lastError },
            ]}
          />
        )}
      </Read>
    </>
  );
}
