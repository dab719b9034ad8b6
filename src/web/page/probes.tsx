/** Probes: what they take in, lose, keep and are asked; one with its history and its vantages. */
import type { ProbeDetail, ProbeStatusRow, VantageRow } from '../../control/probe-rows.ts';
import { useAsk, useWords } from './context.ts';
import { Figures, Mark, Read, Table } from './parts.tsx';
import './probes.css';
import { age, asText, count, instant, octetsText, percent } from './show.ts';
import { type Point, Sparkline } from './sparkline.tsx';
import type { Words } from './words.ts';

/** Probes whose history is shown below the list; that of others is shown by itself. */
const MOST_SHOWN = 6;

export function Probes({ id }: { id: string }) {
  return id === '' ? <AllProbes /> : <OneProbe probe={id} />;
}

function AllProbes() {
  const words = useWords();
  const probes = useAsk<ProbeStatusRow[]>('show probe');
  return (
    <>
      <h1>{words.probes}</h1>
      <Read of={probes}>
        {rows => (
          <>
            {rows.length === 0 ? <p>{words.noProbes}</p> : <ProbeTable rows={rows} />}
            {rows.slice(0, MOST_SHOWN).map(({ probe }) => (
              <History key={probe} probe={probe} />
            ))}
          </>
        )}
      </Read>
    </>
  );
}

const linkOf = (probe: string): string => `#/probes/${encodeURIComponent(probe)}`;

function ProbeTable({ rows }: { rows: readonly ProbeStatusRow[] }) {
  const words = useWords();
  return (
    <Table
      caption={words.probes}
      rows={rows}
      keyOf={row => row.probe}
      columns={[
        { title: words.probe, show: row => <a href={linkOf(row.probe)}>{row.probe}</a>, kind: 'id' },
        { title: words.state, show: row => <State row={row} /> },
        { title: words.since, show: row => instant(row.since), kind: 'time' },
        { title: words.packets, show: row => count(row.packets), kind: 'number' },
        { title: words.rate, show: row => count(row.rate), kind: 'number' },
        { title: words.lost, show: row => <Lost row={row} />, kind: 'number' },
        { title: words.windows, show: row => count(row.windows), kind: 'number' },
        { title: words.holds, show: row => age(row.retained && row.retained.to - row.retained.from), kind: 'number' },
        { title: words.lastQuestion, show: row => questionText(row, words) },
      ]}
    />
  );
}

function State({ row: { connected } }: { row: ProbeStatusRow }) {
  const words = useWords();
  return <Mark of={connected ? words.connected : words.away} as={connected ? 'good' : 'bad'} />;
}

/** From this share of lost packets on it stands out. */
const NOTABLE_LOSS = 0.001;

function Lost({ row: { packets, lost } }: { row: ProbeStatusRow }) {
  const share = lost / Math.max(1, packets + lost);
  return (
    <Mark
      of={lost === 0 ? '0' : `${count(lost)} (${Number((100 * share).toPrecision(2))} %)`}
      as={share > NOTABLE_LOSS ? 'warn' : 'soft'}
    />
  );
}

function questionText({ lastQuestion, questions }: ProbeStatusRow, words: Words): string {
  if (lastQuestion === null) return words.neverAsked;
  const { at, digests, seen } = lastQuestion;
  const came = seen === null ? words.notAnswered : words.seenOf(seen, digests);
  return `${instant(at)}: ${came} (${words.questionsSoFar(questions)})`;
}

function OneProbe({ probe }: { probe: string }) {
  const words = useWords();
  const vantages = useAsk<VantageRow[]>('show probe vantages', { probe }, 15_000);
  return (
    <>
      <h1>
        {words.probe} {probe}
      </h1>
      <p>
        <a href="#/probes">{words.allProbes}</a>
      </p>
      <History probe={probe} alone />
      <h2>{words.vantages}</h2>
      <Read of={vantages}>
        {rows => (
          <Table
            caption={words.vantages}
            rows={rows}
            keyOf={row => `${row.mac} ${row.vlan} ${row.interface} ${row.direction} ${row.from}`}
            columns={[
              { title: words.as, show: row => asText(row.as), kind: 'id' },
              { title: words.linkAddress, show: row => row.mac ?? row.interface, kind: 'code' },
              { title: 'VLAN', show: row => row.vlan, kind: 'number' },
              { title: words.direction, show: row => row.direction },
              { title: words.knownFrom, show: row => row.from },
              { title: words.packets, show: row => count(row.packets), kind: 'number' },
              { title: words.lastSeen, show: row => instant(row.lastSeen), kind: 'time' },
              { title: words.contradicts, show: row => row.conflict !== '' && <Mark of={row.conflict} as="warn" /> },
            ]}
          />
        )}
      </Read>
    </>
  );
}

