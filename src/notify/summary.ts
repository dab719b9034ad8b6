import { channelName } from '../config/notify.ts';
import type { Case } from '../hijack/case.ts';
import type { OutboxRecord } from '../store/records.ts';
import { wordingsOf } from './compose.ts';
import { ascii, columns, hang, LINE, pad, printable } from './layout.ts';
import { blankNotice, bounded, type Notice, type SummaryEvent } from './notice.ts';
import { blockFor, channelKey, channelsFor, isMailAddress, type NoticeSettings, type StoredMail } from './notices.ts';
import { incidentThread, messageIdOf, noticeId } from './thread.ts';
import type { Wording } from './wording.ts';

/** Rows of the outbox that speak of several cases, and of which. */
export interface Summary {
  readonly record: OutboxRecord;
  readonly cases: readonly Case[];
}

/** Cases that a summary lists; the rest is counted. */
const MOST_LISTED = 300;

/**
 * One notice for each recipient and channel, instead of one for each case: what began, or what is over. Each tells only of
 * the cases that this recipient would have been told of. Pure.
 */
export function summaryRecords(
  cases: readonly Case[],
  event: Extract<SummaryEvent, 'storm' | 'storm-end'>,
  settings: NoticeSettings,
  now: number,
): readonly Summary[] {
  const summaries: Summary[] = [];
  const add = (
    of: readonly Case[],
    channel: OutboxRecord['channel'],
    recipient: string,
    bodyOf: (id: string) => unknown,
  ) => {
    const id = `${noticeId(of[0]!.id, { event: 'begin' }, 0).split('.')[0]}.${event}-${now}.${summaries.length + 1}`;
    const record: OutboxRecord = {
      id,
      channel,
      recipient,
      caseId: of[0]!.id,
      event,
      body: JSON.stringify(bodyOf(id)),
      state: 'pending',
      attempts: 0,
      due: now,
      created: now,
      lastError: '',
      doubt: null,
    };
    summaries.push({ record, cases: of });
  };

  for (const [address, { because, told }] of readersOf(cases)) {
    const block = blockFor(because, settings.notify);
    if (block === undefined || !isMailAddress(address)) continue;
    const { subject, text } = compose(told, event, block.languages, because, { ...settings, from: block.from });
    const references = incidentThread(commonIncident(told), settings);
    add(told, 'mail', address, (id): StoredMail => {
      const messageId = messageIdOf(id, settings);
      return { because, subject, text, messageId, references, follows: null, date: now };
    });
  }
  const channels = new Map(
    cases.flatMap(of => channelsFor(of, settings)).map(block => [channelKey(block), block] as const),
  );
  for (const block of channels.values()) {
    const told = cases.filter(of => channelsFor(of, settings).includes(block));
    const languages = 'languages' in block ? block.languages : (['en'] as const);
    const { subject, text } = compose(told, event, languages, null, { ...settings, from: null });
    add(
      told,
      block.kind,
      channelName(block),
      (id): Notice =>
        bounded({
          ...blankNotice(id, event, subject, text, now),
          critical: told.some(({ critical }) => critical),
          incident: commonIncident(told) ?? null,
          cases: told.map(({ id: one }) => one),
          host: settings.hostname,
          router: settings.routerName,
        }),
    );
  }
  return summaries;
}

/** The incident that all of them are of, if they are of one. */
function commonIncident(cases: readonly Case[]): string | undefined {
  const [incident, ...others] = new Set(cases.map(of => of.incident));
  return others.length > 0 ? undefined : incident;
}

/** Who would have been told of which cases, with the first reason that names them. */
function readersOf(cases: readonly Case[]): ReadonlyMap<string, { because: string; told: Case[] }> {
  const readers = new Map<string, { because: string; told: Case[] }>();
  const spelt = new Map<string, string>();
  for (const of of cases)
    for (const { address, because } of of.recipients) {
      const key = address.toLowerCase();
      const name = spelt.get(key) ?? address;
      spelt.set(key, name);
      const reader = readers.get(name) ?? { because, told: [] };
      readers.set(name, reader);
      if (reader.told.at(-1) !== of) reader.told.push(of);
    }
  return readers;
}

function compose(
  cases: readonly Case[],
  event: 'storm' | 'storm-end',
  languages: readonly ('ja' | 'en')[],
  because: string | null,
  options: Pick<NoticeSettings, 'hostname' | 'routerName'> & { readonly from: string | null },
): { readonly subject: string; readonly text: string } {
  const tag = event === 'storm' ? '[storm]' : '[resolved]';
  const critical = cases.some(one => one.critical) ? ' [critical]' : '';
  const what = event === 'storm' ? 'routes contradict the registry' : 'cases are over';
  const wordings = wordingsOf(languages);
  const bodies = wordings.map(say => body(cases, event, because, options, say));
  return {
    subject: ascii(`[InterTrack] ${tag}${critical} ${cases.length} ${what} (${cases[0]!.id}...)`, 200),
    text: `${[...wordings.slice(1).map(other => `${other.follows}\n`), bodies.join(`\n\n${'-'.repeat(LINE)}\n\n`)].join('\n')}\n`,
  };
}

function body(
  cases: readonly Case[],
  event: 'storm' | 'storm-end',
  because: string | null,
  { hostname, routerName, from }: Parameters<typeof compose>[4],
  say: Wording,
): string {
  const incident = commonIncident(cases);
  const rows = cases.slice(0, MOST_LISTED).map(of => [
    of.id,
    printable(of.prefix),
    printable(of.offender === null ? 'AS_SET' : `AS${of.offender}`),
    of.expected
      .slice(0, 3)
      .map(as => `AS${as}`)
      .join(',') || '-',
    of.upstream === null ? '-' : `AS${of.upstream}`,
  ]);
  const head = [say.label.case, say.label.prefix, say.label.by, say.label.registered, say.label.via];
  const widths = head.map((title, i) => Math.max(columns(title), ...rows.map(row => columns(row[i]!))));
  const line = (cells: readonly string[]) => `  ${cells.map((cell, i) => pad(cell, widths[i]!)).join('  ')}`.trimEnd();
  return [
    ...hang('', say.summary(event, cases.length)),
    ...(incident === undefined ? [] : hang('', say.ofOneIncident(printable(incident)))),
    '',
    line(head),
    ...rows.map(line),
    ...(cases.length > rows.length ? [`  ${say.more(cases.length - rows.length)}`] : []),
    '',
    ...(because === null ? [] : hang('', say.because(printable(because)))),
    ...hang('', say.sentBy(printable(hostname), printable(routerName), from === null ? null : printable(from))),
  ].join('\n');
}
