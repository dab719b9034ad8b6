/** The tree of a trace as a drawing: the AS that asked on the left, a place for each AS, folded ones in one. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Trace } from '../../traceback/trace.ts';
import { VERDICT_LOOKS } from '../../traceback/verdict-look.ts';
import { useWords } from './context.ts';
import { type Placed, placeTree } from './layered.ts';
import { asText, chanceText } from './show.ts';
import { type Branch, type Shown, sawIt } from './tree-model.ts';

const [WIDTH, HEIGHT, ACROSS, DOWN, EDGE] = [184, 46, 222, 60, 10];
/** Sizes that the drawing may have, and what one step changes. */
const [LEAST, MOST, STEP] = [0.05, 3, 1.25];
/** Smaller than this it is not drawn unless somebody wants so. */
const LEAST_READABLE = 0.65;

interface Drawing {
  readonly trace: Trace;
  readonly shown: Shown;
  /** Chance that the packets passed an AS; undefined: nothing is said. */
  readonly chance: (as: number) => number | undefined;
  readonly chosen: string | null;
  readonly found: ReadonlySet<string>;
  readonly choose: (id: string) => void;
  readonly fold: (one: Shown) => void;
}

export function TraceDrawing(drawing: Drawing) {
  const words = useWords();
  const { trace, shown, chosen } = drawing;
  const box = useRef<HTMLDivElement>(null);
  const [scale, setScale] = useState(1);
  const { nodes, rows, layers } = useMemo(() => placeTree(shown), [shown]);
  const [width, height] = [(layers - 1) * ACROSS + WIDTH + 2 * EDGE, rows * DOWN + EDGE];
  const zoom = (to: number) => setScale(Math.min(MOST, Math.max(LEAST, to)));
  const fit = () => {
    const room = box.current;
    if (room !== null) zoom(Math.min(1, room.clientWidth / width, room.clientHeight / height));
  };
  const at = nodes.find(({ node }) => node.id === chosen);
  // What is chosen by the list or by a search comes into sight.
  useEffect(() => {
    if (at === undefined || box.current === null) return;
    const { clientWidth, clientHeight, scrollLeft, scrollTop } = box.current;
    const [x, y] = [left(at) * scale, top(at) * scale];
    const inside = (from: number, room: number, place: number, size: number) =>
      place >= from && place + size <= from + room;
    if (inside(scrollLeft, clientWidth, x, WIDTH * scale) && inside(scrollTop, clientHeight, y, HEIGHT * scale)) return;
    box.current.scrollTo({ left: x - clientWidth / 2, top: y - clientHeight / 2 });
  }, [chosen, at?.row, at?.layer]);
  // At first as much of the way to the entry as there is room for; it can be aimed at as soon as it has that size.
  const aim = useRef<{ readonly scale: number; readonly x: number; readonly y: number } | null>(null);
  useLayoutEffect(() => {
    const end = nodes.findLast(({ node }) => onWay(node)) ?? nodes[0]!;
    const first = Math.min(1, Math.max(LEAST_READABLE, (box.current?.clientWidth ?? width) / width));
    aim.current = { scale: first, x: left(end) + WIDTH, y: top(end) + HEIGHT / 2 };
    setScale(first);
  }, []);
  useLayoutEffect(() => {
    const { current: room } = box;
    if (room === null || aim.current?.scale !== scale) return;
    const { x, y } = aim.current;
    aim.current = null;
    room.scrollTo(x * scale - room.clientWidth, y * scale - room.clientHeight / 2);
  }, [scale]);
  const key = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === '+' || event.key === '=') zoom(scale * STEP);
    else if (event.key === '-') zoom(scale / STEP);
    else if (event.key === '0') zoom(1);
    else return;
    event.preventDefault();
  };
  const possible = new Set(trace.ambiguity);
  return (
    <>
      <div class="tools">
        <button type="button" aria-label={words.smaller} title={words.smaller} onClick={() => zoom(scale / STEP)}>
          −
        </button>
        <output aria-live="polite">{Math.round(scale * 100)} %</output>
        <button type="button" aria-label={words.larger} title={words.larger} onClick={() => zoom(scale * STEP)}>
          +
        </button>
        <button type="button" onClick={fit}>
          {words.fit}
        </button>
        <span class="soft">
          {words.ofAses(
            nodes.length,
            nodes.reduce((sum, { node }) => sum + sizeOf(node), 0),
          )}
        </span>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse scrolls it by keys */}
      <section class="drawing" ref={box} tabIndex={0} aria-label={words.drawingKeys} onKeyDown={key}>
        <svg
          width={width * scale}
          height={height * scale}
          viewBox={`0 0 ${width} ${height}`}
          role="img"
          aria-label={trace.id}
        >
          {nodes.map(one =>
            one.parent === null ? null : <Way key={one.node.id} from={nodes[one.parent]!} to={one} {...drawing} />,
          )}
          {nodes.map(one => (
            <Place key={one.node.id} one={one} possible={possible} {...drawing} />
          ))}
        </svg>
      </section>
    </>
  );
}

