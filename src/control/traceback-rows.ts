/** What is shown of the exchange of traces: peers, the AS graph, who would be asked behind a neighbour, who takes part. */
import type { GraphRow } from '../collector/graph-row.ts';
import type { BelievedRecord } from '../traceback/belief.ts';
import type { ForeseenGroup } from '../traceback/foresight.ts';
import type { PeerStatus } from '../traceback/peering.ts';

/** Row of `show traceback peers`. */
export interface TracebackPeerRow extends Omit<PeerStatus, 'queriesIn' | 'queriesOut'> {
  /** A configured peer, or a member of a federation. */
  readonly kind: 'peer' | 'member';
  readonly port: number;
  readonly in: 'allow' | 'deny';
  readonly out: 'allow' | 'deny';
  /** QUERYs a second that it may send here. */
  readonly rate: number;
  /** QUERYs sent to it; its QUERYs, and those of them that were answered. */
  readonly asked: number;
  readonly received: number;
  readonly answered: number;
  /** It has told over which of our neighbours it reaches us. */
  readonly adjacent: boolean;
  /** Its participation record; null when none is known. */
  readonly record: BelievedRecord | null;
}

/** Answer of `show traceback graph`. */
export interface TracebackGraph extends GraphRow {
  readonly time: number;
  /** ASes that might be asked: peers and members. */
  readonly participants: number;
}

/** Answer of `show traceback frontier AS`. */
export interface TracebackFrontier {
  readonly as: number;
  /** It takes part itself, and is asked itself. */
  readonly takesPart: boolean;
  readonly groups: readonly ForeseenGroup[];
  /** What of it would not be asked, and why. */
  readonly reasons: readonly string[];
}

/** What the commands about the exchange of traces ask of the daemon. All reject, in words, without `traceback`. */
export interface TracebackAnswers {
  /** Configured peers, then members that there was something to ask or to answer. */
  tracebackPeers(): Promise<readonly TracebackPeerRow[]>;
  tracebackGraph(): Promise<TracebackGraph>;
  tracebackFrontier(as: number): Promise<TracebackFrontier>;
  tracebackParticipants(): Promise<readonly BelievedRecord[]>;
}
