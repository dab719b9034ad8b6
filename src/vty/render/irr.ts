import type { IrrNamedObject, IrrNamedRow, IrrObjectRow, IrrSourceRow, IrrStatusRow } from '../../control/daemon.ts';
import { lastTouched } from '../../registry/dates.ts';
import type { ExpansionSize } from '../../registry/registered.ts';
import type { SourceReport } from '../../registry/sources.ts';
import { asIs } from './page.ts';
import { count, facts, table } from './text.ts';
import { duration, instant, octets } from './time.ts';

/** `show irr`: the sources, and what a person should know of them. */
export function renderIrr(rows: readonly IrrStatusRow[], now: number): string[] {
  const alarms = rows.flatMap(({ source, alarms }) =>
    alarms.map(({ time, why }) => `${source}: ${instant(time)}: ${why}`),
  );
  return [
    ...sourcesTable(rows, now),
    ...(alarms.length === 0 ? [] : ['', 'Alarms:', ...alarms.map(line => `  ${line}`)]),
  ];
}

function sourcesTable(rows: readonly IrrStatusRow[], now: number): string[] {
  return table(
    [
      { head: 'Source' },
      { head: 'Objects', right: true },
      { head: 'Refused', right: true },
      { head: 'Via' },
      { head: 'Serial', right: true },
      { head: 'Changed', right: true },
      { head: 'Age', right: true },
      { head: 'State' },
    ],
    rows.map(row => [
      row.source,
      row.objects,
      row.refused,
      row.transport,
      row.serial ?? '-',
      row.changed === null ? 'never' : duration(now - row.changed),
      row.age === null ? '-' : duration(row.age),
      [
        stateOf(row),
        ...(row.reading === undefined
          ? []
          : [`reading a copy: ${count(row.reading.objects, 'route object')}, ${octets(row.reading.octets)} so far`]),
        ...(row.authoritative ? ['authoritative'] : []),
        ...(row.lastError === '' ? [] : [row.lastError]),
      ].join(', '),
    ]),
  );
}

function stateOf({ transport, loaded, stale }: IrrStatusRow): string {
  if (transport === 'none') return 'not mirrored';
  if (loaded === null) return 'not loaded';
  return stale ? 'stale' : 'ok';
}

/** `reload irr SOURCE`. */
export const renderIrrReload = ({ source, what, objects }: SourceReport): string[] => [
  `irr ${source}: ${what}, ${count(objects, 'route object')}`,
];

/** `show irr PREFIX`: the objects as their source writes them. */
export function renderIrrObjects(rows: readonly IrrObjectRow[]): string[] {
  const lines = rows.flatMap(row => [
    `# ${[`${row.source}: ${row.prefix} AS${row.origin}`, ...facets(row)].join(', ')}`,
    ...(row.inherited ?? []).map(({ mntner, addresses }) => `# X-Keiro of ${mntner}: ${addresses.join(', ')}`),
    ...asIs(row.text.trim().split('\n')),
    '',
  ]);
  return rows.length === 0 ? [] : [...lines, count(rows.length, 'object')];
}

/** `show irr NAME`: the objects, with what is known of them besides; or a source. */
export function renderIrrNamed(rows: readonly IrrNamedRow[], now: number): string[] {
  const lines = rows.flatMap(row => (row.what === 'source' ? sourceLines(row, now) : objectLines(row)));
  return rows.length === 0 || rows[0]!.what === 'source' ? lines : [...lines, count(rows.length, 'object')];
}

/** How new the source of an object is, and when the object was changed and is due. */
function facets(
  row: Pick<IrrNamedObject, 'serial' | 'age' | 'created' | 'changed' | 'lastModified' | 'due'>,
): string[] {
  const touched = lastTouched(row);
  return [
    ...(row.serial === null ? [] : [`serial ${row.serial}`]),
    ...(row.age === null ? [] : [`age ${duration(row.age)}`]),
    ...(touched === null ? [] : [`changed ${day(touched)}`]),
    ...(row.due === null ? [] : [dueText(row.due)]),
  ];
}

const day = (time: number): string => instant(time).slice(0, 10);

function dueText({ notice, removal, state }: NonNullable<IrrNamedObject['due']>): string {
  if (state === 'fresh') return `notice due ${day(notice)}, removal ${day(removal)}`;
  return state === 'notice'
    ? `notice was due ${day(notice)}, removal ${day(removal)}`
    : `removal was due ${day(removal)}`;
}

function objectLines(row: IrrNamedObject): string[] {
  const { expansion, maintains } = row;
  return [
    `# ${[`${row.source}: ${row.class} ${row.key}`, ...facets(row)].join(', ')}`,
    ...(row.from === 'mirror' ? [] : [`# asked of ${row.from}`]),
    ...(expansion === null ? [] : expansionLines(row.class, expansion)),
    ...(maintains === null ? [] : [`# maintains ${tally(maintains)}`]),
    ...row.problems.map(({ line, why }) => `# line ${line}: ${why}`),
    ...asIs(row.text.trim().split('\n')),
    '',
  ];
}

function expansionLines(objectClass: string, expansion: ExpansionSize): string[] {
  const { members, sets, missing, missingCount, refused, stopped } = expansion;
  const more = missingCount > missing.length ? ` and ${missingCount - missing.length} more` : '';
  return [
    `# comes to ${count(members, objectClass === 'as-set' ? 'AS' : 'prefix range', objectClass === 'as-set' ? 'ASes' : 'prefix ranges')} in ${count(sets, 'set')}`,
    ...(missing.length === 0 ? [] : [`# missing: ${missing.join(', ')}${more}`]),
    ...(refused === 0 ? [] : [`# ${count(refused, 'member')} cannot be read`]),
    ...(stopped === '' ? [] : [`# not whole: ${stopped}`]),
  ];
}

const tally = (classes: Readonly<Record<string, number>>): string =>
  Object.entries(classes)
    .map(([name, number]) => `${number} ${name}`)
    .join(', ') || 'nothing';

/** Objects about to be removed that are named to a person. */
const MOST_EXPIRING = 20;

function sourceLines(row: IrrSourceRow, now: number): string[] {
  const { expiring } = row;
  return [
    ...facts([
      ['Source', row.source],
      ['State', [stateOf(row), ...(row.authoritative ? ['authoritative'] : [])].join(', ')],
      ['Via', row.place === '' ? row.transport : `${row.transport} ${row.place}`],
      ['Serial', row.serial === null ? '' : String(row.serial)],
      ['Loaded', row.loaded === null ? 'never' : `${duration(now - row.loaded)} ago`],
      ['Changed', row.changed === null ? '' : `${duration(now - row.changed)} ago`],
      ['Checked', row.checked === null ? '' : `${duration(now - row.checked)} ago`],
      ['Age', row.age === null ? '' : duration(row.age)],
      ['Objects', tally(row.classes)],
      ['Refused', String(row.refused)],
      ['Operations', row.operations === 0 ? '' : `${row.operations}, ${row.replayed} of old serials`],
      ['Last error', row.lastError],
      ['Expiring', expiring === null ? '' : `${expiring.noticed}, ${expiring.overdue} of them overdue`],
      ['Without date', expiring === null || expiring.undated === 0 ? '' : String(expiring.undated)],
    ]),
    ...(expiring?.next ?? [])
      .slice(0, MOST_EXPIRING)
      .map(({ removal, class: name, key }) => `  removal ${day(removal)} ${name} ${key}`),
    ...row.alarms.map(({ time, why }) => `  alarm ${instant(time)}: ${why}`),
  ];
}
