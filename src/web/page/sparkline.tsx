/** A small graph of one number over time, with its bounds as text: no axis, no library. */
import { useWords } from './context.ts';
import { instant } from './show.ts';

export interface Point {
  /** ms since the epoch. */
  readonly at: number;
  /** Null: nothing is known of that time. */
  readonly value: number | null;
}

const [WIDTH, HEIGHT, EDGE] = [280, 56, 3];

/** Parts of the line: it is broken where nothing is known. */
export function linesThrough(points: readonly Point[], most: number): readonly string[] {
  const [from, to] = [points[0]?.at ?? 0, points.at(-1)?.at ?? 0];
  const x = (at: number) => (to === from ? WIDTH : ((at - from) / (to - from)) * WIDTH);
  const y = (value: number) => HEIGHT - EDGE - (most <= 0 ? 0 : (value / most) * (HEIGHT - 2 * EDGE));
  const lines: string[][] = [[]];
  for (const { at, value } of points)
    if (value === null) lines.push([]);
    else lines.at(-1)!.push(`${x(at).toFixed(1)},${y(value).toFixed(1)}`);
  return lines.filter(({ length }) => length > 0).map(line => line.join(' '));
}

/** `least`: the graph goes up to this at least. */
export function Sparkline({
  name,
  points,
  show,
  least = 0,
}: {
  name: string;
  points: readonly Point[];
  show: (value: number) => string;
  least?: number;
}) {
  const words = useWords();
  const values = points.flatMap(({ value }) => (value === null ? [] : [value]));
  const [highest, latest] = [Math.max(0, ...values), points.at(-1)?.value ?? null];
  const now = latest === null ? words.notKnown : show(latest);
  const said = `${name}: ${words.nowAndMost(now, show(highest))}`;
  return (
    <figure class="sparkline">
      <figcaption>
        {name} <strong>{now}</strong>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={said}>
        {linesThrough(points, Math.max(least, highest)).map((line, i) => (
          <polyline key={i} points={line} />
        ))}
      </svg>
      <p class="soft">
        <span>{instant(points[0]?.at ?? null).slice(11)}</span>
        <span>{words.mostOf(show(highest))}</span>
      </p>
    </figure>
  );
}
