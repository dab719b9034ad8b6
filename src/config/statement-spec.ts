/** What is declared of a statement of the language: its line, what holds without it, and what may stand in its block. */
import type { Usage } from './usage.ts';

/**
 * Bounds of a statement's number, in the unit of the tree: of that in `field` when it has several. `zero`: 0 is allowed
 * besides. `step`: only multiples.
 */
export interface Bounds {
  readonly field?: string;
  readonly min: number;
  readonly max: number;
  readonly zero?: true;
  readonly step?: number;
}

/** One statement of the language, declared once: checking, printing, comparing and completing go by it. */
export interface StatementSpec {
  /** See usage.ts. */
  readonly usage: string;
  /** One line for a person. */
  readonly help: string;
  /** What holds for a field that is not stated, or for all of them when the statement is not there. */
  readonly defaults?: Readonly<Record<string, string | number | readonly string[]>>;
  /** Bounds of its DURATION, SIZE, RATE, PERCENT or COUNT. */
  readonly bounds?: Bounds;
  /** The block must state it. */
  readonly required?: true;
  /** It may stand several times in a block, each time with other values in these fields; without: once. */
  readonly unique?: readonly string[];
  /** What stands in its block. */
  readonly block?: BlockName;
  /** The block may be left out. */
  readonly optionalBlock?: true;
  /** A change closes and opens anew the session or socket that it belongs to. */
  readonly hard?: true;
  /** Its value is never shown in a message. */
  readonly secret?: true;
}

export type BlockName =
  | 'global'
  | 'bus'
  | 'sharedstore'
  | 'template'
  | 'peer'
  | 'announce'
  | 'mitigate'
  | 'bmp'
  | 'archive'
  | 'socket'
  | 'irr'
  | 'rpki'
  | 'whois'
  | 'http'
  | 'watch'
  | 'mail'
  | 'webhook'
  | 'syslog'
  | 'exec'
  | 'xmpp'
  | 'group'
  | 'contacts'
  | 'probe'
  | 'exporter'
  | 'ids'
  | 'translator'
  | 'rid'
  | 'ridpeer'
  | 'packter'
  | 'intertrack2010'
  | 'traceback'
  | 'federation'
  | 'tracepeer'
  | 'checklists'
  | 'tracesite'
  | 'tracedomain'
  | 'ask'
  | 'answer'
  | 'measure';

/** A statement with its usage line read. */
export interface Spec extends StatementSpec, Usage {}
