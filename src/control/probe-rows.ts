/** Rows about probes: `show probe`, `retention prove`, `show flow`. */
import type { ExporterStatus } from '../flow/exporter.ts';
import type { EpochRecord } from '../probe/proof/epoch-records.ts';
import type { KeptStatus } from '../probe/sealed/kept-messages.ts';
import type { LastQuestion, ProbeSample } from '../probe/socket/probe-past.ts';

/** Row of `show probe PROBE vantages`. */
export type { VantageRow } from '../probe/neighbors/vantage-rows.ts';

/** Row of `show probe`. */
export interface ProbeStatusRow {
  readonly probe: string;
  readonly connected: boolean;
  /** Since when it is connected, or away. */
  readonly since: number;
  /** Windows held, live and sealed, of all vantages. */
  readonly windows: number;
  /** Oldest and newest instant it holds windows for; null when it holds none. */
  readonly retained: { readonly from: number; readonly to: number } | null;
  readonly packets: number;
  readonly lost: number;
  /** Packets a second, and those lost because a ring was full; null of a probe that captures nothing, or is away. */
  readonly rate: number | null;
  /** Packets lost because a ring was full; null of a probe that captures nothing, or is away. */
  readonly dropped: number | null;
  /** Questions it was asked since the daemon began, and the last of them. */
  readonly questions: number;
  /** The last question that it was asked; null before the first. */
  readonly lastQuestion: LastQuestion | null;
}

/** `show probe PROBE`. */
export interface ProbeDetail extends ProbeStatusRow {
  /** How it keeps windows; null while that is not known. */
  readonly kept: KeptStatus | null;
  /** What it has reported, the oldest first: half an hour at most. */
  readonly history: readonly ProbeSample[];
}

/** Row of `retention prove`. */
export interface RetentionRow extends EpochRecord {
  readonly probe: string;
}

/** An exporter of a probe; `what` tells it from the sum of the probe, which comes after its exporters. */
export type FlowRow =
  | ({
      /** One exporter of a probe. */
      readonly what: 'exporter';
      readonly probe: string;
    } & ExporterStatus)
  | {
      /** The probe as a whole. */
      readonly what: 'probe';
      readonly probe: string;
      /** Datagrams of others than its exporters, and those that the kernel dropped. */
      readonly refused: number;
      /** Datagrams that the kernel dropped, for they were not taken in time. */
      readonly dropped: number;
      /** Flow records held, and dropped before their time because memory was short. */
      readonly records: number;
      /** Flow records dropped before their time, for memory was short. */
      readonly droppedForMemory: number;
    };
