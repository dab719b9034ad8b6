/** Traces: those that run, the latest ones, and the beginning of a new one. */
import type { Trace } from '../../traceback/trace.ts';
import { useAsk, useWords } from './context.ts';
import { useTraceChanges } from './live.ts';
import { Mark, Read, Table } from './parts.tsx';
import { chanceText, count, instant } from './show.ts';
import { entryOf, traceMark } from './trace-facts.tsx';
import { TraceStart } from './trace-start.tsx';

/** Changes are told; it is read anew in any case after so many ms. */
const SELDOM = 60_000;

export function Traces() {
  const words = useWords();
  const traces = useAsk<Trace[]>('show trace', {}, SELDOM);
  useTraceChanges(traces.again);
  return (
    <>
      <h1>{words.traces}</h1>
      <TraceStart />
      <Read of={traces}>
        {rows =>
          rows.length === 0 ? (
            <p>{words.noTraces}</p>
          ) : (
            <Table
              caption={words.latestTraces}
              rows={rows}
              keyOf={one => one.id}
              columns={[
                { title: words.trace, show: one => <a href={`#/trace/${one.id}`}>{one.id}</a>, kind: 'id' },
                { title: words.asked, show: one => instant(one.asked), kind: 'time' },
                { title: words.state, show: one => <Mark of={words.states[one.state]} as={traceMark(one.state)} /> },
                { title: words.entry, show: one => entryOf(one, words) },
                {
                  title: words.certainty,
                  show: one => (one.certainty == null ? '' : chanceText(one.certainty, words)),
                  kind: 'number',
                },
                { title: words.possibleOnes, show: one => count(one.ambiguity.length), kind: 'number' },
                { title: words.queries, show: one => count(one.queries), kind: 'number' },
                { title: words.took, show: one => `${count(one.milliseconds)} ms`, kind: 'number' },
                {
                  title: words.forCase,
                  show: ({ caseId }) => caseId !== undefined && <a href={`#/case/${caseId}`}>{caseId}</a>,
                  kind: 'id',
                },
              ]}
            />
          )
        }
      </Read>
    </>
  );
}
