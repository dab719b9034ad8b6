/** All of the daemon in one view: what is wrong comes first, and one line says so when nothing is. */
import type { SummaryRow } from '../../collector/messages.ts';
import type { IrrStatusRow, RpkiSourceStatus, StatusReport } from '../../control/daemon.ts';
import type { Case } from '../../hijack/case.ts';
import { CaseTable, lineOf } from './case-table.tsx';
import { useAsk, useWords } from './context.ts';
import { useCaseChanges } from './live.ts';
import { Machines } from './machines.tsx';
import { Figures, Read, Table } from './parts.tsx';
import { PeerState } from './peer-state.tsx';
import { hashOf } from './place.ts';
import { age, count, instant } from './show.ts';
import { CacheTable, SourceTable } from './sources.tsx';

const GRAVITY: readonly string[] = ['critical', 'major', 'minor', 'info', 'ok', 'no-opinion'];

export function Overview() {
  const words = useWords();
  const status = useAsk<StatusReport>('show status');
  const cases = useAsk<Case[]>('show case', { open: true });
  useCaseChanges(cases.again);
  return (
    <>
      <h1>{words.overview}</h1>
      <Read of={status}>{one => <Health one={one} open={cases.value} />}</Read>
      <Read of={cases}>{rows => <OpenCases rows={rows} />}</Read>
      <Machines />
      <Peers />
      <Registries />
    </>
  );
}

/** Cases that are shown here: the rest is one step away. */
const SHOWN = 10;

/** The gravest first, and of these the latest. */
function OpenCases({ rows }: { rows: readonly Case[] }) {
  const words = useWords();
  const rank = ({ severity }: Case) => (severity === undefined ? GRAVITY.length : GRAVITY.indexOf(severity));
  const sorted = rows.toSorted((a, b) => rank(a) - rank(b) || b.opened - a.opened);
  if (rows.length === 0)
    return (
      <>
        <h2>{words.openCases}</h2>
        <p class="good">{words.noCases}</p>
      </>
    );
  return (
    <>
      <CaseTable heading={2} caption={words.gravest} rows={sorted.slice(0, SHOWN).map(lineOf)} />
      {rows.length > SHOWN && (
        <p>
          <a href={hashOf('cases')}>{words.allOpen(rows.length)}</a>
        </p>
      )}
    </>
  );
}

/** What is wrong, or that nothing is; then how much there is of everything. */
function Health({ one, open }: { one: StatusReport; open: readonly Case[] | null }) {
  const words = useWords();
  const { problems, probes, tracePeers } = one;
  // Where machines share the cases, the status is of those that the one that is asked has.
  const all = open?.length ?? one.openCases;
  const calm = problems.length === 0 && all === 0 && one.established === one.peers;
  return (
    <>
      {problems.length === 0 ? (
        <p class="good verdict" role="status">
          {calm && open?.length === 0 ? words.allWell : words.noProblems}
        </p>
      ) : (
        <section aria-labelledby="problems">
          <h2 id="problems" class="bad">
            {words.problemCount(problems.length)}
          </h2>
          <ul class="box" lang="en">
            {problems.map(problem => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        </section>
      )}
      <Figures
        of={[
          [words.openCases, <Bad of={count(all)} when={all > 0} />],
          [words.peersUp, <Bad of={`${one.established} / ${one.peers}`} when={one.established < one.peers} />],
          [words.routesHeld, count(one.routes)],
          [words.prefixes, count(one.prefixes)],
          [
            words.registryAge,
            <Bad
              of={one.registry.oldest === null ? words.none : age(one.registry.oldest)}
              when={one.registry.stale.length > 0}
            />,
          ],
          [words.objects, count(one.registry.objects)],
          [words.noticesWaiting, <Bad of={count(one.outbox.pending)} when={one.outbox.pending > 0} />],
          [
            words.probesConnected,
            <Bad of={`${probes.connected} / ${probes.configured}`} when={probes.connected < probes.configured} />,
          ],
          [
            words.tracePeersUp,
            <Bad
              of={`${tracePeers.established} / ${tracePeers.configured}`}
              when={tracePeers.established < tracePeers.configured}
            />,
          ],
        ]}
      />
      <p class="soft">
        {words.daemonOf(one.as, one.routerId)}; intertrackd {one.version}, {words.running} {age(one.time - one.started)}
        ; {instant(one.time)}
      </p>
    </>
  );
}

const Bad = ({ of, when }: { of: string; when: boolean }) => <span class={when ? 'bad' : ''}>{of}</span>;

/** Peers that are not up come first. */
function Peers() {
  const words = useWords();
  const peers = useAsk<SummaryRow[]>('show bgp summary');
  const up = ({ state }: SummaryRow) => Number(state === 'Established');
  return (
    <Read of={peers}>
      {rows =>
        rows.length === 0 ? (
          <>
            <h2>{words.peers}</h2>
            <p>{words.noPeers}</p>
          </>
        ) : (
          <Table
            heading={2}
            caption={words.peers}
            rows={rows.toSorted((a, b) => up(a) - up(b))}
            keyOf={row => row.peer}
            columns={[
              {
                title: words.peer,
                show: row => <a href={hashOf('peer', { id: row.peer })}>{row.peer}</a>,
                kind: 'id',
              },
              { title: words.as, show: row => `AS${row.as}`, kind: 'id' },
              { title: words.state, show: row => <PeerState of={row.state} /> },
              { title: words.since, show: row => instant(row.since), kind: 'time' },
              { title: words.prefixes, show: row => count(row.prefixes), kind: 'number' },
              { title: words.description, show: row => row.description },
              { title: words.lastError, show: row => row.lastError },
            ]}
          />
        )
      }
    </Read>
  );
}

function Registries() {
  const sources = useAsk<IrrStatusRow[]>('show irr', {}, 15_000);
  const caches = useAsk<RpkiSourceStatus[]>('show rpki', {}, 15_000);
  return (
    <>
      <Read of={sources}>{rows => <SourceTable rows={rows} />}</Read>
      <Read of={caches}>{rows => <CacheTable rows={rows} />}</Read>
    </>
  );
}
