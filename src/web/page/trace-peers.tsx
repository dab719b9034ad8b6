/** ASes with which traces are exchanged: on the AS graph, and as a table that says the same. */
import { useMemo, useState } from 'preact/hooks';
import type { TracebackFrontier, TracebackGraph, TracebackPeerRow } from '../../control/traceback-rows.ts';
import type { BelievedRecord } from '../../traceback/belief.ts';
import type { Honesty } from '../../traceback/honesty.ts';
import { useAsk, useWords } from './context.ts';
import { Figures, Mark, Read } from './parts.tsx';
import { PeerAbout } from './peer-about.tsx';
import { PeerGraph } from './peer-graph.tsx';
import { type PeerLine, PeerTable } from './peer-table.tsx';
import { asText, count, instant } from './show.ts';
import './trace.css';
import { LOOKS, type Standing, standingOf } from './trace-standing.ts';

/** The graph changes when routes do, and is large: it is read now and then. */
const GRAPH_EVERY = 30_000;

export function TracePeers() {
  const words = useWords();
  const peers = useAsk<TracebackPeerRow[]>('show traceback peers');
  const records = useAsk<BelievedRecord[]>('show traceback participants', {}, 15_000);
  const honesty = useAsk<Honesty[]>('show traceback honesty', {}, 15_000);
  const graph = useAsk<TracebackGraph>('show traceback graph', {}, GRAPH_EVERY);
  const [chosen, setChosen] = useState<number | null>(null);
  const frontier = useAsk<TracebackFrontier>(
    chosen === null ? null : 'show traceback frontier',
    chosen === null ? {} : { as: String(chosen) },
    0,
  );
  const lines = useMemo(
    () => linesOf(peers.value ?? [], records.value ?? [], honesty.value ?? []),
    [peers.value, records.value, honesty.value],
  );
  const standings = useMemo(() => new Map(lines.map(({ as, standing }) => [as, standing])), [lines]);
  const own = graph.value?.sketch.ases[0]?.as;
  const used = new Map<Standing, number>();
  for (const { standing } of lines) used.set(standing, (used.get(standing) ?? 0) + 1);
  return (
    <>
      <h1>{words.traceback}</h1>
      <ul class="looks">
        {[...used].map(([standing, n]) => (
          <li key={standing} class={LOOKS[standing].look}>
            <span class="swatch" aria-hidden="true">
              {LOOKS[standing].mark}
            </span>
            {words.standings[standing]} ({n})
          </li>
        ))}
      </ul>
      <Read of={graph}>
        {value => (
          <>
            <GraphFigures graph={value} />
            <p class="soft">{words.graphHelp}</p>
            <PeerGraph
              graph={value}
              standings={standings}
              chosen={chosen}
              frontier={chosen === null ? null : frontier.value}
              choose={as => setChosen(as === own ? null : as)}
            />
            {value.sketch.leftOut > 0 && <p class="soft">{words.graphLeftOut(value.sketch.leftOut)}</p>}
          </>
        )}
      </Read>
      <div aria-live="polite">
        {chosen !== null && (
          <PeerAbout
            as={chosen}
            line={lines.find(({ as }) => as === chosen)}
            frontier={frontier}
            changed={peers.again}
          />
        )}
      </div>
      <h2>{words.whoTakesPart}</h2>
      <Read of={peers}>{() => <PeerTable lines={lines} chosen={chosen} choose={setChosen} />}</Read>
    </>
  );
}

/** All that is known of each AS, by AS. */
function linesOf(
  peers: readonly TracebackPeerRow[],
  records: readonly BelievedRecord[],
  honesty: readonly Honesty[],
): readonly PeerLine[] {
  const peerOf = new Map(peers.map(peer => [peer.as, peer]));
  const recordOf = new Map(records.map(one => [one.record.as, one]));
  const honestyOf = new Map(honesty.map(one => [one.as, one]));
  return [...new Set([...peerOf.keys(), ...recordOf.keys(), ...honestyOf.keys()])]
    .toSorted((a, b) => a - b)
    .map(as => {
      const peer = peerOf.get(as);
      const record = recordOf.get(as) ?? peer?.record ?? null;
      return { as, peer, record, honesty: honestyOf.get(as), standing: standingOf(peer, record) };
    });
}

function GraphFigures({ graph }: { graph: TracebackGraph }) {
  const words = useWords();
  const { ases, links, participants, on, off, built, changed, roles, aspas, inferred } = graph;
  return (
    <Figures
      of={[
        [words.graphAses, count(ases)],
        [words.graphLinks, count(links)],
        [words.linksKnown, `${count(roles)} / ${count(aspas)} / ${count(inferred)}`],
        [words.askable, count(participants)],
        [words.onGraph, `${on.length} / ${on.length + off.length}`],
        [
          words.graphBuilt,
          <span>
            {instant(built).slice(11)} {changed && <Mark of={words.graphChanged} as="soft" />}
          </span>,
        ],
        ...(off.length === 0 ? [] : [[words.offGraph, off.slice(0, 6).map(asText).join(' ')] as const]),
      ]}
    />
  );
}
