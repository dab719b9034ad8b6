import type { Case, CaseKind, CaseState } from '../hijack/case.ts';
import {
  type ComposeOptions,
  composeText,
  formatPath,
  type NoticeCause,
  type NoticeEvent,
  wordingsOf,
} from './compose.ts';
import { originOf, subjectOf } from './subject.ts';
import { type Change, kindOf } from './wording.ts';

/**
 * A notice as programs read it, with the facts of the mail under the same names and in the same order. This is what a web
 * hook is sent and a program reads, as JSON; it lies in the outbox as it was written, so that every attempt says the same.
 * Instants are ISO 8601 in UTC, `lasted` is seconds, AS numbers are plain numbers.
 */
export interface Notice {
  /** Of this form. A field may be added within a version; none changes its meaning. */
  readonly version: 1;
  /** Unique, and the same at each attempt: who has seen it need not act again. */
  readonly id: string;
  readonly event: NoticeEvent | SummaryEvent | 'test';
  /** When it was written. */
  readonly time: string;
  readonly subject: string;
  readonly prefix: string;
  readonly kind: CaseKind | null;
  /** The kind in words, in the first language. */
  readonly what: string;
  /** What the path is blamed for, in words; empty for what the registry says. */
  readonly ground: string;
  /** The origin AS; null: the path ends in an AS_SET. */
  readonly by: number | null;
  /** The AS that is to be asked: the origin, or one in the path. */
  readonly offender: number | null;
  readonly registered: { readonly prefix: string; readonly origins: readonly number[] };
  readonly via: number | null;
  readonly paths: readonly { readonly path: string; readonly peers: readonly string[] }[];
  /** Peers that hold it now, that were lost while they held it, and the most at one time. */
  readonly seen: { readonly now: number; readonly unseen: number; readonly peak: number };
  readonly since: string | null;
  readonly ended: string | null;
  readonly lasted: number | null;
  readonly changes: readonly Change[];
  readonly case: string | null;
  /** What the case is part of; of a summary, where that is one for all. */
  readonly incident: string | null;
  readonly state: CaseState | null;
  readonly critical: boolean;
  /** How grave it is, hints taken in; null: not known. */
  readonly severity: string | null;
  /** What may make it harmless, the first first. */
  readonly hints: readonly { readonly hint: string; readonly text: string }[];
  /** No such route exists. */
  readonly drill: boolean;
  readonly watches: readonly string[];
  readonly objects: readonly {
    readonly source: string;
    readonly prefix: string;
    readonly origin: number;
    readonly maintainers: readonly string[];
    readonly text: string;
  }[];
  /** Cases that a summary speaks of. */
  readonly cases: readonly string[];
  /** The text of the mail. */
  readonly text: string;
  /** Who says so. */
  readonly host: string;
  readonly router: string;
}

/** Notices that speak of several cases. */
export type SummaryEvent = 'storm' | 'storm-end' | 'cut-off';

/** What `noticeOf` must know besides the case. */
export interface NoticeOptions {
  readonly languages: readonly ('ja' | 'en')[];
  readonly hostname: string;
  readonly routerName: string;
  /** Contacts of an AS, as they are known now. */
  readonly contacts?: NonNullable<ComposeOptions['contacts']>;
}

/** Bounds of a notice: what is beyond is cut, and the text says so. Characters of JSON as a whole, paths, objects, text. */
const MOST_JSON = 131_072;
const MOST_PATHS = 20;
const MOST_OBJECTS = 5;
const MOST_OBJECT_TEXT = 4096;
const MOST_TEXT = 32_768;
const MOST_NAMES = 64;

