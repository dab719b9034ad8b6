/** AS paths from our peers to their origins: those of a case beside those that should be. */
import { useMemo } from 'preact/hooks';
import { useWords } from './context.ts';
import { layPaths, type SortedPath } from './path-layers.ts';

const [WIDTH, HEIGHT, ACROSS, DOWN, MARGIN] = [104, 40, 150, 54, 6];
/** What a person can still follow. */
const MOST_NODES = 48;

/** The drawing; the table of the same paths stands beside it for who does not see it. */
export function PathGraph({ paths }: { paths: readonly SortedPath[] }) {
  const words = useWords();
  const { nodes, links, layers, rows, left } = useMemo(() => layPaths(paths, MOST_NODES), [paths]);
  if (nodes.length === 0) return null;
  const x = (layer: number) => (layers - 1 - layer) * ACROSS + MARGIN;
  const y = (row: number) => row * DOWN + MARGIN;
  const sortName = { case: words.offending, registered: words.normal };
  const text = links
    .map(({ from, to, sort }) => `${nodes[from]!.name} → ${nodes[to]!.name} (${sortName[sort]})`)
    .join(', ');
  return (
    <>
      <p class="legend">
        <span class="key case" aria-hidden="true" /> {words.offendingPaths}
        <span class="key registered" aria-hidden="true" /> {words.normalPaths}
      </p>
      <div class="scroll">
        <svg
          class="paths"
          width={(layers - 1) * ACROSS + WIDTH + 2 * MARGIN}
          height={(rows - 1) * DOWN + HEIGHT + 2 * MARGIN}
          role="img"
          aria-label={text}
        >
          {links.map(({ from, to, sort }) => {
            const [a, b] = [nodes[from]!, nodes[to]!];
            // The two sorts run beside each other where they share a link.
            const shift = sort === 'case' ? -4 : 4;
            const [x0, y0] = [x(a.layer) + WIDTH, y(a.row) + HEIGHT / 2 + shift];
            const [x1, y1] = [x(b.layer), y(b.row) + HEIGHT / 2 + shift];
            const middle = (x0 + x1) / 2;
            return (
              <path
                class={`link ${sort}`}
                key={`${from} ${to} ${sort}`}
                d={`M${x0} ${y0} C${middle} ${y0} ${middle} ${y1} ${x1} ${y1}`}
              />
            );
          })}
          {nodes.map(({ name, layer, row, sorts, origin }) => (
            <g
              class={`node ${sorts.join(' ')} ${origin === null ? '' : `origin-${origin}`}`}
              key={name}
              transform={`translate(${x(layer)} ${y(row)})`}
            >
              <rect width={WIDTH} height={HEIGHT} rx="5" />
              <text x={WIDTH / 2} y={origin === null ? 25 : 18} text-anchor="middle">
                {name.length > 13 ? `${name.slice(0, 12)}…` : name}
              </text>
              {origin !== null && (
                <text x={WIDTH / 2} y="33" text-anchor="middle" class="small">
                  {sortName[origin]}
                </text>
              )}
            </g>
          ))}
        </svg>
      </div>
      {left > 0 && <p class="soft">{words.notDrawn(left)}</p>}
    </>
  );
}
