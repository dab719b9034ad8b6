/** Rows of `show flow`. */
import type { ExporterStatus } from '../flow/exporter.ts';

/** An exporter of a probe; `what` tells it from the sum of the probe, which comes after its exporters. */
export type FlowRow =
  | ({ readonly what: 'exporter'; readonly probe: string } & ExporterStatus)
  | {
      readonly what: 'probe';
      readonly probe: string;
      /** Datagrams of others than its exporters, and those that the kernel dropped. */
      readonly refused: number;
      readonly dropped: number;
      /** Flow records held, and dropped before their time because memory was short. */
      readonly records: number;
      readonly droppedForMemory: number;
    };
