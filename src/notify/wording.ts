import type { CaseHintName, CaseKind } from '../hijack/case.ts';

/** Kinds of cases that have words; a case of any other kind is told as `other`. */
export type WordedKind =
  | CaseKind
  | 'roa-vanished'
  | 'roa-expiring'
  | 'trust-anchor'
  | 'private-as'
  | 'visibility'
  | 'blackhole'
  | 'moas'
  | 'exception-ended'
  | 'other';

/** A false alarm, or a first step, with what to do. */
export type Advice = readonly [title: string, advice: string];

/** The words of one kind of case. */
export interface KindWording {
  /** What is seen, as the sentences of `intro` take it in. */
  readonly found: string;
  /** The row of the table; `registered`: the registered prefix that decided. */
  what(registered: string): string;
  /** What to check first; not there: JPNIC's four false alarms (`checks`). */
  checks?(offender: string, prefix: string): readonly Advice[];
  /** Why it ended; not there: nobody holds it any more (`over`). */
  readonly over?: string;
}

/** How a case stands otherwise than when it was last told. */
export type Change =
  | { readonly what: 'critical'; readonly now: boolean }
  | { readonly what: 'severity'; readonly from: string; readonly to: string }
  | { readonly what: 'seen'; readonly from: number; readonly to: number }
  /** How often the route was gone and came back. */
  | { readonly what: 'flaps'; readonly times: number };

/** What a notice says, in one language. `compose.ts` decides the order; a language only words it. */
export interface Wording {
  /** Stands on top when this language follows further down. */
  readonly follows: string;
  readonly kinds: Readonly<Record<WordedKind, KindWording>>;
  /** What a hint says, a paragraph each; `text`: as the registry words it, in English. */
  hint(name: CaseHintName, text: string): readonly string[];
  /** The first sentence. `blip`: it was over before anybody was told that it had begun. */
  intro(notice: 'begin' | 'change' | 'reminder' | 'flapping' | 'end' | 'blip', found: string): string;
  /** One sentence each. */
  changed(change: Change): string;
  readonly label: Readonly<
    Record<
      | 'prefix'
      | 'what'
      | 'by'
      | 'passed'
      | 'registered'
      | 'via'
      | 'paths'
      | 'seen'
      | 'since'
      | 'ended'
      | 'lasted'
      | 'why'
      | 'changed'
      | 'case'
      | 'incident',
      string
    >
  >;
  /** The contradicting origin; null: the path ends in an AS_SET. */
  by(offender: number | null): string;
  registered(origins: readonly number[], prefix: string): string;
  via(upstream: number | null): string;
  /** A path and the names of the peers it came from. */
  path(path: string, peers: string): string;
  /** Stands where paths, objects or the like were left off. */
  more(count: number): string;
  seen(now: number, unseen: number, peak: number): string;
  /** So many peers have the registered route. */
  rightly(peers: number): string;
  peak(peak: number): string;
  /** The instant in both UTC and JST, each as `YYYY-MM-DD HH:MM:SS`. */
  time(utc: string, jst: string): string;
  /** Whole seconds in words. */
  duration(seconds: number): string;
  readonly over: string;
  readonly heading: Readonly<Record<'why' | 'todo', string>>;
  contradicts(source: string): string;
  /** The same of a case that is of no route. */
  registeredAs(source: string): string;
  cut(characters: number): string;
  readonly nothingRecorded: string;
  readonly checkFirst: string;
  /** JPNIC's four false alarms, each with what to do. */
  checks(offender: string, prefix: string): readonly Advice[];
  /** Sentence before the list of whom to call, the list, and where contacts are found. */
  readonly call: string;
  /** `passes`: the first passes the route on, and does not announce it. */
  callees(offender: number | null, upstream: number | null, passes: boolean): readonly string[];
  contacts(as: number): string;
  readonly willTell: string;
  /** The same of a case that is of no route. */
  readonly willTellOfEnd: string;
  because(reason: string): string;
  /** Above a notice that may have been taken before, at this instant. */
  doubt(time: string): string;
  /** Above a drill: nothing has happened. */
  readonly drill: string;
  /** The first sentence of a summary of so many cases. */
  summary(event: 'storm' | 'storm-end', count: number): string;
  /** All cases of a summary are of this incident. */
  ofOneIncident(incident: string): string;
  /** That mail to these addresses may not get through, and why. */
  cutOff(prefix: string): string;
  /** All that a test notice has to say. */
  readonly test: string;
  /** `from`: where questions go; null: nowhere. */
  sentBy(host: string, router: string, from: string | null): string;
}

/** The words of a kind of case, whatever it is. */
export function kindOf(say: Wording, kind: string): KindWording {
  return Object.hasOwn(say.kinds, kind) ? say.kinds[kind as WordedKind] : say.kinds.other;
}
