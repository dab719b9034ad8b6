/** `watch …`: a line for each row. */
import type { SummaryRow } from '../../collector/messages.ts';
import type { CaseLineRow } from '../../control/case-rows.ts';
import type { IrrStatusRow, NoticeRow, ProbeStatusRow, StatusReport, TracePeerRow } from '../../control/daemon.ts';
import type { AnyRow, LeftOutRow, LogRow, MarkRow, Topic, TraceLineRow } from '../../control/live-rows.ts';
import type { MachineRow } from '../../control/machine-rows.ts';
import { peerTrouble } from '../../control/traceback-rows.ts';
import { showOrigin } from './origin.ts';
import { count } from './text.ts';
import { instant, percent } from './time.ts';

/** Words with blanks between; those that are empty are left out. */
const words = (...all: readonly string[]): string => all.filter(word => word !== '').join(' ');
const trouble = (text: string): string => (text === '' ? '' : `: ${text}`);

function caseLine(row: CaseLineRow): string {
  const notice = row.notice === null ? '' : ` [${row.notice}]`;
  const what = words(row.case, row.state, row.severity ?? '', row.kind, row.prefix, showOrigin(row.offender));
  return `${instant(row.time)} ${what} ${row.holds}/${row.peakWitnesses}${notice}: ${row.what}`;
}

function noticeLine({ created, channel, recipient, caseId, event, state, attempts, lastError }: NoticeRow): string {
  const tries = attempts === 0 ? '' : `after ${count(attempts, 'attempt')}`;
  return `${words(instant(created), channel, recipient, caseId, event, state, tries)}${trouble(lastError)}`;
}

function traceLine({ time, trace, state, ases, queries, entry, certainty, caseId }: TraceLineRow): string {
  const sure = certainty === null ? '' : ` (${percent(certainty)})`;
  const found = entry === null ? 'no entry yet' : `entry AS${entry.as}${sure}`;
  const asked = `${count(ases, 'AS', 'ASes')}, ${count(queries, 'question')}`;
  return `${instant(time)} ${trace} ${state}: ${found}, ${asked}${caseId === undefined ? '' : `, case ${caseId}`}`;
}

function machineLine(row: MachineRow): string {
  const { machine, missed, unheard, heard, twice, partitions, established, peers, problems } = row;
  const cases = partitions.length === 0 ? '' : `partition${partitions.length === 1 ? '' : 's'} ${partitions.join(',')}`;
  const gone = missed || unheard;
  if (gone)
    return words(
      ...[machine, `is not heard since ${instant(heard)}`, unheard && !missed ? '(the bus is not there)' : ''],
      cases === '' ? '' : `and had ${cases} then`,
    );
  const here = words(instant(heard), machine, 'is there', twice ? 'twice' : '', cases === '' ? '' : `with ${cases}`);
  return `${here} (${established} of ${count(peers, 'peer')} up)${trouble(problems.join('; '))}`;
}

const LINES: { readonly [K in Topic]: (row: never) => string } = {
  cases: caseLine,
  notices: noticeLine,
  machines: machineLine,
  probes: (row: ProbeStatusRow) =>
    words(
      row.probe,
      row.connected ? 'up' : 'down',
      `since ${instant(row.since)}, ${row.packets} packets, ${row.lost} lost`,
    ),
  sessions: ({ peer, as, state, since, prefixes, lastError }: SummaryRow) =>
    `${words(peer, `AS${as}`, state, `since ${instant(since)},`, count(prefixes, 'prefix', 'prefixes'))}${trouble(lastError)}`,
  sources: ({ source, objects, serial, stale, lastError }: IrrStatusRow) =>
    `${words(source, count(objects, 'object'), serial === null ? '' : `serial ${serial}`, stale ? 'out of date' : '')}${trouble(lastError)}`,
  status: (row: StatusReport) =>
    [
      `${instant(row.time)} ${row.established} of ${count(row.peers, 'peer')}, ${count(row.prefixes, 'prefix', 'prefixes')}, ${count(row.openCases, 'open case')}, ${count(row.problems.length, 'problem')}`,
      ...row.problems.map(problem => `  ${problem}`),
    ].join('\n'),
  traceback: (row: TracePeerRow) =>
    `${words(`AS${row.as}`, row.address, row.state, `since ${instant(row.since)}`)}${trouble(peerTrouble(row))}`,
  traces: traceLine,
};

/** Fields that name a row of a table that is there no more. */
const nameOf = (row: object): string =>
  Object.entries(row)
    .flatMap(([name, value]) => (name === 'gone' || name === 'mark' ? [] : [String(value)]))
    .join(' ');

function lineOf(topic: Topic, row: object): string {
  return 'gone' in row ? `${nameOf(row)} is there no more` : LINES[topic](row as never);
}

type Row<T> = MarkRow | LeftOutRow | T;

/** A line of what is no row of the topic; null: it is one. */
function aside(row: Row<object>): string[] | null {
  if ('leftOut' in row) return [`${count(row.leftOut, 'change')} left out: they came faster than they were read`];
  if ('gap' in row) return [String(row.gap)];
  return Object.keys(row).length === 1 && 'mark' in row ? [] : null;
}

/** `watch TOPIC`. */
export const renderLive =
  (topic: Topic) =>
  (rows: readonly Row<object>[]): string[] =>
    rows.flatMap(row => aside(row) ?? lineOf(topic, row).split('\n'));

/** `watch log`. */
export const renderLog = (rows: readonly (LogRow | LeftOutRow)[]): string[] =>
  rows.map(row =>
    'leftOut' in row
      ? `${count(row.leftOut, 'line')} left out: they came faster than they were read`
      : `${instant(row.time)} ${row.level.padEnd(5)} ${row.text}`,
  );

/** `watch all`. */
export const renderAll = (rows: readonly Row<AnyRow>[]): string[] =>
  rows.flatMap(row => {
    const { about, row: of } = row as AnyRow;
    return (
      aside(row) ??
      lineOf(about, of)
        .split('\n')
        .map((line, i) => (i === 0 ? `${about}: ${line}` : line))
    );
  });
