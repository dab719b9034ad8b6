import type { AsPath, Case, CaseHint } from '../hijack/case.ts';
import { isOfRoa } from '../hijack/kinds.ts';
import { callWordings } from './call-wording.ts';
import { calleesOf, contactLines, draftLines, type Language } from './calls.ts';
import type { CallLine } from './contacts/call-list.ts';
import { columns, hang, LINE, pad, printable } from './layout.ts';
import { originOf, subjectOf } from './subject.ts';
import { type MailNames, noticeId, type Thread, threadOf } from './thread.ts';
import { type Change, kindOf, type Wording } from './wording.ts';
import { english } from './wording-en.ts';
import { japanese } from './wording-ja.ts';

export type NoticeEvent = 'begin' | 'change' | 'reminder' | 'flapping' | 'end';

/** What is told of a case. */
export interface NoticeCause {
  readonly event: NoticeEvent;
  /** Which of several changes or reminders, from 1. */
  readonly ordinal?: number;
  /** Of a change: what has changed. */
  readonly changes?: readonly Change[];
  /** The Message-ID of the mail that told an address of the begin, null: none did; left out: it was told of this case alone. */
  readonly begunIn?: (address: string) => string | null;
}

/** Who is told. `number` counts the recipients of the case from 1: the N of `CASE.begin.N`. */
export interface Recipient {
  readonly address: string;
  readonly because: string;
  readonly number: number;
}

export interface ComposeOptions extends MailNames {
  /** Sender as configured; shown for questions. */
  readonly from: string;
  /** The body once in each, in this order. */
  readonly languages: readonly ('ja' | 'en')[];
  /** What the operator calls this collector, such as `AS64500, router id 192.0.2.10`. */
  readonly routerName: string;
  /** Contacts of an AS, as they are known when the notice is written; left out: nobody looks them up. */
  readonly contacts?: (as: number) => readonly CallLine[];
}

/** A notice ready for a header and a body. */
export interface ComposedMail extends Thread {
  readonly subject: string;
  readonly text: string;
}

/** So many distinct AS paths, registered objects and characters of an object a mail shows; the rest is counted. */
const MOST_PATHS = 10;
const MOST_OBJECTS = 5;
const MOST_OBJECT_TEXT = 16_384;
const MOST_ORIGINS = 8;

/** The wordings for the languages, each once; English when there are none. */
export function wordingsOf(languages: readonly ('ja' | 'en')[]): readonly Wording[] {
  const names = [...new Set(languages)];
  return (names.length > 0 ? names : ['en']).map(name => (name === 'ja' ? japanese : english));
}

/**
 * A notice of a case for one recipient, as plain text. An end whose begin was not told (hijack/case-book:
 * a blip) is the only notice of its case and brings the evidence along. The order is the one NOCs know: prefix, what, by
 * whom, via whom, how widely, since when, why, what to do. Pure; never throws; whatever the case's strings hold, the
 * subject and the ids are printable ASCII on one line and the body has no other control character than newline.
 */
export function composeMail(of: Case, cause: NoticeCause, recipient: Recipient, options: ComposeOptions): ComposedMail {
  return {
    subject: subjectOf(of, cause.event),
    text: composeText(of, cause, recipient.because, options),
    ...threadOf(
      ...([of, noticeId(of.id, cause, recipient.number), cause.event, recipient.number, options] as const),
      cause.begunIn?.(recipient.address),
    ),
  };
}

/** The same as text alone. `because`: why the reader is told; null: it was not asked for by anybody in particular. */
export function composeText(
  of: Case,
  cause: NoticeCause,
  because: string | null,
  options: Omit<ComposeOptions, 'from'> & { readonly from: string | null },
): string {
  const wordings = wordingsOf(options.languages);
  const bodies = wordings.map(wording => body(of, cause, because, options, wording));
  return `${[...wordings.slice(1).map(other => `${other.follows}\n`), bodies.join(`\n\n${'-'.repeat(LINE)}\n\n`)].join('\n')}\n`;
}

/** What may make the case harmless, and the object that would mend it, where that is the remedy. */
function hinted({ hint, text, object }: CaseHint, say: Wording): string[] {
  const lines = (object ?? '').split('\n').filter(line => line !== '');
  return [
    ...say.hint(hint, printable(text)).flatMap(paragraph => [...hang('', paragraph), '']),
    ...(lines.length === 0 ? [] : [...lines.map(line => `      ${printable(line)}`), '']),
  ];
}

