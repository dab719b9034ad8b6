/** AS paths towards one origin, drawn once for all witnesses. */
import { useMemo } from 'preact/hooks';
import type { AsPath } from '../../hijack/case.ts';
import { placePaths } from './layered.ts';

const [WIDTH, HEIGHT, ACROSS, DOWN] = [96, 28, 116, 64];

export function PathGraph({ paths, offender }: { paths: readonly AsPath[]; offender: number | null }) {
  const { nodes, links } = useMemo(() => placePaths(paths), [paths]);
  if (nodes.length === 0) return null;
  const layers = Math.max(...nodes.map(({ layer }) => layer)) + 1;
  const widest = Math.max(...nodes.map(({ place }) => place)) + 1;
  const x = (place: number) => place * ACROSS + 4;
  const y = (layer: number) => (layers - 1 - layer) * DOWN + 4;
  const at = new Map(nodes.map(node => [node.as, node]));
  const text = links.map(([a, b]) => `AS${a} to AS${b}`).join(', ');
  return (
    <div class="scroll">
      <svg width={widest * ACROSS + 8} height={layers * DOWN} role="img" aria-label={text}>
        {links.map(([a, b]) => {
          const [from, to] = [at.get(a)!, at.get(b)!];
          return (
            <path
              class="link"
              key={`${a} ${b}`}
              d={`M${x(from.place) + WIDTH / 2} ${y(from.layer) + HEIGHT} L${x(to.place) + WIDTH / 2} ${y(to.layer)}`}
            />
          );
        })}
        {nodes.map(({ as, layer, place }) => (
          <g
            class={as === offender ? 'node offender' : 'node'}
            key={as}
            transform={`translate(${x(place)} ${y(layer)})`}
          >
            <rect width={WIDTH} height={HEIGHT} rx="5" />
            <text x={WIDTH / 2} y="19" text-anchor="middle">{`AS${as}`}</text>
          </g>
        ))}
      </svg>
    </div>
  );
}
