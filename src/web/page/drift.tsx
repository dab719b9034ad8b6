/** Where announcements and registry have come apart: a list with its count for each way, each to be saved as a file. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { DriftReport } from '../../control/drift-rows.ts';
import { useAsk, useWords } from './context.ts';
import { type Column, Read, Table } from './parts.tsx';
import { hashOf } from './place.ts';
import { useQuery } from './query.ts';
import { saveJson } from './save.ts';
import { asText, count, instant } from './show.ts';

const day = (time: number | null): string => instant(time).slice(0, 10);

export function Drift() {
  const words = useWords();
  const [query, change] = useQuery();
  const days = /^[1-9]\d{0,3}$/.test(query.days ?? '') ? query.days! : '90';
  const [typed, setTyped] = useState(days);
  useEffect(() => setTyped(days), [days]);
  const reading = useAsk<DriftReport>('show drift', { days }, 60_000);
  return (
    <>
      <h2>{words.drift}</h2>
      <form
        onSubmit={event => {
          event.preventDefault();
          change({ days: typed }, true);
        }}
      >
        <label>
          {words.driftDays}
          <input
            type="number"
            min={1}
            max={9999}
            required
            value={typed}
            onInput={event => setTyped(event.currentTarget.value)}
          />
        </label>
        <button type="submit">{words.show}</button>
      </form>
      <Read of={reading}>{report => <Lists report={report} />}</Read>
    </>
  );
}

function Lists({ report }: { report: DriftReport }) {
  const words = useWords();
  const { announced, silent, expiring, contradicted, strangers, watched, waiting } = report;
  const nothing = [announced, silent, expiring, contradicted, strangers].every(list => list.length === 0);
  return (
    <>
      <p>{words.driftFacts(watched, instant(report.since))}</p>
      {nothing && (
        <p class={watched === 0 ? 'warn' : 'good'}>{watched === 0 ? words.driftUnwatched : words.driftNothing}</p>
      )}
      <List
        name="announced"
        title={words.driftAnnounced}
        rows={announced}
        columns={[
          ...routeColumns(words.prefix, words.origin),
          { title: words.peers, show: row => count(row.peers), kind: 'number' },
        ]}
      />
      <List
        name="silent"
        title={words.driftSilent(report.days)}
        rows={silent}
        columns={[
          { title: words.source, show: row => row.source, kind: 'id' },
          ...routeColumns(words.prefix, words.origin),
          {
            title: words.seenLast,
            show: row => (row.lastSeen === null ? words.never : day(row.lastSeen)),
            kind: 'time',
          },
        ]}
      >
        {waiting > 0 && <p class="soft">{words.driftWaiting(waiting)}</p>}
      </List>
      <List
        name="contradicted"
        title={words.driftContradicted}
        rows={contradicted}
        columns={[
          { title: words.source, show: row => row.source, kind: 'id' },
          ...routeColumns(words.prefix, words.origin),
          { title: words.reasonCode, show: row => row.reason },
          { title: words.why, show: row => <span lang="en">{row.why}</span> },
        ]}
      />
      <List
        name="expiring"
        title={words.driftExpiring}
        rows={expiring}
        columns={[
          { title: words.source, show: row => row.source, kind: 'id' },
          ...routeColumns(words.prefix, words.origin),
          { title: words.removal, show: row => day(row.removal), kind: 'time' },
          { title: words.state, show: row => (row.state === 'removal' ? words.due : words.warned) },
        ]}
      />
      <List
        name="strangers"
        title={words.driftStrangers}
        rows={strangers}
        columns={[
          { title: words.what, show: row => (row.kind === 'vrp' ? 'VRP' : row.source), kind: 'id' },
          {
            title: words.prefix,
            show: row => (row.maxLength === null ? row.prefix : `${row.prefix}-${row.maxLength}`),
            kind: 'code',
          },
          { title: words.origin, show: row => asText(row.origin), kind: 'id' },
          { title: words.maintainer, show: row => row.mntBy.join(' ') },
          {
            title: words.firstSeen,
            show: row => (row.earlier ? words.earlier : instant(row.firstSeen)),
            kind: 'time',
          },
        ]}
      />
      {report.remarks.map(text => (
        <p class="warn" lang="en" key={text}>
          {text}
        </p>
      ))}
    </>
  );
}

/** The two columns that each list of routes has; the prefix leads to the routes that are held. */
const routeColumns = (prefix: string, origin: string) =>
  [
    {
      title: prefix,
      show: (row: { readonly prefix: string }) => (
        <a href={hashOf('routes', { query: { q: row.prefix } })}>
          <code>{row.prefix}</code>
        </a>
      ),
    },
    { title: origin, show: (row: { readonly origin: number }) => asText(row.origin), kind: 'id' as const },
  ] as const;

interface ListProps<T> {
  readonly name: string;
  readonly title: string;
  readonly rows: readonly T[];
  readonly columns: readonly Column<T>[];
  readonly children?: ComponentChildren;
}

/** A heading with the count stands there though the list be empty: that nothing was found is an answer. */
function List<T>({ name, title, rows, columns, children }: ListProps<T>) {
  const words = useWords();
  return (
    <section aria-label={title}>
      <h3>
        {title}: {count(rows.length)}
      </h3>
      {rows.length > 0 && (
        <>
          <button type="button" onClick={() => saveJson(`intertrack-drift-${name}`, rows)}>
            {words.download}
            <span class="visually-hidden"> {title}</span>
          </button>
          <Table
            caption={title}
            rows={rows.map((row, i) => ({ row, key: `${i}` }))}
            keyOf={({ key }) => key}
            columns={columns.map(column => ({ ...column, show: ({ row }: { row: T }) => column.show(row) }))}
          />
        </>
      )}
      {children}
    </section>
  );
}
