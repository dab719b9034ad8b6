import type { CaseKind } from '../hijack/case.ts';

/** What a notice says, in one language. `compose.ts` decides the order; a language only words it. */
export interface Wording {
  /** Stands on top when this language follows further down. */
  readonly follows: string;
  /** `blip`: it was over before anybody was told that it had begun. */
  readonly intro: Readonly<Record<'begin' | 'end' | 'blip', string>>;
  readonly label: Readonly<
    Record<
      | 'prefix'
      | 'what'
      | 'by'
      | 'registered'
      | 'via'
      | 'paths'
      | 'seen'
      | 'since'
      | 'ended'
      | 'lasted'
      | 'why'
      | 'case',
      string
    >
  >;
  what(kind: CaseKind, decidedBy: string): string;
  /** The contradicting origin; null: the path ends in an AS_SET. */
  by(offender: number | null): string;
  registered(origins: readonly number[], prefix: string): string;
  via(upstream: number | null): string;
  /** A path and the names of the peers it came from. */
  path(path: string, peers: string): string;
  /** Stands where paths, objects or the like were left off. */
  more(count: number): string;
  seen(now: number, unseen: number, peak: number): string;
  peak(peak: number): string;
  /** The instant in both UTC and JST, each as `YYYY-MM-DD HH:MM:SS`. */
  time(utc: string, jst: string): string;
  /** Whole seconds in words. */
  duration(seconds: number): string;
  readonly over: string;
  readonly heading: Readonly<Record<'why' | 'todo', string>>;
  contradicts(source: string): string;
  cut(characters: number): string;
  readonly nothingRecorded: string;
  readonly checkFirst: string;
  /** JPNIC's four false alarms, each with what to do. */
  checks(offender: string, prefix: string): readonly (readonly [title: string, advice: string])[];
  /** Sentence before the list of whom to call, the list, and where contacts are found. */
  readonly call: string;
  callees(offender: number | null, upstream: number | null): readonly string[];
  contacts(as: number): string;
  readonly willTell: string;
  because(reason: string): string;
  sentBy(host: string, router: string, from: string): string;
}
