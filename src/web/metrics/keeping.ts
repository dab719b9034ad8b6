/** Metrics of the daemon itself: what it keeps, where it was at a limit, what it complains of. */
import { type Look, looking, type Maker } from './maker.ts';

export function keepingMetrics({ gauge, counted }: Maker): Look {
  const metrics = {
    build: gauge('build_info', '1, with the version', ['version']),
    problems: gauge('problems', 'Problems that show status lists'),
    lag: gauge('archive_lag_seconds', 'Since when nothing of the archive was brought to the disk'),
    records: counted('archive_records_total', 'Records written to the archive'),
    lost: counted('archive_lost_total', 'Records that the archive lost for want of room'),
    waiting: gauge('archive_waiting_bytes', 'Octets that wait to be written to the archive'),
    octets: gauge('archive_bytes', 'Octets of the files of the archive'),
    lines: counted('audit_lines_total', 'Lines of the audit log'),
    queries: counted('whois_queries_total', 'Queries answered by the whois server'),
    clients: gauge('ris_live_clients', 'Clients that are told what peers send'),
    messages: counted('ris_live_messages_total', 'Messages told to them, and those left out', ['what']),
    limits: counted('limits_hit_total', 'Times that something was not done for a limit, by which', ['limit']),
  };
  return looking(
    metrics,
    daemon =>
      Promise.all([
        daemon.status(),
        daemon.archive(),
        daemon.auditHead(),
        daemon.whois(),
        daemon.ids(),
        daemon.flows(),
        daemon.http(),
        daemon.ribQuery({ about: 'neighbor' }),
      ]),
    ([{ version, problems, time }, archive, head, { counts: whois }, ids, flows, http, peers]) => {
      metrics.build.set({ version }, 1);
      metrics.problems.set({}, problems.length);
      metrics.lines.set({}, head?.number ?? 0);
      metrics.queries.set({}, whois.queries);
      metrics.clients.set({}, http.risLive?.clients.length ?? 0);
      for (const what of ['sent', 'lost'] as const) metrics.messages.set({ what }, http.risLive?.[what] ?? 0);
      const state = archive?.state ?? null;
      if (archive !== null) metrics.octets.set({}, archive.held.octets);
      if (state !== null) {
        metrics.lag.set({}, Math.max(0, time - state.synced) / 1000);
        metrics.records.set({}, state.records);
        metrics.lost.set({}, state.lost);
        metrics.waiting.set({}, state.waiting);
      }
      const sum = <T>(all: readonly T[], of: (one: T) => number) => all.reduce((total, one) => total + of(one), 0);
      const limits: Readonly<Record<string, number>> = {
        'bgp paths': sum(peers, ({ malformed }) => malformed?.excessPaths ?? 0),
        'bgp other families': sum(peers, ({ malformed }) => malformed?.excessOthers ?? 0),
        'whois connections': whois.full + whois.crowded,
        'whois answers': whois.large + whois.slow + whois.long,
        'whois rate': whois.delayed,
        'ids budget': sum(ids, ({ counts }) => counts.overBudget),
        'ids waiting': sum(ids, ({ counts }) => counts.leftOut),
        'flow memory': sum(flows, one => (one.what === 'probe' ? one.droppedForMemory : 0)),
        'flow socket': sum(flows, one => (one.what === 'probe' ? one.dropped : 0)),
        'archive queue': state?.lost ?? 0,
      };
      for (const [limit, times] of Object.entries(limits)) metrics.limits.set({ limit }, times);
    },
  );
}
