/** Cases: those that are open, or all there were, by pages. What is looked for stands in the address. */
import { useContext, useEffect, useMemo, useState } from 'preact/hooks';
import type { Case, CaseState } from '../../hijack/case.ts';
import { type CaseLine, CaseTable, lineOf } from './case-table.tsx';
import { ChangesContext, TokenContext, useAsk, useWords } from './context.ts';
import { useCaseChanges } from './live.ts';
import { Read } from './parts.tsx';
import { type Query, useQuery } from './query.ts';
import { askRows } from './stream.ts';
import type { Words } from './words.ts';

/** Cases of a page. */
const PAGE = 100;
/** So often the progress of reading is told, ms. */
const TOLD = 200;

const OPEN_STATES = ['suspected', 'ongoing', 'dormant', 'fading', 'flapping', 'unseen'] as const;
const ALL_STATES: readonly CaseState[] = [...OPEN_STATES, 'resolved', 'dismissed'];

export function Cases() {
  const words = useWords();
  const [query, change] = useQuery();
  const all = query.show === 'all';
  return (
    <>
      <h1>{words.cases}</h1>
      <search>
        <form onSubmit={event => event.preventDefault()}>
          <label>
            {words.filter}
            <input
              type="search"
              value={query.q ?? ''}
              placeholder={words.filterHelp}
              onInput={event => change({ q: event.currentTarget.value, page: '' }, false)}
            />
          </label>
          <label>
            {words.which}
            <select
              value={all ? 'all' : ''}
              onInput={event => change({ show: event.currentTarget.value, page: '' }, true)}
            >
              <option value="">{words.onlyOpen}</option>
              <option value="all">{words.allOfThem}</option>
            </select>
          </label>
          <label>
            {words.state}
            <select
              value={query.state ?? ''}
              onInput={event => change({ state: event.currentTarget.value, page: '' }, true)}
            >
              <option value="">{words.stateAny}</option>
              {(all ? ALL_STATES : OPEN_STATES).map(state => (
                <option value={state} key={state}>
                  {words.stateOf[state]}
                </option>
              ))}
            </select>
          </label>
        </form>
      </search>
      {all ? <AllCases query={query} change={change} /> : <OpenCases query={query} change={change} />}
    </>
  );
}

interface ListProps {
  readonly query: Query;
  readonly change: (some: Query, step: boolean) => void;
}

function OpenCases(props: ListProps) {
  const words = useWords();
  const cases = useAsk<Case[]>('show case', { open: true });
  useCaseChanges(cases.again);
  return (
    <Read of={cases}>
      {rows => <Listed rows={rows.map(lineOf)} caption={words.openCasesFirst} empty={words.noCases} {...props} />}
    </Read>
  );
}

/** Ten thousand cases are some megabytes: they are read line by line, again when one has changed. */
function AllCases(props: ListProps) {
  const words = useWords();
  const changes = useContext(ChangesContext);
  const needToken = useContext(TokenContext);
  const [lines, setLines] = useState<readonly CaseLine[] | null>(null);
  const [read, setRead] = useState(0);
  const [trouble, setTrouble] = useState('');
  useEffect(() => {
    const gone = new AbortController();
    const found: CaseLine[] = [];
    let told = 0;
    const take = (one: Case) => {
      found.push(lineOf(one));
      if (performance.now() - told > TOLD) {
        told = performance.now();
        setRead(found.length);
      }
      return true;
    };
    void askRows<Case>('show case all', {}, take, gone.signal).then(reply => {
      if (gone.signal.aborted) return;
      if (!reply.ok && reply.status === 401) return needToken();
      setTrouble(reply.ok ? '' : reply.detail);
      if (reply.ok) setLines(found);
    });
    return () => gone.abort();
  }, [changes, needToken]);
  return (
    <>
      {trouble !== '' && (
        <p class="box" role="alert">
          {trouble}
        </p>
      )}
      {lines === null ? (
        trouble === '' && <p class="soft">{words.readSoFar(read)}</p>
      ) : (
        <Listed rows={lines} caption={words.allCases} empty={words.noneEver} {...props} />
      )}
    </>
  );
}

/** All words have to be somewhere in what is shown of a case, by the daemon's name or the page's. */
function matches(one: CaseLine, wanted: readonly string[], words: Words): boolean {
  const { id, prefix, kind, state, severity = '', offender, upstream } = one;
  const shown = `${words.kindOf[kind]} ${words.stateOf[state]} ${words.severityOf[severity] ?? ''}`;
  const text = `${id} ${prefix} ${kind} ${state} ${severity} as${offender} as${upstream} ${shown}`.toLowerCase();
  return wanted.every(word => text.includes(word));
}

function Listed({
  rows,
  caption,
  empty,
  query,
  change,
}: ListProps & { rows: readonly CaseLine[]; caption: string; empty: string }) {
  const words = useWords();
  const { q = '', state = '' } = query;
  const found = useMemo(() => {
    const wanted = q.toLowerCase().split(/\s+/).filter(Boolean);
    return rows.filter(one => (state === '' || one.state === state) && matches(one, wanted, words));
  }, [rows, q, state, words]);
  const pages = Math.max(1, Math.ceil(found.length / PAGE));
  const page = Math.min(pages, Math.max(1, Math.floor(Number(query.page)) || 1));
  if (rows.length === 0) return <p class="good">{empty}</p>;
  if (found.length === 0) return <p role="status">{words.noneMatches}</p>;
  return (
    <>
      <p class="soft" role="status">
        {words.casesFound(found.length, rows.length)}
      </p>
      <CaseTable caption={caption} rows={found.slice((page - 1) * PAGE, page * PAGE)} />
      {pages > 1 && (
        <nav class="pages" aria-label={words.page(page, pages)}>
          <button type="button" disabled={page === 1} onClick={() => change({ page: `${page - 1}` }, true)}>
            {words.pageBack}
          </button>
          <span>{words.page(page, pages)}</span>
          <button type="button" disabled={page === pages} onClick={() => change({ page: `${page + 1}` }, true)}>
            {words.pageOn}
          </button>
        </nav>
      )}
    </>
  );
}
