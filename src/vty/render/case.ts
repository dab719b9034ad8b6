import { formatFlatPath } from '../../bgp/as-path.ts';
import type {
  CaseDetail,
  CaseElsewhere,
  CaseEvidence,
  CaseExport,
  CaseTimeline,
  CheckedEvidence,
  IodefExport,
} from '../../control/case-rows.ts';
import type { NoticeRow } from '../../control/daemon.ts';
import type { Case, CaseEvent, CaseKind, Dismissal, Mark } from '../../hijack/case.ts';
import { isOfRoa } from '../../hijack/kinds.ts';
import type { TestResult } from '../../notify/test-notice.ts';
import type { Severity } from '../../registry/verdict.ts';
import { showOrigin } from './origin.ts';
import { asIs } from './page.ts';
import { caseTraceLines } from './standing.ts';
import { count, facts, table } from './text.ts';
import { duration, instant } from './time.ts';

const SHORT: Readonly<Record<Severity, string>> = {
  critical: 'crt',
  major: 'maj',
  minor: 'min',
  info: 'inf',
  ok: 'ok',
  'no-opinion': '-',
};

function ageOf(one: Case, now: number): string {
  return duration((one.ended ?? now) - one.opened);
}

function holding(one: Case): number {
  return one.witnesses.filter(witness => witness.state === 'holds').length;
}

/** Kinds in three letters (itctl(8), show case). */
const KINDS: Readonly<Record<CaseKind, string>> = {
  origin: 'org',
  'more-specific': 'sub',
  'rpki-invalid': 'rpk',
  'super-prefix': 'sup',
  'new-prefix': 'new',
  upstream: 'ups',
  leak: 'lea',
  path: 'pth',
  visibility: 'vis',
  'roa-vanished': 'roa',
  'roa-expiring': 'exp',
  'trust-anchor': 'tal',
  squatting: 'squ',
  'ix-lan': 'ixl',
  bogon: 'bog',
};

/** `show case [open|all]`. */
export function renderCases(rows: readonly Case[], now: number): string[] {
  if (rows.length === 0) return ['no case'];
  return table(
    [
      { head: 'Case' },
      { head: 'State' },
      { head: 'Sev' },
      { head: 'Knd' },
      { head: 'Prefix' },
      { head: 'By' },
      { head: 'Holder' },
      { head: 'Via' },
      { head: 'Wit', right: true },
      { head: 'Age', right: true },
    ],
    rows.map(row => [
      row.id,
      row.state,
      `${row.severity === undefined ? '-' : SHORT[row.severity]}${row.critical ? '!' : ''}`,
      KINDS[row.kind],
      row.prefix,
      isOfRoa(row.kind) ? '-' : showOrigin(row.offender),
      row.expected.map(as => `AS${as}`).join(','),
      row.upstream === null ? '-' : `AS${row.upstream}`,
      `${holding(row)}/${row.peakWitnesses}`,
      ageOf(row, now),
    ]),
  );
}

/** Witnesses that stand with a case; of more of them the first of each AS, so far. */
const MOST_WITNESSES = 40;
const SUMMED_UP = 20;

/** Those who hold it come first. */
function oneOfEachAs(witnesses: Case['witnesses']): Case['witnesses'] {
  const held = witnesses.filter(({ state }) => state === 'holds');
  const firsts = new Map<number, Case['witnesses'][number]>();
  for (const one of [...held, ...witnesses]) if (!firsts.has(one.as)) firsts.set(one.as, one);
  return [...firsts.values()].slice(0, SUMMED_UP);
}

const via = ({ upstream }: Case): string => (upstream === null ? '' : ` via AS${upstream}`);

/** What is registered, where that is not the prefix itself. */
const DECIDED: Readonly<Partial<Record<CaseKind, (decidedBy: string) => string>>> = {
  'more-specific': prefix => ` as ${prefix}, which covers it`,
  'super-prefix': prefix => ` as ${prefix}, which it covers`,
};

