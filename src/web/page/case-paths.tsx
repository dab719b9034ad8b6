/** By which AS paths the route of a case is held, beside those of the registered route. */
import { useMemo, useState } from 'preact/hooks';
import type { RouteRow } from '../../collector/messages.ts';
import type { CaseDetail } from '../../control/case-rows.ts';
import type { AsPath, Witness } from '../../hijack/case.ts';
import { ask } from './api.ts';
import { useAsk, useWords } from './context.ts';
import { Mark, Read, Table, term } from './parts.tsx';
import { PathGraph } from './path-graph.tsx';
import type { PathSort } from './path-layers.ts';
import { age, instant, pathText } from './show.ts';

/** A path, and who holds it. */
interface Held {
  readonly path: AsPath;
  readonly sort: PathSort;
  readonly peers: readonly string[];
}

function group(
  sort: PathSort,
  routes: readonly { readonly peer: string; readonly path: AsPath; readonly origin: number | null }[],
): Held[] {
  const found = new Map<string, { path: AsPath; sort: PathSort; peers: string[] }>();
  for (const { peer, path, origin } of routes) {
    // What our own routers originate comes to us without a path.
    const steps = path.length === 0 && origin !== null ? [origin] : path;
    if (steps.length === 0) continue;
    const text = pathText(steps);
    const held = found.get(text) ?? { path: steps, sort, peers: [] };
    found.set(text, held);
    held.peers.push(peer);
  }
  return [...found.values()].sort((a, b) => b.peers.length - a.peers.length);
}

/** Those who hold it now; of a case that is over all who did. */
const holders = ({ witnesses }: CaseDetail): readonly Witness[] => {
  const now = witnesses.filter(({ state }) => state === 'holds');
  return now.length > 0 ? now : witnesses;
};

export function CasePaths({ one }: { one: CaseDetail }) {
  const words = useWords();
  const offending = group(
    'case',
    holders(one).map(({ peer, path }) => ({ peer, path, origin: null })),
  );
  // What is found in the RPKI alone has no path.
  const reading = useAsk<RouteRow[]>(
    offending.length === 0 ? null : 'show route',
    { prefix: one.decidedBy, exact: true },
    15_000,
  );
  const [before, setBefore] = useState<readonly RouteRow[] | null>(null);
  const [said, setSaid] = useState('');
  if (offending.length === 0) return null;
  const look = async () => {
    const time = new Date(one.opened - 1000).toISOString();
    const reply = await ask<RouteRow[]>('show route at', { prefix: one.decidedBy, time, exact: true });
    if (!reply.ok) return setSaid(reply.detail);
    setBefore(reply.value);
    setSaid(reply.value.length === 0 ? [words.beforeNothing, ...reply.notes].join(' ') : reply.notes.join(' '));
  };
  return (
    <>
      <h2>{words.paths}</h2>
      <p class="soft">{words.pathsHelp}</p>
      <Read of={{ ...reading, notes: [] }}>
        {rows => <Beside offending={offending} rows={before ?? rows} expected={one.expected} />}
      </Read>
      <div class="buttons">
        <button
          type="button"
          aria-pressed={before !== null}
          onClick={() => (before === null ? look() : setBefore(null))}
        >
          {words.beforeIt}
        </button>
        <output aria-live="polite">{said}</output>
      </div>
    </>
  );
}

function Beside({
  offending,
  rows,
  expected,
}: {
  offending: readonly Held[];
  rows: readonly RouteRow[];
  expected: readonly number[];
}) {
  const words = useWords();
  const all = useMemo(() => {
    const right = rows.filter(({ origin }) => origin !== null && expected.includes(origin));
    return [...offending, ...group('registered', right)];
    // Another reading of the same says nothing new.
  }, [JSON.stringify(offending), rows, expected.join()]);
  return (
    <>
      <PathGraph paths={all} />
      {all.every(({ sort }) => sort === 'case') && <p>{words.noNormal}</p>}
      <Table
        caption={words.pathsTable}
        rows={all}
        keyOf={({ sort, path }) => `${sort} ${pathText(path)}`}
        columns={[
          {
            title: words.what,
            show: ({ sort }) => (
              <Mark of={sort === 'case' ? words.offending : words.normal} as={sort === 'case' ? 'bad' : 'good'} />
            ),
          },
          { title: words.path, show: ({ path }) => pathText(path), kind: 'code' },
          { title: words.heldBy, show: ({ peers }) => <Peers of={peers} /> },
        ]}
      />
    </>
  );
}

const NAMED = 8;

/** Names of peers, the first few of them. */
function Peers({ of }: { of: readonly string[] }) {
  const words = useWords();
  const more = of.length - NAMED;
  return <>{[of.slice(0, NAMED).join(', '), more > 0 ? words.and(more) : ''].filter(Boolean).join(' ')}</>;
}

/** Who holds it, and since when; those who hold it now come first. */
export function Witnesses({ one }: { one: CaseDetail }) {
  const words = useWords();
  const ORDER: readonly Witness['state'][] = ['holds', 'unseen', 'gone'];
  const rows = one.witnesses.toSorted((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || a.since - b.since);
  const now = Date.now();
  return (
    <Table
      heading={2}
      caption={words.witnesses}
      rows={rows}
      keyOf={row => `${row.peer} ${pathText(row.path)}`}
      columns={[
        { title: words.peer, show: row => row.peer, kind: 'id' },
        { title: words.as, show: row => row.as, kind: 'number' },
        {
          title: words.state,
          show: ({ state, stale, blackhole }) => (
            <>
              <Mark
                of={term(words.witnessOf, state)}
                as={state === 'holds' ? 'bad' : state === 'unseen' ? 'warn' : 'good'}
              />
              {blackhole && ` (BLACKHOLE)`}
              {stale !== undefined && ` (${words.stale}: ${stale.reasons.join(', ')})`}
            </>
          ),
        },
        { title: words.since, show: row => instant(row.since), kind: 'time' },
        { title: words.until_, show: row => instant(row.until), kind: 'time' },
        { title: words.heldFor, show: row => age((row.until ?? now) - row.since), kind: 'time' },
        { title: words.path, show: row => pathText(row.path), kind: 'code' },
      ]}
    />
  );
}