/** An instant in ISO 8601; null when it is none. */
export function isoInstant(time: number): string | null {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** The notice of one case under its outbox id. Pure. */
export function noticeOf(of: Case, cause: NoticeCause, id: string, options: NoticeOptions, now: number): Notice {
  const over = cause.event === 'end';
  const end = of.ended ?? of.changed;
  const [say] = wordingsOf(options.languages);
  return bounded({
    version: 1,
    id,
    event: cause.event,
    time: isoInstant(now) ?? '',
    subject: subjectOf(of, cause.event),
    prefix: of.prefix,
    kind: of.kind,
    what: kindOf(say!, of.kind).what(of.decidedBy),
    ground: of.ground ?? '',
    by: originOf(of),
    offender: of.offender,
    registered: { prefix: of.decidedBy, origins: of.expected.slice(0, MOST_NAMES) },
    via: of.upstream,
    paths: pathsOf(of),
    seen: {
      now: of.witnesses.filter(({ state }) => state === 'holds').length,
      unseen: of.witnesses.filter(({ state }) => state === 'unseen').length,
      peak: of.peakWitnesses,
    },
    since: isoInstant(of.opened),
    ended: over ? isoInstant(end) : null,
    lasted: over ? Math.max(0, Math.round((end - of.opened) / 1000)) || 0 : null,
    changes: cause.changes ?? [],
    case: of.id,
    incident: of.incident ?? null,
    state: of.state,
    critical: of.critical,
    severity: of.severity ?? null,
    hints: (of.hints ?? []).slice(0, MOST_PATHS).map(({ hint, text }) => ({ hint, text: cut(text, MOST_OBJECT_TEXT) })),
    drill: of.drill === true,
    watches: of.watches.slice(0, MOST_NAMES),
    objects: of.objects.slice(0, MOST_OBJECTS).map(({ source, prefix, origin, maintainers, text }) => ({
      source,
      prefix,
      origin,
      maintainers: maintainers.slice(0, MOST_NAMES),
      text: cut(text, MOST_OBJECT_TEXT),
    })),
    cases: [of.id],
    text: composeText(of, cause, null, { ...options, from: null }),
    host: options.hostname,
    router: options.routerName,
  });
}

/** Cuts the long parts of a notice that is too large. */
export function bounded(notice: Notice): Notice {
  if (JSON.stringify(notice).length <= MOST_JSON) return notice;
  const objects = notice.objects.map(object => ({ ...object, text: cut(object.text, 256) }));
  return { ...notice, objects, cases: notice.cases.slice(0, 1000), text: cut(notice.text, MOST_TEXT) };
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}\n(${text.length - most} characters left off)`;
}

/** Distinct paths, each with the peers that hold it, or held it when none does. */
function pathsOf(of: Case): Notice['paths'] {
  const held = of.witnesses.filter(({ state }) => state === 'holds');
  const peers = new Map<string, string[]>();
  for (const { path, peer } of held.length > 0 ? held : of.witnesses) {
    const text = formatPath(path);
    peers.set(text, [...(peers.get(text) ?? []), peer].slice(0, MOST_NAMES));
  }
  return [...peers].slice(0, MOST_PATHS).map(([path, names]) => ({ path, peers: names }));
}

/** The notice of an outbox row; null when the row does not hold one. */
export function readNotice(body: string): Notice | null {
  try {
    const notice = JSON.parse(body) as Partial<Record<keyof Notice, unknown>>;
    const strings = [notice.id, notice.event, notice.subject, notice.text, notice.prefix];
    return notice.version === 1 && strings.every(value => typeof value === 'string') ? (notice as Notice) : null;
  } catch {
    return null;
  }
}

/** A notice that speaks of no case. */
export function blankNotice(
  id: string,
  event: Notice['event'],
  subject: string,
  text: string,
  now: number,
): Omit<Notice, 'host' | 'router'> {
  return {
    version: 1,
    id,
    event,
    time: isoInstant(now) ?? '',
    subject,
    prefix: '',
    kind: null,
    what: '',
    ground: '',
    by: null,
    offender: null,
    registered: { prefix: '', origins: [] },
    via: null,
    paths: [],
    seen: { now: 0, unseen: 0, peak: 0 },
    since: null,
    ended: null,
    lasted: null,
    changes: [],
    case: null,
    incident: null,
    state: null,
    critical: false,
    severity: null,
    hints: [],
    drill: false,
    watches: [],
    objects: [],
    cases: [],
    text,
  };
}