/** How new what is shown is, of a case that another machine has. */
const showElsewhere = ({ partition, machine }: CaseElsewhere): string =>
  machine === null
    ? `as the database has it; no machine has partition ${partition} now, and it stands still`
    : `as the database has it; ${machine} has partition ${partition} and writes each change down`;

/** `show case ID`: who, of whom, via whom, seen by whom, on what evidence, when, and who was told. */
export function renderCase(one: CaseDetail, now: number, all = false): string[] {
  const shown = all || one.witnesses.length <= MOST_WITNESSES ? one.witnesses : oneOfEachAs(one.witnesses);
  const more = one.witnesses.length - shown.length;
  const registered = one.expected.map(as => `AS${as}`).join(', ');
  return [
    `Case ${one.id}: ${one.state}${one.critical ? ', critical' : ''}${one.drill ? ', drill' : ''}`,
    ...facts([
      ['Severity', severityOf(one)],
      ['Kind', `${one.kind}${one.ground === '' ? '' : `: ${one.ground}`}`],
      ['Prefix', one.prefix],
      [
        isOfRoa(one.kind) ? 'Origin' : 'Announced by',
        `${showOrigin(one.origin)}${one.origin === one.offender ? via(one) : ''}`,
      ],
      ['To be asked', one.origin === one.offender ? '' : `${showOrigin(one.offender)}${via(one)}`],
      ['Registered to', registered === '' ? '' : `${registered}${DECIDED[one.kind]?.(one.decidedBy) ?? ''}`],
      ['Watches', one.watches.join(', ')],
      ['Incident', one.incident ?? ''],
      ['Shown', one.elsewhere === undefined ? '' : showElsewhere(one.elsewhere)],
      ['Acknowledged', one.acknowledged === undefined ? '' : showMark(one.acknowledged)],
      ['Dismissed', one.dismissed === undefined ? '' : dismissal(one.dismissed)],
      ['Opened', instant(one.opened)],
      ['Ended', one.ended === null ? '' : instant(one.ended)],
      [one.ended === null ? 'Lasts' : 'Lasted', ageOf(one, now)],
      ['Came back', one.flaps === undefined ? '' : count(one.flaps, 'time')],
    ]),
    ...hints(one),
    '',
    `Witnesses: ${holding(one)} hold it now, ${one.peakWitnesses} at most${one.rightly === undefined ? '' : `; ${one.rightly} have the registered route`}`,
    ...indented(
      table(
        [{ head: 'Peer' }, { head: 'AS', right: true }, { head: 'State' }, { head: 'Since' }, { head: 'Path' }],
        shown.map(witness => [
          witness.peer,
          witness.as,
          witness.stale === undefined ? witness.state : `${witness.state}, stale ${witness.stale.score}`,
          instant(witness.until ?? witness.since),
          formatFlatPath(witness.path),
        ]),
      ),
    ),
    ...(more > 0 ? [`  and ${more} more: show case ${one.id} detail`] : []),
    '',
    `Evidence: ${count(one.objects.length, 'object')}`,
    ...one.objects.flatMap(object => [
      `  ${object.source}: ${object.prefix} AS${object.origin}${object.maintainers.length > 0 ? ` maintained by ${object.maintainers.join(', ')}` : ''}`,
      ...object.text
        .trim()
        .split('\n')
        .map(line => `    ${line}`),
    ]),
    '',
    'Timeline:',
    ...lastLines(one),
    '',
    `Recipients: ${one.recipients.length === 0 ? 'none' : one.recipients.length}`,
    ...one.recipients.flatMap(recipient => [
      `  ${recipient.address} (${recipient.because})`,
      ...one.notices
        .filter(notice => notice.recipient === recipient.address)
        .map(notice => `    ${notice.event}: ${reached(notice)}`),
    ]),
    ...channels(one.notices),
    ...(one.refused.length === 0 ? [] : ['', `Refused: ${one.refused.length}`, ...indented(one.refused)]),
    ...caseTraceLines(one.traces ?? []),
  ];
}

