/** The exchange of traces with other ASes: sessions, and who takes part. */
import { SECOND, showDuration } from '../../config/units.ts';
import { peerTrouble, type TracebackPeerRow } from '../../control/traceback-rows.ts';
import { withPort } from '../../net/address.ts';
import type { BelievedRecord } from '../../traceback/belief.ts';
import type { HintRow } from '../../traceback/hints.ts';
import { count, facts, fold, lastError, table, tableWith } from './text.ts';
import { duration, instant, percent, percentCell } from './time.ts';

/** Seconds, as retention is told: `1h`, `90s`. */
const kept = (seconds: number | null): string => (seconds === null ? '-' : showDuration(seconds * SECOND));

/** `show traceback peers`. Each fits 80 columns; what went wrong last stands below its peer. */
export function renderTracebackPeers(rows: readonly TracebackPeerRow[], now: number): string[] {
  if (rows.length === 0) return ['no traceback peer'];
  const lines = tableWith(
    [
      { head: 'AS', right: true },
      { head: 'State' },
      { head: 'For', right: true },
      { head: 'In', right: true },
      { head: 'Out', right: true },
      { head: 'Asked', right: true },
      { head: 'Told', right: true },
      { head: 'Refused', right: true },
      { head: 'Border', right: true },
      { head: 'Keeps', right: true },
    ],
    rows,
    row => {
      const { coverage, retention } = saysOf(row);
      return [
        row.as,
        row.state,
        duration(now - row.since),
        row.in === 'deny' ? 'deny' : `${row.rate}/s`,
        row.out === 'deny' ? 'deny' : row.open === null ? 'allow' : `${row.open.limits.rate}/s`,
        ...[row.asked, row.answered, row.refused],
        percentCell(coverage),
        kept(retention),
      ];
    },
    row => [...lastError(peerTrouble(row)), ...checklistTrouble(row)],
  );
  const members = rows.filter(({ kind }) => kind === 'member').length;
  const up = rows.filter(({ state }) => state === 'Established').length;
  const end = [count(rows.length - members, 'peer'), count(members, 'member'), `${up} established`];
  return [...lines, end.join(', ')];
}

/** What it says of itself: in its OPEN, or else in its participation record. */
function saysOf({ open, record }: TracebackPeerRow) {
  return open ?? record?.record ?? { coverage: null, retention: null };
}

/** What is wrong with its checklist, where the last error does not say it already. */
function checklistTrouble({ checklist, ...row }: TracebackPeerRow): string[] {
  if (checklist === null || checklist.problem === '' || peerTrouble({ ...row }).includes(checklist.problem)) return [];
  const what = checklist.believed ? 'checklist not verified again' : 'checklist not believed';
  return fold(`${what}: ${checklist.problem}`, 4, 2);
}

/** `show traceback peers AS`. */
export function renderTracebackPeer(row: TracebackPeerRow, now: number): string[] {
  const { open, record, as, kind } = row;
  const { coverage, retention } = saysOf(row);
  const says = record?.record;
  return [
    `AS${as}, ${kind === 'peer' ? 'configured peer' : 'member of a federation'}`,
    ...facts([
      ['Address', row.address === '' ? 'none known' : `${row.address} port ${row.port}`],
      ['State', `${row.state} for ${duration(now - row.since)}, since ${instant(row.since)}`],
      ['Dialled by', open === null ? '' : open.dialled ? 'us' : 'it'],
      ['Version', open === null ? '' : `${open.version}, not below ${open.least}`],
      ['Hold time', open === null ? '' : `${open.hold}s`],
      [
        'Restart',
        open === null ? '' : open.restart === 0 ? 'keeps nothing' : `keeps what is in work for ${open.restart}s`,
      ],
      ['May ask us', row.in === 'deny' ? 'no' : `${row.rate} queries a second`],
      ['We may ask', row.out === 'deny' ? 'no' : 'yes'],
      [
        'It takes',
        open === null
          ? ''
          : `${open.limits.rate} queries a second, ${open.limits.flight} at once, ${open.limits.questions} digests each`,
      ],
      ['We asked', count(row.asked, 'query', 'queries')],
      ['First answer', row.latency === null ? '' : `after ${Math.round(row.latency)} ms, as measured of late`],
      ['It asked', `${row.received}, ${row.answered} answered, ${row.refused} refused or told busy`],
      ['Roles', (open ?? says)?.roles.join(' ') ?? ''],
      ['Methods', (open ?? says)?.methods.join(' ') ?? ''],
      ['Border behind taps', coverage === null ? 'not stated' : percent(coverage)],
      ['Keeps windows', retention === null ? 'not stated' : kept(retention)],
      ['Its way to us', row.adjacent ? 'told: over a neighbour of ours that takes no part' : 'not told'],
      ['Record', says === undefined ? 'none known' : `${says.sequence}, until ${instant(says.expires)}`],
      ['Believed by', record === null ? '' : beliefOf(record)],
      ['Federations', says?.federations.join(' ') ?? ''],
      ...checklistFacts(row.checklist),
    ]).map(line => `  ${line}`),
    ...(peerTrouble(row) === '' ? [] : fold(`Last error: ${peerTrouble(row)}`, 4, 2)),
  ];
}

