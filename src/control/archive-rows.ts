/** The rows of what is asked of the past, and of the archive itself. Times are ms since the epoch. */
import type { RouteRow } from '../collector/messages.ts';
import type { ArchiveConfig } from '../config/tree.ts';
import type { ArchiveStatus } from '../mrt/archive.ts';
import type { Holdings } from '../mrt/archive-inventory.ts';

/** Rows out of the archive, with remarks: times without records and what else is not known. */
export interface PastRows<Row> {
  readonly rows: readonly Row[];
  readonly remarks: readonly string[];
}

/** Row of `show route history`; `up` and `down` are of the peer's session. */
export interface HistoryRow {
  readonly time: number;
  /** What happened: a route, or the session of its peer. */
  readonly what: 'announce' | 'withdraw' | 'down' | 'up';
  readonly prefix: string;
  readonly peer: string;
  readonly peerAs: number;
  readonly peerAddress: string;
  /** Path identifier (RFC 7911); not there: the peer sends one path for a prefix. */
  readonly pathId?: number;
  /** What was announced; null for other events. */
  readonly route: RouteRow | null;
  /** Of a route that was announced and treated as withdrawn: what was malformed. */
  readonly why?: string;
}

/** `show archive`. */
export interface ArchiveRow extends ArchiveConfig {
  /** Why there is no archive though there should be one; '' otherwise. */
  readonly failure: string;
  /** The latest alarms, oldest first. */
  readonly alarms: readonly { readonly time: number; readonly text: string }[];
  /** What is there of files and times. */
  readonly held: Holdings;
  /** Null when there is no archive now. */
  readonly state: ArchiveStatus | null;
}
