import { formatFlatPath } from '../../bgp/as-path.ts';
import type { CaseDetail, NoticeRow } from '../../control/daemon.ts';
import type { Case } from '../../hijack/case.ts';
import { showOrigin } from './origin.ts';
import { count, facts, table } from './text.ts';
import { duration, instant } from './time.ts';

function ageOf(one: Case, now: number): string {
  return duration((one.ended ?? now) - one.opened);
}

function holding(one: Case): number {
  return one.witnesses.filter(witness => witness.state === 'holds').length;
}

/** `show case [open|all]`. */
export function renderCases(rows: readonly Case[], now: number): string[] {
  if (rows.length === 0) return ['no case'];
  return table(
    [
      { head: '' },
      { head: 'Case' },
      { head: 'State' },
      { head: 'Prefix' },
      { head: 'Origin' },
      { head: 'Registered' },
      { head: 'Via' },
      { head: 'Wit', right: true },
      { head: 'Age', right: true },
    ],
    rows.map(row => [
      row.critical ? '!' : ' ',
      row.id,
      row.state,
      row.prefix,
      showOrigin(row.offender),
      row.expected.map(as => `AS${as}`).join(','),
      row.upstream === null ? '-' : `AS${row.upstream}`,
      `${holding(row)}/${row.peakWitnesses}`,
      ageOf(row, now),
    ]),
  );
}

/** `show case ID`: who, of whom, via whom, seen by whom, on what evidence, when, and who was told. */
export function renderCase(one: CaseDetail, now: number): string[] {
  const registered = one.expected.map(as => `AS${as}`).join(', ');
  return [
    `Case ${one.id}: ${one.state}${one.critical ? ', critical' : ''}`,
    ...facts([
      ['Prefix', one.prefix],
      ['Announced by', `${showOrigin(one.offender)}${one.upstream === null ? '' : ` via AS${one.upstream}`}`],
      ['Registered to', `${registered}${one.kind === 'more-specific' ? ` as ${one.decidedBy}, which covers it` : ''}`],
      ['Watches', one.watches.join(', ')],
      ['Opened', instant(one.opened)],
      ['Ended', one.ended === null ? '' : instant(one.ended)],
      [one.ended === null ? 'Lasts' : 'Lasted', ageOf(one, now)],
    ]),
    '',
    `Witnesses: ${holding(one)} hold it now, ${one.peakWitnesses} at most`,
    ...indented(
      table(
        [{ head: 'Peer' }, { head: 'AS', right: true }, { head: 'State' }, { head: 'Since' }, { head: 'Path' }],
        one.witnesses.map(witness => [
          witness.peer,
          witness.as,
          witness.state,
          instant(witness.until ?? witness.since),
          formatFlatPath(witness.path),
        ]),
      ),
    ),
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
    ...one.timeline.map(event => `  ${instant(event.time)} ${event.state}: ${event.what}`),
    '',
    `Recipients: ${one.recipients.length === 0 ? 'none' : one.recipients.length}`,
    ...one.recipients.flatMap(recipient => [
      `  ${recipient.address} (${recipient.because})`,
      ...one.notices
        .filter(notice => notice.recipient === recipient.address)
        .map(notice => `    ${notice.event}: ${reached(notice)}`),
    ]),
    ...channels(one.notices),
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

function reached(notice: NoticeRow): string {
  const error = notice.lastError === '' ? '' : `: ${notice.lastError}`;
  if (notice.state === 'sent') return `delivered at attempt ${notice.attempts}`;
  if (notice.state === 'failed') return `given up after ${count(notice.attempts, 'attempt')}${error}`;
  return `pending after ${count(notice.attempts, 'attempt')}, next ${instant(notice.due)}${error}`;
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
      { head: 'Recipient' },
      { head: 'Case' },
      { head: 'Event' },
      { head: 'Tries', right: true },
      { head: 'Due in', right: true },
      { head: 'Last answer' },
    ],
    rows.map(row => [
      row.channel,
      row.recipient,
      row.caseId,
      row.event,
      row.attempts,
      duration(row.due - now),
      row.lastError,
    ]),
  );
}