/** Web hooks, syslog servers and programs, each with what it was told. */
function channels(notices: readonly NoticeRow[]): string[] {
  const others = Map.groupBy(
    notices.filter(({ channel }) => channel !== 'mail'),
    ({ channel, recipient }) => `${channel} ${recipient}`,
  );
  if (others.size === 0) return [];
  return [
    '',
    `Channels: ${others.size}`,
    ...[...others].flatMap(([name, told]) => [
      `  ${name}`,
      ...told.map(notice => `    ${notice.event}: ${reached(notice)}`),
    ]),
  ];
}

function severityOf({ severity, why }: Case): string {
  return severity === undefined ? '' : `${severity}${why === undefined ? '' : `: ${why.rule}`}`;
}

const showMark = ({ time, by, reason }: Mark): string =>
  `${instant(time)} by ${by}${reason === '' ? '' : `: ${reason}`}`;

const dismissal = (one: Dismissal): string =>
  `${one.until === null ? '' : `until ${instant(one.until)}, `}since ${showMark(one)}`;

/** What may make it harmless, each with the object that would mend it. */
function hints({ hints: found = [] }: Case): string[] {
  if (found.length === 0) return [];
  const lines = found.flatMap(({ hint, text, object }) => [
    `  ${hint}: ${text}`,
    ...(object === undefined ? [] : asIs(object.split('\n').map(line => `    ${line}`))),
  ]);
  return ['', 'Hints:', ...lines];
}

/** The last lines, and how to see those before. */
function lastLines({ id, timeline }: Case): string[] {
  const more = timeline.length - LINES;
  return [
    ...(more > 0 ? [`  ${count(more, 'line')} before: show case ${id} timeline`] : []),
    ...timeline.slice(-LINES).map(event => `  ${timelineLine(event)}`),
  ];
}

/** Lines of a timeline that stand with a case. */
const LINES = 20;

/** `show case … timeline`. */
export function renderTimelines(rows: readonly CaseTimeline[]): string[] {
  return rows.flatMap(({ id, state, prefix, offender, timeline }, i) => [
    ...(i === 0 ? [] : ['']),
    `Case ${id}: ${state}: ${prefix} announced by ${showOrigin(offender)}`,
    ...timeline.map(event => `  ${timelineLine(event)}`),
  ]);
}

/** `show case … detail`: all that is known of each. */
export function renderDetails(rows: readonly CaseDetail[], now: number): string[] {
  return rows.flatMap((one, i) => [...(i === 0 ? [] : ['']), ...renderCase(one, now, true), ...whyOf(one)]);
}

/** The why-record. */
function whyOf({ why }: Case): string[] {
  if (why === undefined) return [];
  return [
    '',
    `Why, as of ${instant(why.time)}:`,
    ...facts([
      ['Rule', why.rule],
      ['IRR', `${why.irr}: ${why.why.irr}`],
      ['ROV', `${why.rov}${why.rovReason === null ? '' : ` (${why.rovReason})`}: ${why.why.rov}`],
      ['ASPA', `${why.aspa}: ${why.why.aspa}`],
      ['Path', formatFlatPath(why.path)],
    ]).map(line => `  ${line}`),
    ...why.objects.map(
      ({ source, serial, prefix, origin, decides, disputed }) =>
        `  ${source}${serial === null ? '' : ` serial ${serial}`}: ${prefix} AS${origin}${decides ? ', decides' : ''}${disputed === null ? '' : `, disputed by the RPKI (${disputed})`}`,
    ),
    ...why.vrps.map(
      ({ prefix, maxLength, asn, matches }) => `  VRP ${prefix}-${maxLength} AS${asn}${matches ? ', matches' : ''}`,
    ),
  ];
}

