/** A search for routes that peers hold. */
import { useState } from 'preact/hooks';
import type { RouteRow } from '../../collector/messages.ts';
import { useAsk, useWords } from './context.ts';
import { Read, Table } from './parts.tsx';
import { pathText } from './show.ts';

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
