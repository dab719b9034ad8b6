/** All of the daemon in one view. */
import type { SummaryRow } from '../../collector/messages.ts';
import type { IrrStatusRow, StatusReport } from '../../control/daemon.ts';
import type { Case } from '../../hijack/case.ts';
import { CaseTable } from './cases.tsx';
import { useAsk, useWords } from './context.ts';
import { Figures, Mark, Read, Table } from './parts.tsx';
import { age, count, instant } from './show.ts';

export function Overview() {
  const words = useWords();
  const status = useAsk<StatusReport>('show status');
  const peers = useAsk<SummaryRow[]>('show bgp summary');
  const sources = useAsk<IrrStatusRow[]>('show irr', {}, 15_000);
  const cases = useAsk<Case[]>('show case', { open: true });
  return (
    <>
      <h1>{words.overview}</h1>
      <Read of={status}>
        {one => (
          <>
            <Figures
              of={[
                [words.peers, `${one.established} / ${one.peers}`],
                [words.prefixes, count(one.prefixes)],
                [words.openCases, count(one.openCases)],
                [words.objects, count(one.registry.objects)],
                [words.probes, `${one.probes.connected} / ${one.probes.configured}`],
                [words.traceback, `${one.tracePeers.established} / ${one.tracePeers.configured}`],
              ]}
            />
            <h2>{words.problems}</h2>
            {one.problems.length === 0 ? (
              <p class="good">{words.noProblems}</p>
            ) : (
              <ul class="box">
                {one.problems.map(problem => (
                  <li key={problem}>{problem}</li>
                ))}
              </ul>
            )}
          </>
        )}
      </Read>
      <h2>{words.openCases}</h2>
      <Read of={cases}>
        {rows => (rows.length === 0 ? <p>{words.noCases}</p> : <CaseTable caption={words.openCases} rows={rows} />)}
      </Read>
      <h2>{words.peers}</h2>
      <Read of={peers}>
        {rows => (
          <Table
            caption={words.peers}
            rows={rows}
            keyOf={row => row.peer}
            columns={[
              { title: words.peer, show: row => row.peer, kind: 'id' },
              { title: words.as, show: row => row.as, kind: 'number' },
              {
                title: words.state,
                show: row => <Mark of={row.state} as={row.state === 'Established' ? 'good' : 'bad'} />,
              },
              { title: words.since, show: row => instant(row.since), kind: 'time' },
              { title: words.prefixes, show: row => count(row.prefixes), kind: 'number' },
              { title: words.lastError, show: row => row.lastError },
            ]}
          />
        )}
      </Read>
      <h2>{words.sources}</h2>
      <Read of={sources}>{rows => <SourceTable rows={rows} />}</Read>
    </>
  );
}

/** Sources of the registry, those that are not fresh marked. */
export function SourceTable({ rows }: { rows: readonly IrrStatusRow[] }) {
  const words = useWords();
  return (
    <Table
      caption={words.sources}
      rows={rows}
      keyOf={row => row.source}
      columns={[
        { title: words.source, show: row => row.source, kind: 'id' },
        { title: words.objects, show: row => count(row.objects), kind: 'number' },
        { title: words.serial, show: row => row.serial, kind: 'number' },
        { title: words.age, show: row => <Mark of={age(row.age)} as={row.stale ? 'bad' : 'good'} />, kind: 'time' },
        { title: words.lastError, show: row => row.lastError },
      ]}
    />
  );
}
