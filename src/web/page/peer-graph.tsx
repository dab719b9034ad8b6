/** Who takes part in traces, drawn on the AS graph: this AS on the left, then by distance. */
import { useMemo } from 'preact/hooks';
import type { TracebackFrontier, TracebackGraph } from '../../control/traceback-rows.ts';
import { useWords } from './context.ts';
import { layersOf, type PlacedAs } from './graph-layers.ts';
import { asText } from './show.ts';
import { LOOKS, type Standing } from './trace-standing.ts';

const [WIDTH, HEIGHT, ACROSS, DOWN, EDGE] = [132, 42, 230, 56, 8];

interface Graph {
  readonly graph: TracebackGraph;
  readonly standings: ReadonlyMap<number, Standing>;
  readonly chosen: number | null;
  /** Who would be asked behind the chosen one; null: nobody is chosen, or it is not known yet. */
  readonly frontier: TracebackFrontier | null;
  readonly choose: (as: number) => void;
}

export function PeerGraph({ graph: { sketch }, standings, chosen, frontier, choose }: Graph) {
  const words = useWords();
  const { ases, columns, rows } = useMemo(() => layersOf(sketch.ases, sketch.links), [sketch]);
  const at = new Map(ases.map(one => [one.as, one]));
  const waves = new Map(
    (frontier?.groups ?? []).flatMap(group =>
      group.waves.flatMap((wave, i) => wave.map(({ as }) => [as, i + 1] as const)),
    ),
  );
  const passed = new Set((frontier?.groups ?? []).flatMap(group => group.passed));
  const own = sketch.ases[0]?.as;
  const [width, height] = [(columns - 1) * ACROSS + WIDTH + 2 * EDGE, rows * DOWN + EDGE];
  const takingPart = ases.filter(({ as }) => as !== own && (standings.get(as) ?? 'absent') !== 'absent').length;
  return (
    <section class="scroll" aria-label={words.graph}>
      <svg
        width={width}
        height={height}
        role="img"
        aria-label={words.graphSaid(takingPart, ases.length - 1)}
        class="as-graph"
      >
        {sketch.links.map(({ from, to, relation }) => {
          const [a, b] = [at.get(from), at.get(to)];
          return a === undefined || b === undefined ? null : (
            <path key={`${from} ${to}`} class={`link ${relation ?? 'unknown'}`} d={pathBetween(a, b)}>
              <title>{words.linkSaid(asText(from), asText(to), relation)}</title>
            </path>
          );
        })}
        {ases.map(one => {
          const standing = one.as === own ? 'own' : (standings.get(one.as) ?? 'absent');
          const { mark, look } = LOOKS[standing];
          const wave = waves.get(one.as);
          const classes = [
            'node',
            look,
            one.as === chosen && 'chosen',
            wave !== undefined && 'wave',
            passed.has(one.as) && 'passed',
          ];
          return (
            // The table beside it is for keys and for those who hear it.
            // biome-ignore lint/a11y/noStaticElementInteractions: the table chooses by keys
            <g
              key={one.as}
              class={classes.filter(Boolean).join(' ')}
              transform={`translate(${left(one)} ${top(one)})`}
              onClick={() => choose(one.as)}
            >
              <title>{`${asText(one.as)}: ${words.standings[standing]}`}</title>
              <rect class="frame" width={WIDTH} height={HEIGHT} rx="6" />
              <text x="8" y="18" class="name">{`${mark} ${asText(one.as)}`}</text>
              <text x="8" y="33" class="small">
                {wave === undefined ? words.standings[standing] : words.wave(wave)}
              </text>
            </g>
          );
        })}
      </svg>
    </section>
  );
}

const left = ({ column }: PlacedAs): number => column * ACROSS + EDGE;
const top = ({ row }: PlacedAs): number => row * DOWN + EDGE / 2;

/** Between neighbours in one column it goes out to the right and back. */
function pathBetween(a: PlacedAs, b: PlacedAs): string {
  const [y, toY] = [top(a) + HEIGHT / 2, top(b) + HEIGHT / 2];
  if (a.column === b.column) {
    const x = left(a) + WIDTH;
    const out = x + 24 + Math.min(40, Math.abs(a.row - b.row) * 8);
    return `M${x} ${y} C${out} ${y} ${out} ${toY} ${x} ${toY}`;
  }
  const [near, far] = a.column < b.column ? [a, b] : [b, a];
  const [x, toX] = [left(near) + WIDTH, left(far)];
  const [from, to] = [top(near) + HEIGHT / 2, top(far) + HEIGHT / 2];
  const bend = (x + toX) / 2;
  return `M${x} ${from} C${bend} ${from} ${bend} ${to} ${toX} ${to}`;
}
