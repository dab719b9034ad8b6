/** What the daemon knows of a probe without asking it. */
import type { FlowStatus } from '../flows/flow-question.ts';
import type { KeptStatus } from '../sealed/kept-messages.ts';
import type { ProbeStatus } from './messages.ts';

/** Row of `show probes`. Times are ms since the epoch; what is null is not known while the probe is away. */
export interface ProbeRow {
  readonly probe: string;
  readonly connectedSince: number | null;
  readonly packets: number | null;
  readonly windows: number | null;
  readonly retainedFrom: number | null;
  readonly retainedTo: number | null;
  readonly lost: number | null;
  /** Null of a probe that captures nothing, too. */
  readonly rate: number | null;
  readonly dropped: number | null;
  /** How it keeps windows. */
  readonly kept: KeptStatus | null;
  /** Of a probe that takes flows. */
  readonly flows: FlowStatus | null;
}

/** Row of a probe; undefined is one that is not connected. */
export function probeRow(
  name: string,
  connection: { readonly since: number; readonly status: ProbeStatus | null } | undefined,
): ProbeRow {
  const status = connection?.status ?? null;
  return {
    probe: name,
    connectedSince: connection?.since ?? null,
    packets: status?.packets ?? null,
    windows: status?.windows ?? null,
    retainedFrom: status?.retained?.from ?? null,
    retainedTo: status?.retained?.to ?? null,
    lost: status?.lost ?? null,
    rate: status?.rate ?? null,
    dropped: status?.dropped ?? null,
    kept: status?.kept ?? null,
    flows: status?.flows ?? null,
  };
}
