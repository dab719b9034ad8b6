import { formatFlatPath } from '../../bgp/as-path.ts';
import type { FamilyRouteRow, RouteRow } from '../../collector/messages.ts';
import type { IrrState, RovState } from '../../registry/verdict.ts';
import { table } from './text.ts';
import { instant } from './time.ts';

const IRR_LETTERS: Readonly<Record<IrrState, string>> = {
  match: 'V',
  'match-covering': 'v',
  mismatch: 'X',
  'mismatch-covering': 'x',
  unknown: '-',
};

/** As FRR has them. */
const ROV_LETTERS: Readonly<Record<RovState, string>> = { valid: 'V', invalid: 'I', 'not-found': 'N' };

/** What the letters mean. */
export const LEGEND: readonly string[] = [
  'IRR: V match, v match by a covering object, X mismatch,',
  '     x mismatch with a covering object, - unknown',
  'ROV: V valid, I invalid, N not found',
];

const ORIGIN_LETTERS = { IGP: 'i', EGP: 'e', incomplete: '?' } as const;

/** The letters of the states against the IRR and the RPKI. */
export const lettersOf = ({ state, rov }: Pick<RouteRow, 'state' | 'rov'>): [irr: string, rov: string] => [
  IRR_LETTERS[state] ?? '?',
  ROV_LETTERS[rov] ?? '?',
];

const staleness = ({ stale }: RouteRow): string =>
  stale === undefined ? '' : ` ${stale.kind} since ${instant(stale.since)}`;

/** `show route`: a legend, then one line for each route, the prefix only where it changes. */
export function renderRoutes(rows: readonly RouteRow[]): string[] {
  return routePages()(rows);
}

/** The same a page after the other: columns stay as wide as they were, and the headings come again only with other columns. */
export function routePages(): (rows: readonly (RouteRow & { readonly machine?: string })[]) => string[] {
  let widths: number[] | null = null;
  let pathIds = false;
  let last = '';
  return rows => {
    if (rows.length === 0) return [];
    const legend = widths === null;
    if (widths === null || (!pathIds && rows.some(hasPathId))) widths = [];
    pathIds ||= rows.some(hasPathId);
    const pathIdColumn = pathIds ? [{ head: 'Path id', right: true as const }] : [];
    const machines = rows.some(({ machine }) => machine !== undefined);
    const lines = table(
      [
        ...(machines ? [{ head: 'Machine' }] : []),
        { head: 'IRR' },
        { head: 'ROV' },
        { head: 'Prefix' },
        { head: 'Peer' },
        ...pathIdColumn,
        { head: 'Next hop' },
        { head: 'Path' },
      ],
      rows.map((row, i) => [
        ...(machines ? [row.machine ?? ''] : []),
        ...lettersOf(row),
        (rows[i - 1]?.prefix ?? last) === row.prefix && rows[i - 1]?.machine === row.machine ? '' : row.prefix,
        row.peer,
        ...(pathIds ? [String(row.pathId ?? '')] : []),
        row.nextHop,
        `${pathOf(row)}${row.leak === undefined ? '' : ` (${row.leak})`}${staleness(row)}`,
      ]),
      widths,
    );
    last = rows.at(-1)!.prefix;
    const head = lines.splice(0, lines.length - rows.length);
    const shown = lines.flatMap((line, i) => [line, ...attributeLines(rows[i]!.attributes ?? [], '    ')]);
    return [...(legend ? LEGEND : []), ...head, ...shown];
  };
}

/** AS path and origin code. */
export const pathOf = ({ path, originCode }: Pick<RouteRow, 'path' | 'originCode'>): string =>
  `${formatFlatPath(path)} ${ORIGIN_LETTERS[originCode] ?? '?'}`.trimStart();

/** `show route family`: each route with its attributes beneath, for they are what such a route is about. */
export function renderFamily(rows: readonly FamilyRouteRow[]): string[] {
  return rows.flatMap(({ route, peer, nextHop, attributes, ...row }) => [
    route,
    `  from ${peer}${nextHop === '' ? '' : ` via ${nextHop}`}, path ${pathOf(row)}`,
    ...attributeLines(attributes, '  '),
  ]);
}

const attributeLines = (attributes: FamilyRouteRow['attributes'], lead: string): string[] =>
  attributes.map(({ name, text }) => `${lead}${name} ${text}`.trimEnd());

const hasPathId = ({ pathId }: RouteRow): boolean => pathId !== undefined;
