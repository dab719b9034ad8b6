/**
 * The tree of a trace as a drawing (SVG 1.1): light or dark as the reader's screen is, with words for those who hear it or
 * see no colours, and without a script or anything from elsewhere.
 */
import type { Trace, TraceVerdict } from '../traceback/trace.ts';
import { VERDICT_LOOKS } from '../traceback/verdict-look.ts';
import { type Attributes, document, element, type Xml } from '../xml/element.ts';
import { conclusionOf } from './conclusion.ts';
import { isEntry } from './trace-dot.ts';
import { layOut, type Placed } from './tree-layout.ts';

/** Px of a place in width, and from one column to the next; and what stands above and below the tree. */
const WIDTH = 206;
const COLUMN = 262;
/** Height of a place and of a row. Large trees have one line in a place: else they would be too high for some programs. */
const ROOMY = { height: 42, row: 52 };
const DENSE = { height: 22, row: 27 };
const MOST_ROOMY = 100;
const MARGIN = 20;
const HEAD = 92;
const LEGEND_LINE = 20;
/** Characters that fit into a place in each size of letters, and px of one in the heading. */
const FITS = { large: 23, small: 28 };
const HEADING_CHARACTER = 7.4;

type Size = typeof ROOMY;

/** Colours as classes: place, frame, text; light, then dark. */
const STYLE = `
text{font-family:"DejaVu Sans",Verdana,sans-serif;font-size:11px;fill:#222}
.as{font-size:13px;font-weight:bold}
.head{font-size:13px}
.title{font-size:16px;font-weight:bold}
.back{fill:#fff}
.box{stroke-width:1.5}
.entry .box{stroke-width:4}
.edge{fill:none;stroke:#999;stroke-width:1.5}
.way{stroke:#1b7837;stroke-width:3}
.arrow{fill:#1b7837}
.seen .box{fill:#d5efd8;stroke:#1b7837}
.weak .box{fill:#f3f0c8;stroke:#8a7a00}
.no .box{fill:#ececec;stroke:#777}
.unknown .box{fill:#fdebd0;stroke:#b35806}
.declined .box{fill:#e8e0f3;stroke:#5e3c99}
.silent .box{fill:#fff;stroke:#b2182b;stroke-dasharray:6 3}
.conflict .box{fill:#fbd0cc;stroke:#b2182b}
.absent .box{fill:#fff;stroke:#888;stroke-dasharray:2 3}
@media (prefers-color-scheme:dark){
text{fill:#eee}
.back{fill:#1b1b1b}
.edge{stroke:#777}
.way{stroke:#5dbb6d}
.arrow{fill:#5dbb6d}
.seen .box{fill:#12401f;stroke:#5dbb6d}
.weak .box{fill:#3d3a10;stroke:#d0c050}
.no .box{fill:#333;stroke:#999}
.unknown .box{fill:#4a2c0a;stroke:#f0a050}
.declined .box{fill:#33264d;stroke:#b095e0}
.silent .box{fill:#1b1b1b;stroke:#f07070}
.conflict .box{fill:#5a1a16;stroke:#f07070}
.absent .box{fill:#1b1b1b;stroke:#aaa}
}
`;

/** The drawing, with its XML declaration. */
export function traceSvg(trace: Trace): string {
  const entry = (node: Placed['node']) => isEntry(trace, node);
  const { places, columns, rows } = layOut(trace.tree, entry);
  const verdicts = [...new Set(places.map(({ node }) => node.verdict))];
  const heading = `Trace ${trace.id}`;
  const concluded = conclusionOf(trace);
  const lines = [`${concluded[0]!.toUpperCase()}${concluded.slice(1)}.`, packetsLine(trace)];
  const size = rows > MOST_ROOMY ? DENSE : ROOMY;
  const below = HEAD + rows * size.row;
  const width = Math.ceil(
    Math.max(2 * MARGIN + (columns - 1) * COLUMN + WIDTH, ...lines.map(line => line.length * HEADING_CHARACTER)) +
      MARGIN,
  );
  const height = below + verdicts.length * LEGEND_LINE + 2 * MARGIN;
  const page = { width: String(width), height: String(height), viewBox: `0 0 ${width} ${height}` };
  return document(
    element('svg', { xmlns: 'http://www.w3.org/2000/svg', ...page, role: 'img', 'aria-labelledby': 'title desc' }, [
      element('title', { id: 'title' }, heading),
      element(
        'desc',
        { id: 'desc' },
        `${lines.join(' ')} The AS that asked is on the left, those it was asked of follow.`,
      ),
      // CSS of our own: nothing in it has to be escaped.
      element('style', {}, STYLE),
      element('rect', { class: 'back', width: '100%', height: '100%' }, ''),
      words(MARGIN, 30, 'title', heading),
      ...lines.map((line, i) => words(MARGIN, 52 + 20 * i, 'head', line)),
      ...places.map(place => edge(place, places, size)),
      ...places.map(place => box(place, trace, place.nodes.some(entry), size)),
      ...verdicts.flatMap((verdict, i) => legend(verdict, below + MARGIN + i * LEGEND_LINE)),
    ]),
  );
}

