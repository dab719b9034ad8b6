/** What is shown of the exchange of traces: peers, the AS graph, who would be asked behind a neighbour, who takes part. */
import type { GraphRow } from '../collector/graph-row.ts';
import type { OrderRow } from '../collector/messages.ts';
import type { BelievedRecord } from '../traceback/belief.ts';
import type { CanaryStatus } from '../traceback/drawing.ts';
import type { FiledEvidence } from '../traceback/evidence-file.ts';
import type { ForeseenGroup } from '../traceback/foresight.ts';
import type { HintRow } from '../traceback/hints.ts';
import type { Honesty } from '../traceback/honesty.ts';
import type { SightStatus } from '../traceback/own-sight.ts';
import type { PeerStatus } from '../traceback/peer-status.ts';
import type { SiteAgentStatus } from '../traceback/site-agent.ts';
import type { SiteStanding, SiteStatus } from '../traceback/site-station.ts';
import type { TraceOrder } from '../traceback/taking-part.ts';
import type { Trace } from '../traceback/trace.ts';

/** Row of `show traceback`. */
export interface TracePeerRow {
  readonly as: number;
  readonly address: string;
  /** State of the session, in a word. */
  readonly state: string;
  readonly since: number;
  readonly in: 'allow' | 'deny';
  readonly out: 'allow' | 'deny';
  /** Questions sent to it, and its questions answered and refused here. */
  readonly asked: number;
  readonly answered: number;
  readonly refused: number;
  readonly lastError: string;
  /** The last word of a peer that ended the session; empty when it said nothing, and when a session is up. */
  readonly said: string;
  /** By whom the session is held down, and with which words; null when it is not. */
  readonly disabled: { readonly by: string; readonly reason: string } | null;
  /** What was found of the checklist that is configured for it; null: none is. */
  readonly checklist: ChecklistRow | null;
}

/** What was found of the checklist that is configured for a peer; null where there is none. */
export interface ChecklistRow {
  readonly file: string;
  /** It is valid, and was verified not too long ago. */
  readonly believed: boolean;
  /** When it was found out last whether it is valid, ms; null: never. */
  readonly toldAt: number | null;
  /** Until when it is believed, ms; null when it is not. */
  readonly until: number | null;
  /** Why it is not believed, or could not be verified again; empty when all is well. */
  readonly problem: string;
}

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
  /** What was found of the checklist that is configured for it; null: none is. */
  readonly checklist: ChecklistRow | null;
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
  /** Whom of them would be asked for packets that came in from there. */
  readonly groups: readonly ForeseenGroup[];
  /** What of it would not be asked, and why. */
  readonly reasons: readonly string[];
}

/** Answer of `show traceback sight`. */
export interface SightRow extends SightStatus {
  readonly time: number;
}

/** Answer of `show traceback sites`. */
export interface TraceSites {
  readonly time: number;
  /** Of a site: its connection with its ITM. Null of any other daemon. */
  readonly itm: SiteAgentStatus | null;
  /** The sites of this ITM; none of any other daemon. */
  readonly sites: readonly TraceSiteRow[];
}

export interface TraceSiteRow extends Omit<SiteStatus, 'standing'> {
  /** What it said last; null of one that was never there. */
  readonly standing:
    | (Omit<SiteStanding, 'domains'> & {
        /** How many probes it has. */
        readonly probes: number;
        /** Domains that its probes stand in. */
        readonly domains: readonly string[];
      })
    | null;
}

/** Answer of `show traceback honesty AS`. */
export interface HonestyDetail extends Honesty {
  /** Packets that never were and that it says to have seen, with what proves it. */
  readonly falseYeses: readonly {
    readonly time: number;
    readonly trace: string;
    /** Of the digests that it was asked for: 64 hex digits. */
    readonly seed: string;
    /** Its answer, signed by it. */
    readonly evidence: FiledEvidence;
  }[];
}

/** What the commands about the exchange of traces ask of the daemon. All reject, in words, without `traceback`. */
export interface TracebackAnswers {
  /** Ends a trace that runs; resolves with what is stored of it. Rejects, in words, when it does not run. */
  cancelTrace(id: string, by: string): Promise<Trace>;
  /** Configured peers, then members that there was something to ask or to answer. */
  tracebackPeers(): Promise<readonly TracebackPeerRow[]>;
  tracebackGraph(): Promise<TracebackGraph>;
  tracebackFrontier(as: number): Promise<TracebackFrontier>;
  tracebackHints(): Promise<readonly HintRow[]>;
  tracebackParticipants(): Promise<readonly BelievedRecord[]>;
  tracebackSight(): Promise<SightRow>;
  /** What was measured of other ASes, by AS. */
  tracebackHonesty(): Promise<readonly Honesty[]>;
  /** What probes drew to measure them by; null where no probe can. */
  tracebackCanaries(): Promise<CanaryStatus | null>;
  /** The same of one of them, with what proves its false yeses, the newest first. Rejects where nothing was measured. */
  tracebackHonestyOf(as: number): Promise<HonestyDetail>;
  /** The daemons of this AS. */
  traceSites(): Promise<TraceSites>;
  /** Carries out what was ordered of the taking part in traces. Rejects in words when it cannot be. */
  orderTraceback(order: TraceOrder, by: string): Promise<OrderRow>;
}

/** What keeps a session with a trace peer from being up, in words: what was ordered here, what the peer said, what went wrong. */
export function peerTrouble({
  disabled,
  said,
  lastError,
}: Pick<TracePeerRow, 'disabled' | 'said' | 'lastError'>): string {
  if (disabled !== null) return `disabled by ${disabled.by}${disabled.reason === '' ? '' : `: ${disabled.reason}`}`;
  if (said === '') return lastError;
  const since = lastError === `peer says ${said}` ? '' : `; ${lastError}`;
  return `peer says ${said}${since}`;
}