/** `show case … evidence`: each record by what it froze. */
export function renderEvidence(rows: readonly CaseEvidence[]): string[] {
  return rows.flatMap(({ case: id, check, records }, i) => [
    ...(i === 0 ? [] : ['']),
    `Evidence of case ${id}: ${count(records.length, 'record')}, ${check.fault === null ? 'the chain is whole' : `broken at record ${check.fault.number}: ${check.fault.why}`}`,
    ...records.flatMap(record => [
      `  ${record.number} ${instant(record.time)} ${record.state}: ${record.event}`,
      `    SHA-256 ${record.hash}`,
      ...(record.mrt === null ? [] : [`    MRT: ${record.mrt.file} at ${instant(record.mrt.time)}`]),
      ...(record.leftOut === undefined ? [] : [`    ${count(record.leftOut, 'change')} before left out`]),
      `    frozen: ${FROZEN.filter(part => record[part] !== undefined).join(', ')}`,
    ]),
  ]);
}

/** Parts that a record may have. */
const FROZEN = [
  'state',
  'witnesses',
  'witnessed',
  'objects',
  'severity',
  'hints',
  'why',
  'upstream',
  'acknowledged',
  'dismissed',
] as const;

/** `check evidence`. */
export const renderChecked = ({ case: id, records, hash }: CheckedEvidence): string[] => [
  `Evidence of case ${id}: ${count(records, 'record')}, the chain is whole`,
  `SHA-256 ${hash}`,
];

/** `case export`: the document itself. */
export const renderExport = (row: CaseExport | IodefExport): string[] =>
  asIs(('iodef' in row ? row.iodef.trimEnd() : JSON.stringify(row, null, 2)).split('\n'));

const timelineLine = ({ time, state, what, by }: CaseEvent): string =>
  `${instant(time)} ${state}: ${what}${by === undefined ? '' : ` (${by})`}`;

/** What came of `case ack` and the like: the line that it left. */
export function renderMarked(one: Case): string[] {
  // What the daemon made of it in the same moment, such as another severity, is no answer to the person.
  const line = one.timeline.findLast(({ by }) => by !== undefined) ?? one.timeline.at(-1);
  return [`Case ${one.id}: ${one.state}${line === undefined ? '' : `; ${line.what}`}`];
}

function reached(notice: NoticeRow): string {
  const error = notice.lastError === '' ? '' : `: ${notice.lastError}`;
  const doubt = notice.doubt === null ? '' : `, may have come before at ${instant(notice.doubt)}`;
  if (notice.state === 'sent') return `delivered at attempt ${notice.attempts}${doubt}`;
  if (notice.state === 'failed') return `given up after ${count(notice.attempts, 'attempt')}${error}`;
  return `pending after ${count(notice.attempts, 'attempt')}, next ${instant(notice.due)}${doubt}${error}`;
}

function indented(lines: readonly string[]): string[] {
  return lines.map(line => `  ${line}`);
}

/** `show outbox`. */
export function renderOutbox(rows: readonly NoticeRow[], now: number): string[] {
  if (rows.length === 0) return ['nothing is pending'];
  return table(
    [
      { head: 'Channel' },
      { head: 'Recipient', free: true },
      { head: 'Case' },
      { head: 'Event' },
      { head: 'Tries', right: true },
      { head: 'Due in', right: true },
      { head: 'Last answer', free: true },
    ],
    rows.map(row => [
      row.channel,
      row.recipient,
      row.caseId,
      row.event,
      row.attempts,
      duration(row.due - now),
      row.doubt === null
        ? row.lastError
        : `in doubt since ${instant(row.doubt)}${row.lastError === '' ? '' : `: ${row.lastError}`}`,
    ]),
  );
}

/** `test notify`. */
export function renderTests(rows: readonly TestResult[]): string[] {
  if (rows.length === 0) return [];
  return table(
    [
      { head: 'Channel' },
      { head: 'Recipient', free: true },
      { head: 'Ended' },
      { head: 'ms', right: true },
      { head: 'Answer', free: true },
    ],
    rows.map(row => [row.channel, row.recipient, row.result, row.took, row.error]),
  );
}
