/** Cases: those that are open, and all there were. */
import { useContext, useEffect, useMemo, useState } from 'preact/hooks';
import type { Case } from '../../hijack/case.ts';
import { ChangesContext, useAsk, useWords } from './context.ts';
import { caseMark, Mark, Read, Table } from './parts.tsx';
import { asText, instant } from './show.ts';

export function Cases() {
  const words = useWords();
  const [filter, setFilter] = useState('');
  // Ten thousand cases are some megabytes: they are read when something has changed, and now and then in any case.
  const changes = useContext(ChangesContext);
  const cases = useAsk<Case[]>('show case all', {}, 120_000);
  const { again } = cases;
  useEffect(() => {
    if (changes > 0) again();
  }, [changes]);
  return (
    <>
      <h1>{words.cases}</h1>
      <search>
        <form onSubmit={event => event.preventDefault()}>
          <label>
            {words.filter}
            <input
              type="search"
              value={filter}
              placeholder={words.filterHelp}
              onInput={event => setFilter(event.currentTarget.value)}
            />
          </label>
        </form>
      </search>
      <Read of={cases}>{rows => <Filtered rows={rows} filter={filter} />}</Read>
    </>
  );
}

/** All words of the filter have to be somewhere in what is shown of a case. */
function Filtered({ rows, filter }: { rows: readonly Case[]; filter: string }) {
  const words = useWords();
  const shown = useMemo(() => {
    const wanted = filter.toLowerCase().split(/\s+/).filter(Boolean);
    if (wanted.length === 0) return rows;
    return rows.filter(({ id, prefix, kind, state, offender, upstream }) => {
      const text = `${id} ${prefix} ${kind} ${state} as${offender} as${upstream}`.toLowerCase();
      return wanted.every(word => text.includes(word));
    });
  }, [rows, filter]);
  return <CaseTable caption={words.allCases} rows={shown} />;
}

export function CaseTable({ caption, rows }: { caption: string; rows: readonly Case[] }) {
  const words = useWords();
  return (
    <Table
      caption={caption}
      rows={rows}
      keyOf={one => one.id}
      columns={[
        { title: words.case, show: one => <a href={`#/case/${one.id}`}>{one.id}</a>, kind: 'id' },
        { title: words.state, show: one => <Mark of={one.state} as={caseMark(one.state)} /> },
        { title: words.prefix, show: one => <code>{one.prefix}</code> },
        { title: words.what, show: one => one.kind },
        { title: words.by, show: one => asText(one.offender), kind: 'id' },
        { title: words.via, show: one => asText(one.upstream), kind: 'id' },
        { title: words.witnesses, show: one => holders(one), kind: 'number' },
        { title: words.opened, show: one => instant(one.opened), kind: 'time' },
      ]}
    />
  );
}

/** Peers that hold the route now, of the most there were. */
export const holders = ({ witnesses, peakWitnesses }: Pick<Case, 'witnesses' | 'peakWitnesses'>): string =>
  `${witnesses.filter(({ state }) => state === 'holds').length} / ${peakWitnesses}`;
