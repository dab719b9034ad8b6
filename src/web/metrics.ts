/** What the daemon is doing in numbers, for Prometheus (intertrack-api(7), METRICS). Read when it is asked for. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Daemon } from '../control/daemon.ts';

export interface Metrics {
  /** All of them as text, in the form that an Accept header asks for. */
  read(accept: string | undefined): Promise<{ readonly type: string; readonly text: string }>;
  /** A request was answered with this status, after so many seconds. */
  answered(status: number, seconds: number): void;
}

/** How long requests take, s. */
const BUCKETS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30];

export function createMetrics(daemon: Daemon): Metrics {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const registers = [register];
  const gauge = <T extends string>(name: string, help: string, labelNames: readonly T[] = []) =>
    new Gauge({ name: `intertrack_${name}`, help, labelNames, registers });
  const counter = <T extends string>(name: string, help: string, labelNames: readonly T[]) =>
    new Counter({ name: `intertrack_${name}`, help, labelNames, registers });

  const sessions = gauge('bgp_sessions', 'BGP sessions by state', ['state']);
  const peerUp = gauge('bgp_peer_up', '1 when the session is up', ['peer', 'as']);
  const peerRoutes = gauge('bgp_peer_routes', 'Routes held from a peer', ['peer', 'as']);
  const peerUpdates = counter('bgp_peer_updates_total', 'UPDATE messages taken from a peer', ['peer', 'as']);
  const objects = gauge('irr_objects', 'Objects held of a registry source', ['source']);
  const age = gauge('irr_age_seconds', 'Since when a source was not confirmed', ['source']);
  const vrps = gauge('rpki_vrps', 'Validated ROA payloads', ['source']);
  const cases = gauge('cases', 'Cases that are not over, by state', ['state']);
  const notices = gauge('notices_pending', 'Notices that are on the way');
  const probeUp = gauge('probe_up', '1 when the probe is connected', ['probe']);
  const probePackets = counter('probe_packets_total', 'Packets digested', ['probe']);
  const probeLost = counter('probe_lost_total', 'Packets lost before they were digested', ['probe']);
  const traceUp = gauge('traceback_peer_up', '1 when the session with a trace peer is up', ['as']);
  const queries = counter('traceback_queries_total', 'QUERYs to a trace peer and from it', ['as', 'direction']);
  const checklists = gauge('traceback_checklist_believed', '1 while the checklist of a trace peer is believed', ['as']);
  const problems = gauge('problems', 'Problems that show status lists');
  const risClients = gauge('ris_live_clients', 'Clients that are told what peers send');
  const risMessages = counter('ris_live_messages_total', 'Messages told to them, and those left out', ['what']);
  const requests = counter('http_requests_total', 'Requests answered, by status', ['status']);
  const took = new Histogram({
    ...{ name: 'intertrack_http_request_seconds', help: 'How long requests took', buckets: BUCKETS, registers },
  });

  /** What is gone must not stay: each reading begins anew. */
  const anew = [sessions, peerUp, peerRoutes, peerUpdates, objects, age, vrps, cases, probeUp, probePackets];
  const alsoAnew = [probeLost, traceUp, queries, checklists, risMessages];

  async function look(): Promise<void> {
    const [status, peers, sources, caches, open, probes, tracePeers, http] = await Promise.all([
      daemon.status(),
      daemon.ribQuery({ about: 'neighbor' }),
      daemon.irrStatus(),
      daemon.rpkiStatus(),
      daemon.cases(),
      daemon.probes(),
      daemon.tracePeers(),
      daemon.http(),
    ]);
    for (const one of [...anew, ...alsoAnew]) one.reset();
    problems.set(status.problems.length);
    risClients.set(http.risLive?.clients.length ?? 0);
    for (const what of ['sent', 'lost'] as const) risMessages.inc({ what }, http.risLive?.[what] ?? 0);
    notices.set(status.outbox.pending);
    for (const { peer, as, state, prefixes, messagesReceived } of peers) {
      sessions.inc({ state });
      peerUp.set({ peer, as }, state === 'Established' ? 1 : 0);
      peerRoutes.set({ peer, as }, prefixes);
      peerUpdates.inc({ peer, as }, messagesReceived.update ?? 0);
    }
    for (const { source, objects: held, age: old } of sources) {
      objects.set({ source }, held);
      if (old !== null) age.set({ source }, old / 1000);
    }
    for (const { source, inUse, caches: all } of caches)
      vrps.set({ source }, all.find(({ cache }) => cache === inUse)?.vrps ?? 0);
    for (const { state } of open) cases.inc({ state });
    for (const { probe, connected, packets, lost } of probes) {
      probeUp.set({ probe }, connected ? 1 : 0);
      probePackets.inc({ probe }, packets);
      probeLost.inc({ probe }, lost);
    }
    for (const { as, state, asked, answered, checklist } of tracePeers) {
      if (checklist !== null) checklists.set({ as }, checklist.believed ? 1 : 0);
      traceUp.set({ as }, state === 'Established' ? 1 : 0);
      queries.inc({ as, direction: 'out' }, asked);
      queries.inc({ as, direction: 'in' }, answered);
    }
  }

  return {
    async read(accept) {
      await look();
      const open = /application\/openmetrics-text/.test(accept ?? '');
      register.setContentType(
        (open ? Registry.OPENMETRICS_CONTENT_TYPE : Registry.PROMETHEUS_CONTENT_TYPE) as typeof register.contentType,
      );
      return { type: register.contentType, text: await register.metrics() };
    },
    answered(status, seconds) {
      requests.inc({ status });
      took.observe(seconds);
    },
  };
}
