/** A looking glass: routes that peers hold, with what the registry says of each. What is looked for stands in the address. */
import { useContext, useEffect, useMemo, useState } from 'preact/hooks';
import type { RouteRow, SummaryRow } from '../../collector/messages.ts';
import { TokenContext, useAsk, useWords } from './context.ts';
import { Mark, Table, term } from './parts.tsx';
import { hashOf } from './place.ts';
import { useQuery } from './query.ts';
import { routeQuestions } from './route-questions.ts';
import { RouteSearch } from './route-search.tsx';
import { asText, pathText } from './show.ts';
import { askRows } from './stream.ts';
import { visibilityOf } from './visibility.ts';

/** Routes that a person still looks through; of a full table there are millions. */
const MOST = 1000;
/** Peers that are named where a prefix is missing. */
const NAMED = 10;

interface Found {
  readonly rows: readonly RouteRow[];
  readonly notes: readonly string[];
  readonly whole: boolean;
  readonly trouble: string;
}

export function Routes() {
  const words = useWords();
  const [query, change] = useQuery();
  return (
    <>
      <h1>{words.routes}</h1>
      <RouteSearch query={query} search={typed => change(typed, true)} />
      {(query.q ?? '') !== '' && <Answer query={query} />}
    </>
  );
}

function Answer({ query }: { query: Readonly<Record<string, string>> }) {
  const words = useWords();
  const needToken = useContext(TokenContext);
  const key = JSON.stringify(query);
  const [found, setFound] = useState<(Found & { readonly key: string }) | null>(null);
  useEffect(() => {
    const gone = new AbortController();
    const look = async () => {
      const rows: RouteRow[] = [];
      const notes: string[] = [];
      let whole = true;
      let trouble = '';
      for (const question of routeQuestions(query)) {
        const take = (row: RouteRow) => rows.length < MOST && rows.push(row) > 0;
        const reply = await askRows<RouteRow>('show route', question, take, gone.signal);
        if (gone.signal.aborted) return;
        if (!reply.ok && reply.status === 401) return needToken();
        if (reply.ok) notes.push(...reply.notes.filter(note => !note.startsWith('no such route')));
        else trouble = reply.detail;
        whole = reply.ok && reply.value.whole;
        if (!whole) break;
      }
      setFound({ key, rows, notes, whole, trouble });
    };
    void look();
    return () => gone.abort();
  }, [key, needToken]);
  if (found === null || found.key !== key)
    return (
      <p class="soft" role="status">
        {words.wait}
      </p>
    );
  const { rows, notes, whole, trouble } = found;
  if (trouble !== '')
    return (
      <p class="box" role="alert">
        {trouble}
      </p>
    );
  return (
    <>
      {rows.length === 0 && <p role="status">{words.noRoutes}</p>}
      {!whole && (
        <p class="warn" role="status">
          {words.firstRoutes(rows.length)}
        </p>
      )}
      {rows.length > 0 && (
        <>
          <RouteTable rows={rows} />
          <Seen rows={rows} />
        </>
      )}
      {rows.length > 0 &&
        notes.map(note => (
          <p class="soft" lang="en" key={note}>
            {note}
          </p>
        ))}
    </>
  );
}

function RouteTable({ rows }: { rows: readonly RouteRow[] }) {
  const words = useWords();
  return (
    <Table
      caption={words.routes}
      rows={rows}
      keyOf={row => `${row.prefix} ${row.peer} ${row.pathId ?? ''}`}
      columns={[
        { title: words.prefix, show: row => row.prefix, kind: 'code' },
        { title: words.peer, show: row => row.peer, kind: 'id' },
        { title: words.origin, show: row => (row.origin === null ? words.asSet : asText(row.origin)), kind: 'id' },
        { title: 'IRR', show: row => <Irr of={row.state} /> },
        { title: 'RPKI', show: row => <Rov of={row.rov} /> },
        { title: words.path, show: row => pathText(row.path) || words.ownRoute, kind: 'code' },
        { title: words.nextHop, show: row => row.nextHop, kind: 'code' },
        { title: words.communities, show: row => row.communities.join(' '), kind: 'code' },
        {
          title: words.remarks,
          show: row => [row.leak, row.stale && words.staleRoute(row.stale.kind)].filter(Boolean).join('; '),
        },
        {
          title: words.explain,
          show: row =>
            row.origin !== null && (
              <a href={hashOf('explain', { query: { prefix: row.prefix, as: `${row.origin}` } })}>
                {words.explain}
                <span class="visually-hidden">
                  {' '}
                  {row.prefix} {asText(row.origin)} {row.peer}
                </span>
              </a>
            ),
        },
      ]}
    />
  );
}

export function Irr({ of }: { of: string }) {
  const words = useWords();
  const as = of.startsWith('mismatch') ? 'bad' : of.startsWith('match') ? 'good' : 'soft';
  return <Mark of={term(words.irrOf, of)} as={as} />;
}

export function Rov({ of }: { of: string }) {
  const words = useWords();
  return <Mark of={term(words.rovOf, of)} as={of === 'invalid' ? 'bad' : of === 'valid' ? 'good' : 'soft'} />;
}

/** Which peers hold each prefix, and which do not. */
function Seen({ rows }: { rows: readonly RouteRow[] }) {
  const words = useWords();
  const peers = useAsk<SummaryRow[]>('show bgp summary', {}, 0);
  const up = useMemo(
    () => (peers.value ?? []).filter(({ state }) => state === 'Established').map(({ peer }) => peer),
    [peers.value],
  );
  const seen = useMemo(() => visibilityOf(rows, up), [rows, up]);
  if (peers.value === null) return null;
  return (
    <>
      <Table
        heading={2}
        caption={words.visibility}
        rows={seen}
        keyOf={row => row.prefix}
        columns={[
          { title: words.prefix, show: row => row.prefix, kind: 'code' },
          { title: words.heldAt, show: row => `${row.holds} / ${up.length}`, kind: 'number' },
          {
            title: words.origin,
            show: row =>
              row.origins
                .map(({ origin, peers: held }) => words.atPeers(origin === null ? words.asSet : asText(origin), held))
                .join(', '),
          },
          {
            title: words.notAt,
            show: ({ missing }) =>
              missing.length === 0 ? (
                <span class="good">{words.atAll}</span>
              ) : (
                [
                  missing.slice(0, NAMED).join(', '),
                  missing.length > NAMED ? words.and(missing.length - NAMED) : '',
                ].join(' ')
              ),
          },
        ]}
      />
      <p class="soft">{words.visibilityHelp}</p>
    </>
  );
}
