/** What is told as it happens (`watch …`): topics, and the rows of each. Plain data; times are ms since the epoch. */
import type { LiveFilter } from '../collector/live-filter.ts';
import type { Trace } from '../traceback/trace.ts';

/** Topics whose every change is told: who was away is told what he missed, as far as it is kept. */
export const LOGGED = ['cases', 'notices', 'traces'] as const;
/** Topics of which all rows are told at first, and then each that is another. */
export const TABLES = ['machines', 'probes', 'sessions', 'sources', 'status', 'traceback'] as const;

export type LoggedTopic = (typeof LOGGED)[number];
export type TableTopic = (typeof TABLES)[number];
export type Topic = LoggedTopic | TableTopic;

/** One thing told. */
export interface Told {
  /** Where the one who listens now is: given as `since`, it goes on behind it. */
  readonly mark: string;
  /** Null: it is of no topic, but says where the telling begins and what was missed. */
  readonly about: Topic | null;
  /** Which row of its table it is: of two that wait only the later one is of use. Null: each counts. */
  readonly key: string | null;
  readonly row: object;
}

/** The first row of every `watch`, and one wherever something could not be told: why is in `gap`. */
export interface MarkRow {
  readonly mark: string;
  /** What could not be told, and why, in words. */
  readonly gap?: string;
}

/** Changes that were not told, for they came faster than they were read. */
export interface LeftOutRow {
  readonly leftOut: number;
}

/** Row of `watch all`: what `watch` of this topic tells. */
export interface AnyRow {
  readonly mark: string;
  /** The topic that the row is of. */
  readonly about: Topic;
  /** The row, as `watch` of its topic tells it. */
  readonly row: object;
}

/** Row of `watch TOPIC`: a row of the topic with its mark, or what is told between such rows. */
export type LiveRow<Row> = (Row & Pick<MarkRow, 'mark'>) | MarkRow | LeftOutRow;

/** Row of a table that is there no more: with the fields that name it. */
export type GoneRow<Row extends object, Name extends keyof Row> = {
  /** It is there no more. */
  readonly gone: true;
} & Pick<MarkRow, 'mark'> &
  Pick<Row, Name>;

/** `watch traces`: a trace has begun, has heard an answer, or is over. */
export interface TraceLineRow
  extends Pick<Trace, 'state' | 'asked' | 'milliseconds' | 'queries' | 'entry' | 'ambiguity' | 'caseId' | 'cause'> {
  readonly time: number;
  readonly trace: string;
  /** ASes in its tree. */
  readonly ases: number;
  readonly certainty: number | null;
}

/** Somebody who is told what peers send. */
export interface UpdateTaker {
  /** A message, written down as RIS Live does. */
  take(text: string): void;
  /** So many messages that he may have wanted were not told: there were too many. */
  lost(messages: number): void;
}

export interface UpdateListener {
  /** What he wants from now on, and nothing else. */
  want(filters: readonly Omit<LiveFilter, 'client'>[]): void;
  close(): void;
}

/** The least one first. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** `watch log`: a line of the daemon's log; `text` has the fields. */
export interface LogRow {
  readonly time: number;
  /** How grave it is. */
  readonly level: LogLevel;
  readonly text: string;
}

/** What the commands need of the daemon. */
export interface LiveAnswers {
  /**
   * Has `take` told of these topics from now on, or from behind the mark `since`: first a mark (MarkRow), then what was
   * missed, then the rows of tables, then what changes. Returns what ends it.
   */
  follow(topics: readonly Topic[], since: string | null, take: (told: Told) => void): () => void;
  /** Calls back whenever more is known of a trace, and when it is over. Null: it does not run. Returns what ends it. */
  followTrace(id: string, changed: (over: boolean) => void): (() => void) | null;
  /** Tells what peers send; `host`: as what the collector is known. Nothing before `want`. */
  followUpdates(host: string, taker: UpdateTaker): UpdateListener;
  /** Has `take` told of each line of the log from this level up; returns what ends it. */
  followLog(level: LogLevel, take: (row: LogRow) => void): () => void;
}