function checklistFacts(checklist: TracebackPeerRow['checklist']): [string, string][] {
  if (checklist === null) return [];
  const { file, until, toldAt, problem } = checklist;
  return [
    ['Checklist', file],
    ['Valid', until === null ? `not believed: ${problem}` : `believed until ${instant(until)}`],
    ['Verified', toldAt === null ? 'never' : instant(toldAt)],
    ['Not verified again', until === null ? '' : problem],
  ];
}

/** Why a record is believed. */
function beliefOf({ believed, vouchedBy }: BelievedRecord): string {
  const by = vouchedBy.length === 0 ? '' : `authority of ${vouchedBy.join(', ')}`;
  if (believed === 'configured') return by === '' ? 'what is configured for it' : `what is configured for it; ${by}`;
  return believed === 'authority' ? by : 'nothing that is configured now';
}

/** How a hint is told, by what became of it. */
const HINTS: Readonly<Record<HintRow['state'], string>> = {
  own: 'our own',
  peer: 'is a configured peer',
  known: 'its record is known',
  asked: 'asked for its record',
  waiting: 'to be asked for its record',
};

/** `show traceback hints`: a line for each. */
export function renderHints(rows: readonly HintRow[]): string[] {
  if (rows.length === 0) return [];
  const lines = table(
    [{ head: 'AS' }, { head: 'Where', free: true }, { head: 'Prefix' }, { head: 'What became of it' }],
    rows.map(({ as, address, port, prefix, state }) => [`AS${as}`, withPort(address, port), prefix, HINTS[state]]),
  );
  const asked = rows.filter(({ state }) => state === 'asked');
  const told = asked.map(
    ({ as, at, error }) => `AS${as}: ${at === null ? '' : instant(at)}${error === '' ? '' : `, ${error}`}`,
  );
  return [
    ...lines,
    ...(told.length === 0 ? [] : ['', 'Asked, and nothing told yet:']),
    ...told.flatMap(line => fold(line, 4, 2)),
  ];
}

/** `show traceback participants`: two lines for each. */
export function renderParticipants(rows: readonly BelievedRecord[], now: number): string[] {
  if (rows.length === 0) return [];
  const lines = rows.flatMap(row => {
    const { record } = row;
    const { as, sequence, expires, addresses, federations, withdrawn, coverage, retention } = record;
    const places = addresses.map(({ address, port }) => withPort(address, port));
    const facts = [
      places.length === 0 ? 'no address' : places.join(' '),
      ...(federations.length === 0 ? [] : [`keys of ${federations.join(' ')}`]),
      ...(coverage === null ? [] : [`${percent(coverage)} of its border`]),
      ...(retention === null ? [] : [`keeps ${kept(retention)}`]),
    ];
    return [
      `AS${as} ${sequence}, ${withdrawn ? 'withdrawn, ' : ''}for ${duration(expires - now)} more; ${beliefOf(row)}`,
      ...fold(facts.join('; '), 4, 2),
    ];
  });
  const gone = rows.filter(({ record }) => record.withdrawn).length;
  return [
    ...lines.flatMap(line => fold(line, 4, /^ */.exec(line)![0].length)),
    `${count(rows.length - gone, 'AS takes', 'ASes take')} part${gone === 0 ? '' : `, ${gone} no more`}`,
  ];
}
