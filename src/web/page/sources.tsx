/** Sources of the registry as tables: of the IRR, and of the RPKI. */
import type { IrrStatusRow, RpkiSourceStatus } from '../../control/daemon.ts';
import { useWords } from './context.ts';
import { Mark, Table } from './parts.tsx';
import { age, count, instant } from './show.ts';

/** Those that are not fresh come first. */
export function SourceTable({ rows }: { rows: readonly IrrStatusRow[] }) {
  const words = useWords();
  if (rows.length === 0)
    return (
      <>
        <h2>{words.sources}</h2>
        <p>{words.noSources}</p>
      </>
    );
  return (
    <Table
      heading={2}
      caption={words.sources}
      rows={rows.toSorted((a, b) => Number(b.stale) - Number(a.stale))}
      keyOf={row => row.source}
      columns={[
        { title: words.source, show: row => row.source, kind: 'id' },
        {
          title: words.state,
          show: row => <Mark of={row.stale ? words.outOfDate : words.fresh} as={row.stale ? 'bad' : 'good'} />,
        },
        { title: words.age, show: row => age(row.age), kind: 'time' },
        { title: words.objects, show: row => count(row.objects), kind: 'number' },
        { title: words.serial, show: row => row.serial, kind: 'number' },
        { title: words.authoritative, show: row => (row.authoritative ? words.yes : words.no) },
        { title: words.comesBy, show: row => `${row.transport} ${row.place}` },
        { title: words.checked, show: row => instant(row.checked), kind: 'time' },
        { title: words.refusedObjects, show: row => (row.refused > 0 ? count(row.refused) : ''), kind: 'number' },
        { title: words.lastError, show: row => row.lastError },
      ]}
    />
  );
}

/** Each cache or file of each source; what is wrong with the source stands with the one that serves. */
export function CacheTable({ rows }: { rows: readonly RpkiSourceStatus[] }) {
  const words = useWords();
  const caches = rows.flatMap(source => source.caches.map(cache => ({ ...cache, source })));
  if (caches.length === 0)
    return (
      <>
        <h2>{words.caches}</h2>
        <p>{words.noCaches}</p>
      </>
    );
  return (
    <Table
      heading={2}
      caption={words.caches}
      rows={caches}
      keyOf={({ source, cache }) => `${source.source} ${cache}`}
      columns={[
        { title: words.source, show: ({ source }) => source.source, kind: 'id' },
        { title: words.cache, show: row => row.cache },
        {
          title: words.state,
          show: row => {
            const inUse = row.source.inUse === row.cache;
            const bad = inUse && (row.source.stale || row.source.doubt !== '');
            return (
              <Mark of={`${row.state}${inUse ? ` (${words.inUse})` : ''}`} as={bad ? 'bad' : inUse ? 'good' : 'soft'} />
            );
          },
        },
        { title: words.age, show: row => age(row.age), kind: 'time' },
        { title: 'VRPs', show: row => count(row.vrps), kind: 'number' },
        { title: 'ASPAs', show: row => count(row.aspas), kind: 'number' },
        { title: words.serial, show: row => row.serial, kind: 'number' },
        {
          title: words.lastError,
          show: row =>
            [row.source.inUse === row.cache ? row.source.doubt : '', row.lastError].filter(Boolean).join('; '),
        },
      ]}
    />
  );
}
