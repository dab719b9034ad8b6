/**
 * What a probe of flows is asked and answers beside digests: where packets with these headers were counted. The question
 * names addresses and ports, so it goes to our own probes only and never to another AS; the answer is a prior and no sighting
 * (research: traceback 6).
 */

import type { ExporterStatus } from '../../flow/exporter.ts';
import type { FlowKey } from '../../flow/flow-store.ts';
import type { Vantage } from '../question.ts';

export interface FlowQuestion extends FlowKey {
  /** When the packet may have passed, ms since the epoch. */
  readonly from: number;
  readonly to: number;
}

/** What was counted at one place. */
export interface FlowPlace {
  readonly vantage: Vantage;
  /** Address of the exporter, and its ifIndexes; 0: not stated. */
  readonly exporter: string;
  /** ifIndex that the packets came in at; 0: not stated. */
  readonly input: number;
  /** ifIndex that the packets went out of; 0: not stated. */
  readonly output: number;
  readonly records: number;
  /** Packets as counted, of those looked at. */
  readonly packets: number;
  /** One in so many was looked at; 0: not stated. */
  readonly sampling: number;
  /** First and last packet of the records, ms since the epoch. */
  readonly first: number;
  readonly last: number;
}

export interface FlowAnswer {
  readonly probe: string;
  /** Most records first. */
  readonly places: readonly FlowPlace[];
  /** From when to when all records are kept; null when none came. */
  readonly retained: { readonly from: number; readonly to: number } | null;
}

/** What `show flow` tells of a probe. */
export interface FlowStatus {
  readonly exporters: readonly ExporterStatus[];
  /** Datagrams of others than the exporters configured, and those that the kernel had to drop. */
  readonly refused: number;
  readonly dropped: number;
  /** Flow records held, and dropped before their time. */
  readonly records: number;
  readonly droppedForMemory: number;
}