function body(
  of: Case,
  cause: NoticeCause,
  because: string | null,
  options: Parameters<typeof composeText>[3],
  say: Wording,
): string {
  const notice = cause.event === 'end' && !of.told.includes('begin') ? 'blip' : cause.event;
  const tail = notice !== 'end' && notice !== 'blip';
  return [
    ...(of.drill ? [...hang('', say.drill), ''] : []),
    ...(of.hints ?? []).slice(0, 1).flatMap(hint => hinted(hint, say)),
    ...hang('', say.intro(notice, kindOf(say, of.kind).found)),
    '',
    ...facts(of, cause, say),
    '',
    ...(notice === 'begin' || notice === 'blip' ? [...evidence(of, say), ''] : []),
    ...(notice === 'begin' || notice === 'reminder' ? [...advice(of, say, options), ''] : []),
    ...(tail ? [...hang('', isOfRoa(of.kind) ? say.willTellOfEnd : say.willTell), ''] : []),
    ...(because === null ? [] : hang('', say.because(printable(because)))),
    ...hang(
      '',
      say.sentBy(
        printable(options.hostname),
        printable(options.routerName),
        options.from === null ? null : printable(options.from),
      ),
    ),
  ].join('\n');
}

/** The table at the top. */
function facts(of: Case, { event, changes = [] }: NoticeCause, say: Wording): string[] {
  const end = of.ended ?? of.changed;
  const holding = of.witnesses.filter(witness => witness.state === 'holds').length;
  const unseen = of.witnesses.filter(witness => witness.state === 'unseen').length;
  const origins = of.expected.slice(0, MOST_ORIGINS);
  const left = of.expected.length - origins.length;
  const seenOnItsWay = () =>
    [
      [say.label.via, [say.via(of.upstream)]],
      [say.label.paths, paths(of, say)],
      [
        say.label.seen,
        event === 'end'
          ? [say.peak(of.peakWitnesses)]
          : [
              say.seen(holding, unseen, of.peakWitnesses),
              ...(of.rightly === undefined ? [] : [say.rightly(of.rightly)]),
            ],
      ],
    ] as const;
  const rows: (readonly [string, readonly string[]])[] = [
    [say.label.prefix, [of.prefix]],
    [say.label.what, [kindOf(say, of.kind).what(of.decidedBy), ...(of.ground ? [of.ground] : [])]],
    ...(isOfRoa(of.kind) ? [] : [[say.label.by, [say.by(originOf(of))]] as const]),
    ...(of.offender === originOf(of) ? [] : [[say.label.passed, [say.by(of.offender)]] as const]),
    [say.label.registered, [say.registered(origins, of.decidedBy), ...(left > 0 ? [say.more(left)] : [])]],
    ...(isOfRoa(of.kind) ? [] : seenOnItsWay()),
    [say.label.since, [instant(of.opened, say)]],
  ];
  if (event === 'end')
    rows.push(
      [say.label.ended, [instant(end, say)]],
      [say.label.lasted, [say.duration(Math.max(0, Math.round((end - of.opened) / 1000)) || 0)]],
      [say.label.why, [kindOf(say, of.kind).over ?? say.over, ...lastWords(of)]],
    );
  if (changes.length > 0) rows.push([say.label.changed, changes.map(say.changed)]);
  rows.push([say.label.case, [of.id]]);
  if (of.incident !== undefined) rows.push([say.label.incident, [of.incident]]);
  const width = Math.max(...rows.map(([label]) => columns(label))) + 2;
  return rows.flatMap(([label, values]) =>
    (values.length > 0 ? values : ['-']).flatMap((value, i) =>
      hang(`  ${pad(i === 0 ? label : '', width)}`, printable(value)),
    ),
  );
}

/** What the timeline says of the end, in its own words. */
function lastWords(of: Case): string[] {
  const last = of.timeline.findLast(entry => entry.state === 'resolved' || entry.state === 'dismissed');
  return last === undefined ? [] : [last.what];
}

