/** What the command set asks about probes, answered from what they report, and from themselves. */
import type { Daemon, ProbeStatusRow } from '../control/daemon.ts';
import type { FlowRow } from '../control/probe-rows.ts';
import type { ProbeStation } from '../probe/socket/station.ts';
import type { Neighbors } from './neighbors.ts';
import type { Traces } from './traces.ts';

/** A row for each probe that is configured. `started` is when the daemon was, ms since the epoch: none was connected before. */
export function probeRows(station: ProbeStation, started: number): ProbeStatusRow[] {
  return station.status().map(row => {
    const { questions, lastQuestion } = station.past(row.probe);
    return {
      ...{ questions, lastQuestion },
      probe: row.probe,
      connected: row.connectedSince !== null,
      since: row.connectedSince ?? started,
      windows: row.windows ?? 0,
      retained:
        row.retainedFrom === null || row.retainedTo === null ? null : { from: row.retainedFrom, to: row.retainedTo },
      packets: row.packets ?? 0,
      lost: row.lost ?? 0,
      rate: row.rate,
      dropped: row.dropped,
    };
  });
}

/** For each probe of flows a row for each of its exporters, and then one for itself. */
export function flowRows(station: ProbeStation): FlowRow[] {
  return station.status().flatMap(({ probe, flows: status }): FlowRow[] => {
    if (status === null) return [];
    const { exporters, ...sum } = status;
    return [...exporters.map(one => ({ what: 'exporter' as const, probe, ...one })), { what: 'probe', probe, ...sum }];
  });
}

/** `started` as in probeRows. What is asked of a probe itself rejects when it is not connected. */
export function createProbeAnswers({
  traces,
  neighbors,
  started,
}: {
  readonly traces: Traces;
  readonly neighbors: Neighbors;
  readonly started: number;
}): Pick<Daemon, 'probes' | 'flows' | 'probe' | 'retention' | 'probeVantages'> {
  const { station } = traces;
  const probes = () => probeRows(station, started);
  return {
    probes: async () => probes(),
    flows: async () => flowRows(station),
    async probe(probe) {
      const row = probes().find(one => one.probe === probe);
      if (row === undefined) throw new Error(`no probe ${probe} is configured`);
      const kept = station.status().find(one => one.probe === probe)?.kept ?? null;
      return { ...row, kept, history: station.past(probe).samples };
    },
    async retention(probe) {
      const names = probe === null ? probes().flatMap(one => (one.connected ? [one.probe] : [])) : [probe];
      const told = await Promise.all(names.map(async name => ({ name, ...(await station.epochs(name)) })));
      return {
        rows: told.flatMap(({ name, epochs }) => epochs.map(one => ({ probe: name, ...one }))),
        notes: told.map(({ name, head }) => `${name}: the chain ends with ${head}`),
      };
    },
    async probeVantages(probe) {
      const { rows, notes } = await station.vantages(probe);
      return { rows, notes: [...notes, ...neighbors.notes(probe)] };
    },
  };
}
