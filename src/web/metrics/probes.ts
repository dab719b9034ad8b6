/** Metrics of probes: what they see, lose and keep. */
import type { Daemon, ProbeDetail } from '../../control/daemon.ts';
import { type Look, looking, type Maker } from './maker.ts';

export function probeMetrics({ gauge, counted }: Maker): Look {
  const metrics = {
    up: gauge('probe_up', '1 when the probe is connected', ['probe']),
    packets: counted('probe_packets_total', 'Packets digested', ['probe']),
    lost: counted('probe_lost_total', 'Packets lost before they were digested', ['probe']),
    dropped: gauge('probe_dropped_per_second', 'Packets a second lost because a ring was full', ['probe']),
    windows: gauge('probe_windows', 'Windows held, live and sealed', ['probe']),
    retained: gauge('probe_retention_seconds', 'How far back windows are held', ['probe']),
    fill: gauge('probe_fill_ratio', 'Fill of the fullest ring', ['probe']),
    sampling: gauge('probe_sampling_ratio', 'Share of the digests that is kept', ['probe']),
    memory: gauge('probe_memory_bytes', 'Memory that windows take', ['probe']),
    disk: gauge('probe_disk_bytes', 'Octets of window files', ['probe']),
    unsaved: gauge('probe_unsaved', 'Windows that could not be written yet', ['probe']),
    givenUp: counted('probe_windows_lost_total', 'Windows dropped before their time or never sealed', ['probe']),
    datagrams: counted('flow_datagrams_total', 'Datagrams taken from a flow exporter', ['probe', 'exporter']),
    flowLost: counted('flow_lost_total', 'Datagrams or records of an exporter that never came', ['probe', 'exporter']),
    records: gauge('flow_records', 'Flow records held', ['probe']),
  };
  return looking(
    metrics,
    daemon => Promise.all([detailsOf(daemon), daemon.flows()]),
    ([probes, flows]) => {
      for (const { probe, connected, packets, lost, dropped, windows, retained, kept } of probes) {
        metrics.up.set({ probe }, connected ? 1 : 0);
        metrics.packets.set({ probe }, packets);
        metrics.lost.set({ probe }, lost);
        metrics.windows.set({ probe }, windows);
        metrics.retained.set({ probe }, retained === null ? 0 : (retained.to - retained.from) / 1000);
        if (dropped !== null) metrics.dropped.set({ probe }, dropped);
        if (kept === null) continue;
        metrics.fill.set({ probe }, kept.fill);
        metrics.sampling.set({ probe }, kept.sampling);
        metrics.memory.set({ probe }, kept.memory);
        if (kept.disk !== null) metrics.disk.set({ probe }, kept.disk);
        metrics.unsaved.set({ probe }, kept.unsaved);
        metrics.givenUp.set({ probe }, kept.dropped + kept.unsealed);
      }
      for (const one of flows)
        if (one.what === 'probe') metrics.records.set({ probe: one.probe }, one.records);
        else {
          const of = { probe: one.probe, exporter: one.exporter };
          metrics.datagrams.set(of, one.datagrams);
          metrics.flowLost.set(of, one.lost);
        }
    },
  );
}

/** One that goes from the configuration meanwhile is not told of. */
async function detailsOf(daemon: Daemon): Promise<ProbeDetail[]> {
  const probes = await daemon.probes();
  const details = await Promise.all(probes.map(({ probe }) => daemon.probe(probe).catch(() => null)));
  return details.filter(one => one !== null);
}