/** What was lost a second between one report and the next; a probe that began anew counts from 0. */
const lossPoints = (history: ProbeDetail['history']): Point[] =>
  history.slice(1).map(({ at, lost }, i) => {
    const before = history[i]!;
    return { at, value: Math.max(0, (lost - before.lost) / Math.max(0.001, (at - before.at) / 1000)) };
  });

function History({ probe, alone = false }: { probe: string; alone?: boolean }) {
  const words = useWords();
  const reading = useAsk<ProbeDetail[]>('show probe', { probe }, 10_000);
  return (
    <section aria-label={probe}>
      {!alone && <h2>{probe}</h2>}
      <Read of={reading}>
        {([row]) => {
          if (row === undefined) return null;
          const { history } = row;
          const points = (value: (one: ProbeDetail['history'][number]) => number | null): Point[] =>
            history.map(one => ({ at: one.at, value: value(one) }));
          const whole = (value: number) => count(value < 10 ? Number(value.toFixed(1)) : Math.round(value));
          // A probe that reads a file captures nothing.
          const rates = points(({ rate }) => rate);
          return (
            <>
              {alone && <ProbeTable rows={[row]} />}
              {history.length > 1 && (
                <div class="sparklines">
                  {rates.some(({ value }) => value !== null) && (
                    <Sparkline name={words.rate} points={rates} show={whole} />
                  )}
                  <Sparkline name={words.lostRate} points={lossPoints(history)} show={whole} least={1} />
                  <Sparkline name={words.fill} points={points(({ fill }) => fill)} show={percent} least={1} />
                  <Sparkline
                    name={words.sampling}
                    points={points(({ sampling }) => sampling)}
                    show={percent}
                    least={1}
                  />
                </div>
              )}
              <Kept row={row} />
            </>
          );
        }}
      </Read>
    </section>
  );
}

/** How a probe keeps windows, and what is wrong with that. */
function Kept({ row: { kept, retained, dropped } }: { row: ProbeDetail }) {
  const words = useWords();
  if (kept === null) return null;
  const { latest, holes, unread, unsaved, unsealed, trouble } = kept;
  const wrong = [
    ...(trouble === '' ? [] : [`${words.diskRefuses}: ${trouble}`]),
    ...(dropped === null || dropped === 0 ? [] : [words.ringFull(dropped)]),
    ...(kept.dropped === 0 ? [] : [words.droppedEarly(kept.dropped)]),
    ...(unsealed === 0 ? [] : [words.notSealed(unsealed)]),
    ...(unsaved === 0 ? [] : [words.notSaved(unsaved)]),
    ...(unread === 0 ? [] : [words.readingBack(unread)]),
    ...holes.map(({ from, to }) => words.hole(instant(from), age(to - from))),
  ];
  const bits = latest === null || latest.packets === 0 ? '' : ((latest.octets * 8) / latest.packets).toFixed(1);
  const facts: (readonly [string, string])[] = [
    [words.retained, instant(retained?.from ?? null)],
    [words.memory, octetsText(kept.memory)],
    [words.disk, kept.disk === null ? words.memoryOnly : octetsText(kept.disk)],
    [words.lastWindow, latest === null ? '' : words.windowText(latest.packets, latest.vantages)],
    [words.bitsAPacket, bits],
  ];
  return (
    <>
      <Figures of={facts.filter(([, value]) => value !== '')} />
      {wrong.length > 0 && (
        <ul class="box">
          {wrong.map(line => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
    </>
  );
}
