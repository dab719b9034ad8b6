/** Routes, registry, probes and trace peers. */
import { useState } from 'preact/hooks';
import type { RouteRow } from '../../collector/messages.ts';
import type { IrrStatusRow } from '../../control/daemon.ts';
import type { ProbeStatusRow } from '../../control/probe-rows.ts';
import type { TracePeerRow } from '../../control/traceback-rows.ts';
import { useAsk, useWords } from './context.ts';
import { SourceTable } from './overview.tsx';
import { Mark, Read, Table } from './parts.tsx';
import { count, instant, pathText } from './show.ts';

export function Routes() {
  const words = useWords();
  const [typed, setTyped] = useState({ prefix: '', longer: false });
  const [asked, setAsked] = useState<{ prefix: string; longer: boolean } | null>(null);
  const parameters = asked === null ? {} : { prefix: asked.prefix, ...(asked.longer && { longer: true as const }) };
  const routes = useAsk<RouteRow[]>(asked === null ? null : 'show route', parameters, 0);
  return (
    <>
      <h1>{words.routes}</h1>
      <search>
        <form
          onSubmit={event => {
            event.preventDefault();
            setAsked({ ...typed, prefix: typed.prefix.trim() });
          }}
        >
          <label>
            {words.address}
            <input
              value={typed.prefix}
              required
              placeholder="192.0.2.0/24"
              onInput={event => setTyped({ ...typed, prefix: event.currentTarget.value })}
            />
          </label>
          <label class="beside">
            <input
              type="checkbox"
              checked={typed.longer}
              onInput={event => setTyped({ ...typed, longer: event.currentTarget.checked })}
            />
            {words.longer}
          </label>
          <button type="submit">{words.search}</button>
        </form>
      </search>
      {asked !== null && (
        <Read of={routes}>
          {rows =>
            rows.length === 0 ? (
              <p>{words.noRoutes}</p>
            ) : (
              <Table
                caption={words.routes}
                rows={rows}
                keyOf={row => `${row.prefix} ${row.peer} ${row.pathId ?? ''}`}
                columns={[
                  { title: words.prefix, show: row => row.prefix, kind: 'code' },
                  { title: words.peer, show: row => row.peer, kind: 'id' },
                  { title: words.path, show: row => pathText(row.path), kind: 'code' },
                  { title: words.validity, show: row => `${row.state}, ${row.rov}` },
                  { title: words.nextHop, show: row => row.nextHop, kind: 'code' },
                ]}
              />
            )
          }
        </Read>
      )}
    </>
  );
}

export function Registry() {
  const words = useWords();
  const sources = useAsk<IrrStatusRow[]>('show irr');
  return (
    <>
      <h1>{words.registry}</h1>
      <Read of={sources}>{rows => <SourceTable rows={rows} />}</Read>
    </>
  );
}

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
