/** Metrics of the exchange of traces, and of what begins them. */
import { type Look, looking, type Maker } from './maker.ts';

export function tracebackMetrics({ gauge, counted }: Maker): Look {
  const metrics = {
    up: gauge('traceback_peer_up', '1 when the session with a trace peer is up', ['as']),
    queries: counted('traceback_queries_total', 'QUERYs to a trace peer and from it', ['as', 'direction']),
    believed: gauge('traceback_checklist_believed', '1 while the checklist of a trace peer is believed', ['as']),
    refused: counted('traceback_refused_total', 'QUERYs of a trace peer that were refused', ['as']),
    running: gauge('traces_running', 'Traces that are not over'),
    waiting: gauge('approvals_pending', 'Questions of other ASes that wait for a person'),
    alerts: counted('ids_alerts_total', 'Alerts in what an IDS wrote', ['ids']),
    begun: counted('ids_traces_total', 'Traces that alerts began', ['ids']),
  };
  return looking(
    metrics,
    daemon => Promise.all([daemon.tracePeers(), daemon.traces(0), daemon.approvals(), daemon.ids()]),
    ([peers, running, approvals, all]) => {
      for (const { as, state, asked, answered, refused, checklist } of peers) {
        if (checklist !== null) metrics.believed.set({ as }, checklist.believed ? 1 : 0);
        metrics.up.set({ as }, state === 'Established' ? 1 : 0);
        metrics.queries.set({ as, direction: 'out' }, asked);
        metrics.queries.set({ as, direction: 'in' }, answered + refused);
        metrics.refused.set({ as }, refused);
      }
      metrics.running.set({}, running.filter(({ state }) => state === 'partial').length);
      metrics.waiting.set({}, approvals.filter(({ state }) => state === 'pending').length);
      for (const { ids, counts } of all) {
        metrics.alerts.set({ ids }, counts.alerts);
        metrics.begun.set({ ids }, counts.traces);
      }
    },
  );
}
