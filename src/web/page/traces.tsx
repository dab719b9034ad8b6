/** Traces: the latest, and one with its tree, which grows while answers come. */
import { useMemo } from 'preact/hooks';
import type { Trace, TraceNode } from '../../traceback/trace.ts';
import { useAsk, useWords } from './context.ts';
import { placeTree } from './layered.ts';
import { Figures, Read, Table } from './parts.tsx';
import { asText, count, instant, percent } from './show.ts';

export function Traces() {
  const words = useWords();
  const traces = useAsk<Trace[]>('show trace');
  return (
    <>
      <h1>{words.traces}</h1>
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
                { title: words.state, show: one => one.state },
                { title: words.entry, show: one => (one.entry === null ? words.noEntry : asText(one.entry.as)) },
                { title: words.certainty, show: one => percent(one.certainty), kind: 'number' },
                { title: words.queries, show: one => count(one.queries), kind: 'number' },
                { title: words.time, show: one => `${count(one.milliseconds)} ms`, kind: 'number' },
              ]}
            />
          )
        }
      </Read>
    </>
  );
}

/** One that is over does not change any more; one that was interrupted may be asked again. */
const untilOver = (trace: Trace | null): number =>
  trace?.state === 'final' || trace?.state === 'cancelled' ? 0 : 1000;

export function TraceView({ id }: { id: string }) {
  const words = useWords();
  const reading = useAsk<Trace>('show trace', { 'trace-id': id }, untilOver);
  return (
    <>
      <h1>
        {words.trace} {id}
      </h1>
      <Read of={reading}>
        {one => (
          <>
            <Figures
              of={[
                [words.state, one.state],
                [words.entry, one.entry === null ? words.noEntry : asText(one.entry.as)],
                [words.certainty, percent(one.certainty)],
                [words.ambiguity, one.ambiguity.length === 0 ? words.nobody : one.ambiguity.map(asText).join(', ')],
                [words.queries, count(one.queries)],
                [words.time, `${count(one.milliseconds)} ms`],
              ]}
            />
            <Nodes trace={one} />
          </>
        )}
      </Read>
    </>
  );
}

type PlacedTree = ReturnType<typeof placeTree<TraceNode>>;

/** The tree as a drawing and as words. */
function Nodes({ trace }: { trace: Trace }) {
  const words = useWords();
  const placed = useMemo(() => placeTree(trace.tree), [trace]);
  return (
    <>
      <h2>{words.tree}</h2>
      <p class="soft">{words.treeHelp}</p>
      <Tree trace={trace} placed={placed} />
      <h2>{words.why}</h2>
      <NodeTable placed={placed} />
    </>
  );
}

const [WIDTH, HEIGHT, ACROSS, DOWN] = [128, 40, 170, 50];

function Tree({ trace, placed: { nodes, rows, layers } }: { trace: Trace; placed: PlacedTree }) {
  const x = (layer: number) => layer * ACROSS + 4;
  const y = (row: number) => row * DOWN + 4;
  const seen = ({ verdict }: TraceNode) => verdict === 'saw' || verdict === 'translated';
  return (
    <div class="tall">
      <svg width={layers * ACROSS} height={rows * DOWN} role="img" aria-label={trace.id}>
        {nodes.map(({ parent, layer, row }, i) => {
          if (parent === null) return null;
          const from = nodes[parent]!;
          const [x0, y0] = [x(from.layer) + WIDTH, y(from.row) + HEIGHT / 2];
          const [x1, y1] = [x(layer), y(row) + HEIGHT / 2];
          const middle = (x0 + x1) / 2;
          return <path class="link" key={i} d={`M${x0} ${y0} C${middle} ${y0} ${middle} ${y1} ${x1} ${y1}`} />;
        })}
        {nodes.map(({ node, layer, row }, i) => {
          const entry = trace.entry?.as === node.as && seen(node);
          return (
            <g
              class={`node${seen(node) ? ' saw' : ''}${entry ? ' entry' : ''}`}
              key={i}
              transform={`translate(${x(layer)} ${y(row)})`}
            >
              <title>{node.reason}</title>
              <rect width={WIDTH} height={HEIGHT} rx="6" />
              <text x="8" y="17">{`AS${node.as}`}</text>
              <text x="8" y="32" class="small">
                {node.verdict}
              </text>
            </g>
          );
        })}
      </svg>
    </div>
  );
}

/** What each AS said, as words: the same as the drawing for who does not see it. */
function NodeTable({ placed }: { placed: PlacedTree }) {
  const words = useWords();
  const rows = useMemo(() => placed.nodes.map(({ node }, i) => ({ node, i })), [placed]);
  return (
    <Table
      caption={words.tree}
      rows={rows}
      keyOf={({ i }) => String(i)}
      columns={[
        { title: words.as, show: ({ node }) => asText(node.as), kind: 'id' },
        { title: words.verdict, show: ({ node }) => node.verdict },
        {
          title: words.ingress,
          show: ({ node }) => (node.source ? words.source_ : node.ingress.map(asText).join(', ')),
        },
        { title: words.why, show: ({ node }) => node.reason },
      ]}
    />
  );
}
