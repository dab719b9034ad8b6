/** Probes: where packets are seen. */
import type { ProbeStatusRow } from '../../control/probe-rows.ts';
import { useAsk, useWords } from './context.ts';
import { Mark, Read, Table } from './parts.tsx';
import { count, instant } from './show.ts';

export function Probes() {
  const words = useWords();
  const probes = useAsk<ProbeStatusRow[]>('show probe');
  return (
    <>
      <h1>{words.probes}</h1>
      <Read of={probes}>
        {rows => (
          <Table
            caption={words.probes}
            rows={rows}
            keyOf={row => row.probe}
            columns={[
              { title: words.probe, show: row => row.probe, kind: 'id' },
              {
                title: words.state,
                show: row => (
                  <Mark of={row.connected ? words.connected : words.away} as={row.connected ? 'good' : 'bad'} />
                ),
              },
              { title: words.packets, show: row => count(row.packets), kind: 'number' },
              { title: words.rate, show: row => count(row.rate), kind: 'number' },
              { title: words.lost, show: row => count(row.lost), kind: 'number' },
              { title: words.windows, show: row => count(row.windows), kind: 'number' },
              { title: words.retained, show: row => instant(row.retained?.from ?? null), kind: 'time' },
            ]}
          />
        )}
      </Read>
    </>
  );
}