function packetsLine({ packets = 1, need = 1, time }: Trace): string {
  const when = new Date(time).toISOString();
  const what =
    packets === 1 ? `One packet of ${when}` : `${packets} packets of ${when} and after, ${need} needed at one place`;
  return `${what}; they came from the right to the left.`;
}

const left = ({ column }: Placed): number => MARGIN + column * COLUMN;
const middle = ({ row }: Placed, size: Size): number => HEAD + row * size.row + size.height / 2;

/** From a place to its parent; with an arrow the way the packets went where they were seen. */
function edge(place: Placed, places: readonly Placed[], size: Size): Xml {
  const parent = place.parent === null ? undefined : places[place.parent];
  if (parent === undefined) return '';
  const [x, y] = [left(parent) + WIDTH, middle(parent, size)];
  const [toX, toY] = [left(place), middle(place, size)];
  const bend = (x + toX) / 2;
  const way = place.onWay;
  const line = element(
    'path',
    { class: way ? 'edge way' : 'edge', d: `M${x} ${y}C${bend} ${y} ${bend} ${toY} ${toX} ${toY}` },
    '',
  );
  if (!way) return line;
  return `${line}${element('path', { class: 'arrow', d: `M${x} ${y}l11 -6v12z` }, '')}`;
}

function box(place: Placed, trace: Trace, entry: boolean, size: Size): Xml {
  const { node, nodes } = place;
  const { look, mark } = VERDICT_LOOKS[node.verdict];
  const [x, y] = [left(place), middle(place, size) - size.height / 2];
  const many = nodes.length > 1;
  const head = many ? `${nodes.length} ASes` : `AS${node.as}${entry ? (node.source ? ' · origin' : ' · entry') : ''}`;
  const told = many ? `${node.verdict}: ${namesOf(nodes)}` : saidBy(node, trace);
  return element('g', { class: entry ? `${look} entry` : look }, [
    element('title', {}, many ? allOf(nodes) : inFull(node)),
    element('rect', { ...at(x, y), class: 'box', width: `${WIDTH}`, height: `${size.height}`, rx: '6' }, ''),
    ...(size === DENSE
      ? [words(x + 9, y + 15, 'said', cut(`${mark} ${head} ${told}`, FITS.small))]
      : [
          words(x + 9, y + 17, 'as', cut(`${mark} ${head}`, FITS.large)),
          words(x + 9, y + 33, 'said', cut(told, FITS.small)),
        ]),
  ]);
}

/** The verdict, how many of the packets, and from where they came. */
function saidBy({ verdict, packets, ingress, provisional }: Placed['node'], trace: Trace): string {
  const asked = trace.packets ?? 1;
  const seen = asked > 1 && packets > 0 ? ` ${packets}/${asked}` : '';
  return `${verdict}${provisional ? '~' : ''}${seen}${ingress.length === 0 ? '' : `, from ${names(ingress)}`}`;
}

function inFull(node: Placed['node']): string {
  const { words: meaning } = VERDICT_LOOKS[node.verdict];
  const from = node.ingress.length === 0 ? '' : `; came in from ${names(node.ingress)}`;
  return `AS${node.as}: ${node.verdict}, ${meaning}${from}${node.reason === '' ? '' : `; ${node.reason}`}`;
}

const allOf = (nodes: readonly Placed['node'][]): string =>
  `${nodes.length} ASes: ${nodes[0]!.verdict}, ${VERDICT_LOOKS[nodes[0]!.verdict].words}: ${namesOf(nodes)}`;

const names = (ases: readonly number[]): string => ases.map(as => `AS${as}`).join(' ');
const namesOf = (nodes: readonly Placed['node'][]): string => names(nodes.map(({ as }) => as));

function legend(verdict: TraceVerdict, y: number): Xml[] {
  const { look, mark, words: meaning } = VERDICT_LOOKS[verdict];
  return [
    element('g', { class: look }, [
      element('rect', { ...at(MARGIN, y), class: 'box', width: '28', height: '14', rx: '3' }, ''),
      words(MARGIN + 36, y + 11, 'said', `${mark} ${verdict}: ${meaning}`),
    ]),
  ];
}

const at = (x: number, y: number): Attributes => ({ x: String(x), y: String(y) });

const words = (x: number, y: number, kind: string, text: string): Xml =>
  element('text', { ...at(x, y), class: kind }, text);

/** As much of a text as fits. */
const cut = (text: string, fits: number): string => (text.length <= fits ? text : `${text.slice(0, fits - 1)}…`);