/** ASes that a place stands for, with those that are folded below it. */
export const sizeOf = ({ branches, folded }: Shown): number =>
  branches.reduce((sum, { below }) => sum + 1 + (folded === true ? below : 0), 0);

const left = ({ layer }: Placed<Shown>): number => layer * ACROSS + EDGE;
const top = ({ row }: Placed<Shown>): number => row * DOWN + EDGE / 2;
const onWay = ({ branches }: Shown): boolean => branches.some(one => one.onWay);

function Way({ from, to, chance }: { from: Placed<Shown>; to: Placed<Shown> } & Pick<Drawing, 'chance'>) {
  const [x, y] = [left(from) + WIDTH, top(from) + HEIGHT / 2];
  const [toX, toY] = [left(to), top(to) + HEIGHT / 2];
  const bend = (x + toX) / 2;
  const sure = onWay(to.node) ? (chance(to.node.branches[0]!.node.as) ?? 1) : 0;
  return (
    <>
      <path
        class={onWay(to.node) ? 'link way' : 'link'}
        stroke-width={1.5 + 2.5 * sure}
        d={`M${x} ${y} C${bend} ${y} ${bend} ${toY} ${toX} ${toY}`}
      />
      {onWay(to.node) && <path class="arrow" d={`M${x} ${y}l11 -6v12z`} />}
    </>
  );
}

function Place({
  one,
  trace,
  chance,
  chosen,
  found,
  choose,
  fold,
  possible,
}: { one: Placed<Shown>; possible: ReadonlySet<number> } & Drawing) {
  const words = useWords();
  const { node: shown } = one;
  const { branches, folded, id } = shown;
  const [{ node, entry }] = branches as readonly [Branch];
  const { look, mark } = VERDICT_LOOKS[node.verdict];
  const many = branches.length > 1;
  const open = branches.some(branch => possible.has(branch.node.as)) && !entry;
  const sure = many ? undefined : chance(node.as);
  const name = many ? words.ases(branches.length) : `${asText(node.as)}${entry ? ` · ${words.entry}` : ''}`;
  const seen = (trace.packets ?? 1) > 1 && node.packets > 0 ? ` ${node.packets}/${trace.packets}` : '';
  const said = `${node.verdict}${node.provisional ? '~' : ''}${many ? '' : seen}`;
  const classes = [
    'node',
    look,
    entry && 'entry',
    open && 'possible',
    id === chosen && 'chosen',
    found.has(id) && 'found',
  ];
  return (
    // The list beside it is for keys and for those who hear it.
    // biome-ignore lint/a11y/noStaticElementInteractions: a mouse may choose here what the list chooses by keys
    <g
      class={classes.filter(Boolean).join(' ')}
      transform={`translate(${left(one)} ${top(one)})`}
      onClick={() => choose(id)}
    >
      <title>{`${name}: ${words.verdicts[node.verdict]}${node.reason === '' ? '' : `; ${node.reason}`}`}</title>
      {open && <rect class="around" x="-4" y="-4" width={WIDTH + 8} height={HEIGHT + 8} rx="9" />}
      <rect class="frame" width={WIDTH} height={HEIGHT} rx="6" />
      <text x="9" y="19" class="name">{`${mark} ${name}`}</text>
      <text x="9" y="36" class="small">
        {said}
      </text>
      {sure !== undefined && sawIt(node) && (
        <text x={WIDTH - 9} y="36" class="small" text-anchor="end">
          {chanceText(sure, words)}
        </text>
      )}
      {sure !== undefined && (
        <rect class="sure" x="1" y={HEIGHT - 4} width={Math.max(0, (WIDTH - 2) * sure)} height="3" />
      )}
      {folded !== null && (
        // biome-ignore lint/a11y/noStaticElementInteractions: the list folds by keys
        <g
          class="fold"
          onClick={event => {
            event.stopPropagation();
            fold(shown);
          }}
        >
          <rect x={WIDTH - 34} y="5" width="29" height="18" rx="4" />
          <text x={WIDTH - 19.5} y="18" text-anchor="middle" class="small">
            {folded ? `+${many ? branches.length : branches[0]!.below}` : '−'}
          </text>
        </g>
      )}
    </g>
  );
}
