/** What is shown of the peering with one AS. */
import type { Open } from './wire.ts';

/** How the session with it is, and what was asked. Times are ms since the epoch. */
export interface PeerStatus {
  readonly as: number;
  readonly address: string;
  /** State of the session (intertrack-protocol(7), STATES); `Active` while waiting to dial again. */
  readonly state: string;
  /** When the state was entered. */
  readonly since: number;
  readonly queriesIn: number;
  readonly queriesOut: number;
  /** Of those in, how many were refused or told `busy`. */
  readonly refused: number;
  readonly lastError: string;
  /** What the peer's last NOTIFICATION said, until a session is up again; empty when it said nothing. */
  readonly said: string;
  /** Who holds the session down, with which words for the peer, and since when (ms); null when nobody does. */
  readonly disabled: Disabled | null;
  /** What the peer said in the OPEN of the session that is up, and whether this side dialled; null without a session. */
  readonly open:
    | (Open & {
        /** This side dialled. */
        readonly dialled: boolean;
      })
    | null;
  /** Milliseconds from a QUERY to the first ANSWER, smoothed; null before there was one. */
  readonly latency: number | null;
}

/** A session that is held down. */
export interface Disabled {
  readonly by: string;
  readonly reason: string;
  readonly since: number;
}
