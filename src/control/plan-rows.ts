/** What is told of traces that are not sent, and of where more taking part would help. */
import type { TraceForesight } from '../traceback/foresight.ts';
import type { Placement, PlacementProgress } from '../traceback/placement.ts';
import type { DecodedPacket } from './packet-data.ts';

/** What a trace is planned of: packets, a digest, or a neighbour that packets came in from. */
export type TracePlanQuestion =
  /** `need`: how many of them have to be seen at one place; left out, as a trace of them would have it. */
  | { readonly packets: readonly DecodedPacket[]; readonly need?: number }
  | { readonly digest: string; readonly time: number; readonly epoch: number | null }
  | { readonly neighbor: number };

/** Answer of `trace plan`. */
export interface TracePlan extends Omit<TraceForesight, 'here'> {
  /** What this AS itself says; null where nobody was asked, for the neighbour was given. */
  readonly here: TraceForesight['here'] | null;
  /** Packets asked for, how many of them have to be seen at one place, and digests; 0 where a neighbour was given. */
  readonly packets: number;
  readonly need: number;
  /** Digests that would be asked for. */
  readonly digests: number;
  /** The QUERYs that a trace may cost, those that go out from here at once, and those if nobody has seen anything. */
  readonly budget: number;
  /** QUERYs that would go out from here at once. */
  readonly least: number;
  /** QUERYs that would go out if nobody has seen anything. */
  readonly most: number;
  /** Milliseconds within which all is over. */
  readonly deadline: number;
  /** Who would be told that it is this AS that asks, and with keys of which federation. */
  readonly as: number;
  /** The federation with whose keys the digests are made; empty: none. */
  readonly federation: string;
}

/** `plan placement`. */
export interface PlacementOrder {
  /** Prefixes and ASes that may be attacked; none: this AS. */
  readonly victims: readonly string[];
  /** ASes that could be asked to take part; null: any. */
  readonly among: readonly number[] | null;
  readonly most: number;
}

export interface PlacementReport extends Placement {
  /** Victims as they were given that are no AS of the graph, and prefixes that nobody announces. */
  readonly unknown: readonly string[];
  readonly milliseconds: number;
}

export interface PlanAnswers {
  /** Asks our own probes, and nobody else. Rejects, in words, when there is nothing to plan with. */
  planTrace(question: TracePlanQuestion): Promise<TracePlan>;
  /** Works beside the daemon; `progress` hears how far it is. An abort ends it. */
  planPlacement(
    order: PlacementOrder,
    progress: (progress: PlacementProgress) => void,
    signal: AbortSignal,
  ): Promise<PlacementReport>;
}