/** Distinct paths, each with the peers it came from; those still held come first. */
function paths(of: Case, say: Wording): string[] {
  const peers = new Map<string, string[]>();
  const held = of.witnesses.filter(witness => witness.state === 'holds');
  for (const witness of [...held, ...of.witnesses.filter(other => other.state !== 'holds')]) {
    if (witness.path.length === 0) continue;
    const path = formatPath(witness.path);
    const names = peers.get(path) ?? [];
    names.push(witness.peer);
    peers.set(path, names);
  }
  const shown = [...peers].slice(0, MOST_PATHS).map(([path, names]) => {
    const most = names.slice(0, 5).join(', ');
    return say.path(path, names.length > 5 ? `${most} ${say.more(names.length - 5)}` : most);
  });
  return peers.size > MOST_PATHS ? [...shown, say.more(peers.size - MOST_PATHS)] : shown;
}

/** AS numbers apart by blanks, an AS_SET in braces, as routers show it. */
export function formatPath(path: AsPath): string {
  return path.map(hop => (typeof hop === 'number' ? String(hop) : `{${hop.join(',')}}`)).join(' ');
}

/** The registered objects in full, indented so that no line of theirs can pass for one of ours. */
function evidence(of: Case, say: Wording): string[] {
  const shown = of.objects.slice(0, MOST_OBJECTS);
  const lines = [say.heading.why];
  if (shown.length === 0) lines.push(...hang('  ', say.nothingRecorded));
  for (const object of shown) {
    const text = object.text.slice(0, MOST_OBJECT_TEXT);
    const rows = text.replace(/\r?\n$/, '').split(/\r?\n/);
    lines.push(
      ...hang('  ', (isOfRoa(of.kind) ? say.registeredAs : say.contradicts)(printable(object.source))),
      '',
      ...rows.map(row => `      ${printable(row.replaceAll('\t', '        '))}`.trimEnd()),
      ...(text.length < object.text.length ? [`      ${say.cut(object.text.length - text.length)}`] : []),
    );
  }
  if (of.objects.length > shown.length) lines.push('', ...hang('  ', say.more(of.objects.length - shown.length)));
  return lines;
}

/** JPNIC's list of false alarms first, then whom to call, and drafts to them. */
function advice(
  of: Case,
  say: Wording,
  { contacts, languages }: Pick<ComposeOptions, 'contacts' | 'languages'>,
): string[] {
  const checks = [
    say.heading.todo,
    ...hang('  ', say.checkFirst),
    '',
    ...(kindOf(say, of.kind).checks ?? say.checks)(say.by(of.offender), printable(of.prefix)).flatMap(
      ([title, text], i) => [...hang(`  ${i + 1}. `, title), ...hang('     ', text)],
    ),
  ];
  // Nobody announces anything: there is nobody to be called.
  if (isOfRoa(of.kind)) return checks;
  const callees = say.callees(of.offender, of.upstream, of.offender !== originOf(of));
  const call = of.upstream ?? of.offender;
  const language: Language = say === japanese ? 'ja' : 'en';
  const called = calleesOf(of);
  const known = (i: number) => (contacts === undefined ? [] : contactLines(contacts(called[i]!), language));
  // Who is called may well not read Japanese.
  const drafted: readonly Language[] = language === 'ja' && !languages.includes('en') ? ['ja', 'en'] : [language];
  const addresses = (as: number) =>
    (contacts?.(as) ?? []).flatMap(({ reach }) => reach.filter(one => one.includes('@')));
  return [
    ...checks,
    '',
    ...hang('  ', say.call),
    ...callees.flatMap((callee, i) => [...hang('  - ', callee), ...known(i).flatMap(line => hang('      ', line))]),
    ...(call === null ? [] : hang('  ', say.contacts(call))),
    ...(contacts === undefined || called.length === 0 || of.drill
      ? []
      : [
          '',
          ...hang('  ', callWordings[language].heading),
          '',
          ...drafted.flatMap(one => draftLines(of, one, addresses)),
        ]),
  ];
}

/** Japan has kept UTC+9 without summer time since 1952. */
const JST = 9 * 3600 * 1000;

/** An instant as a language writes it. */
export function instant(time: number, say: Wording): string {
  const show = (at: number) => {
    const date = new Date(at);
    return Number.isNaN(date.getTime()) ? '?' : date.toISOString().slice(0, 19).replace('T', ' ');
  };
  return say.time(show(time), show(time + JST));
}
