/** Exporters of flows that are configured and from which nothing comes: a router that lost its configuration says nothing. */
import type { FlowRow, ProbeStatusRow } from '../control/probe-rows.ts';

/** Routers send something every minute, be it counters or templates. */
const SILENCE = 10 * 60_000;

/** A line for each of a probe that has been connected for so long itself. `now` in ms since the epoch. */
export function silentExporters(flows: readonly FlowRow[], probes: readonly ProbeStatusRow[], now: number): string[] {
  const since = new Map(probes.flatMap(row => (row.connected ? [[row.probe, row.since] as const] : [])));
  return flows.flatMap(row => {
    const connected = since.get(row.probe);
    if (row.what !== 'exporter' || connected === undefined || now - connected < SILENCE) return [];
    if (row.seen === null) return [`probe ${row.probe}: nothing came from exporter ${row.exporter} yet`];
    const minutes = Math.floor((now - row.seen) / 60_000);
    return now - row.seen < SILENCE
      ? []
      : [`probe ${row.probe}: nothing came from exporter ${row.exporter} for ${minutes} minutes`];
  });
}
